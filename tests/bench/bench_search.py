"""What a search over 100 sessions with 200 hours of transcript costs, and whether its first hit jumps right.

`make bench-search` fills an empty installation with 100 sessions (2 h each, a cue every 4 s, 1.6 million words), waits for
the index, and asks the product over HTTP: rare and common words, names, phrases, words without Polish letters, filters.
In each session some sentences stand that are nowhere else: their first hit must name their second. The peers answer the
same questions on the same database without our index: ILIKE over cues, and PostgreSQL's own `to_tsvector('simple')` over
them; both find fewer forms of a word. Compare only within one run: machines differ, and so do hours.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app.migrate import migrate  # noqa: E402 - found through the line above when run as a script
from app.postgres import EmbeddedPostgres  # noqa: E402 - the same
from tests.bench import machine  # noqa: E402 - the same
from tests.conftest import running_site  # noqa: E402 - the same

TARGET_MS = 100.0
CUE_S = 4
WORDS_OF_CUE = 9
ROOTS = """budżet miasto radny uchwał drog ulic szkoł przedszkol remont projekt wniosek komisj pytan odpowied mieszkań
parking rower ścieżk oświetlen chodnik park zieleń drzew wod kanalizacj śmiec odpad opłat podatk dotacj sport basen stadion
kultur teatr bibliotek senior młodzież rodzin pomoc zdrow szpital autobus komunikacj bilet most kładk rond sygnalizacj plan
zagospodarowan działk nieruchomoś sprzedaż przetarg inwestycj środk unijn kredyt dług rezerw zmian paragraf ustaw regulamin
statut porządek obrad głosowan przerw protokół sesj przewodnicząc prezydent skarbnik sekretarz dyrektor wydział urząd sąd
wojewod skarg petycj konsultacj organizacj stowarzyszen straż policj bezpieczeństw monitoring rzek port jezior plaż turyst
festiwal rynek ratusz zabyt kamienic mur wież dzielnic osiedl wspóln lokator czynsz ogrzewan energi fotowoltaik hałas""".split()  # noqa: SIM905 - a list is read worse
ENDINGS = (
    "",
    "a",
    "u",
    "owi",
    "em",
    "ie",
    "y",
    "i",
    "ów",
    "ami",
    "ach",
    "om",
    "ej",
    "ego",
    "emu",
    "ych",
    "ą",
    "ę",
    "owy",
    "owa",
)
NAMES = ("Anna Kowal", "Marek Wiśniewski", "Barbara Zielonka", "Krzysztof Żurek", "Małgorzata Sowa", "Grzegorz Bąk")
RARE = ("żółw", "łoś", "ćma", "źrebię", "żubr", "sęp", "wąż", "kruk", "jeż", "bóbr")


def vocabulary(chance: random.Random) -> tuple[list[str], list[float]]:
    """20,000 forms with Zipf's weights: as in speech, the commonest is one word in 250, most are rare."""
    syllables = [consonant + vowel for consonant in "bcdfghklłmnprstwzżśćń" for vowel in "aeiouyąęó"]
    made = {"".join(chance.choices(syllables, k=3)) + chance.choice("klmnrt") for _ in range(1000 - len(ROOTS))}
    words = [root + ending for root in (*ROOTS, *sorted(made)) for ending in ENDINGS]
    chance.shuffle(words)
    return words, [1 / (rank + 40) for rank in range(len(words))]


async def fill(connection: "asyncpg.Connection[Any]", sessions: int, hours: float) -> list[tuple[str, str, int]]:
    """Returns planted sentences with the path of their session and their second."""
    chance = random.Random(20261125)
    words, weights = vocabulary(chance)
    planted: list[tuple[str, str, int]] = []
    for number in range(1, sessions + 1):
        began = datetime(2018, 1, 10, 9, tzinfo=UTC) + timedelta(days=28 * number)
        slug = f"sesja-{number}"
        session_id = await connection.fetchval(
            "INSERT INTO council_session (slug, number, title, planned_at, state, stream_id, started_at, ended_at)"
            " VALUES ($1, $2, $3, $4, 'ended', $1, $4, $5) RETURNING id",
            slug, str(number), f"Sesja nr {number} Rady Miejskiej", began, began + timedelta(hours=hours),
        )  # fmt: skip
        for position in range(1, 16):
            title = "Podjęcie uchwały w sprawie " + " ".join(chance.choices(words, weights, k=4))
            await connection.execute(
                "INSERT INTO agenda_item (session_id, position, number, title, state) VALUES ($1, $2, $3, $4, 'done')",
                session_id, position, str(position), title,
            )  # fmt: skip
        track_id = await connection.fetchval(
            "INSERT INTO caption_track (session_id, language, kind, version, state) VALUES ($1, 'pl', 'uploaded', 1,"
            " 'published') RETURNING id",
            session_id,
        )
        count = int(hours * 3600 / CUE_S)
        secret = {chance.randrange(count): f"{chance.choice(RARE)} numer {number * 10 + place}" for place in range(3)}
        rows = []
        for cue in range(count):
            text = secret.get(cue) or " ".join(chance.choices(words, weights, k=WORDS_OF_CUE))
            if cue in secret:
                planted.append((f'"{text}"', f"/council/sessions/{slug}", cue * CUE_S))
            speaker = NAMES[cue // 40 % len(NAMES)]
            rows.append((track_id, cue * CUE_S * 1000, (cue + 1) * CUE_S * 1000, speaker, text, text))
        await connection.copy_records_to_table(
            "caption_cue", records=rows, columns=["track_id", "begin_ms", "end_ms", "speaker", "text", "folded"]
        )
    return planted


def questions(chance: random.Random, count: int) -> list[dict[str, str]]:
    """As people ask: mostly one or two words, in any form, often without Polish letters."""
    words, weights = vocabulary(random.Random(20261125))
    asked: list[dict[str, str]] = []
    for number in range(count):
        kind = number % 10
        word, other = chance.choices(words, weights, k=2)
        if kind < 3:
            query = {"q": word}
        elif kind < 5:
            query = {"q": f"{word} {other}"}
        elif kind == 5:
            query = {"q": chance.choice(NAMES)}
        elif kind == 6:
            query = {"q": f'"{word} {other}"'}
        elif kind == 7:
            query = {"q": words[number % 5], "year": str(2018 + number % 8)}  # of the most common ones
        elif kind == 8:
            query = {"q": words[number % 3], "sort": "newest", "kind": "transcript"}
        else:
            query = {"q": f"{chance.choice(ROOTS)[:4]}*"}
        asked.append(query)
    return asked


async def ask(client: Any, query: dict[str, str]) -> tuple[float, dict[str, Any]]:
    began = time.perf_counter()
    async with client.get("/api/council/search", params=query) as answer:
        body = await answer.read()
    took_ms = (time.perf_counter() - began) * 1000
    assert answer.status == 200, body
    return took_ms, msgspec.json.decode(body)


async def peers(connection: "asyncpg.Connection[Any]", asked: list[dict[str, str]]) -> dict[str, list[float]]:
    """The same words without our index; the best twenty and their number."""
    took: dict[str, list[float]] = {"ilike": [], "to_tsvector": []}
    ilike = "SELECT count(*) OVER (), * FROM caption_cue WHERE text ILIKE ALL ($1) ORDER BY begin_ms LIMIT 20"
    simple = (
        "SELECT count(*) OVER (), * FROM caption_cue WHERE to_tsvector('simple', text) @@ plainto_tsquery('simple', $1)"
        " ORDER BY begin_ms LIMIT 20"
    )
    for query in asked:
        plain = query["q"].replace('"', "").rstrip("*")
        for name, sql, value in (
            ("ilike", ilike, [f"%{word}%" for word in plain.split()]),
            ("to_tsvector", simple, plain),
        ):
            began = time.perf_counter()
            await connection.fetch(sql, value)
            took[name].append((time.perf_counter() - began) * 1000)
    return took


def p95(values: list[float]) -> float:
    return round(statistics.quantiles(values, n=20)[18], 1)


async def run(folder: Path, sessions: int, hours: float, count: int) -> dict[str, Any]:
    server = EmbeddedPostgres(folder)
    url = server.start()
    try:
        await migrate(url, ROOT / "migrations")
        connection = await asyncpg.connect(url)
        planted = await fill(connection, sessions, hours)
        cues = await connection.fetchval("SELECT count(*) FROM caption_cue")
        print(f"{sessions} sessions, {sessions * hours:g} h, {cues} cues, {cues * WORDS_OF_CUE} words", flush=True)
        began = time.monotonic()
        async with running_site(url, folder / "site", demo=False) as site, site.client() as client:
            while await connection.fetchval("SELECT EXISTS (SELECT FROM council_search_stale)"):
                await asyncio.sleep(0.2)
            index_s = time.monotonic() - began
            await connection.execute("VACUUM ANALYZE")
            print(f"indexed in {index_s:.1f} s", flush=True)
            asked = questions(random.Random(7), count)
            for query in asked[:20]:
                await ask(client, query)
            took = [await ask(client, query) for query in asked]
            wrong = 0
            for sentence, path, second in planted:
                _ms, found = await ask(client, {"q": sentence})
                first = found["hits"][0] if found["hits"] else {"path": "", "position_s": None}
                wrong += (first["path"], first["position_s"]) != (f"{path}#t={second}", second)
        others = await peers(connection, asked[:30])
        await connection.close()
    finally:
        server.stop()
    ms = [one for one, _found in took]
    return {
        "ms": ms,
        "hits": statistics.median(found["total"] for _ms, found in took),
        "planted": len(planted),
        "wrong": wrong,
        "index_s": round(index_s, 1),
        "words": cues * WORDS_OF_CUE,
        "peers": others,
    }


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """The last line."""
    ours = p95(found["ms"])
    others = {name: p95(took) for name, took in found["peers"].items()}
    missed = []
    if ours >= TARGET_MS:
        missed.append(f"p95 is {ours} ms; the aim is less than {TARGET_MS:g} ms")
    if found["wrong"]:
        missed.append(f"the first hit of {found['wrong']} in {found['planted']} sentences does not name its second")
    return {
        "name": "search",
        "ours": {
            "p50_ms": round(statistics.median(found["ms"]), 1),
            "p95_ms": ours,
            "most_ms": round(max(found["ms"]), 1),
        },
        "median_hits": found["hits"],
        "first_hits_right": f"{found['planted'] - found['wrong']}/{found['planted']}",
        "index_s": found["index_s"],
        "words": found["words"],
        "peers": {name: {"p95_ms": value} for name, value in others.items()},
        "ratio": {name: round(value / ours, 2) for name, value in others.items()},
        "missed": missed,
        "machine": machine.described(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--hours", type=float, default=2, help="length of each session's transcript")
    parser.add_argument("--questions", type=int, default=400)
    chosen = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("GRYF_") or name == "DATABASE_URL"]:
        del os.environ[name]  # the product as it comes
    with tempfile.TemporaryDirectory(prefix="gryf-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "site").mkdir()
        found = asyncio.run(run(Path(folder), chosen.sessions, chosen.hours, chosen.questions))
    print(msgspec.json.encode(summary(found)).decode())
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
