"""From one year to the next, for any school: everybody goes on, repeats or leaves, and no day belongs to two years."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schools.secretariat.rollover_rules import Choices, OldClass, OldPupil, next_year, plan_rollover
from schools.structure.model import SchoolYear


def year(ends_on: date) -> SchoolYear:
    return SchoolYear(
        id=1, school_id=1, name="x", starts_on=ends_on - timedelta(days=364),
        second_starts_on=ends_on - timedelta(days=180), ends_on=ends_on, week_a_on=None, closed_at=None, rev=1,
    )  # fmt: skip


def classes(sizes: dict[tuple[int, str], int]) -> list[OldClass]:
    made, serial = [], 0
    for (level, letter), size in sorted(sizes.items()):
        pupils = [OldPupil(id=serial + place + 1, name=f"P{serial + place}") for place in range(size)]
        serial += size
        made.append(
            OldClass(
                id=len(made) + 1, level=level, letter=letter, homeroom_id=None, homeroom="", building="", pupils=pupils
            )
        )
    return made


SIZES = st.dictionaries(
    st.tuples(st.integers(1, 8), st.sampled_from("abc")), st.integers(0, 4), min_size=1, max_size=12
)


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)))
def test_the_next_year_begins_the_day_after_and_lasts_a_year(ends_on):
    draft = next_year(year(ends_on))
    assert draft.starts_on == ends_on + timedelta(days=1)
    assert draft.starts_on < draft.second_starts_on < draft.ends_on
    assert 364 <= (draft.ends_on - draft.starts_on).days <= 365


@given(SIZES, st.sets(st.integers(1, 48), max_size=6), st.sets(st.integers(1, 48), max_size=6))
def test_everybody_is_told_once_and_is_in_one_class_of_the_right_level(sizes, repeaters, leavers):
    old = classes(sizes)
    level_of = {one.id: held.level for held in old for one in held.pupils}
    choices = Choices(repeaters=frozenset(repeaters), leavers=frozenset(leavers - repeaters))
    plan = plan_rollover(year(date(2027, 8, 31)), "primary", old, choices)
    placed = [pupil for one in plan.classes for pupil in one.pupils]
    assert sorted([*placed, *plan.leavers]) == sorted(level_of)
    for one in plan.classes:
        for pupil in one.pupils:
            assert one.level == level_of[pupil] + (0 if pupil in repeaters else 1)
            assert one.level <= 8
    for pupil in plan.leavers:
        assert pupil not in repeaters
        assert level_of[pupil] == 8 or pupil in leavers
    assert len({(one.level, one.letter) for one in plan.classes}) == len(plan.classes)


def test_a_secondary_school_ends_after_its_own_last_level():
    old = classes({(3, "a"): 2, (4, "a"): 2})
    general = plan_rollover(year(date(2027, 8, 31)), "general", old, Choices(first_classes=False))
    technical = plan_rollover(year(date(2027, 8, 31)), "technical", old, Choices(first_classes=False))
    assert [one.name for one in general.classes] == ["4a"]
    assert [one.name for one in technical.classes] == ["4a", "5a"]
