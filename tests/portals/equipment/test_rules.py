"""Labels with their check digit, MAC addresses, words of search. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.actor import SYSTEM, Actor, Grant
from portals.equipment import rules


@pytest.mark.parametrize(
    ("number", "label", "said"),
    [(1, "000013", "00001-3"), (42, "000422", None), (12345, "123450", None), (1234567, "12345671", None)],
)
def test_a_label_has_a_check_digit(number, label, said):
    made = rules.label_of(number)
    assert made[:-1] == f"{number:05d}"
    assert rules.label_from(made) == made
    if said:
        assert (made, rules.spoken(made)) == (label, said)


@given(st.integers(1, 999_999_999), st.data())
def test_a_mistyped_digit_or_two_that_changed_places_are_refused(number, data):
    label = rules.label_of(number)
    place = data.draw(st.integers(0, len(label) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != label[place]]))
    assert rules.label_from(label[:place] + other + label[place + 1 :]) is None
    if place and label[place] != label[place - 1]:
        swapped = label[: place - 1] + label[place] + label[place - 1] + label[place + 1 :]
        assert rules.label_from(swapped) is None


@pytest.mark.parametrize("text", ["", "13", "abc", "0000-", "٠٠٠٠١٣", "1" * 40, "000013\n000013"])
def test_what_is_no_label(text):
    assert rules.label_from(text) is None


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("00-1A-1E-0b-c0-ff", "00:1a:1e:0b:c0:ff"),
        ("001a.1e0b.c0ff", "00:1a:1e:0b:c0:ff"),
        (" 001A1E0BC0FF ", "00:1a:1e:0b:c0:ff"),
        ("01:00:5e:00:00:01", None),
        ("00:1a:1e:0b:c0", None),
        ("00:1a:1e:0b:c0:fg", None),
        ("", None),
    ],
)
def test_mac_addresses(text, mac):
    assert rules.mac_of(text) == mac


@pytest.mark.parametrize(
    ("role", "at", "keeps", "reads"),
    [
        ("equipment_keeper", "1", True, True),
        ("equipment_keeper", "1.4", True, True),
        ("equipment_keeper", "1.40", False, False),
        ("equipment_keeper", "1.4.5", False, False),
        ("admin", "1", True, True),
        ("auditor", "1", False, True),
        ("helpdesk_agent", "1", False, True),
        ("helpdesk_lead", "1", False, True),
        ("clerk", "1", False, False),
    ],
)
def test_roles_reach_what_lies_below(role, at, keeps, reads):
    actor = Actor(account_id=1, grants=(Grant(role, at),))
    assert rules.can_keep(actor, "1.4") is keeps
    assert rules.can_read(actor, "1.4", is_member=False) is reads
    assert rules.can_read(actor, "1.4", is_member=True)
    assert rules.can_keep(SYSTEM, "1.4")
