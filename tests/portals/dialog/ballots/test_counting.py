"""Counts that were done by hand."""

import pytest

from portals.dialog.ballots.counting import count
from portals.dialog.ballots.model import Option, VoteSettings


def options(*costs, districts=()):
    """Options 1, 2, 3 … with these costs."""
    return [
        Option(
            id=number,
            block_id=1,
            ordinal=number,
            title=f"P{number}",
            description="",
            district=districts[number - 1] if districts else "",
            cost_pln=cost,
            ref="",
            path="",
            rev=1,
        )
        for number, cost in enumerate(costs, start=1)
    ]


def ranking(*order):
    return {option: place for place, option in enumerate(order, start=1)}


def outcomes(result):
    return {row.option_id: row.outcome for row in result.options}


def scores(result):
    return {row.option_id: row.score for row in result.options}


def test_single_choice_counts_votes_and_paper_apart():
    result = count(VoteSettings(method="single"), options(0, 0, 0), [({1: 1}, 3), ({2: 1}, 5)], [({1: 1}, 4)])
    assert scores(result) == {1: 7, 2: 5, 3: 0}
    assert outcomes(result) == {1: "won", 2: "lost", 3: "too_few"}
    assert [row.paper for row in result.options] == [4, 0, 0]
    assert (result.online, result.paper, result.undecided) == (8, 4, [])


def test_points_add_up_and_two_places_are_given():
    settings = VoteSettings(method="points", most=5, winners=2)
    result = count(settings, options(0, 0, 0), [({1: 5}, 1), ({2: 3, 3: 2}, 2), ({3: 1}, 1)])
    # 1: 5; 2: 3+3; 3: 2+2+1
    assert scores(result) == {2: 6, 1: 5, 3: 5}
    # a tie for the second place: the first on the ballot
    assert outcomes(result) == {1: "won", 2: "won", 3: "lost"}
    assert [row.place for row in result.options] == [1, 2, 3]


def test_a_tie_waits_for_the_committee_only_where_it_matters():
    tied = [({1: 1}, 2), ({2: 1}, 2), ({3: 1}, 1)]
    settings = VoteSettings(method="single", ties="committee")
    result = count(settings, options(0, 0, 0), tied)
    assert outcomes(result) == {1: "undecided", 2: "undecided", 3: "lost"}
    assert result.undecided == [1, 2]
    assert outcomes(count(settings, options(0, 0, 0), tied, drawn=[2, 1]))[2] == "won"
    both = count(VoteSettings(method="single", ties="committee", winners=2), options(0, 0, 0), tied)
    assert outcomes(both) == {1: "won", 2: "won", 3: "lost"}
    assert both.undecided == []


def test_nobody_wins_without_a_vote():
    assert set(outcomes(count(VoteSettings(winners=3), options(0, 0), [])).values()) == {"too_few"}


def test_borda_by_hand():
    """Three options: 3, 2, 1 points. A>B>C 4 times, B>C 3 times, C 2 times."""
    ballots = [(ranking(1, 2, 3), 4), (ranking(2, 3), 3), (ranking(3), 2)]
    result = count(VoteSettings(method="ranked", counting="borda"), options(0, 0, 0), ballots)
    # 1: 4*3=12; 2: 4*2+3*3=17; 3: 4*1+3*2+2*3=16
    assert scores(result) == {2: 17, 3: 16, 1: 12}
    assert outcomes(result)[2] == "won"


def test_run_off_moves_ballots_on():
    """Tennessee: Memphis 42, Nashville 26, Chattanooga 15, Knoxville 17; Knoxville wins the run-off."""
    memphis, nashville, chattanooga, knoxville = 1, 2, 3, 4
    ballots = [
        (ranking(memphis, nashville, chattanooga, knoxville), 42),
        (ranking(nashville, chattanooga, knoxville, memphis), 26),
        (ranking(chattanooga, knoxville, nashville, memphis), 15),
        (ranking(knoxville, chattanooga, nashville, memphis), 17),
    ]
    result = count(VoteSettings(method="ranked"), options(0, 0, 0, 0), ballots)
    assert [one.out for one in result.rounds] == [chattanooga, nashville, 0]
    assert result.rounds[1].votes == {1: 42, 2: 26, 4: 32}
    assert result.rounds[2].votes == {1: 42, 4: 58}
    assert [row.option_id for row in result.options] == [4, 1, 2, 3]
    assert outcomes(result)[knoxville] == "won"


def test_run_off_equal_at_the_bottom_looks_back_then_at_the_rule():
    # round 1: A 4, B 3, C 2, D 1: D goes, its ballot to C. Round 2: A 4, B 3, C 3: C had fewer in round 1 and goes
    ballots = [(ranking(1), 4), (ranking(2, 1), 3), (ranking(3, 2), 2), (ranking(4, 3), 1)]
    result = count(VoteSettings(method="ranked"), options(0, 0, 0, 0), ballots)
    assert [one.out for one in result.rounds] == [4, 3, 0]
    assert result.rounds[2].votes == {1: 4, 2: 5}
    assert result.options[0].option_id == 2
    # two with one vote each from the beginning: the one lower on the ballot goes
    even = [(ranking(1), 1), (ranking(2), 1)]
    assert outcomes(count(VoteSettings(method="ranked"), options(0, 0), even)) == {1: "won", 2: "lost"}
    cheap = VoteSettings(method="ranked", ties="lower_cost")
    assert outcomes(count(cheap, options(9, 5), even)) == {1: "lost", 2: "won"}
    drawn = VoteSettings(method="ranked", ties="committee")
    assert count(drawn, options(0, 0), even).undecided == [1, 2]
    assert outcomes(count(drawn, options(0, 0), even, drawn=[2, 1]))[2] == "won"


def test_run_off_needs_no_lots_among_those_who_cannot_win():
    ballots = [(ranking(1), 6), (ranking(2), 5), (ranking(3), 1), (ranking(4), 1)]
    result = count(VoteSettings(method="ranked", ties="committee"), options(0, 0, 0, 0), ballots)
    assert result.undecided == []
    assert outcomes(result)[1] == "won"


BUDGET = VoteSettings(budget=True, city_pool=100, district_pools="Zatorze: 60", most=5)


def test_budget_takes_from_the_best_down_and_passes_over_what_does_not_fit():
    projects = options(70, 40, 30, 60, 10, districts=("", "", "", "Zatorze", "Zatorze"))
    ballots = [({1: 1}, 9), ({2: 1}, 8), ({3: 1}, 7), ({4: 1}, 3), ({5: 1}, 2)]
    result = count(BUDGET, projects, ballots)
    assert outcomes(result) == {1: "won", 2: "no_money", 3: "won", 4: "won", 5: "no_money"}
    assert [(pool.district, pool.spent_pln) for pool in result.pools] == [("", 100), ("Zatorze", 60)]
    strict = VoteSettings(budget=True, city_pool=100, most=5, skip_too_large=False)
    assert outcomes(count(strict, projects[:3], ballots[:3])) == {1: "won", 2: "no_money", 3: "no_money"}


def test_budget_ties_by_cost_by_order_by_lots():
    projects = options(80, 50, 50)
    ballots = [({1: 1, 2: 1, 3: 1}, 4)]
    first = count(VoteSettings(budget=True, city_pool=100), projects, ballots)
    assert outcomes(first) == {1: "won", 2: "no_money", 3: "no_money"}
    cheaper = count(VoteSettings(budget=True, city_pool=100, ties="lower_cost"), projects, ballots)
    assert outcomes(cheaper) == {1: "no_money", 2: "won", 3: "won"}
    lots = VoteSettings(budget=True, city_pool=100, ties="committee")
    waiting = count(lots, projects, ballots)
    assert set(outcomes(waiting).values()) == {"undecided"}
    assert waiting.pools[0].spent_pln == 0
    assert outcomes(count(lots, projects, ballots, drawn=[3, 1, 2])) == {1: "no_money", 2: "won", 3: "won"}
    # all of them fit, or only one could: no lots
    assert count(VoteSettings(budget=True, city_pool=180, ties="committee"), projects, ballots).undecided == []
    assert count(lots, options(80, 150, 150), ballots).undecided == []


def test_budget_stops_at_a_tie_and_what_is_below_waits_too():
    lots = VoteSettings(budget=True, city_pool=100, ties="committee")
    result = count(lots, options(40, 50, 50, 5), [({1: 1}, 9), ({2: 1, 3: 1}, 4), ({4: 1}, 1)])
    assert outcomes(result) == {1: "won", 2: "undecided", 3: "undecided", 4: "undecided"}
    assert result.undecided == [2, 3]


@pytest.mark.parametrize(("least", "expected"), [(0, "won"), (3, "won"), (4, "too_few")])
def test_a_project_needs_its_votes(least, expected):
    settings = VoteSettings(budget=True, city_pool=100, least_votes=least)
    assert outcomes(count(settings, options(10), [({1: 1}, 3)])) == {1: expected}


def test_every_ballot_is_in_the_totals():
    """Whatever the method: what is added to scores comes from ballots, and nothing else."""
    ballots = [({1: 2, 2: 1}, 7), ({2: 3}, 11), ({3: 1}, 2)]
    result = count(VoteSettings(method="points", most=3), options(0, 0, 0), ballots, [({3: 3}, 5)])
    assert sum(row.score for row in result.options) == 7 * 3 + 11 * 3 + 2 + 15
    assert result.online + result.paper == 25
