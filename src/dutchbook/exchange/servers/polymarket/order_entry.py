"""Whether an order may go to the engine, asked in the order of section 11 point 2, and in which words it may not."""

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import NewOrder, Refusal, Refused
from dutchbook.exchange.polymarket_book import plain
from dutchbook.exchange.servers.polymarket import clob_errors as words
from dutchbook.exchange.servers.polymarket.auth import ApiKey, PolymarketAuth, Restriction
from dutchbook.exchange.servers.polymarket.clob_errors import Problem
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.contracts import CHAIN, exchange_of
from dutchbook.exchange.servers.polymarket.order_amounts import terms_of
from dutchbook.exchange.servers.polymarket.order_wire import PostOrder, signed
from dutchbook.exchange.servers.polymarket.signing import (
    BadSignature,
    SignedOrder,
    exchange_separator,
    order_struct,
    signer_of_order,
    typed_digest,
)
from dutchbook.exchange.servers.polymarket.wallets import SignatureType, checksummed

_FIXED = {
    Refusal.WOULD_CROSS: words.CROSSES,
    Refusal.UNFILLABLE: words.FOK_KILLED,
    Refusal.NOTHING_TO_MATCH: words.FAK_KILLED,
    Refusal.EXPIRY_IN_THE_PAST: words.BAD_EXPIRATION,
    Refusal.UNKNOWN_MARKET: words.NO_BOOK,
    Refusal.MARKET_NOT_OPEN: words.NOT_READY,
    Refusal.MARKET_CLOSED: words.NO_BOOK,
}


class Entered(msgspec.Struct, frozen=True):
    """An order that passed everything but the engine."""

    new: NewOrder
    listing: Listing
    signed: SignedOrder


class OrderEntry:
    """The checks before the engine. Recovers the signer of every order."""

    def __init__(self, exchange: Exchange, auth: PolymarketAuth, clock: Clock, options: ClobOptions) -> None:
        self._exchange = exchange
        self._auth = auth
        self._clock = clock
        self._options = options

    def enter(self, post: PostOrder, key: ApiKey) -> Entered:
        """The order for the engine. Raises Problem (400) with the venue's words, in the venue's order."""
        order = signed(post.order)
        self._check_owner(post, order, key)
        listing = self._listing(order)
        order_id = self._check_signature(order, listing, key)
        _check_state(listing)
        terms = terms_of(order, order_id, listing.market, immediate=post.immediate, options=self._options)
        if self._exchange.order(order_id) is not None:
            raise Problem(400, f"order {order_id} is invalid. Duplicated.")
        expires = self._expiration(post)
        if post.postOnly and post.immediate:
            # The official clients refuse this themselves, so no text of the venue is known.
            raise Problem(400, words.BAD_PAYLOAD)
        new = NewOrder(
            id=order_id,
            account=order.maker,
            market=listing.id,
            outcome=OutcomeId(str(order.token)),
            side=Side.BUY if order.buys else Side.SELL,
            price=terms.price,
            size=terms.size,
            spend=terms.spend,
            tif=post.tif,
            expires=expires,
            post_only=post.postOnly,
        )
        return Entered(new, listing, order)

    def _check_owner(self, post: PostOrder, order: SignedOrder, key: ApiKey) -> None:
        if post.owner != key.id:
            raise Problem(400, words.WRONG_OWNER)
        for address in (key.address, order.maker):
            match self._auth.restrictions.get(address):
                case Restriction.BANNED:
                    raise Problem(400, f"'{checksummed(address)}' address banned")
                case Restriction.CLOSED_ONLY if order.buys:
                    raise Problem(400, f"'{checksummed(address)}' address in closed only mode")
        if order.signature_type == SignatureType.DEPOSIT_WALLET:
            mine = self._auth.wallets.kind(key.address, order.signer) is SignatureType.DEPOSIT_WALLET
        else:
            mine = order.signer == key.address
        if not mine:
            raise Problem(400, words.WRONG_SIGNER)

    def _listing(self, order: SignedOrder) -> Listing:
        market = self._exchange.market_of(OutcomeId(str(order.token)))
        listing = None if market is None else self._exchange.listings.get(market)
        if listing is None:
            raise Problem(400, words.NO_BOOK)
        return listing

    def _check_signature(self, order: SignedOrder, listing: Listing, key: ApiKey) -> str:
        """The order's id, once the key's owner signed it for the contract that settles this market."""
        if self._auth.wallets.kind(key.address, order.maker) != order.signature_type:
            raise Problem(400, words.BAD_SIGNATURE)
        neg_risk, generation = listing.market.neg_risk, listing.generation
        separator = _separator(generation, neg_risk=neg_risk)
        if _signed_by(order, separator, key.address):
            return "0x" + typed_digest(separator, order_struct(order)).hex()
        other = _separator(5 - generation, neg_risk=neg_risk)
        raise Problem(400, words.OLD_VERSION if _signed_by(order, other, key.address) else words.BAD_SIGNATURE)

    def _expiration(self, post: PostOrder) -> Nanos | None:
        text = post.order.expiration
        if not (text.isascii() and text.isdigit()) or len(text) > 10:
            raise Problem(400, words.BAD_EXPIRATION)
        at = int(text) * SECOND
        if post.tif is not TimeInForce.GTD:
            if at:
                raise Problem(400, words.BAD_EXPIRATION)
            return None
        if at <= self._clock.now() + self._exchange.rules.gtd_early:
            raise Problem(400, words.BAD_EXPIRATION)
        return Nanos(at)


def refusal(refused: Refused, entered: Entered) -> Problem:
    """The engine's no in the venue's words."""
    new, market = entered.new, entered.listing.market
    text = _FIXED.get(refused.reason)
    match refused.reason:
        case Refusal.BALANCE | Refusal.UNKNOWN_ACCOUNT:
            have, need = refused.have or 0, refused.need or entered.signed.maker_amount
            text = f"{words.NO_FUNDS}: the balance is not enough -> balance: {have}, order amount: {need}"
        case Refusal.ALLOWANCE:
            spender = exchange_of(entered.listing.generation, neg_risk=market.neg_risk)
            have, need = refused.have or 0, refused.need or entered.signed.maker_amount
            text = (
                f"{words.NO_FUNDS}: the allowance is not enough -> spender: {spender}, "
                f"allowance: {have}, order amount: {need}"
            )
        case Refusal.TOO_SMALL:
            size, least = plain(new.size, 6), plain(market.min_size, 6)
            text = f"order {new.id} is invalid. Size ({size}) lower than the minimum: {least}"
        case Refusal.TOO_SMALL_NOTIONAL:
            amount = (new.spend if new.spend is not None else new.price * new.size // 10_000) // 10_000
            least = plain(market.min_notional, 6)
            text = f"invalid amount for a marketable {new.side.upper()} order (${plain(amount, 2)}), min size: ${least}"
        case Refusal.OFF_GRID:
            price, tick = plain(new.price, 4), plain(market.grid.finest(), 4)
            text = f"order {new.id} is invalid. Price ({price}) breaks minimum tick size rule: {tick}"
        case Refusal.DUPLICATE:
            text = f"order {new.id} is invalid. Duplicated."
    return Problem(400, text or str(refused))


def _check_state(listing: Listing) -> None:
    match listing.market.status:
        case MarketStatus.UNOPENED | MarketStatus.PAUSED:
            raise Problem(400, words.NOT_READY)
        case MarketStatus.CLOSED | MarketStatus.RESOLVED:
            raise Problem(400, words.NO_BOOK)
        case MarketStatus.OPEN:
            return


def _separator(generation: int, *, neg_risk: bool) -> bytes:
    return exchange_separator(generation, exchange_of(generation, neg_risk=neg_risk), CHAIN)


def _signed_by(order: SignedOrder, separator: bytes, address: str) -> bool:
    try:
        return signer_of_order(order, separator, CHAIN) == address
    except BadSignature:
        return False
