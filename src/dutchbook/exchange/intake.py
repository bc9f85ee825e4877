"""What is refused of a new order before the book is looked at, in the order that the venues are assumed to take."""

from dutchbook.domain.book import Side
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import ONE, Size, complement, decimal_text
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.layout import MAX_SIZE
from dutchbook.exchange.matching.messages import NewOrder, Refusal, Refused
from dutchbook.exchange.orders import Entry
from dutchbook.exchange.rules import Mode

RESTING = frozenset({TimeInForce.GTC, TimeInForce.GTD})
_OVER = (MarketStatus.CLOSED, MarketStatus.RESOLVED)
_MODES = {
    Mode.RESTARTING: Refusal.DISABLED,
    Mode.DISABLED: Refusal.DISABLED,
    Mode.CANCEL_ONLY: Refusal.CANCEL_ONLY_MODE,
}


class Intake:
    """Admits orders: mode, market, price, size, identity, expiry (Polymarket protocol section 11, point 2)."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def admit(self, new: NewOrder) -> Entry:
        """The order, ready to meet the book. Raises Refused."""
        floor = self._floor
        if floor.mode is not Mode.NORMAL:
            self.check_mode(post_only=new.post_only)
        owner = floor.accounts.get(new.account) or floor.account(new.account)
        market = floor.markets.get(new.market) or floor.market(new.market)
        if not market.opened:
            self.check_market(market)
        of_yes = new.outcome == market.yes
        if not of_yes and new.outcome != market.no:
            raise Refused(Refusal.UNKNOWN_MARKET, f"{new.outcome}: no outcome of {market.id} - name one of its two")
        self.check_price(market, new)
        size = self._size(owner, market, new)
        self._check_identity(owner, new)
        if new.expires is not None or new.tif is TimeInForce.GTD:
            self._check_expiry(new)
        return Entry(
            new,
            size,
            floor.now,
            floor.now,
            owner=owner,
            market=market,
            bid=(new.side is Side.BUY) is of_yes,
            price=new.price if of_yes else complement(new.price),
        )

    def check_mode(self, *, post_only: bool) -> None:
        """Refuse what the engine's mode does not take."""
        mode = self._floor.mode
        if mode is Mode.NORMAL or (mode is Mode.POST_ONLY and post_only):
            return
        raise Refused(_MODES.get(mode, Refusal.POST_ONLY_MODE), f"the engine is in mode {mode} - try again later")

    def check_cancel(self) -> None:
        """Refuse cancels where not even they are taken."""
        mode = self._floor.mode
        if mode is Mode.RESTARTING or mode is Mode.DISABLED:
            raise Refused(Refusal.DISABLED, f"the engine is in mode {mode} - try again later")

    def check_market(self, market: MarketState) -> None:
        """Refuse everything but a market that trades."""
        status = market.status
        if status is MarketStatus.OPEN:
            return
        over = status in _OVER
        reason = Refusal.MARKET_CLOSED if over else Refusal.MARKET_NOT_OPEN
        raise Refused(
            reason, f"{market.id}: is {status} - {'it will not trade again' if over else 'wait until it opens'}"
        )

    def check_price(self, market: MarketState, new: NewOrder) -> None:
        """Refuse prices off the grid. Grids are stated for YES and hold for both outcomes (NO at 1 - p)."""
        price = new.price if new.outcome == market.yes else ONE - new.price
        if not 0 < price < ONE or not market.valid[price]:
            raise Refused(
                Refusal.OFF_GRID,
                f"{market.id}: {decimal_text(new.price, 4)} is not on its price grid - read the market's tick size",
            )

    def check_size(self, market: MarketState, size: int, *, rests: bool) -> None:
        """Refuse what is smaller than the venue or the market takes."""
        rules = self._floor.rules
        least = rules.smallest
        if rests or not rules.smallest_rests_only:
            least = max(least, market.min_size)
        if size < least:
            raise Refused(
                Refusal.TOO_SMALL,
                f"{market.id}: {decimal_text(size, 6)} contracts are too few - at least {decimal_text(least, 6)}",
                have=size,
                need=least,
            )
        if size >= MAX_SIZE:
            raise Refused(
                Refusal.BALANCE, f"{market.id}: nobody can pay for {decimal_text(size, 6)} contracts - order less"
            )

    def _size(self, owner: Account, market: MarketState, new: NewOrder) -> Size:
        rests = new.tif in RESTING
        if new.spend is not None:
            if rests or new.side is not Side.BUY or new.spend <= 0 or new.size:
                raise Refused(
                    Refusal.TOO_SMALL,
                    f"{new.id}: only a purchase that does not rest is bounded by dollars - give a size instead",
                )
            return Size(0)
        self.check_size(market, new.size, rests=rests)
        return self._reduced(owner, market, new) if new.reduce_only else new.size

    def _reduced(self, owner: Account, market: MarketState, new: NewOrder) -> Size:
        """The order's size, capped to the position that it reduces."""
        bid = (new.side is Side.BUY) is (new.outcome == market.yes)
        held = owner.held(market.cover(bid=bid))
        if not held:
            raise Refused(Refusal.NOTHING_TO_REDUCE, f"{new.id}: {owner.id} has no position that this order reduces")
        return min(new.size, held)

    def _check_identity(self, owner: Account, new: NewOrder) -> None:
        if new.id in self._floor.orders:
            raise Refused(Refusal.DUPLICATE, f"{new.id}: this order is known already - look it up")
        if new.client_id:
            self.check_client_id(owner, new.client_id)

    def check_client_id(self, owner: Account, client_id: str) -> None:
        """Refuse a client id that the account has used, at a venue that forbids it."""
        if client_id and self._floor.rules.unique_client_ids and client_id in owner.client_ids:
            raise Refused(
                Refusal.DUPLICATE_CLIENT_ID, f"{client_id}: {owner.id} has used this client id - take a new one"
            )

    def _check_expiry(self, new: NewOrder) -> None:
        if new.tif is TimeInForce.GTD and new.expires is None:
            raise Refused(Refusal.EXPIRY_IN_THE_PAST, f"{new.id}: good till when - give a time of expiry")
        self.check_expires(new.id, new.expires)

    def check_expires(self, order_id: str, expires: int | None) -> None:
        """Refuse a time of expiry that has come already, the venue's early end included."""
        if expires is not None and expires - self._floor.rules.gtd_early <= self._floor.now:
            raise Refused(Refusal.EXPIRY_IN_THE_PAST, f"{order_id}: would expire at once - expire it later")
