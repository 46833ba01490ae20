"""Axes of the helpdesk's drawings."""

import pytest

from portals.helpdesk.charts import nice_top


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (3, 4), (5, 6), (7, 10), (11, 20), (41, 60), (99, 100), (101, 200)]
)
def test_the_axis_ends_at_an_even_number(most, top):
    assert nice_top(most) == top
