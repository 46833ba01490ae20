"""Languages: which one is chosen, and how dates and numbers are written in it."""

from datetime import UTC, date, datetime, timedelta

import pytest
import wtforms
from aiohttp.test_utils import make_mocked_request

from app import wire
from app.actor import Actor
from app.config import City
from app.errors import ConfigurationError
from app.form_texts import FORM_TEXTS
from app.i18n import LOCALES, Locales

MOMENT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SPACE = "\u00a0"


@pytest.fixture(scope="module")
def locales():
    return Locales.read(wire.ROOT, City())


def catalogue(root, folder, language, *lines):
    path = root / folder / "locale" / f"{language}.po"
    path.parent.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    path.write_text(header + "\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "full", "short"),
    [
        ("pl", "środa, 25 listopada 2026, 10:00", "25 listopada 2026"),
        ("en", "Wednesday, 25 November 2026, 10:00", "25 November 2026"),
        ("uk", "середа, 25 листопада 2026 р., 10:00", "25 листопада 2026 р."),
    ],
)
def test_dates_are_written_in_the_citys_zone(locales, language, full, short):
    locale = locales.get(language)
    assert locale.format_datetime(MOMENT) == full
    assert locale.format_date(date(2026, 11, 25), weekday=False) == short


def test_summer_time_and_the_day_follow_the_zone(locales):
    polish = locales.get("pl")
    assert polish.format_time(datetime(2026, 7, 1, 9, 0, tzinfo=UTC)) == "11:00"
    assert polish.format_day(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "01.01.2027"


def test_a_moment_without_zone_is_refused(locales):
    with pytest.raises(ValueError, match="time zone"):
        locales.get("pl").format_datetime(datetime(2026, 1, 1, 9, 0))  # noqa: DTZ001 - that is the point


def test_relative_times(locales):
    polish = locales.get("pl")
    assert polish.format_relative(MOMENT - timedelta(minutes=3), MOMENT) == "3 minuty temu"
    assert polish.format_relative(MOMENT + timedelta(hours=2), MOMENT) == "za 2 godziny"
    assert locales.get("uk").format_relative(MOMENT - timedelta(minutes=5), MOMENT) == "5 хвилин тому"


def test_numbers_durations_and_sizes(locales):
    polish = locales.get("pl")
    assert polish.format_number(89780) == f"89{SPACE}780"
    assert polish.format_number(3.456) == "3,46"
    assert polish.format_percent(0.934, 1).replace(SPACE, "") == "93,4%"
    assert polish.format_duration(7500) == "2 godz. 5 min"
    assert polish.format_duration(3599.7) == "1 godz."
    assert polish.format_duration(0) == "0 sek."
    assert polish.format_clock(134) == "2:14"
    assert polish.format_clock(3723.9) == "1:02:03"
    assert polish.format_bytes(999) == "999 B"
    assert polish.format_bytes(3_440_000) == "3,4 MB"
    assert polish.format_bytes(7_000_000_000_000_000) == "7000 TB"
    assert polish.format_list(["Anna", "Jan", "Ewa"]) == "Anna, Jan i Ewa"


def test_catalogues_of_folders_are_merged_and_plurals_counted(tmp_path):
    catalogue(tmp_path, "app", "pl", 'msgid "Save"', 'msgstr "Zapisz"')
    catalogue(
        tmp_path,
        "schools/register",
        "pl",
        'msgid "%(n)s pupil"',
        'msgid_plural "%(n)s pupils"',
        'msgstr[0] "%(n)s uczeń"',
        'msgstr[1] "%(n)s uczniowie"',
        'msgstr[2] "%(n)s uczniów"',
        "",
        'msgctxt "door"',
        'msgid "Open"',
        'msgstr "Otwórz"',
        "",
        "#, fuzzy",
        'msgid "Guess"',
        'msgstr "Zgadnij"',
    )
    polish = Locales.read(tmp_path, City()).get("pl")
    assert polish.gettext("Save") == "Zapisz"
    forms = [polish.ngettext("%(n)s pupil", "%(n)s pupils", n) for n in (1, 2, 5, 12, 22)]
    assert [form.removeprefix("%(n)s ") for form in forms] == ["uczeń", "uczniowie", "uczniów", "uczniów", "uczniowie"]
    assert polish.pgettext("door", "Open") == "Otwórz"
    assert polish.pgettext("state", "Open") == "Open"
    assert polish.gettext("Guess") == "Guess"
    assert polish.gettext("") == ""
    assert Locales.read(tmp_path, City()).get("en").ngettext("%(n)s pupil", "%(n)s pupils", 2) == "%(n)s pupils"


def choose(locales, cookie="", accept="", actor=None):
    headers = {"Accept-Language": accept} if accept else {}
    if cookie:
        headers["Cookie"] = f"gryf_lang={cookie}"
    request = make_mocked_request("GET", "/", headers=headers)
    if actor is not None:
        request[wire.ACTOR] = actor
    return locales.choose(request).language


def test_the_choice_on_the_device_wins_then_the_account_then_the_browser(locales):
    account = Actor(account_id=1, language="uk")
    assert choose(locales, "en", "pl", account) == "en"
    assert choose(locales, "", "en", account) == "uk"
    assert choose(locales, "", "en", Actor(language="uk")) == "en"
    assert choose(locales, "xx", "de, en;q=0.5, uk;q=0.8") == "uk"
    assert choose(locales) == "pl"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("uk-UA,uk;q=0.9,en;q=0.8", "uk"),
        ("de-DE, fr", "pl"),
        ("en;q=0, uk;q=0.1", "uk"),
        ("en;q=nonsense, pl", "pl"),
        ("EN-gb", "en"),
        (";;,=,q", "pl"),
    ],
)
def test_accept_language(locales, header, language):
    assert locales.accept(header).language == language


def test_wrong_settings_are_one_clear_line():
    with pytest.raises(ConfigurationError, match="Mars/Base is no IANA time zone"):
        Locales.read(wire.ROOT, City(time_zone="Mars/Base"))
    with pytest.raises(ConfigurationError, match="xx is no known language"):
        Locales.read(wire.ROOT, City(languages=("pl", "xx")))
    with pytest.raises(ConfigurationError, match="name at least one"):
        Locales.read(wire.ROOT, City(languages=()))


def test_names_of_languages(locales):
    assert [one.native_name for one in locales.by_language.values()] == ["Polski", "English", "Українська"]
    assert LOCALES is not None


def test_every_message_of_wtforms_has_our_words(locales):
    template = (wire.ROOT / wtforms.__file__).parent / "locale" / "wtforms.pot"
    from babel.messages.pofile import read_po

    with template.open("rb") as source:
        theirs = {message.id if isinstance(message.id, str) else tuple(message.id) for message in read_po(source)}
    assert theirs - {""} <= set(FORM_TEXTS)
    for language in ("pl", "uk"):
        locale = locales.get(language)
        for text in FORM_TEXTS:
            if isinstance(text, str):
                assert locale.gettext(text) != text
            else:
                assert locale.ngettext(*text, 5) != text[1]
