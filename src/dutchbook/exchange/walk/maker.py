"""The market maker of the random-walk market: quotes around a fair price, and now and then by mistake beside it."""

from collections.abc import Iterable, Sequence
from random import Random

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.identity import MarketId, QuestionId
from dutchbook.domain.markets import Market
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.units import CONTRACT, ONE, Money, Nanos, Price, Size, complement
from dutchbook.exchange.walk.frames import LevelChange, MirroredLevels
from dutchbook.exchange.walk.topics import Shape, Topic

_LEVELS = 5
_PER_PRICE = 100  # a price unit is a hundred micro-dollars


class Plant(msgspec.Struct, frozen=True):
    """An opportunity that was put into the market on purpose, or a near miss where `margin` is negative.

    `margin` is what one set earns at the top of the books after fees. It lives from `at` to about `until`.
    """

    question: QuestionId
    kind: BundleKind
    market: MarketId
    at: Nanos
    until: Nanos
    margin: Money


class Mistake(msgspec.Struct, frozen=True):
    """A maker's price shift in one market of a question, and the bundle that it makes cheap."""

    kind: BundleKind
    market: int
    other: int
    shift: int


def quotes(market: Market, chance: int, shift: int) -> tuple[tuple[Price, ...], tuple[Price, ...]]:
    """Bid and ask prices around a chance in millionths, moved by `shift` price units; best first.

    The best bid and ask are the ticks around fair; deeper levels stand on every fifth tick, so that small moves leave
    them in place.
    """
    tick = market.grid.finest()
    fair = chance // _PER_PRICE + shift
    bid = max(tick, min((fair - tick // 2) // tick * tick, ONE - 2 * tick))
    ask = min(ONE - tick, max(-(-(fair + tick // 2) // tick) * tick, bid + tick))
    wide = 5 * tick
    bids = (bid, *range((bid - 1) // wide * wide, 0, -wide))
    asks = (ask, *range((ask // wide + 1) * wide, ONE, wide))
    return tuple(map(Price, bids[:_LEVELS])), tuple(map(Price, asks[:_LEVELS]))


def requote(book: MirroredLevels, chance: int, shift: int, rng: Random) -> list[LevelChange]:
    """What to cancel and then to place so that the book quotes around `chance`. Levels that stay keep their size."""
    bids, asks = quotes(book.market, chance, shift)
    sides = ((Side.BUY, book.bids, bids), (Side.SELL, book.asks, asks))
    changes = [
        LevelChange(side, price, Size(0)) for side, present, wanted in sides for price in present if price not in wanted
    ]
    changes += [
        LevelChange(side, price, some_size(rng))
        for side, present, wanted in sides
        for price in wanted
        if price not in present
    ]
    return changes


def resize(book: MirroredLevels, rng: Random) -> LevelChange:
    """A new size at one of the levels behind the best, or at the best where there is no other."""
    side, levels = (Side.BUY, book.bids) if rng.randrange(2) else (Side.SELL, book.asks)
    prices = sorted(levels, reverse=side is Side.BUY)
    return LevelChange(side, prices[rng.randrange(min(1, len(prices) - 1), len(prices))], some_size(rng))


def some_size(rng: Random) -> Size:
    """Between 60 and 600 contracts, at times with a fraction."""
    return Size(CONTRACT * rng.randrange(60, 600) + rng.choice((0, 0, 0, 500_000, 250_000, 10_000)))


def mistake(topic: Topic, gross: int | None, rng: Random) -> Mistake | None:
    """A shift that makes one bundle of the question cost its payoff less `gross` price units; None where none fits.

    Without `gross`: so much less that a cent or two a set remain after fees.
    """
    if topic.shape is Shape.ALONE:
        return None
    tops = [quotes(market, chance, 0) for market, chance in zip(topic.markets, topic.chances, strict=True)]
    if topic.shape is Shape.LADDER:
        wide = rng.randrange(len(topic.markets) - 1)
        made = Mistake(BundleKind.LADDER, wide, wide + 1, -1)
    else:
        lead = max(range(len(tops)), key=lambda i: topic.chances[i])
        made = rng.choice((Mistake(BundleKind.ALL_YES, lead, lead, -1), Mistake(BundleKind.ALL_NO, lead, lead, 1)))
    legs = legs_of(topic, made, [(bids[0], asks[0]) for bids, asks in tops])
    wanted = gross if gross is not None else sum(map(_fee, legs)) // _PER_PRICE + rng.randrange(100, 200)
    tick = topic.markets[made.market].grid.finest()
    needed = sum(price for _, price in legs) - payoff_of(topic, made) + wanted
    shift = made.shift * (-(-needed // tick) * tick)
    stands = topic.chances[made.market] // _PER_PRICE + shift
    fits = needed > 0 and 5 * tick < stands < ONE - 5 * tick
    return msgspec.structs.replace(made, shift=shift) if fits else None


def legs_of(topic: Topic, made: Mistake, tops: Sequence[tuple[Price, Price]]) -> list[tuple[Market, Price]]:
    """The markets and prices that a buyer of the bundle pays at the top of the books."""
    match made.kind:
        case BundleKind.ALL_YES:
            return [(market, ask) for market, (_, ask) in zip(topic.markets, tops, strict=True)]
        case BundleKind.ALL_NO:
            return [(market, complement(bid)) for market, (bid, _) in zip(topic.markets, tops, strict=True)]
        case _:
            wide, narrow = made.market, made.other
            return [(topic.markets[wide], tops[wide][1]), (topic.markets[narrow], complement(tops[narrow][0]))]


def payoff_of(topic: Topic, made: Mistake) -> int:
    """What one set of the bundle pays at least, in price units."""
    return ONE * (len(topic.markets) - 1) if made.kind is BundleKind.ALL_NO else ONE


def margin(topic: Topic, made: Mistake, books: Iterable[MirroredLevels]) -> Money:
    """What one set of the bundle earns at the top of the books as they stand, after fees."""
    tops = [(book.best_bid or Price(0), book.best_ask or ONE) for book in books]
    legs = legs_of(topic, made, tops)
    gross = (payoff_of(topic, made) - sum(price for _, price in legs)) * _PER_PRICE
    return Money(gross - sum(map(_fee, legs)))


def _fee(leg: tuple[Market, Price]) -> Money:
    """The fee of one contract: that of a hundred, shared, since a single one is rounded up."""
    market, price = leg
    return Money(-(-taker_fee(market.fees, price, Size(100 * CONTRACT)) // 100))
