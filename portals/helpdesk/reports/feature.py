"""Reports of the helpdesk: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.feature import Feature, Route, having
from portals.helpdesk.model import AUDITOR, LEAD
from portals.helpdesk.reports import pages
from portals.helpdesk.reports.model import Report, Wanted

READERS: Final = having(LEAD, AUDITOR)
PAGE: Final = "/pomoc/raporty"

FEATURE = Feature(
    name="helpdesk_reports",
    folder=Path(__file__).parent,
    needs=("identity", "equipment", "helpdesk", "helpdesk_sla"),
    routes=(
        Route(method="GET", path=PAGE, handler=pages.show_reports, allow=READERS, name="reports"),
        Route(method="GET", path=f"{PAGE}.xlsx", handler=pages.send_workbook, allow=READERS, name="workbook"),
        Route(
            method="GET",
            path="/api/helpdesk/reports",
            handler=pages.show_report,
            allow=READERS,
            summary="What comes and is solved, which promises are kept, what breaks, who has how much to do",
            query=Wanted,
            reply=Report,
        ),
    ),
)
