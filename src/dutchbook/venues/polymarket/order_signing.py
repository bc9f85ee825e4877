"""From the desk's orders to signed ones: the drafter needs no key, the signer signs nothing but orders within caps.

An order's salt comes from its id and its timestamp from the time of the draft, so that a replay gives it the same name.
An order that may be wanted soon can be drafted before (`draft_ahead`) and signed at leisure (`OrderWriter.ahead`): with
timestamps in coarse steps it has the same name then as later. Whether it was drafted ahead changes nothing but the time
that it takes. How old a timestamp the venue takes is documented nowhere: the length of a step is our caution.
"""

from functools import lru_cache
from hashlib import sha256
from typing import NoReturn

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Leg, Order
from dutchbook.domain.units import MILLISECOND, ONE, SECOND, Money, Nanos, Price, decimal_text, dollars
from dutchbook.venues.polymarket.account import PolymarketAccount
from dutchbook.venues.polymarket.contracts import CHAIN, Exchange, exchange_of
from dutchbook.venues.polymarket.order_checks import amounts_of, expiration_of, market_takes
from dutchbook.venues.polymarket.order_content import TYPE_OF, OrderContent, hashes_of, packed, unpacked
from dutchbook.venues.polymarket.secret_key import SecretKey
from dutchbook.venues.polymarket.typed_data import (
    NO_METADATA,
    OrderHashes,
    address_word,
    nested_digest,
    nested_signature,
    word,
)
from dutchbook.venues.polymarket.wallets import SignatureType
from dutchbook.venues.trading import OrderDenied, Prepared

COARSE_STAMP = Nanos(10 * SECOND)
"""The step of timestamps where orders are signed ahead."""
MOST_AHEAD = 8_192
"""Orders that are kept drafted ahead."""
_SALT_SPARE = 3
"""Seven bytes of a hash less three bits: 53, a safe integer of JSON, as in the official clients."""

type _Watch = tuple[str, str, bool, int, int, str, bool]


class SigningCaps(msgspec.Struct, frozen=True, kw_only=True):
    """What a signer signs at most: dollars of one order, prices, contracts. Its account's maker alone, in any case."""

    max_notional: Money
    lowest: Price = Price(1)
    highest: Price = Price(ONE - 1)
    exchanges: frozenset[Exchange] = frozenset(Exchange)


class _Ahead(msgspec.Struct, frozen=True):
    market: Market
    venue_id: str
    content: bytes
    stamp: int


class PolymarketDrafter:
    """Implements `Drafter` for one account: exact amounts, the exchange by the market's data, the digest as name.

    CLOB V2 and ExchangeV3 are told apart by the token id alone (`contracts.exchange_of`).
    """

    def __init__(self, account: PolymarketAccount, *, stamp: Nanos = MILLISECOND) -> None:
        """Timestamps are whole multiples of `stamp`, rounded down: with whole milliseconds they are exact."""
        self.account = account
        self._stamp = stamp
        self._parties = address_word(account.funder) + address_word(account.order_signer)
        self._tail = NO_METADATA + bytes.fromhex(account.builder[2:])
        self._signature_type = account.signature_type.value
        self._seed = sha256(account.salt_seed.encode()).digest()
        self._ahead: dict[_Watch, _Ahead] = {}

    def draft(self, order: Order, market: Market, now: Nanos) -> Prepared:
        """The order with its name at the venue. Raises OrderDenied for what the venue would refuse as it stands."""
        if self._ahead and (ahead := self._ahead.get(_watch(order))) is not None:
            fresh = now // self._stamp == ahead.stamp
            if fresh and (ahead.market is market or ahead.market == market):
                return Prepared(order, market, ahead.venue_id, ahead.content)
        content = self._content(order.leg, market, now, self._salt(order.id.encode()))
        return Prepared(order, market, self._name(content), content)

    def good_until(self, now: Nanos) -> Nanos:
        """When the step of timestamps ends that it is now."""
        return Nanos((now // self._stamp + 1) * self._stamp)

    def draft_ahead(self, order: Order, market: Market, now: Nanos) -> Prepared:
        """Draft an order that may be wanted within the present step of timestamps: `draft` finds it then.

        Its content is for `OrderWriter.ahead`. Raises OrderDenied as `draft` does, and for GTD.
        """
        if order.leg.expires is not None:
            raise OrderDenied(
                f"{order.leg.outcome}: an order with an expiration is not drafted ahead - draft it when it goes"
            )
        prepared = self.draft(order, market, now)
        watch = _watch(order)
        self._ahead.pop(watch, None)
        self._ahead[watch] = _Ahead(market, prepared.venue_id, prepared.content, now // self._stamp)
        if len(self._ahead) > MOST_AHEAD:
            del self._ahead[next(iter(self._ahead))]
        return prepared

    def forget_ahead(self) -> None:
        """Nothing that was drafted ahead is wanted any more."""
        self._ahead.clear()

    def _content(self, leg: Leg, market: Market, now: Nanos, salt: int) -> bytes:
        market_takes(leg, market)
        amounts = amounts_of(leg, market)
        token, exchange = _token(leg.outcome, market.neg_risk)
        return packed(
            OrderContent(
                salt=salt,
                parties=self._parties,
                token=token,
                maker_amount=amounts.maker,
                taker_amount=amounts.taker,
                sells=leg.side is Side.SELL,
                signature_type=self._signature_type,
                timestamp_ms=now // self._stamp * self._stamp // MILLISECOND,
                tail=self._tail,
                exchange=exchange,
                order_type=TYPE_OF[leg.tif.value],
                post_only=leg.post_only,
                expiration=expiration_of(leg, now),
            )
        )

    def _name(self, content: bytes) -> str:
        return "0x" + hashes_of(content, self.account.chain).digest.hex()

    def _salt(self, name: bytes) -> int:
        return int.from_bytes(sha256(self._seed + name).digest()[:7], "big") >> _SALT_SPARE


class PolymarketSigner:
    """Signs orders of one account within caps, and nothing else. Shows no key, and cannot be copied or pickled."""

    __slots__ = ("__checked", "__key", "_parties", "_refused", "_tail", "account", "caps")

    def __init__(self, private_key: SecretKey | str, account: PolymarketAccount, caps: SigningCaps) -> None:
        """Raises ConfigError if the key is none, is not the account's, or the account is on another chain."""
        key = private_key if isinstance(private_key, SecretKey) else SecretKey(private_key)
        if key.address != account.address:
            raise ConfigError(
                f"Polymarket private key: it belongs to {key.address}, the account to {account.address}"
                " - give the key of the account's own address"
            )
        if account.chain != CHAIN:
            raise ConfigError(f"Polymarket: chain {account.chain} is not served - only Polygon, chain {CHAIN}")
        self.__key = key
        self.__checked: dict[bytes, OrderHashes] = {}
        self.account = account
        self.caps = caps
        self._parties = address_word(account.funder) + address_word(account.order_signer)
        self._tail = NO_METADATA + bytes.fromhex(account.builder[2:])
        self._refused = tuple(exchange not in caps.exchanges for exchange in Exchange)

    def sign(self, prepared: Prepared) -> bytes:
        """The signature as it goes on the wire: 65 bytes, 317 for a deposit wallet.

        Raises OrderDenied, signing nothing, if the content breaks a cap, is another account's or has another name than
        the order was given.
        """
        hashes = hashes_of(prepared.content, self.account.chain)
        if prepared.venue_id != "0x" + hashes.digest.hex():
            raise OrderDenied(f"order {prepared.order.id}: it is not the order that was named {prepared.venue_id}")
        return self.sign_content(prepared.content)

    def sign_content(self, content: bytes) -> bytes:
        """The signature of a drafted order that has no name yet at the desk. Raises OrderDenied as `sign` does."""
        hashes = self.__checked.pop(content, None)
        if hashes is None:
            self.check(content)
            hashes = hashes_of(content, self.account.chain)
        if self.account.signature_type is not SignatureType.DEPOSIT_WALLET:
            return self.__key.sign(hashes.digest)
        digest = nested_digest(hashes, self.account.funder, self.account.chain)
        return nested_signature(self.__key.sign(digest), hashes)

    def check_ahead(self, content: bytes) -> None:
        """Do all of `sign_content` but the signature, for once. Raises OrderDenied as `sign` does."""
        self.check(content)
        if len(self.__checked) >= MOST_AHEAD:
            self.__checked.clear()
        self.__checked[content] = hashes_of(content, self.account.chain)

    def forget_ahead(self) -> None:
        """Nothing that was checked ahead is wanted any more."""
        self.__checked.clear()

    def check(self, content: bytes) -> None:
        """Raises OrderDenied if these bytes are no order of this account within the caps."""
        try:
            order = unpacked(content)
        except ValueError as error:
            raise OrderDenied(f"the signer signs orders alone: {error}") from None
        account = self.account
        if order.parties != self._parties or order.signature_type != account.signature_type:
            raise OrderDenied(f"the signer signs for {account.funder} alone: this order names another maker or signer")
        if order.tail != self._tail:
            raise OrderDenied("the order names a builder or metadata that are not the account's")
        self._check_caps(order)

    def _check_caps(self, order: OrderContent) -> None:
        caps = self.caps
        money, shares = (
            (order.taker_amount, order.maker_amount) if order.sells else (order.maker_amount, order.taker_amount)
        )
        if self._refused[order.exchange]:
            raise OrderDenied(f"the signer's caps do not allow orders for {order.exchange.address}")
        if money > caps.max_notional:
            raise OrderDenied(
                f"an order of {dollars(Money(money))} dollars is above the signer's cap of {dollars(caps.max_notional)}"
                " - make it smaller, or raise the cap in the settings"
            )
        if not shares or not caps.lowest * shares <= money * ONE <= caps.highest * shares:
            raise OrderDenied(
                f"an order of {dollars(Money(money))} dollars for {dollars(Money(shares))} contracts is outside the"
                f" signer's prices {decimal_text(caps.lowest, 4)} to {decimal_text(caps.highest, 4)}"
            )

    def __repr__(self) -> str:
        return f"PolymarketSigner for {self.account.funder}"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a signer is not copied, pickled or sent anywhere")


def _watch(order: Order) -> _Watch:
    # Values and a truth, as the hash of a member of an enumeration is worked out in Python.
    leg = order.leg
    return (order.id, leg.outcome, leg.side is Side.BUY, leg.limit, leg.size, leg.tif.value, leg.post_only)


@lru_cache(maxsize=65_536)
def _token(outcome: OutcomeId, neg_risk: bool) -> tuple[bytes, Exchange]:
    """The word of a token and the exchange it trades on. Raises OrderDenied if it is no token id."""
    number = int(outcome) if outcome.isascii() and outcome.isdigit() else -1
    if not 0 <= number < 1 << 256 or str(number) != outcome:
        raise OrderDenied(f"{outcome[:90]!r} is no token id of Polymarket - read the market again")
    return word(number), exchange_of(number, neg_risk=neg_risk)
