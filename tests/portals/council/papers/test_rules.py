"""Who sees which paper when; when an invitation is late; what changes call for news."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from portals.council.model import AgendaItem, Session
from portals.council.papers import rules
from portals.council.papers.model import Paper, PaperDraft
from portals.council.papers.settings import PapersSettings
from tests.portals.council.stage import CLERK, COUNCILLOR, NOBODY, PLANNED, RESIDENT

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
PAPER = Paper(
    id=1, session_id=1, item_id=None, position=1, title="Projekt", kind="other", audience="public", public_from=None,
    removed_at=None, removal_reason="", rev=1, version=1, name="a.pdf", type="application/pdf", bytes=1, note="",
    changed_at=NOW,
)  # fmt: skip
SESSION = Session(
    id=1, slug="x", number="I", title="I sesja", place="Ratusz", planned_at=PLANNED, state="planned", stream_id="s",
    chat_open=False, started_at=None, ended_at=None, rev=1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("audience", "public_from", "public"),
    [
        ("public", None, True),
        ("councillors", None, False),
        ("councillors", NOW + timedelta(seconds=1), False),
        ("councillors", NOW, True),
        ("councillors", NOW - timedelta(days=1), True),
    ],
)
def test_who_sees_a_paper(audience, public_from, public):
    paper = msgspec.structs.replace(PAPER, audience=audience, public_from=public_from)
    assert [rules.can_see(actor, paper, NOW) for actor in (NOBODY, RESIDENT, COUNCILLOR, CLERK)] == [
        public,
        public,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("committee", "today", "late"),
    [
        (None, date(2026, 12, 13), False),
        (None, date(2026, 12, 14), True),
        (3, date(2026, 12, 17), False),
        (3, date(2026, 12, 18), True),
    ],
)
def test_invitations_are_late_by_the_statutes_days(committee, today, late):
    session = msgspec.structs.replace(SESSION, committee_id=committee)
    assert rules.late_notice(session, PapersSettings(), today, date(2026, 12, 20)) is late


@pytest.mark.parametrize(
    ("changes", "news"),
    [
        ({"title": "Inny tytuł", "number": "II"}, False),
        ({"planned_at": PLANNED + timedelta(minutes=5)}, True),
        ({"place": "Sala 211"}, True),
        ({"called_off_at": NOW, "called_off_reason": "x"}, True),
    ],
)
def test_what_changes_call_for_news(changes, news):
    after = msgspec.structs.replace(SESSION, **changes)
    assert rules.calls_for_news(SESSION, after) is news
    assert rules.calls_for_news(after, SESSION) is news


def test_length_of_a_session_is_the_sum_of_its_items_where_most_have_one():
    def items(*lines: tuple[int | None, int | None]) -> list[AgendaItem]:
        return [
            AgendaItem(id=n, session_id=1, position=n, number=str(n), title="x", state="waiting", began_at=None, rev=1,
                       parent_id=parent, depth=0 if parent is None else 1, planned_minutes=minutes)
            for n, (minutes, parent) in enumerate(lines, start=1)
        ]  # fmt: skip

    settings = PapersSettings(planned_minutes=240)
    assert rules.length_minutes(items((30, None), (60, None), (None, None)), settings) == 90
    assert rules.length_minutes(items((30, None), (None, None)), settings) == 240
    assert rules.length_minutes([], settings) == 240
    # sub-items say it for their parent, which may need some time of its own
    assert rules.length_minutes(items((None, None), (30, 1), (15, 1)), settings) == 45
    assert rules.length_minutes(items((5, None), (30, 1), (15, 1)), settings) == 50


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("uchwała_w_sprawie_żółwi.pdf", "uchwała w sprawie żółwi"),
        ("Projekt nr 12.2026.docx", "Projekt nr 12.2026"),
        ("bez-kropki", "bez-kropki"),
        (".pdf", ".pdf"),
    ],
)
def test_titles_come_from_names_of_files(name, title):
    assert rules.title_from(name) == title


@pytest.mark.parametrize(
    ("draft", "fields"),
    [
        (PaperDraft(" "), {"title"}),
        (PaperDraft("x" * 301), {"title"}),
        (PaperDraft("x", public_from=NOW), {"public_from"}),
        (PaperDraft("x", item_id=9), {"item"}),
        (PaperDraft("x", audience="councillors", public_from=NOW), set()),
    ],
)
def test_faults_name_their_field(draft, fields):
    assert set(rules.faults(draft, [])) == fields
