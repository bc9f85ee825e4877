"""A small venue for tests, a tape of random actions to play on it, and a witness that checks all that happens."""

from collections.abc import Callable, Iterable
from random import Random

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import (
    FeeSchedule,
    KalshiFees,
    Market,
    MarketStatus,
    PolymarketFees,
    PriceGrid,
    Question,
)
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.charges import worst_cost
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.matching.messages import (
    BookMoved,
    Change,
    ExchangeEvent,
    Matched,
    NewOrder,
    OrderChanged,
    OrderState,
    PairKind,
    Refused,
    SelfTrade,
)
from dutchbook.exchange.orders import Entry
from dutchbook.exchange.rules import KALSHI, POLYMARKET, VenueRules

START = Nanos(1_790_000_000 * SECOND)
QUESTION = QuestionId("q")
FEES: dict[Venue, FeeSchedule] = {
    Venue.POLYMARKET: PolymarketFees(rate_ppm=50_000, rebate_ppm=250_000),
    Venue.KALSHI: KalshiFees(taker_ppm=70_000, maker_ppm=17_500),
}


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> Nanos:
        return self.time

    def pass_time(self, span: int) -> None:
        self.time = Nanos(self.time + span)


class Stage:
    """An exchange of one venue with markets `m0`, `m1`... of one question, and accounts with cash."""

    def __init__(
        self,
        rules: VenueRules = POLYMARKET,
        *,
        markets: int = 1,
        accounts: Iterable[str] = ("ann", "bob", "cid"),
        cash: int = 1_000 * DOLLAR,
        seed: int = 1,
        fees: FeeSchedule | None = None,
        conversion_fee_ppm: int = 0,
        change: Callable[[Listing], Listing] = lambda listing: listing,
    ) -> None:
        self.clock = HandClock()
        self.exchange = Exchange(rules, self.clock, Random(seed))
        names = tuple(MarketId(f"m{number}") for number in range(markets))
        question = Question(
            id=QUESTION,
            venue=rules.venue,
            title="Which?",
            markets=names,
            exclusive=True,
            convertible=not rules.netting,
            conversion_fee_ppm=conversion_fee_ppm,
        )
        self.exchange.add_question(QuestionListing(question=question, slug="q", number="1", created=START))
        for name in names:
            self.exchange.add_market(change(listing_of(name, rules, FEES[rules.venue] if fees is None else fees)))
        for account in accounts:
            self.exchange.open_account(account, Money(cash))
        self.events: list[ExchangeEvent] = []
        self.exchange.listen(self.events.append)
        self.pieces = 1
        """In how many steps time passes."""
        self._orders = 0

    def order(
        self,
        account: str,
        side: Side,
        price: int,
        contracts: float,
        *,
        no: bool = False,
        market: str = "m0",
        **rest: object,
    ) -> NewOrder:
        """An order that was not sent yet; `price` in hundredths of a dollar."""
        self._orders += 1
        asked = NewOrder(
            id=f"o{self._orders}",
            account=account,
            market=MarketId(market),
            outcome=OutcomeId(f"{market}/{'no' if no else 'yes'}"),
            side=side,
            price=Price(price * 100),
            size=Size(round(contracts * CONTRACT)),
        )
        return msgspec.structs.replace(asked, **rest)

    def buy(self, account: str, price: int, contracts: float, **rest: object) -> Entry:
        """Send a purchase, of YES unless told otherwise."""
        return self.send(self.order(account, Side.BUY, price, contracts, **rest))  # type: ignore[arg-type]

    def sell(self, account: str, price: int, contracts: float, **rest: object) -> Entry:
        """Send a sale, of YES unless told otherwise."""
        return self.send(self.order(account, Side.SELL, price, contracts, **rest))  # type: ignore[arg-type]

    def send(self, new: NewOrder) -> Entry:
        """Send an order."""
        taken = self.exchange.submit(new)
        assert isinstance(taken, Entry)
        return taken

    def later(self, seconds: float) -> None:
        """Let time pass and everything due happen."""
        whole = round(seconds * SECOND)
        for piece in range(self.pieces):
            self.clock.pass_time(whole * (piece + 1) // self.pieces - whole * piece // self.pieces)
            self.exchange.advance()

    def bids(self, market: str = "m0") -> list[tuple[int, float]]:
        """Bids of YES as (price in hundredths, contracts)."""
        return [(level.price // 100, level.size / CONTRACT) for level in self.exchange.book(MarketId(market))[0]]

    def asks(self, market: str = "m0") -> list[tuple[int, float]]:
        """Asks of YES as (price in hundredths, contracts)."""
        return [(level.price // 100, level.size / CONTRACT) for level in self.exchange.book(MarketId(market))[1]]

    def held(self, account: str, outcome: str) -> float:
        """Settled contracts."""
        return self.exchange.accounts[account].held(OutcomeId(outcome)) / CONTRACT

    def cash(self, account: str) -> float:
        """Settled dollars."""
        return self.exchange.accounts[account].cash() / DOLLAR


def listing_of(name: MarketId, rules: VenueRules, fees: FeeSchedule) -> Listing:
    """A market with a cent grid and its venue's usual least sizes."""
    netting = rules.netting
    market = Market(
        id=name,
        venue=rules.venue,
        question=QUESTION,
        title=f"Is it {name}?",
        yes=OutcomeId(f"{name}/yes"),
        no=OutcomeId(f"{name}/no"),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(10_000 if netting else 5 * CONTRACT),
        min_notional=Money(0) if netting else DOLLAR,
        fees=fees,
    )
    return Listing(market=market, slug=name, number=name, created=START)


class Witness:
    """Listens to an exchange and fails at the first event that cannot be true."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._shown: dict[MarketId, dict[tuple[Side, Price], int]] = {}
        self._filled: dict[str, int] = {}
        self._over: set[str] = set()
        self.fills = 0
        exchange.listen(self._hear)

    def _hear(self, event: ExchangeEvent) -> None:
        if isinstance(event, BookMoved):
            self._moved(event)
        elif isinstance(event, Matched):
            self._matched(event)
        elif isinstance(event, OrderChanged):
            name = event.order.new.id
            assert name not in self._over, f"{name} changed after its end"
            if event.change in (Change.CANCELLED, Change.EXPIRED, Change.FILLED):
                self._over.add(name)

    def _moved(self, event: BookMoved) -> None:
        shown = self._shown.setdefault(event.market, {})
        for move in event.moves:
            place = (move.side, move.price)
            assert shown.get(place, 0) + move.delta == move.size
            shown[place] = move.size
            if not move.size:
                del shown[place]

    def _matched(self, event: Matched) -> None:
        taker = event.taker
        assert isinstance(taker, Entry)
        prices = []
        for pair in event.pairs:
            assert pair.size > 0
            maker = pair.maker.order
            assert maker is not taker
            for party in (pair.taker, pair.maker):
                new = party.order.new
                assert (party.outcome, party.side) == (new.outcome, new.side)
                assert party.price <= new.price if new.side is Side.BUY else party.price >= new.price
                assert new.id not in self._over, f"{new.id} traded after its end"
                self._filled[new.id] = self._filled.get(new.id, 0) + pair.size
            assert pair.maker.price == maker.new.price, "a maker trades at its own price"
            same = pair.taker.outcome == pair.maker.outcome
            assert same == (pair.kind is PairKind.COMPLEMENTARY)
            assert pair.taker.price == (pair.maker.price if same else ONE - pair.maker.price)
            assert isinstance(maker, Entry)
            assert maker.bid is not taker.bid
            prices.append(maker.price)
            self.fills += 1
        assert prices == sorted(prices, reverse=not taker.bid), "the best price comes first"
        left = [price for side, price in self._shown[event.market] if (side is Side.BUY) is not taker.bid]
        if left:
            assert max(prices) <= min(left) if taker.bid else min(prices) >= max(left), "a better price was left out"

    def check(self) -> None:
        """All that must hold between two calls."""
        exchange = self._exchange
        floor = exchange._floor
        for market in exchange.listings:
            bids, asks = exchange.book(market)
            assert not (bids and asks) or bids[0].price < asks[0].price
            shown = {(Side.BUY, level.price): level.size for level in bids}
            shown |= {(Side.SELL, level.price): level.size for level in asks}
            assert shown == self._shown.get(market, {})
        self._check_orders()
        self._check_accounts()
        self._check_supply()
        locked = sum(market.sets - market.paid for market in floor.markets.values())
        accounts = [*exchange.accounts.values(), floor.adapter]
        owned = sum(sum(each.balances.values()) + each.coming_cash for each in accounts)
        assert owned + locked + floor.pot == floor.granted, "money appeared or vanished"
        assert floor.pot >= 0

    def _check_orders(self) -> None:
        for name, order in self._exchange._floor.orders.items():
            assert order.filled == self._filled.get(name, 0), "filled without a counterparty"
            waits = order.state in (OrderState.LIVE, OrderState.DELAYED)
            assert waits is (name in order.owner.open.get(order.market.id, {}))
            assert order.resting is (order.state is OrderState.LIVE)
            assert waits is (name not in self._over)
            assert order.resting is (order.market.waiting.get(order.row) is order)
            if order.resting:
                assert order.remaining > 0
                assert order.remaining + order.filled == order.new.size
                uncovered = Size(order.remaining - order.tokens)
                of_tokens = order.new.side is Side.SELL and not self._exchange.rules.netting
                assert order.cash == (0 if of_tokens else worst_cost(order, uncovered, taking=False))
            elif not waits:
                assert not order.cash
                assert not order.tokens

    def _check_accounts(self) -> None:
        exchange = self._exchange
        for account in exchange.accounts.values():
            waiting = [order for of_market in account.open.values() for order in of_market.values()]
            assert account.reserved() == sum(order.cash for order in waiting)
            assert account.cash() >= 0
            if exchange.rules.netting:
                assert account.reserved() <= account.cash()
            for name, market in exchange._floor.markets.items():
                assert account.reserved_in(name) <= account.cash()
                for outcome, bid in ((market.no, True), (market.yes, False)):
                    bound = sum(each.tokens for each in waiting if each.market is market and each.bid is bid)
                    assert account.reserved_of(outcome) == bound <= account.held(outcome)
                    assert account.incoming(outcome) >= 0
                    assert account.cost_of(outcome) >= 0
                if exchange.rules.netting:
                    assert not (account.held(market.yes) and account.held(market.no))

    def _check_supply(self) -> None:
        exchange = self._exchange
        accounts = [*exchange.accounts.values(), exchange._floor.adapter]
        for market in exchange._floor.markets.values():
            if market.status is not MarketStatus.RESOLVED:
                for outcome in (market.yes, market.no):
                    assert sum(each.held(outcome) + each.incoming(outcome) for each in accounts) == market.sets


class Act(msgspec.Struct, frozen=True):
    """One step of a tape: what to do, drawn before anything is known of the exchange."""

    what: str
    who: str
    market: str
    no: bool
    side: Side
    price: int
    size: int
    pick: int
    extra: int


COMMON: tuple[str, ...] = (*("submit",) * 12, *("cancel",) * 4, *("wait",) * 2, "amend", "decrease", "split", "merge")
COMMON += ("withdraw", "deposit", "open")
"""A paused market opens soon, so that whoever plays a short tape trades."""
RARE = (*("pause",) * 3, "convert", "approve", "approve", "long_wait", "batch", "redeem", "group")
_SPAN = 30 * SECOND


def tape(seed: int, steps: int, *, markets: int = 2, accounts: tuple[str, ...] = ("ann", "bob", "cid")) -> list[Act]:
    """Random steps; mostly orders near the middle, so that they meet."""
    rng = Random(seed)
    return [
        Act(
            what=rng.choice(COMMON) if rng.random() < 0.97 else rng.choice(RARE),
            who=rng.choice(accounts),
            market=f"m{rng.randrange(markets)}",
            no=rng.random() < 0.5,
            side=Side.BUY if rng.random() < 0.6 else Side.SELL,
            price=rng.choice((rng.randint(45, 55), rng.randint(30, 70), rng.randint(1, 99))),
            size=rng.choice((CONTRACT * rng.randint(1, 40), 10_000 * rng.randint(1, 4_000))),
            pick=rng.randrange(1 << 30),
            extra=rng.randrange(1 << 30),
        )
        for _ in range(steps)
    ]


class Player:
    """Plays a tape; `mirrored` swaps the two outcomes in everything that is sent."""

    def __init__(self, stage: Stage, *, mirrored: bool = False) -> None:
        self._stage = stage
        self._exchange = stage.exchange
        self._mirrored = mirrored
        self._sent = 0
        self.refusals: list[str] = []

    def play(self, act: Act) -> None:
        """One step; a refusal is noted."""
        try:
            self._play(act)
        except Refused as refused:
            self.refusals.append(refused.reason)

    def _play(self, act: Act) -> None:  # noqa: C901, PLR0912 - one line for each kind of step
        exchange, market = self._exchange, MarketId(act.market)
        match act.what:
            case "submit":
                exchange.submit(self._order(act))
            case "batch":
                orders = [self._order(act), self._order(msgspec.structs.replace(act, price=100 - act.price))]
                exchange.submit_batch(orders)
                exchange.cancel_many(act.who, [orders[0].id, "unknown"])
            case "cancel":
                exchange.cancel(self._owner(act), self._known(act))
            case "amend":
                price = None if act.extra % 3 == 0 else Price(act.price * 100)
                exchange.amend(self._owner(act), self._known(act), price=price, total=Size(act.size))
            case "decrease":
                exchange.decrease(self._owner(act), self._known(act), by=Size(act.size // 2))
            case "wait":
                self._stage.later(act.extra % _SPAN / SECOND)
            case "long_wait":
                self._stage.later(act.extra % 40_000)
            case "split":
                exchange.split(act.who, market, Size(act.size))
            case "merge":
                exchange.merge(act.who, market, Size(act.size))
            case "convert":
                exchange.convert(act.who, QUESTION, [market], Size(act.size))
            case "withdraw":
                exchange.withdraw(act.who, Money(act.size))
            case "deposit":
                exchange.deposit(act.who, Money(act.size))
            case "approve":
                tight = Money(20 * act.size) if act.extra % 4 == 0 else None
                exchange.approve(act.who, collateral=tight, tokens=act.extra % 7 > 0)
            case "pause":
                exchange.set_status(market, MarketStatus.PAUSED)
            case "open":
                exchange.set_status(market, MarketStatus.OPEN)
            case "redeem":
                exchange.redeem(act.who, market)
            case "group":
                name = f"g{act.who}"
                if not exchange.groups_of(act.who):
                    exchange.create_group(act.who, Size(30 * CONTRACT), name)
                exchange.reset_group(act.who, name)

    def _known(self, act: Act) -> str:
        return f"t{max(0, self._sent - 1 - act.pick % 60)}"

    def _owner(self, act: Act) -> str:
        """Whose order it is; now and then somebody else tries."""
        order = self._exchange.order(self._known(act))
        return act.who if order is None or act.extra % 20 == 0 else order.new.account

    def _order(self, act: Act) -> NewOrder:
        exchange = self._exchange
        name, self._sent = f"t{self._sent}", self._sent + 1
        kind = act.extra % 16
        tif = {0: TimeInForce.FOK, 1: TimeInForce.IOC, 2: TimeInForce.GTD, 3: TimeInForce.IOC}.get(
            kind, TimeInForce.GTC
        )
        spends = kind == 3 and act.side is Side.BUY and not exchange.rules.netting
        groups = exchange.groups_of(act.who)
        return NewOrder(
            id=name,
            account=act.who,
            market=MarketId(act.market),
            outcome=OutcomeId(f"{act.market}/{'no' if act.no is not self._mirrored else 'yes'}"),
            side=act.side,
            price=Price(act.price * 100),
            size=Size(0 if spends else act.size),
            spend=Money(act.size // 2 // 10_000 * 10_000) if spends else None,
            tif=tif,
            expires=Nanos(self._stage.clock.time + 90 * SECOND) if tif is TimeInForce.GTD else None,
            post_only=kind == 4,
            reduce_only=kind == 1 and act.extra % 7 == 0,
            self_trade=tuple(SelfTrade)[act.pick % 3],
            client_id=name,
            group=groups[0].id if groups and act.pick % 4 == 0 else "",
            cancel_on_pause=act.pick % 5 == 0,
        )


VENUES = (POLYMARKET, KALSHI)
