"""A helpdesk after some years, for `bench_helpdesk` and tests of volume: tickets written by COPY, most of them closed.

Spread as in an office: a queue has most of it, a few units and requesters send much, words follow Zipf, one ticket in five
names a device, one in ten has a file. Everything comes from one seed, so two runs look for the same things.
"""

import random
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import asyncpg
import msgspec
from argon2 import PasswordHasher
from stdnum import damm

from tests.bench.bench_search import vocabulary

PASSWORD = "Zielony-most-nad-rzeka-5"
YEARS = 5
UNITS = 60
REQUESTERS = 2000
DEVICES = 5000
MODELS = ("ThinkPad L14", "ProBook 450", "Latitude 5540", "LaserJet M404", "Ecotank L6290", "EB-FH52", "Archer AX55")
CATEGORIES = ("Zepsuty sprzęt", "Drukowanie", "Poczta", "Konto i hasło", "Sieć i Wi-Fi", "Dziennik", "Telefon", "Inne")
AGENTS = ("agent", "anna.agent", "marek.agent", "olga.agent", "sieci.agent", "piotr.agent", "serwer.agent")
"""Logins; the first four work on the first queue, two on the second, the last on the third."""
QUEUES = (("Helpdesk", 70), ("Sieć i łącza", 20), ("Serwerownia", 10))
FIRST = (
    "Anna",
    "Marek",
    "Barbara",
    "Krzysztof",
    "Małgorzata",
    "Grzegorz",
    "Zofia",
    "Jan",
    "Ewa",
    "Łukasz",
    "Irena",
    "Paweł",
)
LAST = (
    "Kowal",
    "Wiśniewska",
    "Zielonka",
    "Żurek",
    "Sowa",
    "Bąk",
    "Wróbel",
    "Mazur",
    "Dąb",
    "Lis",
    "Kaczmarek",
    "Gajda",
)
SUBJECTS = (
    "Drukarka nie drukuje", "Drukarka zacina papier w sali {n}", "Nie pamiętam hasła do poczty", "Nie działa Wi-Fi w sali {n}",
    "Laptop nie włącza się", "Projektor w sali {n} gaśnie", "Brak dostępu do dziennika", "Poczta nie przyjmuje załączników",
    "Komputer bardzo wolno działa", "Proszę o konto dla nowej osoby", "Telefon w pokoju {n} nie dzwoni", "Skaner nie wysyła",
    "Monitor miga", "Program księgowy zgłasza błąd {n}", "Brak internetu na parterze", "Klawiatura nie pisze polskich liter",
)  # fmt: skip
OPENINGS = (
    "Dzień dobry, od rana mamy kłopot:", "Proszę o pomoc,", "Zgłaszam, że", "Po aktualizacji", "Od wczoraj", "W sali {n}",
    "Na lekcji okazało się, że", "Pilne:",
)  # fmt: skip
ANSWERS = (
    "Dzień dobry, wymieniliśmy zasilacz i sprawdziliśmy urządzenie.", "Hasło zostało ustawione na nowo.", "Toner wymieniony.",
    "Punkt dostępowy był odłączony, już działa.", "Prosimy o numer z naklejki.", "Aktualizacja sterownika pomogła.",
)  # fmt: skip
NOTES = (
    "Zamówić części u dostawcy.", "To już trzeci raz w tym miesiącu, sprawdzić przełącznik.", "Hasło podane przez telefon.",
    "Gwarancja do końca roku, wysłać do serwisu.",
)  # fmt: skip


class Helpdesk(msgspec.Struct, frozen=True):
    """What was made. `busy`: account that has sent many; `rare`: words that stand in one ticket each."""

    busy: str
    agent: str
    lead: str
    rare: list[str]
    numbers: list[str]
    labels: list[str]


class _Chance:
    """Words by their weights, quickly."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.words, weights = vocabulary(random.Random(20261125))
        self.weights = list(accumulate(weights))

    def text(self, begins: str, least: int, most: int) -> str:
        count = self.random.randint(least, most)
        tail = " ".join(self.random.choices(self.words, cum_weights=self.weights, k=count))
        return f"{begins.format(n=self.random.randint(1, 220))} {tail}."

    def one(self, things: Sequence[Any], cum: list[int] | None = None) -> Any:
        return self.random.choices(things, cum_weights=cum)[0]


async def fill(connection: "asyncpg.Connection[Any]", tickets: int = 100_000, open_ones: int = 3_000) -> Helpdesk:
    """Into a migrated, empty database."""
    chance = _Chance(20261130)
    await connection.execute("SET client_min_messages = warning")
    async with connection.transaction():
        people = await _people(connection, chance)
        places = await _places(connection, chance)
    rare = [f"{word}{number}" for number, word in enumerate(chance.random.sample(chance.words, 40))]
    made = list(_tickets(chance, tickets, open_ones, people, places, rare))
    async with connection.transaction():
        await _copy(connection, made)
    await connection.execute("DELETE FROM sla_mark")
    await connection.execute("DELETE FROM helpdesk_outgoing")
    first = made[0]["id"]
    numbers = [damm_number(first + chance.random.randrange(tickets)) for _ in range(20)]
    return Helpdesk("busy", AGENTS[0], "lead", rare, numbers, places["labels"][:20])


def damm_number(ticket_id: int) -> str:
    """As people write it, `4217-3`."""
    return f"{ticket_id}-{damm.calc_check_digit(str(ticket_id))}"


async def _people(connection: "asyncpg.Connection[Any]", chance: _Chance) -> dict[str, Any]:
    hashed = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    logins = [*AGENTS, "lead", "busy", *(f"osoba{number}" for number in range(REQUESTERS))]
    names = {login: f"{chance.one(FIRST)} {chance.one(LAST)}" for login in logins}
    await connection.executemany(
        "INSERT INTO account (login, name, email, folded, password_hash, staff_grade)"
        " VALUES ($1, $2, $1 || '@gryf.example', lower($2), $3, true)",
        [(login, names[login], hashed) for login in logins],
    )
    ids = {row["login"]: row["id"] for row in await connection.fetch("SELECT login, id FROM account")}
    city = await connection.fetchval("INSERT INTO unit (kind, name, path) VALUES ('city', 'Miasto', '1') RETURNING id")
    await connection.execute("UPDATE unit SET path = id::text WHERE id = $1", city)
    roles = [*((ids[login], "helpdesk_agent") for login in AGENTS), (ids["lead"], "helpdesk_lead")]
    await connection.executemany(
        "INSERT INTO role_grant (account_id, role, unit_id) VALUES ($1, $2, $3)", [(*one, city) for one in roles]
    )
    return {"ids": ids, "names": names, "city": city}


async def _devices(
    connection: "asyncpg.Connection[Any]", chance: _Chance, units: list[int]
) -> tuple[list[tuple[int, int]], list[str]]:
    """(id, unit) of each, and their labels."""
    models = [
        await connection.fetchval(
            "INSERT INTO device_model (kind, maker, name) VALUES ('laptop', $1, $2) RETURNING id", maker, name
        )
        for maker, name in zip(("Lenovo", "HP", "Dell", "HP", "Epson", "Epson", "TP-Link"), MODELS, strict=True)
    ]
    labels = [f"{number:05}{damm.calc_check_digit(f'{number:05}')}" for number in range(1, DEVICES + 1)]
    await connection.copy_records_to_table(
        "device",
        columns=["inventory_number", "model_id", "serial", "unit_id", "room"],
        records=[
            (label, chance.one(models), f"5CD{n:06}X", chance.one(units), str(chance.random.randint(1, 220)))
            for n, label in enumerate(labels)
        ],
    )
    devices = [
        (row["id"], row["unit_id"]) for row in await connection.fetch("SELECT id, unit_id FROM device ORDER BY id")
    ]
    return devices, labels


async def _places(connection: "asyncpg.Connection[Any]", chance: _Chance) -> dict[str, Any]:
    """Units, models and devices, categories, queues with their teams."""
    city = await connection.fetchval("SELECT id FROM unit WHERE parent_id IS NULL")
    units = []
    for number in range(1, UNITS + 1):
        kind, name, short = (
            ("school", f"Szkoła Podstawowa nr {number}", f"SP {number}")
            if number <= 30
            else ("department", f"Wydział nr {number - 30}", f"W{number - 30}")
        )
        unit = await connection.fetchval(
            "INSERT INTO unit (parent_id, kind, name, path) VALUES ($1, $2, $3, $3) RETURNING id",
            city, "school" if kind == "school" else "unit", name,
        )  # fmt: skip
        await connection.execute("UPDATE unit SET path = $2 WHERE id = $1", unit, f"{city}.{unit}")
        await connection.execute(
            "INSERT INTO unit_card (unit_id, short_name, kind) VALUES ($1, $2, $3)", unit, short, kind
        )
        units.append(unit)
    await connection.execute(
        "INSERT INTO unit_member (account_id, unit_id, head) SELECT id, ($1::bigint[])[1 + (id % $2)::int], false"
        " FROM account",
        units,
        UNITS,
    )
    devices, labels = await _devices(connection, chance, units)
    first = await connection.fetchval("SELECT id FROM helpdesk_queue")
    queues = [first]
    for place, (name, _share) in enumerate(QUEUES[1:], start=2):
        queues.append(
            await connection.fetchval(
                "INSERT INTO helpdesk_queue (name, place) VALUES ($1, $2) RETURNING id", name, place
            )
        )
        team = await connection.fetchval("INSERT INTO helpdesk_team (name) VALUES ($1) RETURNING id", name)
        await connection.execute("INSERT INTO helpdesk_queue_team VALUES ($1, $2)", queues[-1], team)
    teams = [
        row["team_id"] for row in await connection.fetch("SELECT team_id FROM helpdesk_queue_team ORDER BY queue_id")
    ]
    for number, login in enumerate(AGENTS):
        team = teams[0 if number < 4 else 1 if number < 6 else 2]
        await connection.execute(
            "INSERT INTO helpdesk_team_member SELECT $1, id FROM account WHERE login = $2", team, login
        )
    categories = [
        await connection.fetchval(
            "INSERT INTO helpdesk_category (name, place, icon) VALUES ($1, $2, 'help') RETURNING id", name, place
        )
        for place, name in enumerate(CATEGORIES)
    ]
    return {"units": units, "devices": devices, "queues": queues, "categories": categories, "labels": labels}


def _tickets(
    chance: _Chance, count: int, open_ones: int, people: dict[str, Any], places: dict[str, Any], rare: list[str]
) -> Iterator[dict[str, Any]]:
    """Rows of a ticket, its entries, spans, clocks and files."""
    now = datetime.now(UTC).replace(microsecond=0)
    ids, names = people["ids"], people["names"]
    senders = [login for login in ids if login.startswith("osoba")]
    zipf = list(accumulate(10_000 // (rank + 20) for rank in range(len(senders))))
    by_queue = list(accumulate(share for _name, share in QUEUES))
    by_unit = list(accumulate(1000 // (rank + 10) for rank in range(UNITS)))
    newest = min(count, open_ones * 3)
    is_open = {count - newest + one for one in chance.random.sample(range(newest), min(open_ones, newest))}
    secret = dict(zip(chance.random.sample(range(count), min(len(rare), count)), rare, strict=False))
    for number in range(count):
        sent = now - timedelta(days=365 * YEARS) * (1 - number / count) - timedelta(hours=1)
        queue = chance.one(range(len(QUEUES)), by_queue)
        agents = AGENTS[:4] if queue == 0 else AGENTS[4:6] if queue == 1 else AGENTS[6:]
        sender = "busy" if number % 500 == 7 else chance.one(senders, zipf)
        open_now = number in is_open
        state = (
            chance.one(("new", "open", "open", "pending"))
            if open_now
            else "solved"
            if number > count * 0.995
            else "closed"
        )
        device, unit = (
            chance.one(places["devices"])
            if chance.random.random() < 0.2
            else (None, chance.one(places["units"], by_unit))
        )
        done = (
            None
            if open_now
            else min(sent + timedelta(minutes=chance.random.randint(20, 6000)), now - timedelta(minutes=30))
        )
        agent = None if state == "new" else chance.one(agents)
        texts = [
            chance.text(chance.one(OPENINGS), 12, 45) + (f" {secret[number]}" if number in secret else ""),
            chance.text(chance.one(ANSWERS), 4, 25),
            chance.text(chance.one(NOTES), 2, 20),
        ]
        yield {
            "id": 1001 + number, "sent": sent, "done": done, "state": state, "queue": places["queues"][queue],
            "subject": chance.one(SUBJECTS).format(n=chance.random.randint(1, 220)), "requester": ids[sender],
            "name": names[sender], "email": f"{sender}@gryf.example", "unit": unit, "device": device,
            "category": chance.one(places["categories"]), "agent": None if agent is None else ids[agent],
            "agent_name": "" if agent is None else names[agent], "priority": chance.one((1, 2, 2, 2, 2, 3, 3, 4)),
            "texts": texts, "file": f"zrzut-{chance.one(chance.words)}.png" if chance.random.random() < 0.1 else "",
            "kept": chance.random.random() < 0.9,
        }  # fmt: skip


async def _copy(connection: "asyncpg.Connection[Any]", made: list[dict[str, Any]]) -> None:
    tables: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = {
        "ticket": (
            ["id", "subject", "source", "requester_id", "requester_name", "requester_email", "unit_id", "device_id",
             "category_id", "queue_id", "assignee_id", "impact", "urgency", "priority", "state", "pending_reason", "sent_at",
             "first_reply_at", "last_entry_at", "waits_for_us", "solved_at", "closed_at"],
            [_ticket_row(one) for one in made],
        ),
        "ticket_entry": (
            ["id", "ticket_id", "kind", "public", "by_staff", "author_id", "author_name", "text", "at"],
            [row for one in made for row in _entry_rows(one)],
        ),
        "ticket_span": (
            ["ticket_id", "state", "pending_reason", "begun_at", "ended_at"],
            [row for one in made for row in _span_rows(one)],
        ),
        "ticket_sla": (
            ["ticket_id", "queue_id", "agreement_id", "open"],
            [(one["id"], one["queue"], 1, one["done"] is None) for one in made],
        ),
        "ticket_clock": (
            ["ticket_id", "measure", "target_min", "started_at", "stopped_at", "paused", "used_s", "counted_at", "due_at",
             "late_at", "kept", "runs", "steps"],
            [row for one in made for row in _clock_rows(one)],
        ),
    }  # fmt: skip
    for table, (columns, rows) in tables.items():
        await connection.copy_records_to_table(table, columns=columns, records=rows)
    files = [(uuid.uuid4(), one) for one in made if one["file"]]
    await connection.copy_records_to_table(
        "file", columns=["id", "name", "type", "bytes", "sha256"],
        records=[(key, one["file"], "image/png", 1000, "0" * 64) for key, one in files],
    )  # fmt: skip
    await connection.copy_records_to_table(
        "ticket_entry_file",
        columns=["entry_id", "place", "file_id"],
        records=[(one["id"] * 3, 1, key) for key, one in files],
    )
    for table in ("ticket", "ticket_entry"):
        await connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )


def _ticket_row(one: dict[str, Any]) -> tuple[Any, ...]:
    replied = None if one["state"] == "new" else one["sent"] + timedelta(minutes=9)
    closed = one["done"] if one["state"] == "closed" else None
    reason = "parts" if one["state"] == "pending" else None
    return (
        one["id"], one["subject"], "form", one["requester"], one["name"], one["email"], one["unit"], one["device"],
        one["category"], one["queue"], one["agent"], 1, 2, one["priority"], one["state"], reason, one["sent"], replied,
        one["done"] or one["sent"] + timedelta(minutes=10), one["state"] == "new", one["done"], closed,
    )  # fmt: skip


def _entry_rows(one: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    asked, answered, noted = one["texts"]
    at, first = one["sent"], one["id"] * 3
    yield (first, one["id"], "reply", True, False, one["requester"], one["name"], asked, at)
    minute = timedelta(minutes=9)
    yield (first + 1, one["id"], "reply", True, True, one["agent"], one["agent_name"], answered, at + minute)
    yield (first + 2, one["id"], "note", False, True, one["agent"], one["agent_name"], noted, at + minute)


def _span_rows(one: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    done = one["done"]
    yield (
        one["id"],
        "open" if done else one["state"],
        "parts" if one["state"] == "pending" else None,
        one["sent"],
        done,
    )
    if done:
        yield (one["id"], one["state"], None, done, None)


def _clock_rows(one: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for measure, target in (("response", 240), ("solution", 1440)):
        stopped = (
            one["done"]
            if measure == "solution"
            else None
            if one["state"] == "new"
            else one["sent"] + timedelta(minutes=9)
        )
        due = one["sent"] + timedelta(minutes=target * 3)
        yield (
            one["id"], measure, target, one["sent"], stopped, one["state"] == "pending", 3600.0, stopped or one["sent"], due,
            due if stopped is None and not one["kept"] else None, None if stopped is None else one["kept"],
            "[]", "[]",
        )  # fmt: skip
