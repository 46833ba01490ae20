"""What the consultation portal consists of: the contents page of this folder, in the order in which its parts start."""

import portals.dialog.ballots.feature
import portals.dialog.budget.feature
import portals.dialog.discussion.feature
import portals.dialog.feature
import portals.dialog.information.feature
import portals.dialog.map.feature
import portals.dialog.materials.feature
import portals.dialog.meeting.feature
import portals.dialog.opinions.feature
import portals.dialog.outcome.feature
import portals.dialog.remarks.feature
import portals.dialog.surveys.feature
from app.feature import Feature

FEATURES: tuple[Feature, ...] = (
    portals.dialog.feature.FEATURE,
    portals.dialog.information.feature.FEATURE,
    portals.dialog.discussion.feature.FEATURE,
    portals.dialog.remarks.feature.FEATURE,
    portals.dialog.ballots.feature.FEATURE,
    portals.dialog.map.feature.FEATURE,
    portals.dialog.budget.feature.FEATURE,
    portals.dialog.materials.feature.FEATURE,
    portals.dialog.surveys.feature.FEATURE,
    portals.dialog.opinions.feature.FEATURE,
    portals.dialog.outcome.feature.FEATURE,
    portals.dialog.meeting.feature.FEATURE,
)
