"""Languages: catalogues, the choice of one for a request, and dates and numbers the way its readers write them.

Each folder with text keeps `locale/<language>.po` beside it; the message id is the English text itself. All of them are
read at start-up, compiled in memory and merged. `tools/messages.py` keeps the files in step with the code.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo

from aiohttp import web
from babel import Locale as Cldr
from babel import UnknownLocaleError, dates, lists, numbers, units
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from app.config import City
from app.errors import ConfigurationError

LANGUAGE_COOKIE: Final = "gryf_lang"
LAYERS: Final = ("app", "media", "realtime", "portals", "schools")
"""Top folders of the project that may hold text."""

_CLDR_NAMES: Final = {"en": "en_GB"}
"""English dates are written the European way: day before month, 24 hours."""

_DATE_PATTERNS: Final = {"uk": "EEEE, d MMMM y 'р'."}
_DATE_PATTERN: Final = "EEEE, d MMMM y"
_TIME_PATTERN: Final = "HH:mm"


def _(message: str) -> str:
    """Marks a message id in a constant, such as a form's label; it is translated where it is shown."""
    return message


class Locale:
    """One language in one time zone. Moments (`datetime`) must know their zone; they are shown in the city's."""

    def __init__(self, language: str, translations: Translations, zone: ZoneInfo) -> None:
        self.language = language
        self.cldr = Cldr.parse(_CLDR_NAMES.get(language, language))
        self.zone = zone
        self._translations = translations

    @property
    def native_name(self) -> str:
        """Its name in itself: «Polski», «Українська»."""
        name = Cldr.parse(self.language).get_display_name() or self.language
        return name[:1].upper() + name[1:]

    def gettext(self, message: str) -> str:
        # the empty id is the catalogue's header
        return self._translations.ugettext(message) if message else ""

    def filled(self, message: str, values: Mapping[str, object]) -> str:
        """The message with its places filled; moments are written as people read them."""
        text = self.gettext(message)
        said = {
            name: self.format_datetime(value) if isinstance(value, datetime) else value
            for name, value in values.items()
        }
        return text % said if said else text

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self._translations.ungettext(singular, plural, n)

    def pgettext(self, context: str, message: str) -> str:
        return str(self._translations.upgettext(context, message))

    def npgettext(self, context: str, singular: str, plural: str, n: int) -> str:
        return self._translations.unpgettext(context, singular, plural, n)

    def format_date(self, day: date, *, weekday: bool = True) -> str:
        """«wtorek, 25 listopada 2026»; without weekday «25 listopada 2026»."""
        pattern = _DATE_PATTERNS.get(self.language, _DATE_PATTERN)
        if not weekday:
            pattern = pattern.removeprefix("EEEE, ")
        return dates.format_date(self._day(day), pattern, locale=self.cldr)

    def format_day(self, day: date) -> str:
        """«25.11.2026», for tables."""
        return dates.format_date(self._day(day), "dd.MM.y", locale=self.cldr)

    def format_time(self, moment: datetime, *, seconds: bool = False) -> str:
        """«10:00» in the city's zone."""
        pattern = "HH:mm:ss" if seconds else _TIME_PATTERN
        return dates.format_time(_aware(moment), pattern, tzinfo=self.zone, locale=self.cldr)

    def format_datetime(self, moment: datetime, *, weekday: bool = True) -> str:
        """«wtorek, 25 listopada 2026, 10:00» in the city's zone."""
        return f"{self.format_date(moment, weekday=weekday)}, {self.format_time(moment)}"

    def format_relative(self, moment: datetime, now: datetime | None = None) -> str:
        """«3 minuty temu», «za 2 godziny». Always show the exact time with it."""
        distance = _aware(moment) - (now or datetime.now(UTC))
        return dates.format_timedelta(distance, add_direction=True, threshold=0.9, locale=self.cldr)

    def format_number(self, value: float | Decimal) -> str:
        """«89 780»; at most two places after the comma."""
        return numbers.format_decimal(value, format="#,##0.##", locale=self.cldr)

    def format_percent(self, share: float, places: int = 0) -> str:
        """A share between 0 and 1: «93%»."""
        pattern = "#,##0" + ("." + "0" * places if places else "") + "%"
        return numbers.format_percent(share, format=pattern, locale=self.cldr)

    def format_duration(self, seconds: float) -> str:
        """In words, for reading: «2 godz. 5 min», «40 s»."""
        whole = round(seconds)
        if whole < 60:
            return units.format_unit(whole, "duration-second", "short", locale=self.cldr)
        hours, minutes = divmod(round(whole / 60), 60)
        parts = [(hours, "duration-hour"), (minutes, "duration-minute")]
        return " ".join(units.format_unit(n, unit, "short", locale=self.cldr) for n, unit in parts if n)

    def format_clock(self, seconds: float) -> str:
        """As a player shows it: «2:14», «1:02:03»."""
        minutes, rest = divmod(int(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

    def format_bytes(self, count: int) -> str:
        """«3,4 MB» (decimal units, as people's devices show them)."""
        value = float(count)
        names = iter(("B", "kB", "MB", "GB", "TB"))
        unit = next(names)
        while value >= 1000 and unit != "TB":
            value, unit = value / 1000, next(names)
        pattern = "0" if unit == "B" or value >= 100 else "0.#"
        return f"{numbers.format_decimal(value, format=pattern, locale=self.cldr)} {unit}"

    def format_list(self, items: Iterable[str]) -> str:
        """«Anna, Jan i Ewa»."""
        return lists.format_list(list(items), locale=self.cldr)

    def _day(self, day: date) -> date:
        return _aware(day).astimezone(self.zone).date() if isinstance(day, datetime) else day


class Locales:
    """All languages of this installation."""

    def __init__(self, by_language: dict[str, Locale]) -> None:
        self.by_language = by_language
        self.default = next(iter(by_language.values()))

    @classmethod
    def read(cls, root: Path, city: City) -> Self:
        """Reads and merges the catalogues under `root`. Raises `ConfigurationError` for a zone or language unknown."""
        try:
            zone = ZoneInfo(city.time_zone)
        except (KeyError, ValueError, OSError):
            raise ConfigurationError(f"[city] time_zone: {city.time_zone} is no IANA time zone") from None
        if not city.languages:
            raise ConfigurationError("[city] languages: name at least one")
        paths = list(catalogue_paths(root))
        return cls({language: _read_language(language, paths, zone) for language in city.languages})

    def get(self, language: str) -> Locale:
        """The language, or the default one for those not offered."""
        return self.by_language.get(language, self.default)

    def choose(self, request: web.Request) -> Locale:
        """The reader's language: chosen on this device, else the account's, else the browser's, else the city's first.

        The choice on the device wins over the account's because it is the later and deliberate one.
        """
        from app.wire import ACTOR

        chosen = self.by_language.get(request.cookies.get(LANGUAGE_COOKIE, ""))
        if chosen is not None:
            return chosen
        actor = request.get(ACTOR)
        if actor is not None and actor.signed_in and actor.language in self.by_language:
            return self.by_language[actor.language]
        return self.accept(request.headers.get("Accept-Language", ""))

    def accept(self, header: str) -> Locale:
        """The best match for an Accept-Language header (RFC 9110, 12.5.4)."""
        for language in _by_preference(header):
            if language in self.by_language:
                return self.by_language[language]
        return self.default


LOCALES: web.AppKey[Locales] = web.AppKey("locales", Locales)


class FormTexts:
    """What WTForms asks for as `translations`: its own messages, in the words of `app/form_texts.py`."""

    def __init__(self, locale: Locale) -> None:
        self.gettext = locale.gettext
        self.ngettext = locale.ngettext


def wtforms_translations(locale: Locale) -> FormTexts:
    """For `Meta.get_translations` of a form."""
    return FormTexts(locale)


def catalogue_paths(root: Path) -> Iterator[Path]:
    """Every `locale/<language>.po` of the project, in a fixed order."""
    for layer in LAYERS:
        yield from sorted((root / layer).rglob("locale/*.po"))


def _read_language(language: str, paths: list[Path], zone: ZoneInfo) -> Locale:
    try:
        merged = Catalog(locale=language)
        for path in paths:
            if path.stem == language:
                _merge(merged, path)
        compiled = io.BytesIO()
        write_mo(compiled, merged)
        compiled.seek(0)
        return Locale(language, Translations(compiled), zone)
    except (UnknownLocaleError, ValueError):
        raise ConfigurationError(f"[city] languages: {language} is no known language") from None


def _merge(merged: Catalog, path: Path) -> None:
    """Adds a folder's messages; of two translations the first read stays (a house test finds such pairs)."""
    with path.open("rb") as source:
        found = read_po(source, locale=merged.locale)
    for message in found:
        if message.id and merged.get(message.id, message.context) is None:
            merged.add(message.id, message.string, flags=message.flags, context=message.context)


def _by_preference(header: str) -> list[str]:
    """Primary language tags, the most wanted first; what has weight 0 is left out."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _sep, parameters = part.strip().partition(";")
        weight = 1.0
        name, _sep, value = parameters.strip().partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
        if tag and weight > 0:
            wanted.append((weight, tag.partition("-")[0].strip().lower()))
    return [tag for _weight, tag in sorted(wanted, key=lambda pair: -pair[0])]


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be shown")
    return moment
