"""Messages of the market channel that need no memory: prints, tops, new markets and results, as events."""

from dutchbook.domain.book import Side
from dutchbook.domain.events import (
    MarketEvent,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    TopQuoted,
    TradePrinted,
)
from dutchbook.domain.identity import OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import FeeSchedule, Market, MarketStatus, PriceGrid
from dutchbook.domain.units import ONE, Nanos, Price, price_of, size_of
from dutchbook.venues.polymarket import wire
from dutchbook.venues.polymarket.identifiers import condition, token
from dutchbook.venues.polymarket.numbers import nanos_of
from dutchbook.venues.polymarket.terms import MIN_NOTIONAL, MIN_SIZE, fees_of, fees_without_schedule, tick_of

SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
"""What the venue calls the sides. Anything else raises KeyError."""


def trade(message: wire.LastTradePrice, received: Nanos) -> TradePrinted:
    """A print. Raises ValueError or KeyError for what is no number or side."""
    size = size_of(message.size)
    price = price_of(message.price)
    if not size or not 0 < price < ONE:
        raise ValueError(f"a trade of {message.size!r} at {message.price!r} is none")
    return TradePrinted(
        outcome=token(message.asset_id),
        price=price,
        size=size,
        taker=SIDES[message.side],
        received=received,
        at=nanos_of(message.timestamp),
        venue_id=message.transaction_hash,
    )


def top(message: wire.BestBidAsk, received: Nanos) -> TopQuoted:
    """The venue's word on the best prices. Raises ValueError for what is no price."""
    return TopQuoted(
        outcome=token(message.asset_id),
        bid=_quoted(message.best_bid),
        ask=_quoted(message.best_ask),
        received=received,
        at=nanos_of(message.timestamp),
    )


def listed(message: wire.NewMarket, received: Nanos) -> MarketListed:
    """A new market, as far as the announcement goes: unopened, whatever it says, until its metadata is read.

    It does not say the minimum size (five contracts nearly everywhere) and whether it is negRisk. Raises ValueError for
    a market without two outcomes or with an impossible number.
    """
    if len(message.assets_ids) != 2 or len(message.outcomes) != 2:
        raise ValueError("a market has two tokens and two outcomes")
    event = message.event_message
    yes, no = (token(asset) for asset in message.assets_ids)
    market = Market(
        id=condition(message.market),
        venue=Venue.POLYMARKET,
        question=QuestionId(event.slug if event and event.slug else message.slug or message.market),
        title=message.question,
        yes=yes,
        no=no,
        labels=(message.outcomes[0], message.outcomes[1]),
        grid=PriceGrid.uniform(tick_of(message.order_price_min_tick_size)),
        min_size=MIN_SIZE,
        min_notional=MIN_NOTIONAL,
        fees=_fees(message),
        status=MarketStatus.UNOPENED,
        rules=message.description,
    )
    return MarketListed(market, received)


def resolved(message: wire.MarketResolved, yes: OutcomeId | None, received: Nanos) -> MarketEvent:
    """A market's result. Without a winner (a market split evenly, perhaps) it is only known to be closed.

    `yes` is the catalogue's first outcome; for markets that it does not hold, the message's own order counts. Raises
    ValueError if the winner is none of the market's tokens.
    """
    market = condition(message.market)
    if not message.winning_asset_id:
        return MarketStatusChanged(market, MarketStatus.CLOSED, received)
    if len(message.assets_ids) != 2 or message.winning_asset_id not in message.assets_ids:
        raise ValueError("the winner is none of the market's two tokens")
    if yes is not None and yes not in message.assets_ids:
        raise ValueError("the tokens are not those of the market")
    first = yes if yes is not None else message.assets_ids[0]
    return MarketResolved(market, ONE if message.winning_asset_id == first else Price(0), received)


def _quoted(text: str) -> Price | None:
    if not text:
        return None
    price = price_of(text)
    return price if 0 < price < ONE else None


def _fees(message: wire.NewMarket) -> FeeSchedule:
    said = message.fee_schedule
    if said is None or message.fees_enabled is False:
        return fees_without_schedule(enabled=message.fees_enabled)
    return fees_of(said.rate, said.exponent, taker_only=said.taker_only, rebate=said.rebate_rate)
