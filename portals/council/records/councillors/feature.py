"""Pages of councillors: the visible place where everything they add stands."""

from pathlib import Path

from app.feature import ANYONE, Feature, Route
from portals.council.records.councillors import api, pages
from portals.council.records.councillors.model import Matrix, Profile

ID = r"{councillor_id:\d{1,18}}"
PAGE = f"/council/members/{ID}"

FEATURE = Feature(
    name="records",
    folder=Path(__file__).parent,
    needs=("council", "media", "votes", "debate", "documents", "interpellations"),
    routes=(
        Route(method="GET", path=PAGE, handler=pages.show_councillor, allow=ANYONE, name="councillor"),
        Route(method="GET", path=f"{PAGE}/votes.csv", handler=pages.send_votes_csv, allow=ANYONE, name="votes_csv"),
        Route(method="GET", path="/council/agreement", handler=pages.show_agreement, allow=ANYONE, name="agreement"),
        Route(
            method="GET",
            path="/council/agreement.csv",
            handler=pages.send_agreement_csv,
            allow=ANYONE,
            name="agreement_csv",
        ),
        Route(
            method="GET",
            path=f"/api/council/members/{ID}",
            handler=api.show_councillor,
            allow=ANYONE,
            summary="A councillor: attendance, votes, speeches, agreement with others",
            reply=Profile,
        ),
        Route(
            method="GET",
            path="/api/council/agreement",
            handler=api.show_agreement,
            allow=ANYONE,
            summary="Who votes as whom, over the named votes of the term",
            reply=Matrix,
        ),
    ),
)
