"""What stands at the bottom of a phone: by what somebody is in which school."""

import re

import pytest

from schools.bar import rules
from schools.bar.rules import Child
from schools.bar.service import KEPT_S, MOST, Belonging, Known
from schools.structure.model import Membership
from tests.schools.test_isolation import walk  # noqa: F401  # the fixture

BAR = re.compile(r'<nav class="bottom-bar".*?</nav>', re.DOTALL)
LINK = re.compile(r'<a href="([^"]+)"( aria-current="(?:page|true)")?>')


def membership(school_id=1, roles=(), *, is_guardian=False, is_pupil=False):
    return Membership(
        school_id=school_id, name="Szkoła", short_name="SP", kind="primary", roles=list(roles),
        is_guardian=is_guardian, is_pupil=is_pupil,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("roles", "routes"),
    [
        (["teacher"], ["register.school", "timetable_weeks.contents", "grades.contents", "messages.inbox"]),
        (["teacher", "principal"], ["dashboard.dashboard", "substitutions.board", "register.school", "messages.inbox"]),
        (["secretary"], ["secretariat.pupils", "substitutions.board", "timetable_weeks.contents", "messages.inbox"]),
        (["counsellor"], ["dashboard.dashboard", "register.school", "grades.contents", "messages.inbox"]),
    ],
)
def test_the_four_by_role(roles, routes):
    assert [one.route for one in rules.most_used(membership(roles=roles, is_guardian=True))] == routes


def test_the_school_of_the_page_comes_first_then_the_one_of_work():
    child, work = membership(1, is_guardian=True), membership(2, ["teacher"])
    assert rules.chosen([child, work], 1) == child
    assert rules.chosen([child, work], None) == work
    assert rules.chosen([child], 99) == child
    assert rules.chosen([], 1) is None


def test_the_child_of_the_page_comes_first():
    children = [Child(1, 10), Child(1, 11), Child(2, 20)]
    assert rules.chosen_child(children, 1, 11) == Child(1, 11)
    assert rules.chosen_child(children, 2, 11) == Child(2, 20)
    assert rules.chosen_child(children, None, None) == Child(1, 10)
    assert rules.chosen_child([], 1, 10) is None


def test_what_is_known_is_asked_again_after_a_minute_and_never_grows_without_end():
    now = [0.0]
    known = Known(lambda: now[0])
    found = Belonging([membership()], [Child(1, 10)])
    known.put(1, found)
    now[0] = KEPT_S - 0.1
    assert known.get(1) == found
    now[0] = KEPT_S
    assert known.get(1) is None
    for account in range(MOST + 1):
        known.put(account, Belonging())
    assert known.get(0) is None
    assert known.get(MOST) == Belonging()


async def test_everybody_gets_a_bar_whose_links_open(walk):  # noqa: F811  # the fixture above
    found, site, cookies = walk
    school = f"/schools/{found.b.school_id}"
    bars = {}
    async with site.client() as client:
        for role, cookie in cookies.items():
            headers = {"Cookie": f"gryf_session={cookie}"}
            async with client.get("/account", headers=headers) as answer:
                bars[role] = LINK.findall(BAR.search(await answer.text())[0])
            for path, _current in bars[role]:
                async with client.get(path, headers=headers) as answer:
                    assert answer.status == 200, (role, path)
                    again = BAR.search(await answer.text())
                if path != "/":
                    assert [one for one, current in LINK.findall(again[0]) if current] == [path], (role, path)
    assert [path for path, _current in bars["homeroom"]] == [
        school, f"{school}/timetable", f"{school}/grades", f"{school}/messages"
    ]  # fmt: skip
    pupil = found.b.classes["4a"].pupils[7]
    for family in ("parent", "pupil"):
        assert [path for path, _current in bars[family]] == [
            f"{school}/diary/{pupil}", f"{school}/pupils/{pupil}/grades", f"{school}/diary/{pupil}/tasks", f"{school}/messages"
        ]  # fmt: skip
    assert bars["principal"][0][0] == f"{school}/dashboard"
    assert bars["nobody"][0][0] == "/"
