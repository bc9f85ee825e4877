"""Numbers of journal lines in words."""

from collections.abc import Mapping

from dutchbook.domain.units import SECOND, decimal_text


def contracts(size: int) -> str:
    """A number of contracts.

    >>> contracts(2_500_000)
    '2.50'
    """
    return decimal_text(size, 6)


def price_text(price: int) -> str:
    """A price in cents.

    >>> price_text(4_735), price_text(300)
    ('47.35¢', '3¢')
    """
    return decimal_text(price, 2).rstrip("0").rstrip(".") + "¢"


def ratio_text(ppm: int) -> str:
    """Cost / payoff.

    >>> ratio_text(1_012_345)
    '1.012345'
    """
    return decimal_text(ppm, 6)


def span_text(nanos: int) -> str:
    """A length of time in seconds.

    >>> span_text(2_500_000_000)
    '2.5 s'
    """
    return f"{nanos / SECOND:,.1f} s"


def leg_text(leg: Mapping[str, object]) -> str:
    """What a leg wants.

    >>> leg_text({"side": "buy", "size": 20_000_000, "limit": 3_600, "tif": "gtc", "post_only": True})
    'buy 20.00 at up to 36¢ (gtc, post-only)'
    """
    size, limit = leg.get("size", 0), leg.get("limit", 0)
    worst = "at up to" if leg.get("side") == "buy" else "at no less than"
    kind = f"{leg.get('tif')}{', post-only' if leg.get('post_only') else ''}"
    return f"{leg.get('side')} {contracts(_int(size))} {worst} {price_text(_int(limit))} ({kind})"


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
