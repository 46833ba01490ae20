"""What the council portal consists of: the contents page of this folder, in the order in which its parts start."""

import portals.council.captions.feature
import portals.council.debate.feature
import portals.council.feature
import portals.council.members.feature
import portals.council.notes.feature
import portals.council.papers.feature
import portals.council.records.councillors.feature
import portals.council.records.documents.feature
import portals.council.records.feeds.feature
import portals.council.records.interpellations.feature
import portals.council.records.open_data.feature
import portals.council.records.resolutions.feature
import portals.council.records.search.feature
import portals.council.sealing.feature
import portals.council.votes.feature
from app.feature import Feature

FEATURES: tuple[Feature, ...] = (
    portals.council.feature.FEATURE,
    portals.council.members.feature.FEATURE,
    portals.council.papers.feature.FEATURE,
    portals.council.debate.feature.FEATURE,
    portals.council.captions.feature.FEATURE,
    portals.council.votes.feature.FEATURE,
    portals.council.sealing.feature.FEATURE,
    portals.council.notes.feature.FEATURE,
    portals.council.records.resolutions.feature.FEATURE,
    portals.council.records.interpellations.feature.FEATURE,
    portals.council.records.search.feature.FEATURE,
    portals.council.records.feeds.feature.FEATURE,
    portals.council.records.documents.feature.FEATURE,
    portals.council.records.councillors.feature.FEATURE,
    portals.council.records.open_data.feature.FEATURE,
)
