"""Brings the traders of a crowd into a market, and passes them what they may hear."""

from collections.abc import Sequence

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.living.bank import Bank
from dutchbook.exchange.living.chance import bell
from dutchbook.exchange.living.crowd_spec import CrowdSpec
from dutchbook.exchange.living.market import PER_PRICE, LiveMarket
from dutchbook.exchange.living.traders.farmer import Farmer
from dutchbook.exchange.living.traders.floor import Surroundings
from dutchbook.exchange.living.traders.informed import Informed
from dutchbook.exchange.living.traders.maker import Maker
from dutchbook.exchange.living.traders.noise import Noise
from dutchbook.exchange.living.wallet import Wallet

_MOOD_LASTS = Nanos(1_200 * SECOND)
_FRESH = 484
"""sqrt(1 - (7/8)^2) in thousandths: keeps the variance of moods."""
_LEAST_NEWS = 5_000
"""A move of half a cent is no news to anybody."""


class Crowd:
    """Everybody who trades in one market because of its own price."""

    __slots__ = ("_farmer", "_following", "_informed", "_makers", "_market", "_mood", "_noise", "_with")

    def __init__(
        self, name: str, spec: CrowdSpec, market: LiveMarket, bank: Bank, surroundings: Surroundings, small: int
    ) -> None:
        venue = market.venue
        self._market = market
        self._with = surroundings
        self._mood = spec.mood * PER_PRICE
        market.mood = bell(surroundings.rng, self._mood)
        market.longshot = spec.longshot * PER_PRICE
        local = surroundings.local(spec.variety)
        self._makers: list[Maker] = []
        self._following: list[Maker] = []
        for kind, maker_spec in enumerate(spec.makers):
            for number in range(maker_spec.count):
                wallet = bank.wallet(venue, f"maker-{name}-{kind}-{number}")
                maker = Maker(market, wallet, maker_spec, surroundings, local)
                self._makers.append(maker)
                if maker_spec.follows_feed:
                    self._following.append(maker)
        self._informed = _informed(spec, market, bank.informed(venue), surroundings)
        self._noise = Noise(market, bank.small(venue, small), spec.noise, surroundings, local) if spec.noise else None
        self._farmer = _farmer(name, spec, market, bank, surroundings)

    def start(self, now: Nanos) -> None:
        """From now on they trade."""
        for maker in self._makers:
            maker.start(now)
        for trader in (self._informed, self._noise, self._farmer):
            if trader is not None:
                trader.start(now)
        self._with.later(now, _MOOD_LASTS, self._feel)

    def _feel(self, now: Nanos) -> None:
        """The mood turns, slowly."""
        if not self._market.is_over:
            self._market.mood = self._market.mood * 7 // 8 + bell(self._with.rng, self._mood * _FRESH // 1_000)
            self._with.later(now, _MOOD_LASTS, self._feel)

    def news(self, now: Nanos, before: int) -> None:
        """The chance jumped from `before` to where it is."""
        if abs(self._market.chance - before) < _LEAST_NEWS:
            return
        for maker in self._makers:
            maker.hear(now, before)
        if self._informed is not None:
            self._informed.hear(now)

    def ticked(self, now: Nanos) -> None:
        """The price feed published a new value."""
        for maker in self._following:
            maker.follow(now)


def _informed(
    spec: CrowdSpec, market: LiveMarket, people: Sequence[Wallet], surroundings: Surroundings
) -> Informed | None:
    return Informed(market, people, spec.informed, surroundings) if spec.informed else None


def _farmer(name: str, spec: CrowdSpec, market: LiveMarket, bank: Bank, surroundings: Surroundings) -> Farmer | None:
    if spec.farmer is None or market.venue is not Venue.POLYMARKET or market.listing.rewards is None:
        return None
    return Farmer(market, bank.wallet(market.venue, f"farmer-{name}"), spec.farmer, surroundings)
