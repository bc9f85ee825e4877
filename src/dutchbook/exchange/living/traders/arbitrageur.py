"""An arbitrageur: notices gaps, most of the time, and closes them a moment later if they are still there."""

from collections.abc import Mapping

from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, Nanos, Price, Size
from dutchbook.exchange.living.chance import happens
from dutchbook.exchange.living.crowd_spec import ArbitrageSpec
from dutchbook.exchange.living.gaps import Claims, GapKind, quote
from dutchbook.exchange.living.traders.floor import Surroundings
from dutchbook.exchange.living.wallet import Wallet, shrug
from dutchbook.exchange.matching.messages import NewOrder, Refused

_ABSENT = 5
_MERGED_AFTER = Nanos(20 * 10**9)


class Arbitrageur:
    """One firm with an account at each venue. Its legs may miss: what is left of a set it keeps to the end."""

    def __init__(self, wallets: Mapping[Venue, Wallet], spec: ArbitrageSpec, surroundings: Surroundings) -> None:
        self._wallets = wallets
        self._spec = spec
        self._with = surroundings

    def hunt(self, claims: Claims, now: Nanos) -> None:
        """A gap opened: react at once, or much later if nobody was looking."""
        at = self._with.reacting(now, self._spec.reaction)
        if not happens(self._with.rng, self._spec.attention):
            at = Nanos(now + _ABSENT * (at - now))
        self._with.agenda.put(at, lambda due: self._strike(claims, due))

    def _strike(self, claims: Claims, now: Nanos) -> None:
        found = quote(claims)
        if found is None:
            return
        edge, depth, prices = found
        size = Size(min(depth, self._spec.size * CONTRACT) // CONTRACT * CONTRACT)
        if edge < self._spec.margin:
            return
        self._send(claims, prices, size)
        # More may stand behind the first level.
        self._with.agenda.put(self._with.reacting(now, self._spec.reaction), lambda at: self._strike(claims, at))
        if claims.kind is GapKind.ALL_NO:
            self._with.agenda.put(now + _MERGED_AFTER, lambda _: self._convert(claims))

    def _send(self, claims: Claims, prices: list[Price], size: Size) -> None:
        """All legs at once, each venue's as one batch."""
        by_venue: dict[Venue, list[NewOrder]] = {}
        for (market, yes), price in zip(claims.legs, prices, strict=True):
            order = self._wallets[market.venue].order(market, bid=yes, price=price, size=size, tif=TimeInForce.IOC)
            by_venue.setdefault(market.venue, []).append(order)
        for venue, orders in by_venue.items():
            self._wallets[venue].send_all(orders)

    def _convert(self, claims: Claims) -> None:
        """Turn whole sets of NO into the dollars that they are worth, where the venue can (negRisk)."""
        first = claims.legs[0][0]
        if first.venue is not Venue.POLYMARKET:
            return
        wallet = self._wallets[first.venue]
        sets = Size(min(wallet.account.sellable(market.no) for market, _ in claims.legs))
        if sets < CONTRACT:
            return
        market = first.listing.market
        try:
            first.exchange.convert(wallet.id, market.question, [leg.id for leg, _ in claims.legs], sets)
        except Refused as refused:
            shrug(refused)
