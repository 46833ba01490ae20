"""The count. Pure: ballots in, totals and winners out; every tie goes by a rule or waits for the committee."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from portals.dialog.ballots import rules
from portals.dialog.ballots.model import Marks, Option, OptionResult, Outcome, Pool, Round, VoteResult, VoteSettings

Counted = tuple[Marks, int]
"""What ballots say, and how many say it."""


class Ledger:
    """Votes and scores of each option."""

    def __init__(self, settings: VoteSettings, options: Sequence[Option]) -> None:
        self.settings = settings
        self.options = {one.id: one for one in options}
        self.votes: Counter[int] = Counter()
        self.paper: Counter[int] = Counter()
        self.scores: Counter[int] = Counter()

    def add(self, ballots: Iterable[Counted], *, paper: bool = False) -> None:
        for marks, count in ballots:
            for option, value in marks.items():
                self.votes[option] += count
                self.scores[option] += count * self._score(value)
                if paper:
                    self.paper[option] += count

    def _score(self, value: int) -> int:
        """Borda: the first of n options gets n points, the next one fewer; what is not ranked gets none."""
        if self.settings.method == "ranked":
            return len(self.options) - value + 1
        return value

    def row(self, option: int, place: int, outcome: Outcome, score: int | None = None) -> OptionResult:
        return OptionResult(
            option_id=option,
            votes=self.votes[option],
            score=self.scores[option] if score is None else score,
            paper=self.paper[option],
            place=place,
            outcome=outcome,
        )


class Order:
    """Who goes first where scores are equal."""

    def __init__(self, settings: VoteSettings, options: Sequence[Option], drawn: Sequence[int]) -> None:
        self._settings = settings
        self._options = {one.id: one for one in options}
        self._drawn = {option: place for place, option in enumerate(drawn)}

    def decides(self, tied: Iterable[int]) -> bool:
        """Whether the rule puts these into an order; else lots are drawn."""
        return self._settings.ties != "committee" or set(tied) <= self._drawn.keys()

    def key(self, option: int) -> tuple[int, int]:
        found = self._options[option]
        match self._settings.ties:
            case "lower_cost":
                return found.cost_pln, found.ordinal
            case "committee":
                return self._drawn.get(option, len(self._drawn)), found.ordinal
            case _:
                return found.ordinal, found.id


def count(
    settings: VoteSettings,
    options: Sequence[Option],
    online: Sequence[Counted],
    paper: Sequence[Counted] = (),
    drawn: Sequence[int] = (),
) -> VoteResult:
    """Totals and winners; `drawn`: options in the order in which the committee has drawn lots."""
    ledger = Ledger(settings, options)
    ledger.add(online)
    ledger.add(paper, paper=True)
    order = Order(settings, options, drawn)
    pools: list[Pool] = []
    rounds: list[Round] = []
    if settings.budget:
        rows, pools, undecided = _budget(ledger, order)
    elif settings.method == "ranked" and settings.counting == "irv":
        rows, rounds, undecided = _run_off(ledger, order, [*online, *paper])
    else:
        rows, undecided = _seats(ledger, order)
    return VoteResult(
        options=rows,
        online=sum(times for _marks, times in online),
        paper=sum(times for _marks, times in paper),
        invalid=0,
        waiting=0,
        pools=pools,
        rounds=rounds,
        undecided=undecided,
    )


def _tied(ledger: Ledger, order: Order, options: Iterable[int]) -> list[list[int]]:
    """Best first, in groups with one score; within a group by the rule of ties."""
    ranked = sorted(options, key=lambda one: (-ledger.scores[one], order.key(one)))
    return [list(group) for _score, group in groupby(ranked, lambda one: ledger.scores[one])]


def _seats(ledger: Ledger, order: Order) -> tuple[list[OptionResult], list[int]]:
    """As many win as there are places; a tie over the last one goes by the rule. Nobody wins without a vote."""
    rows: list[OptionResult] = []
    undecided: list[int] = []
    free = ledger.settings.winners
    for group in _tied(ledger, order, ledger.options):
        place = len(rows) + 1
        enough = ledger.votes[group[0]] > 0 and all(ledger.votes[one] >= ledger.settings.least_votes for one in group)
        drawn = order.decides(group)
        open_tie = enough and 0 < free < len(group) and not drawn
        for number, option in enumerate(group):
            outcome: Outcome = "lost"
            if open_tie:
                outcome = "undecided"
            elif ledger.votes[option] < max(1, ledger.settings.least_votes):
                outcome = "too_few"
            elif number < free:
                outcome = "won"
            shown = place + (number if drawn and 0 < free < len(group) else 0)
            rows.append(ledger.row(option, shown, outcome))
        if open_tie:
            undecided = group
        free = max(0, free - len(group))
    return rows, undecided


def _budget(ledger: Ledger, order: Order) -> tuple[list[OptionResult], list[Pool], list[int]]:
    """Pool by pool, from the best down, while the money lasts."""
    districts = {one.district for one in ledger.options.values()}
    budgets = {"": ledger.settings.city_pool, **(rules.pools_of(ledger.settings.district_pools) or {})}
    rows: list[OptionResult] = []
    pools: list[Pool] = []
    undecided: list[int] = []
    for district in sorted(districts | {name for name, money in budgets.items() if money}):
        mine = [one.id for one in ledger.options.values() if one.district == district]
        found, spent, open_tie = _fill_pool(ledger, order, mine, budgets.get(district, 0))
        rows += found
        undecided += open_tie
        pools.append(Pool(district, budgets.get(district, 0), spent))
    return rows, pools, undecided


def _fill_pool(
    ledger: Ledger, order: Order, options: Sequence[int], budget: int
) -> tuple[list[OptionResult], int, list[int]]:
    """Rows of one pool, what is spent of it, and a tie that has to be decided first.

    A tie matters only where not all of the group fit; then it stops the pool until the committee has drawn lots.
    """
    rows: list[OptionResult] = []
    spent = 0
    stopped: Outcome | None = None
    undecided: list[int] = []
    for group in _tied(ledger, order, options):
        place = len(rows) + 1
        good = [one for one in group if ledger.votes[one] >= max(1, ledger.settings.least_votes)]
        matters = _order_matters(ledger, good, budget - spent)
        if matters and stopped is None and not order.decides(good):
            undecided, stopped = good, "undecided"
        for number, option in enumerate(group):
            price = ledger.options[option].cost_pln
            outcome: Outcome
            if option not in good:
                outcome = "too_few"
            elif stopped is not None:
                outcome = stopped
            elif spent + price <= budget:
                outcome, spent = "won", spent + price
            else:
                outcome = "no_money"
                if not ledger.settings.skip_too_large:
                    stopped = "no_money"
            rows.append(ledger.row(option, place + (number if matters and order.decides(good) else 0), outcome))
    return rows, spent, undecided


def _order_matters(ledger: Ledger, options: Sequence[int], left: int) -> bool:
    """Whether it depends on the order of a tie who wins.

    Where what does not fit is passed over, only those that fit compete; else the first that does not fit ends the pool.
    """
    costs = [ledger.options[one].cost_pln for one in options]
    fitting = [cost for cost in costs if cost <= left]
    competing = fitting if ledger.settings.skip_too_large else costs
    return bool(fitting) and len(options) > 1 and sum(competing) > left


def _run_off(
    ledger: Ledger, order: Order, ballots: Sequence[Counted]
) -> tuple[list[OptionResult], list[Round], list[int]]:
    """Instant run-off: the option with the fewest first places goes, its ballots move on, until one has more than half.

    Equal at the bottom: who had fewer in the round before goes, and so back to the first; then by the rule of ties.
    """
    remaining = set(ledger.options)
    preferences = [([option for option, _place in sorted(marks.items(), key=lambda one: one[1])], times)
                   for marks, times in ballots]  # fmt: skip
    rounds: list[Round] = []
    gone: list[tuple[int, int]] = []
    winner, undecided = 0, []
    while remaining and ballots:
        votes = dict.fromkeys(sorted(remaining), 0)
        for wanted, times in preferences:
            first = next((one for one in wanted if one in remaining), None)
            if first is not None:
                votes[first] += times
        best = max(votes, key=lambda one: votes[one])
        if votes[best] * 2 > sum(votes.values()) or len(remaining) == 1:
            winner = best if votes[best] else 0
            rounds.append(Round(votes, 0))
            break
        lowest = _lowest(votes, rounds)
        if len(lowest) > 1 and not order.decides(lowest) and not _go_together(votes, lowest):
            rounds.append(Round(votes, 0))
            undecided = lowest
            break
        out = max(lowest, key=order.key)
        rounds.append(Round(votes, out))
        gone.insert(0, (out, votes[out]))
        remaining.discard(out)
    last = rounds[-1].votes if rounds else dict.fromkeys(sorted(remaining), 0)
    rest = sorted(remaining, key=lambda one: (one != winner, -last[one], order.key(one)))
    rows = []
    for place, (option, score) in enumerate([*((one, last[one]) for one in rest), *gone], start=1):
        outcome: Outcome = "undecided" if undecided and option in remaining else "lost"
        rows.append(ledger.row(option, place, "won" if option == winner else outcome, score))
    return rows, rounds, undecided


def _lowest(votes: dict[int, int], rounds: Sequence[Round]) -> list[int]:
    least = min(votes.values())
    lowest = [one for one, count in votes.items() if count == least]
    for earlier in reversed(rounds):
        if len(lowest) == 1:
            break
        least = min(earlier.votes[one] for one in lowest)
        lowest = [one for one in lowest if earlier.votes[one] == least]
    return lowest


def _go_together(votes: dict[int, int], lowest: Sequence[int]) -> bool:
    """Even with all their ballots together none would pass anybody else: in which order they go says nothing."""
    others = [count for option, count in votes.items() if option not in lowest]
    return bool(others) and sum(votes[one] for one in lowest) < min(others)
