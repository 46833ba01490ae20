"""Numbers that all drawings of the helpdesk share. Pure."""


def nice_top(most: int) -> int:
    """An even number at or above it that reads well on an axis."""
    size = 1
    while True:
        for factor in (2, 4, 6, 10):
            if most <= factor * size:
                return factor * size
        size *= 10
