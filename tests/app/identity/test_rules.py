"""Who may do what to whom: pure rules."""

from datetime import UTC, datetime

import pytest

from app.actor import ANONYMOUS, SYSTEM, Actor, Grant
from app.identity import rules
from app.identity.model import HeldRole, Owed, UnitKind
from tests.app.identity.house import identity_of

CITY, OFFICE, SCHOOL, CLASS_UNIT, OTHER = "1", "1.2", "1.3", "1.3.9", "1.30"


def actor(*grants, account_id=5):
    return Actor(account_id=account_id, grants=tuple(Grant(role, path) for role, path in grants))


def held(role, path, account_id=9):
    return HeldRole(
        id=1,
        account_id=account_id,
        role=role,
        unit_id=1,
        unit_path=path,
        unit_name="",
        granted_by=None,
        granted_at=datetime.now(UTC),
        expires_at=None,
    )


@pytest.mark.parametrize(
    ("who", "path", "may"),
    [
        (actor(("admin", CITY)), SCHOOL, True),
        (actor(("admin", SCHOOL)), SCHOOL, True),
        (actor(("admin", SCHOOL)), CLASS_UNIT, True),
        (actor(("admin", SCHOOL)), OTHER, False),
        (actor(("admin", SCHOOL)), CITY, False),
        (actor(("clerk", CITY)), SCHOOL, False),
        (actor(("auditor", CITY)), SCHOOL, False),
        (actor(), SCHOOL, False),
        (ANONYMOUS, SCHOOL, False),
        (SYSTEM, CITY, True),
        (Actor(login="system", name="Gryf", account_id=3), CITY, False),
    ],
)
def test_units(who, path, may):
    assert rules.can_administer_unit(who, path) is may
    assert rules.can_grant(who, path) is may
    assert rules.can_revoke(who, held("clerk", path)) is may


def test_an_account_is_seen_by_any_place_and_changed_by_who_reaches_all():
    school, city = actor(("admin", SCHOOL)), actor(("admin", CITY))
    teacher_of_two = [held("teacher", SCHOOL), held("teacher", OTHER)]
    assert rules.can_see_account(school, OTHER, teacher_of_two)
    assert not rules.can_administer_account(school, SCHOOL, teacher_of_two)
    assert rules.can_administer_account(city, SCHOOL, teacher_of_two)
    assert rules.can_administer_account(school, SCHOOL, [held("teacher", CLASS_UNIT)])
    assert not rules.can_administer_account(school, SCHOOL, [held("clerk", CITY)]), "no way up through a local account"
    assert not rules.can_see_account(school, CITY, [])


def test_nobody_takes_the_own_administration_away():
    me = actor(("admin", CITY), account_id=5)
    assert not rules.can_revoke(me, held("admin", CITY, account_id=5))
    assert rules.can_revoke(me, held("clerk", CITY, account_id=5))
    assert rules.can_revoke(me, held("admin", CITY, account_id=6))


def test_the_audit_log_is_the_citys():
    assert rules.can_read_audit(actor(("auditor", CITY)), CITY)
    assert rules.can_read_audit(actor(("admin", CITY)), CITY)
    assert not rules.can_read_audit(actor(("admin", SCHOOL)), CITY)
    assert not rules.can_read_audit(actor(("auditor", SCHOOL)), CITY)
    assert not rules.can_read_audit(actor(("clerk", CITY)), CITY)


def test_what_stands_below_what():
    allowed = {(kind, parent) for kind in UnitKind for parent in UnitKind if rules.can_stand_below(kind, parent)}
    assert (UnitKind.SCHOOL, UnitKind.CITY) in allowed
    assert (UnitKind.UNIT, UnitKind.OFFICE) in allowed
    assert (UnitKind.SCHOOL, UnitKind.SCHOOL) in allowed
    assert (UnitKind.SCHOOL, UnitKind.OFFICE) not in allowed
    assert not [kind for kind, _parent in allowed if kind is UnitKind.CITY]


def test_logins():
    assert all(rules.is_login(login) for login in ("anna", "a.b-c_d9", "9a", "a" * 64))
    wrong = ("a", "", ".anna", "Anna", "anna@x.pl", "łucja", "anna nowak", "anna\n", "a" * 65)
    assert not [login for login in wrong if rules.is_login(login)]


def test_addresses():
    assert all(rules.is_email(email) for email in ("a@b.pl", "a+b.c@d-e.gov.pl", "ż@b.pl"))
    wrong = ("a@b", "a@@b.pl", "a b@c.pl", "@b.pl", "a@b..pl", "a@b.pl\nBcc: x@y.pl", "a@b.pl\n")
    too_long = ("a" * 65 + "@b.pl", "a@" + "b" * 250 + ".pl")
    assert not [email for email in (*wrong, *too_long) if rules.is_email(email)]


GOOD = {"must_change_password": False, "staff_grade": True, "second_factor": True}


@pytest.mark.parametrize(
    ("role", "state", "owed"),
    [
        ("clerk", {}, None),
        ("clerk", {"second_factor": False}, Owed.SECOND_FACTOR),
        ("clerk", {"staff_grade": False}, Owed.PASSWORD),
        ("clerk", {"must_change_password": True, "second_factor": False}, Owed.PASSWORD),
        ("unheard-of", {"second_factor": False}, Owed.SECOND_FACTOR),
        ("voter", {"second_factor": False, "staff_grade": False}, None),
        ("voter", {"must_change_password": True}, Owed.PASSWORD),
        ("", {"second_factor": False, "staff_grade": False}, None),
    ],
)
def test_what_must_be_done_before_roles_wake(role, state, owed):
    tools = identity_of()
    grants = (Grant(role, CITY),) if role else ()
    try:
        assert tools.owed(grants, **(GOOD | state)) is owed
    finally:
        tools.close()


def test_a_city_may_do_without_second_factors():
    tools = identity_of(second_factor_required=False)
    try:
        assert tools.owed((Grant("clerk", CITY),), **(GOOD | {"second_factor": False})) is None
    finally:
        tools.close()
