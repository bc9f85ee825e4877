"""Whether two markets with strikes measure the same thing. Texts are read here for one purpose: to refuse.

Fields cannot say it: one event holds the hits of several players, or both teams' margins, all with strikes of one kind.
So the rules (the title, where there are none) must be equal word for word and number for number once dates, words of
comparison and the market's own strike are left out; that thresholds are read at one time is for their closes to say.
"""

import re
from collections.abc import Sequence

from dutchbook.domain.markets import Market, Strike

_TOKENS = re.compile(r"[^\W\d_]+|[0-9][0-9,]{0,30}(?:\.[0-9]+)?")
_COMPARISON_WORDS = """
a above an and at b before below between bn by c degrees equal exactly f fewer from greater higher in inclusive is k
least less lower m more most of on or over than the to under up usd
"""
_CALENDAR_WORDS = """
am april apr aug august day dec december edt end est et feb february jan january jul july jun june mar march may month
nd nov november oct october pm q rd sep sept september st th utc week year
"""
_COMPARISON = frozenset(_COMPARISON_WORDS.split())
_CALENDAR = frozenset(_CALENDAR_WORDS.split())
_UNIT = 1_000_000
_SCALES = (1, 1_000, 1_000_000)
"""A text may give a strike in thousands or millions: 70k."""
_FIRST_YEAR, _LAST_YEAR = 1990 * _UNIT, 2100 * _UNIT


def subject_of(market: Market) -> tuple[str, ...]:
    """The words and numbers of the rules that say what is measured, in their order."""
    tokens = _without_dates(_TOKENS.findall((market.rules or market.title).casefold()))
    own = _own_numbers(tokens, market.strike) if market.strike else frozenset[str]()
    return tuple(token for token in tokens if token not in _COMPARISON and token not in own)


def _own_numbers(tokens: Sequence[str], strike: Strike) -> frozenset[str]:
    """The numbers that state the strike: exactly, or rounded (4+ for above 3.5) where none does exactly."""
    bounds = [bound for bound in (strike.floor, strike.cap) if bound is not None]
    numbers = {token: value for token in tokens if (value := _number(token)) is not None}
    exact = {t for t, n in numbers.items() if any(n * scale == bound for bound in bounds for scale in _SCALES)}
    return frozenset(exact or {t for t, n in numbers.items() if any(abs(n - bound) < _UNIT for bound in bounds)})


def _without_dates(tokens: Sequence[str]) -> Sequence[str]:
    """Without words of the calendar, years, and numbers in one run with either: 11:59 PM ET, June 30, 2027."""
    numbers = [_number(token) for token in tokens]
    dated = [
        token in _CALENDAR or (number is not None and _FIRST_YEAR <= number <= _LAST_YEAR)
        for token, number in zip(tokens, numbers, strict=True)
    ]
    for forward in (True, False):
        order = range(len(tokens)) if forward else range(len(tokens) - 1, -1, -1)
        beside = False
        for i in order:
            dated[i] = beside = dated[i] or (beside and numbers[i] is not None)
    return [token for token, is_date in zip(tokens, dated, strict=True) if not is_date]


def _number(token: str) -> int | None:
    """A number of a text in millionths; None for a word, or beyond six decimals."""
    if not token[0].isdigit():
        return None
    whole, _, fraction = token.replace(",", "").partition(".")
    return None if len(fraction) > 6 else int(whole) * _UNIT + int(fraction.ljust(6, "0"))
