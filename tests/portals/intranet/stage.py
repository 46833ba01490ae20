"""A small organisation in a fresh database, for tests of everything that hangs on units.

org = await Organisation.set(database)
org.units["SP 4"].id            # also "UM", "IT", "SP 5"
ADMIN, KEEPER, …                # actors with their accounts; who works where stands in `PLACES`
await org.device(unit="SP 4")   # a laptop
"""

from app.actor import SYSTEM, Actor, Grant
from app.database import Database
from app.identity.actions import ensure_city
from portals.equipment import actions as equipment
from portals.equipment.model import Device, DeviceDraft
from portals.intranet import actions, store
from portals.intranet.model import NewMember, NewUnit, OrganisationUnit
from tests.portals.dialog.stage import Backplane


def person(number: int, login: str, name: str, *roles: str, path: str = "1") -> Actor:
    return Actor(account_id=number, name=name, login=login, grants=tuple(Grant(role, path) for role in roles))


ADMIN = person(1, "admin", "Robert Kania", "admin")
KEEPER = person(2, "keeper", "Paweł Rogala", "equipment_keeper")
AUDITOR = person(3, "auditor", "Teresa Maj", "auditor")
HEAD = person(4, "dyrektor", "Hanna Stępień")
TEACHER = person(5, "nauczyciel", "Katarzyna Lewandowska")
OTHER = person(6, "inny", "Łukasz Żak")
RESIDENT = person(7, "jan", "Jan Wrona")
AGENT = person(8, "agent", "Ola Wilk", "helpdesk_agent")
NOBODY = Actor()
PEOPLE = (ADMIN, KEEPER, AUDITOR, HEAD, TEACHER, OTHER, RESIDENT, AGENT)
PLACES = {HEAD: ("SP 4", True), TEACHER: ("SP 4", False), OTHER: ("SP 5", False), KEEPER: ("IT", False)}
"""Who works where, and whether they lead it."""


class Organisation:
    """`units` by short name; `backplane` keeps what was published."""

    def __init__(self, database: Database, backplane: Backplane, units: dict[str, OrganisationUnit]):
        self.database = database
        self.backplane = backplane
        self.units = units

    @classmethod
    async def set(cls, database: Database) -> "Organisation":
        city = await ensure_city(database, "Gryfin")
        assert city.path == "1"  # the grants above are in the whole city
        async with database.transaction() as tx:
            for actor in PEOPLE:
                await tx.execute(
                    "INSERT INTO account (login, name, email, folded) VALUES ($1, $2, $3, lower($2))",
                    actor.login,
                    actor.name,
                    f"{actor.login}@gryf.example",
                )
        for name, short, kind, parent in (
            ("Urząd Miejski", "UM", "other", None),
            ("Wydział Informatyki", "IT", "department", "UM"),
            ("Szkoła Podstawowa nr 4", "SP 4", "school", None),
            ("Szkoła Podstawowa nr 5", "SP 5", "school", None),
        ):
            parent_id = city.id if parent is None else (await cls.found(database))[parent].id
            await actions.create_unit(
                database, SYSTEM, NewUnit(name=name, short_name=short, kind=kind, parent_id=parent_id)
            )
        units = await cls.found(database)
        for actor, (short, head) in PLACES.items():
            await actions.add_member(database, SYSTEM, units[short].id, NewMember(who=actor.login, head=head))
        database.backplane = Backplane()
        return cls(database, database.backplane, await cls.found(database))

    @staticmethod
    async def found(database: Database) -> dict[str, OrganisationUnit]:
        async with database.transaction(readonly=True) as tx:
            return {one.short_name: one for one in await store.units(tx)}

    def draft(self, unit: str = "SP 4", **fields) -> DeviceDraft:
        words = {"kind": "laptop", "maker": "Lenovo", "model": "ThinkPad L14", "unit_id": self.units[unit].id}
        return DeviceDraft(**{**words, **fields})

    async def device(self, unit: str = "SP 4", **fields) -> Device:
        """A device, entered by the keeper."""
        return await equipment.add_device(self.database, KEEPER, self.draft(unit, **fields))

    async def audited(self, prefix: str) -> list[str]:
        """Actions of the log in order."""
        async with self.database.transaction(readonly=True) as tx:
            rows = await tx.records("SELECT action FROM audit_entry ORDER BY id")
        return [row["action"] for row in rows if row["action"].startswith(prefix)]
