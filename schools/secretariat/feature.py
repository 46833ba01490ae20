"""The school's office: the visible place where everything it adds stands."""

from pathlib import Path
from typing import Final

from app.feature import SIGNED_IN, Feature, Handler, Job, Room, RoomKind, Route
from schools.secretariat import (
    demo,
    group_pages,
    guardian_pages,
    office_pages,
    pages,
    people,
    settings_pages,
    staff_pages,
)
from schools.secretariat.model import PersonChanged
from schools.secretariat.telling import people_snapshot

_ID: Final = r"\d{1,18}"
_PEOPLE: Final = rf"/schools/{{school_id:{_ID}}}/people"
_PUPIL: Final = rf"{_PEOPLE}/pupils/{{pupil_id:{_ID}}}"
_STAFF: Final = rf"{_PEOPLE}/staff/{{staff_id:{_ID}}}"
_CLASS: Final = rf"{_PEOPLE}/classes/{{class_id:{_ID}}}"
_IMPORT: Final = rf"{_PEOPLE}/imports/{{import_id:{_ID}}}"
SPREADSHEET_BYTES: Final = 6 * 1024 * 1024


def _get(path: str, handler: Handler, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=SIGNED_IN, name=name)


def _post(path: str, handler: Handler, name: str = "", max_bytes: int = 1024 * 1024) -> Route:
    return Route(method="POST", path=path, handler=handler, allow=SIGNED_IN, name=name, max_bytes=max_bytes)


ROUTES: Final = (
    _get(_PEOPLE, pages.show_pupils, "pupils"),
    _get(f"{_PEOPLE}/pupils/new", pages.add_pupil, "pupil_new"),
    _post(f"{_PEOPLE}/pupils/new", pages.add_pupil),
    _get(_PUPIL, pages.show_pupil, "pupil"),
    _post(_PUPIL, pages.show_pupil),
    _post(f"{_PUPIL}/pesel", pages.show_pesel, "pesel"),
    _get(f"{_PUPIL}/move", pages.move, "move"),
    _post(f"{_PUPIL}/move", pages.move),
    _post(f"{_PUPIL}/leave", pages.leave, "leave"),
    _post(f"{_PUPIL}/guardians", pages.add_guardian, "guardian_add"),
    _post(f"{_PUPIL}/code", staff_pages.send_code, "code"),
    _get(rf"{_PEOPLE}/rights/{{right_id:{_ID}}}", guardian_pages.show_right, "right"),
    _post(rf"{_PEOPLE}/rights/{{right_id:{_ID}}}", guardian_pages.show_right),
    _post(rf"{_PEOPLE}/rights/{{right_id:{_ID}}}/end", pages.end_right, "end_right"),
    _post(f"{_CLASS}/numbers", pages.number_class, "numbers"),
    _post(f"{_CLASS}/homeroom", pages.set_homeroom, "homeroom"),
    _post(f"{_CLASS}/codes", staff_pages.send_codes, "codes"),
    _get(f"{_PEOPLE}/classes", group_pages.show_classes, "classes"),
    _post(f"{_PEOPLE}/classes", group_pages.show_classes),
    _get(rf"{_PEOPLE}/groups/{{group_id:{_ID}}}", group_pages.show_group, "group"),
    _post(rf"{_PEOPLE}/groups/{{group_id:{_ID}}}", group_pages.show_group),
    _get(f"{_PEOPLE}/staff", staff_pages.show_staff, "staff"),
    _get(f"{_PEOPLE}/staff/new", staff_pages.add_staff, "staff_new"),
    _post(f"{_PEOPLE}/staff/new", staff_pages.add_staff),
    _get(_STAFF, staff_pages.show_person, "person"),
    _post(_STAFF, staff_pages.show_person),
    _post(f"{_STAFF}/teachings", staff_pages.add_teaching, "teaching_add"),
    _post(rf"{_STAFF}/teachings/{{teaching_id:{_ID}}}/end", staff_pages.end_teaching, "teaching_end"),
    _post(rf"{_PEOPLE}/{{kind:pupil|guardian|staff}}/{{person_id:{_ID}}}/invite", staff_pages.invite, "invite"),
    _get(f"{_PEOPLE}/imports", office_pages.show_imports, "imports"),
    _post(f"{_PEOPLE}/imports", office_pages.show_imports, max_bytes=SPREADSHEET_BYTES),
    _get(_IMPORT, office_pages.show_import, "import_file"),
    _post(f"{_IMPORT}/{{verb:do|drop}}", office_pages.do_import, "import_do"),
    _get(f"{_PEOPLE}/year", office_pages.show_rollover, "rollover"),
    _post(f"{_PEOPLE}/year", office_pages.show_rollover),
    _post(f"{_PEOPLE}/year/undo", office_pages.undo_rollover, "rollover_undo"),
    _get(f"{_PEOPLE}/settings", settings_pages.show_settings, "settings"),
    _post(f"{_PEOPLE}/settings", settings_pages.show_settings),
)

FEATURE = Feature(
    name="secretariat",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "register"),
    routes=ROUTES,
    rooms=(
        Room(
            pattern="school/{school_id}/people",
            allow=SIGNED_IN,
            kind=RoomKind.LATEST,
            snapshot=people_snapshot,
            events=(PersonChanged,),
            summary="People of a school, for its office",
        ),
    ),
    jobs=(
        Job(name="secretariat.rights", payload=people.EndRights, run=people.end_todays_rights, cron="5 22,23 * * *"),
    ),
    demo=demo.fill,
)
