"""A session with everything in it, written as its own parts would have left it: attendance, votes, speeches, a closed part."""

from datetime import UTC, datetime, timedelta

from app.actor import SYSTEM
from app.database import DATABASE
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.model import SessionDraft

BEGAN = datetime(2026, 9, 25, 8, 0, tzinfo=UTC)
AGENDA = ["Otwarcie sesji", "Podjęcie uchwały w sprawie opieki nad żółwiami", "Zamknięcie"]


async def held(site, title="XV sesja Rady Miejskiej", slug_number="XV", began=BEGAN):
    """Five members, one of them absent; a named vote (2 for, 1 against, 1 abstained), a secret one, one without a quorum."""
    async with site.app[DATABASE].transaction() as tx:
        session = await council.plan_in(tx, SYSTEM, SessionDraft(slug_number, title, "Ratusz", began, AGENDA))
        await council_store.start_session(tx, session.id)
        await council_store.end_session(tx, session.id)
        await council_store.backdate_session(tx, session.id, began, began + timedelta(hours=2))
        items = [item.id for item in await council_store.agenda(tx, session.id)]
        for number, item in enumerate(items):
            await council_store.add_past_mark(tx, session.id, item, began + timedelta(minutes=20 * number))
        people = await tx.records(
            "SELECT councillor.id, councillor.name, council_club.name AS club, office FROM councillor"
            " LEFT JOIN council_club ON council_club.id = club_id ORDER BY councillor.id LIMIT 5"
        )
        await tx.execute("INSERT INTO council_roll (session_id, statutory) VALUES ($1, 6)", session.id)
        states = ["present", "present", "late", "left", "absent"]
        for person, state in zip(people, states, strict=True):
            await tx.execute(
                "INSERT INTO council_attendance (session_id, councillor_id, name, club, office, state, changed_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                session.id, person["id"], person["name"], person["club"], person["office"], state, began + timedelta(minutes=90),
            )  # fmt: skip
            if state != "absent":
                await tx.execute(
                    "INSERT INTO council_attendance_change (session_id, councillor_id, state, changed_at) VALUES ($1, $2, $3, $4)",
                    session.id, person["id"], "late" if state == "late" else "present",
                    began + timedelta(minutes=15 if state == "late" else -5),
                )  # fmt: skip
        named = await vote(
            tx, session, 1, "Opieka nad żółwiami", items[1], began + timedelta(minutes=30), (2, 1, 1, 1), "adopted"
        )
        secret = await vote(
            tx,
            session,
            2,
            "Wybór opiekuna",
            items[1],
            began + timedelta(minutes=33),
            (3, 1, 0, 1),
            "adopted",
            secret=True,
        )
        await vote(tx, session, 3, "Wniosek bez quorum", None, began + timedelta(minutes=95), (1, 1, 0, 3), "no_quorum")
        choices = ["for", "for", "against", "abstain", None]
        for person, choice in zip(people, choices, strict=True):
            await ballot(tx, named, person, choice is not None, choice, began, secret=False)
            await ballot(tx, secret, person, choice is not None, None, began, secret=True)
        await tx.execute(
            "INSERT INTO council_vote_correction (vote_id, councillor_id, choice_before, choice_after, reason)"
            " VALUES ($1, $2, 'against', 'for', 'pomyłka przy pulpicie')",
            named, people[1]["id"],
        )  # fmt: skip
        for number, (person, minutes) in enumerate([(people[0], 22), (people[2], 25), (people[1], 45)]):
            await tx.execute(
                "INSERT INTO council_speech (session_id, item_id, councillor_id, speaker, club, kind, state, limit_s, began_at, ended_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, 'spoken', 300, $7, $8)",
                session.id, items[1 if number < 2 else 2], person["id"], person["name"], person["club"] or "",
                "reply" if number == 1 else "speech", began + timedelta(minutes=minutes), began + timedelta(minutes=minutes + 2),
            )  # fmt: skip
        await tx.execute(
            "INSERT INTO council_interval (session_id, kind, began_at, ended_at, note) VALUES ($1, 'break', $2, $3, 'Przerwa na kawę')",
            session.id, began + timedelta(minutes=35), began + timedelta(minutes=39),
        )  # fmt: skip
        await tx.execute(
            "INSERT INTO council_interval (session_id, kind, began_at, ended_at, legal_basis, reason, recording)"
            " VALUES ($1, 'closed', $2, $3, 'art. 61 ust. 3 Konstytucji', 'Jan Ukryty', 'none')",
            session.id, began + timedelta(minutes=44), began + timedelta(minutes=50),
        )  # fmt: skip
    return session, people


async def vote(tx, session, number, title, item_id, opened, counts, outcome, *, secret=False):
    return await tx.value(
        "INSERT INTO council_vote (session_id, item_id, number, title, secret, majority, abstentions_count, tie, state, opened_at,"
        " closed_at, entitled, voted, present, statutory, quorum, votes_for, votes_against, abstained, absent, outcome)"
        " VALUES ($1, $2, $3, $4, $5, 'simple', false, 'rejected', 'closed', $6, $7, 5, 4, 4, 6, 3, $8, $9, $10, $11, $12) RETURNING id",
        session.id, item_id, number, title, secret, opened, opened + timedelta(minutes=1), *counts, outcome,
    )  # fmt: skip


async def ballot(tx, vote_id, person, voted, choice, began, *, secret):
    await tx.execute(
        "INSERT INTO council_voter (vote_id, councillor_id, secret, name, club, office, present, voted, choice, cast_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, true, $7, $8, $9)",
        vote_id, person["id"], secret, person["name"], person["club"], person["office"], voted, choice,
        began if choice is not None else None,
    )  # fmt: skip
