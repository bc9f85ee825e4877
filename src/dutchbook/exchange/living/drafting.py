"""From what a scenario says about a question to its truth and its markets."""

from collections.abc import Mapping
from itertools import pairwise
from random import Random
from typing import assert_never

from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Strike, StrikeKind
from dutchbook.domain.units import DOLLAR, Money, Nanos, decimal_text
from dutchbook.exchange.living.chance import CERTAIN, between
from dutchbook.exchange.living.draft import Draft, Hours, MarketDraft
from dutchbook.exchange.living.spec import (
    AnyQuestion,
    BinarySpec,
    BracketsSpec,
    DatesSpec,
    ElectionSpec,
    MatchSpec,
    TemperSpec,
    ThresholdsSpec,
    UpDownSpec,
)
from dutchbook.exchange.living.truths.brackets import Brackets
from dutchbook.exchange.living.truths.deadlines import Deadlines
from dutchbook.exchange.living.truths.digitals import Digitals
from dutchbook.exchange.living.truths.feed import Feed
from dutchbook.exchange.living.truths.match import Match
from dutchbook.exchange.living.truths.partition import Partition, Temper

FEED_PER_DOLLAR = 10**8
_PER_MONEY = FEED_PER_DOLLAR // DOLLAR


def draft(spec: AnyQuestion, hours: Hours, feeds: Mapping[str, Feed], rng: Random) -> Draft:
    """One instance of a question. `rng` is its own, so that its truth does not depend on how anybody trades."""
    match spec:
        case BinarySpec():
            return _binary(spec, hours, rng)
        case ElectionSpec():
            return _election(spec, hours, rng)
        case BracketsSpec():
            return _brackets(spec, hours, rng)
        case UpDownSpec():
            return _up_down(spec, hours, feeds[spec.feed])
        case ThresholdsSpec():
            return _thresholds(spec, hours, feeds[spec.feed])
        case MatchSpec():
            return _match(spec, hours, rng)
        case DatesSpec():
            return _dates(spec, hours, rng)
        case _:
            assert_never(spec)


def _temper(spec: TemperSpec) -> Temper:
    return Temper(step=spec.step, drift=spec.drift, news_every=spec.news_every, news_size=spec.news_size)


def _binary(spec: BinarySpec, hours: Hours, rng: Random) -> Draft:
    truth = Partition((spec.chance, CERTAIN - spec.chance), _temper(spec.beliefs), hours.listed, rng, shown=1)
    market = MarketDraft(code="YES", label="", title=spec.title, closes=hours.closes)
    return Draft(
        truths=dict.fromkeys(spec.venues, truth),
        markets=(market,),
        rules=f'Resolves to "Yes" if it turns out so by the close. {spec.title}',
    )


def _election(spec: ElectionSpec, hours: Hours, rng: Random) -> Draft:
    slots = list(spec.candidates.items())
    named = None
    if spec.placeholder is not None:
        named = (len(slots), spec.placeholder.named, Nanos(hours.listed + spec.placeholder.after))
        slots.append((spec.placeholder.slot, spec.placeholder.chance))
    if spec.other:
        slots.append(("Other", spec.other))
    truth = Partition([chance for _, chance in slots], _temper(spec.beliefs), hours.listed, rng)
    markets = tuple(
        MarketDraft(
            code=_code(name, index),
            label=name,
            title=f"{spec.title} {name}",
            closes=hours.closes,
            placeholder=named is not None and index == named[0],
            catch_all=bool(spec.other) and index == len(slots) - 1,
        )
        for index, (name, _) in enumerate(slots)
    )
    rules = f'Exactly one resolves to "Yes". "Other" wins if nobody wins who is named by the close. {spec.title}'
    return Draft(truths=dict.fromkeys(spec.venues, truth), markets=markets, partition=True, rules=rules, named=named)


def _brackets(spec: BracketsSpec, hours: Hours, rng: Random) -> Draft:
    expected = spec.expected + between(rng, -spec.surprise, spec.surprise)
    truth = Brackets(expected * 1_000, spec.spread * 1_000, spec.edges, hours.listed, hours.closes, rng)
    low, high = spec.edges[0], spec.edges[-1]
    named = [("T" + str(low), f"{low - 1}° or below", Strike(StrikeKind.LESS, cap=low * DOLLAR))]
    for floor, end in pairwise(spec.edges):
        label = f"{floor}° to {end - 1}°" if end - 1 > floor else f"{floor}°"
        strike = Strike(StrikeKind.BETWEEN, floor * DOLLAR, (end - 1) * DOLLAR)
        named.append((f"B{decimal_text((floor + end - 1) * 5, 1).rstrip('0').rstrip('.')}", label, strike))
    named.append((f"T{high - 1}", f"{high}° or above", Strike(StrikeKind.GREATER_OR_EQUAL, floor=high * DOLLAR)))
    markets = tuple(
        MarketDraft(code=code, label=label, title=f"{spec.title} {label}", strike=strike, closes=hours.closes)
        for code, label, strike in named
    )
    rules = f"The highest temperature in whole degrees as reported by the weather service. {spec.title}"
    return Draft(truths=dict.fromkeys(spec.venues, truth), markets=markets, partition=True, rules=rules)


def _up_down(spec: UpDownSpec, hours: Hours, feed: Feed) -> Draft:
    opens = Nanos(max(hours.closes - spec.window, hours.listed))
    averages = {Venue.POLYMARKET: spec.average, Venue.KALSHI: spec.kalshi_average}
    market = MarketDraft(code="UP", label="", title=spec.title, closes=hours.closes, labels=("Up", "Down"))
    return Draft(
        truths={
            venue: Digitals(feed, None, opens, hours.closes, average=_ticks(averages[venue], feed))
            for venue in spec.venues
        },
        markets=(market,),
        feed=spec.feed,
        opens=opens,
        rules=f'"Up" if {spec.feed} reads the same or more at the end of the window than at its start.',
    )


def _thresholds(spec: ThresholdsSpec, hours: Hours, feed: Feed) -> Draft:
    strikes = [price * _PER_MONEY for price in spec.strikes] or _around(feed.value, spec.gap * _PER_MONEY, spec.rungs)
    # The highest strike first: each rung then implies the next one.
    strikes.sort(reverse=True)
    averages = {Venue.POLYMARKET: spec.average, Venue.KALSHI: spec.kalshi_average}
    markets = tuple(
        MarketDraft(
            code=f"T{_plain(strike)}",
            label=f"↑ {_plain(strike)}",
            title=f"{spec.title} {_plain(strike)}",
            closes=hours.closes,
            strike=Strike(StrikeKind.GREATER_OR_EQUAL, floor=strike // _PER_MONEY),
        )
        for strike in strikes
    )
    truths = {
        venue: Digitals(feed, strikes, hours.listed, hours.closes, average=_ticks(averages[venue], feed))
        for venue in spec.venues
    }
    for truth in truths.values():
        truth.move(hours.listed)
    return Draft(
        truths=truths,
        markets=markets,
        ladder=True,
        feed=spec.feed,
        rules=f'"Yes" if {spec.feed} reads the strike or more at the close.',
    )


def _match(spec: MatchSpec, hours: Hours, rng: Random) -> Draft:
    starts = Nanos(hours.listed + spec.starts)
    truth = Match(spec.home_rate, spec.away_rate, spec.periods, starts, hours.closes, rng)
    title = f"{spec.home} vs. {spec.away}"
    market = MarketDraft(
        code=_code(spec.home, 0), label=spec.home, title=title, closes=hours.closes, labels=(spec.home, spec.away)
    )
    return Draft(
        truths=dict.fromkeys(spec.venues, truth),
        markets=(market,),
        game_start=starts,
        taker_waits_silently=False,
        rules=f"{spec.home} wins, after penalties if need be. {spec.title}",
    )


def _dates(spec: DatesSpec, hours: Hours, rng: Random) -> Draft:
    deadlines = [Nanos(hours.listed + after) for after in spec.dates]
    truth = Deadlines(list(spec.by.values()), deadlines, spec.step, spec.drift, hours.listed, rng)
    markets = tuple(
        MarketDraft(
            code=f"D{index + 1}",
            label=name,
            title=f"{spec.title} {name}",
            closes=deadline,
            strike=Strike(StrikeKind.BEFORE, cap=deadline),
        )
        for index, (name, deadline) in enumerate(zip(spec.by, deadlines, strict=True))
    )
    return Draft(
        truths=dict.fromkeys(spec.venues, truth),
        markets=markets,
        ladder=True,
        rules=f'"Yes" as soon as it happens, "No" when the deadline has passed. {spec.title}',
    )


def _around(value: int, gap: int, rungs: int) -> list[int]:
    middle = value // gap
    return [(middle + 1 - rungs // 2 + index) * gap for index in range(rungs)]


def _ticks(average: Nanos, feed: Feed) -> int:
    return max(1, average // feed.tick)


def _plain(value: int) -> str:
    return decimal_text(Money(value // _PER_MONEY), 6).removesuffix(".00")


def _code(name: str, index: int) -> str:
    letters = "".join(letter for letter in name.upper() if letter.isascii() and letter.isalnum())
    return f"{letters[:4]}{index}"


def window_of(at: Nanos, every: Nanos) -> Nanos:
    """The first multiple of `every` after `at`: windows keep to the clock, whenever a scenario starts."""
    return Nanos((at // every + 1) * every)
