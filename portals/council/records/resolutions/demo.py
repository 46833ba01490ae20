"""Believable resolutions for a demonstration: those of the sessions that the demo has held, and some older ones."""

from datetime import date
from typing import Final

from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE
from portals.council.records.resolutions import actions, store
from portals.council.records.resolutions.model import Draft

OLDER: Final = (
    Draft(
        number="XXVII/218/26",
        title="w sprawie opłat za korzystanie z miejskiej strefy płatnego parkowania",
        passed_on=date(2026, 6, 24),
        in_force_on=date(2026, 7, 15),
        journal="Dz. Urz. Woj. Pomorskiego z 2026 r. poz. 2841",
    ),
    Draft(
        number="XXVII/219/26",
        title="w sprawie regulaminu żłobka „Żółwik”",
        passed_on=date(2026, 6, 24),
        in_force_on=date(2026, 9, 1),
        journal="Dz. Urz. Woj. Pomorskiego z 2026 r. poz. 2842",
    ),
    Draft(
        number="XXVIII/231/26",
        title="w sprawie zasad wynajmu miejskich sal gimnastycznych",
        passed_on=date(2026, 8, 26),
        state="annulled",
        remark="Rozstrzygnięcie nadzorcze wojewody z 25 września 2026 r.: brak podstawy prawnej § 4",
    ),
    Draft(
        number="XXIX/237/26",
        title="w sprawie nadania nazwy rondu u zbiegu ulic Szczecińskiej i Poznańskiej",
        passed_on=date(2026, 9, 25),
        in_force_on=date(2026, 10, 20),
        journal="Dz. Urz. Woj. Pomorskiego z 2026 r. poz. 3510",
    ),
    Draft(
        number="XXX/244/26",
        title="w sprawie dotacji na prace konserwatorskie przy zabytkach wpisanych do rejestru",
        passed_on=date(2026, 10, 28),
        in_force_on=date(2026, 10, 28),
    ),
    Draft(
        number="XX/164/25",
        title="w sprawie opłat za korzystanie z miejskiej strefy płatnego parkowania",
        passed_on=date(2025, 11, 26),
        state="repealed",
        remark="Uchylona z dniem 15 lipca 2026 r.",
        replaced_by="XXVII/218/26",
    ),
)


async def fill(app: web.Application) -> None:
    """Fills an empty register."""
    async with app[DATABASE].transaction() as tx:
        if await store.count(tx):
            return
        for draft in OLDER:
            await actions.enter_in(tx, SYSTEM, draft)
