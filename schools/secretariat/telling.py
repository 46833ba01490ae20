"""The room of the office: whoever looks at lists and cards of people sees what a colleague changes meanwhile."""

from collections.abc import Sequence

from app.actor import Actor
from app.database import Tx
from app.feature import Params
from schools.secretariat import telling_store as store
from schools.secretariat.model import PeopleView, PersonChanged, PersonKind, PersonRow, people_room
from schools.structure.access import access_office, room_number


async def people_snapshot(tx: Tx, actor: Actor, params: Params) -> PeopleView:
    """Everybody of the school, those who have left too."""
    await access_office(tx, actor, room_number(params, "school_id"))
    return PeopleView(people=await store.people(tx))


async def tell_person(tx: Tx, actor: Actor, school_id: int, kind: PersonKind, person_id: int) -> None:
    """The row as it stands now. What has changed may lie beside it (a class, a guardian): it gets a rev of its own."""
    await tell_people(tx, actor, school_id, kind, [person_id])


async def tell_people(tx: Tx, actor: Actor, school_id: int, kind: PersonKind, ids: Sequence[int]) -> None:
    rows: list[PersonRow] = await store.counted(tx, kind, ids)
    for row in rows:
        tx.publish(people_room(school_id), PersonChanged(person=row, by=actor.name))
