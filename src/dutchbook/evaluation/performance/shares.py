"""Parts of whole numbers that add up to the whole: no micro-dollar appears or is lost."""

from collections.abc import Sequence


def part_of(amount: int, before: int, part: int, whole: int) -> int:
    """The share of `amount` that falls to units `before` to `before + part` of `whole`.

    >>> [part_of(10, done, 1, 3) for done in range(3)]
    [3, 3, 4]
    """
    return amount * (before + part) // whole - amount * before // whole


def by_weight(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount in parts of these weights, none of them negative and at least one of them more than 0.

    >>> by_weight(100, [1, 0, 2])
    [33, 0, 67]
    """
    total, before, parts = sum(weights), 0, []
    for weight in weights:
        parts.append(part_of(amount, before, weight, total))
        before += weight
    return parts
