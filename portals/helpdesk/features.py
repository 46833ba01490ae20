"""What the helpdesk consists of: the contents page of this folder, in the order in which its parts start."""

import portals.helpdesk.alerts.feature
import portals.helpdesk.desk.feature
import portals.helpdesk.feature
import portals.helpdesk.finding.feature
import portals.helpdesk.knowledge.feature
import portals.helpdesk.outages.feature
import portals.helpdesk.post.feature
import portals.helpdesk.reports.feature
import portals.helpdesk.sla.feature
import portals.helpdesk.webhooks.feature
from app.feature import Feature

FEATURES: tuple[Feature, ...] = (
    portals.helpdesk.feature.FEATURE,
    portals.helpdesk.desk.feature.FEATURE,
    portals.helpdesk.sla.feature.FEATURE,
    portals.helpdesk.alerts.feature.FEATURE,
    portals.helpdesk.reports.feature.FEATURE,
    portals.helpdesk.post.feature.FEATURE,
    portals.helpdesk.finding.feature.FEATURE,
    portals.helpdesk.outages.feature.FEATURE,
    portals.helpdesk.webhooks.feature.FEATURE,
    portals.helpdesk.knowledge.feature.FEATURE,
)
