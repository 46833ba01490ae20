"""Every page of grades, secretariat, lessons and the day, opened by every role of its own school and by others."""

import re

import pytest

from tests.schools.test_isolation import FEATURES, walk  # noqa: F401  # the fixture

STAFF = {"principal", "counsellor", "secretary", "homeroom", "teacher"}
TEACHING = STAFF - {"secretary"}
OFFICE = {"principal", "secretary"}
HEAD = {"principal"}
NEAR = TEACHING | {"parent", "pupil"}
PAGES = {
    # the day and lessons
    "": STAFF | {"parent", "pupil"},
    "/lessons/new": TEACHING,
    "/lessons/{lesson}": TEACHING,
    "/classes/{class}/tests": TEACHING,
    "/plans": STAFF,
    "/away": STAFF,
    # grades
    "/grades": STAFF,
    "/grades/rules": HEAD,
    "/grades/categories": HEAD,
    "/grades/{class}": TEACHING,
    "/grades/{class}/meeting": TEACHING,
    "/grades/{class}/{subject}": TEACHING,
    "/grades/{class}/{subject}/book.xlsx": TEACHING,
    "/pupils/{pupil}/grades": NEAR,
    # the office
    "/people": OFFICE,
    "/people/pupils/new": OFFICE,
    "/people/pupils/{pupil}": OFFICE,
    "/people/pupils/{pupil}/move": OFFICE,
    "/people/rights/{right}": OFFICE,
    "/people/classes": OFFICE,
    "/people/groups/{group}": OFFICE,
    "/people/staff": OFFICE,
    "/people/staff/new": OFFICE,
    "/people/staff/{staff}": OFFICE,
    "/people/imports": OFFICE,
    "/people/imports/{import}": OFFICE,
    "/people/year": OFFICE,
    "/people/settings": OFFICE,
}
TOLD = {"/grades/rules", "/grades/categories"}
"""Pages that staff know of and may not use: 403 and not 404."""
COVERED = {"register", "lessons", "grades", "secretariat"}
NAMES = {
    "class_id": "class", "subject_id": "subject", "pupil_id": "pupil", "lesson_id": "lesson", "right_id": "right",
    "staff_id": "staff", "group_id": "group", "import_id": "import",
}  # fmt: skip


def test_no_page_is_missing_here():
    """A page that is added gets its line above."""
    found = set()
    for feature in FEATURES:
        for route in feature.routes:
            if feature.name in COVERED and route.method == "GET" and route.path.startswith("/schools/{school_id"):
                inside = re.sub(r"^/schools/\{[^{}]*(\{[^{}]*\})*[^{}]*\}", "", route.path)
                found.add(re.sub(r"\{(\w+)(:(?:[^{}]|\{[^{}]*\})*)?\}", lambda place: f"{{{NAMES[place[1]]}}}", inside))
    assert found == set(PAGES)


@pytest.fixture
async def places(walk):  # noqa: F811  # the fixture above
    """Objects of school B, for the addresses."""
    found, site, cookies = walk
    connection, b = found.connection, found.b
    lesson = await connection.fetchval(
        "INSERT INTO lesson (school_id, year_id, on_date, period, starts_at, ends_at, class_id, subject_id, staff_id)"
        " SELECT $1, c.year_id, $3, 1, now(), now() + interval '45 minutes', c.id,"
        " (SELECT min(id) FROM subject WHERE school_id = $1), $4 FROM school_class c WHERE c.id = $2 RETURNING id",
        b.school_id,
        b.classes["4a"].id,
        found.today,
        b.classes["4a"].homeroom_id,
    )
    pupil = b.classes["4a"].pupils[7]
    waiting = await connection.fetchval(
        "INSERT INTO people_import (school_id, kind, file_name, content, from_day, made_by)"
        " VALUES ($1, 'pupils', 'lista.csv', $2, $3, 11) RETURNING id",
        b.school_id,
        "Nazwisko;Imię;Klasa\nKos;Jan;4a\n".encode(),
        found.today,
    )
    right = await connection.fetchval("SELECT min(id) FROM guardianship WHERE pupil_id = $1", pupil)
    subject = await connection.fetchval(
        "SELECT min(subject_id) FROM teaching WHERE class_id = $1 AND staff_id = $2",
        b.classes["4a"].id,
        b.mathematicians[0],
    )
    values = {
        "class": b.classes["4a"].id, "subject": subject, "pupil": pupil, "lesson": lesson, "right": right,
        "staff": b.principal_id, "group": b.classes["4a"].groups[0], "import": waiting,
    }  # fmt: skip
    return site, cookies, b.school_id, values


async def test_who_opens_which_page(places):
    site, cookies, school_id, values = places
    wrong = []
    for role, cookie in {**cookies, "nobody at all": ""}.items():
        headers = {"Cookie": f"gryf_session={cookie}"} if cookie else {}
        async with site.client() as client:
            for pattern, allowed in PAGES.items():
                path = f"/schools/{school_id}{pattern.format(**values)}"
                async with client.get(path, headers=headers, allow_redirects=False) as answer:
                    text = await answer.text() if answer.content_type == "text/html" else ""
                    refused = (
                        403 if pattern in TOLD and role in STAFF else 404 if cookie else 303
                    )  # to the sign-in page
                    expected = 200 if role in allowed else refused
                    if answer.status != expected:
                        wrong.append((role, path, answer.status, expected, text[:0]))
                    elif expected != 200 and "Kos" in text:
                        wrong.append((role, path, "tells names"))
    assert wrong == [], "\n".join(str(one) for one in wrong)


FORMS = {
    "/people/pupils/{pupil}/leave": {"last_day": "2026-01-31"},
    "/people/rights/{right}": {"first_name": "X", "last_name": "Y", "kind": "parent", "rev": "1"},
    "/people/rights/{right}/end": {"day": "2026-01-31"},
    "/people/classes/{class}/numbers": {},
    "/people/classes": {"part": "group", "name": "Chór", "class_id": ""},
    "/people/groups/{group}": {"day": "2026-11-30", "rev": "1", "pupil": "{pupil}"},
    "/people/settings": {"part": "subject", "name": "Astronomia", "short": "astr"},
    "/grades/rules": {"rev": "1"},
    "/lessons/{lesson}/take-back": {},
    "/lessons/{lesson}/bring-back": {},
    "/lessons/new": {"place": "c{class}", "period": "1", "subject_id": "{subject}"},
    "/individual": {"pupil": "{pupil}", "starts_on": "2026-11-30"},
}
HOLDERS = HEAD | {"homeroom"}
"""Of the lesson above: whoever holds it, and the principal."""
WRITERS = {
    "/grades/rules": HEAD,
    "/lessons/new": TEACHING,
    "/lessons/{lesson}/take-back": HOLDERS,
    "/lessons/{lesson}/bring-back": HOLDERS,
}


async def test_forms_of_others_change_nothing(places, walk):  # noqa: F811  # the fixture above
    site, cookies, school_id, values = places
    found = walk[0]
    found.a, own = found.b, found.a  # `state` looks at the school that is asked
    before = await found.state()
    for role, cookie in cookies.items():
        headers = {"Cookie": f"gryf_session={cookie}", "Origin": site.http}
        async with site.client() as client:
            async with client.get("/account", headers=headers) as answer:
                token = re.search(r'name="csrf_token" value="([^"]+)"', await answer.text())[1]
            for pattern, fields in FORMS.items():
                if role in WRITERS.get(pattern, OFFICE):
                    continue
                path = f"/schools/{school_id}{pattern.format(**values)}"
                data = {"csrf_token": token, **{key: text.format(**values) for key, text in fields.items()}}
                async with client.post(path, data=data, headers=headers, allow_redirects=False) as answer:
                    assert answer.status in {403, 404}, (role, path, answer.status)
    after = await found.state()
    assert {name for name in before if before[name] != after[name]} <= {"attendance_alert"}
    found.a = own
