"""What the helpdesk consists of: the contents page of this folder, in the order in which its parts start."""

import portals.helpdesk.feature
import portals.helpdesk.post.feature
import portals.helpdesk.reports.feature
import portals.helpdesk.sla.feature
from app.feature import Feature

FEATURES: tuple[Feature, ...] = (
    portals.helpdesk.feature.FEATURE,
    portals.helpdesk.sla.feature.FEATURE,
    portals.helpdesk.reports.feature.FEATURE,
    portals.helpdesk.post.feature.FEATURE,
)
