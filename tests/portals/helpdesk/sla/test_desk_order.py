"""The agents' list by deadline: late ones, running ones, those that stand by what is left of them, those without a promise."""

from portals.helpdesk import desk_store
from portals.helpdesk.sla import actions
from tests.portals.helpdesk.desk import AGENT, SECOND_AGENT, Desk
from tests.portals.helpdesk.sla.test_clocks import age, set_up, settle


async def by_deadline(desk: Desk, show: str = "all") -> list[str]:
    await settle(desk)
    async with desk.database.transaction(readonly=True) as tx:
        found, _more = await desk_store.rows(tx, desk.first, AGENT.account_id, show, "due")
    return [one.ticket.subject for one in found]


async def waiting(desk: Desk, subject: str, used_min: int):
    """A ticket that was answered at once and waits for parts since `used_min` minutes of its four hours were used."""
    ticket = await desk.send(subject)
    await desk.reply(AGENT, ticket)
    await age(desk, ticket, used_min)
    return await desk.change(AGENT, await desk.fresh(ticket), state="pending", pending_reason="parts")


async def test_the_nearest_deadline_comes_first(database):
    desk = await set_up(database)
    for subject, minutes in (("świeże", 0), ("starsze", 20), ("spóźnione", 90)):
        await age(desk, await desk.send(subject), minutes)
    answered = await desk.send("odpowiedziane")
    await age(desk, answered, 100)
    await desk.reply(AGENT, answered)  # of four hours to solve it there are two left and twenty minutes
    critical = await desk.send("krytyczne")
    await desk.change(AGENT, critical, priority=4)  # ten minutes to answer
    low = await desk.send("nic nie obiecano")
    await desk.change(AGENT, low, priority=1)
    assert await by_deadline(desk) == [
        "spóźnione", "krytyczne", "starsze", "świeże", "odpowiedziane", "nic nie obiecano",
    ]  # fmt: skip


async def test_what_stands_comes_after_what_runs_and_what_was_late_before_stays_in_front(database):
    desk = await set_up(database)
    little, much = await waiting(desk, "czeka, zostało mało", 200), await waiting(desk, "czeka, zostało dużo", 30)
    over = await waiting(desk, "czeka spóźnione", 300)
    await desk.send("biegnie")
    none = await desk.send("nic nie obiecano")
    await desk.change(AGENT, none, priority=1)
    wanted = ["czeka spóźnione", "biegnie", "czeka, zostało mało", "czeka, zostało dużo", "nic nie obiecano"]
    assert await by_deadline(desk) == wanted
    async with database.transaction(readonly=True) as tx:
        found = await actions.clocks_of(tx, [little.id, much.id, over.id])
    ends = {
        one: min((c.due_at for c in found[one].clocks if c.kept is None and c.due_at), default=None) for one in found
    }
    assert [ends[one.id] is None for one in (little, much, over)] == [True, True, False]
    await desk.change(AGENT, await desk.fresh(little), state="open", pending_reason=None)  # it goes on: 40 minutes left
    assert await by_deadline(desk) == ["czeka spóźnione", "czeka, zostało mało", "biegnie", *wanted[3:]]
    assert await by_deadline(desk, "ours") == ["biegnie", "nic nie obiecano"]


async def test_a_list_that_does_not_fit_shows_the_nearest(database, monkeypatch):
    monkeypatch.setattr(desk_store, "MOST_ROWS", 2)
    desk = await set_up(database)
    tickets = [await desk.send(f"{minutes}") for minutes in (10, 50, 30, 40)]
    for ticket, minutes in zip(tickets, (10, 50, 30, 40), strict=True):
        await age(desk, ticket, minutes)
    await desk.change(SECOND_AGENT, await desk.fresh(tickets[3]), assignee_id=SECOND_AGENT.account_id)
    await settle(desk)
    async with database.transaction(readonly=True) as tx:
        every = await desk_store.rows(tx, desk.first, AGENT.account_id, "all", "due")
        free = await desk_store.rows(tx, desk.first, AGENT.account_id, "free", "due")
    assert ([one.ticket.subject for one in every[0]], every[1]) == (["50", "40"], 2)
    assert ([one.ticket.subject for one in free[0]], free[1]) == (["50", "30"], 1)
