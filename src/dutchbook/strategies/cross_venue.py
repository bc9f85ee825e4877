"""Buys YES here and NO there of one question that two venues ask, where a person approved the pair.

The bundle strategy keeps the costs of all pairs up to date and notes their opportunities; what stands here reads its
index behind it, and decides how the legs are bought. So two styles may compete for one pair, the first come first.
"""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Sequence

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind
from dutchbook.domain.events import Event
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Intent
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.strategies.appraisal import Offer, Why, appraise
from dutchbook.strategies.cross_venue_styles import Style
from dutchbook.strategies.index import BundleIndex, Standing, Tracked
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.wording import reason

_NOTHING: tuple[Intent, ...] = ()
_NOWHERE: tuple[OutcomeId, ...] = ()

type Proposal = tuple[Size, tuple[Price, ...], Nanos]
"""Size and expected prices of an intent, and when it was proposed."""


class PairStrategy:
    """Trades the pairs in an index in one style. Runs behind the strategy that keeps the index."""

    def __init__(self, style: Style, index: BundleIndex, catalogue: Catalogue, repeat_after: Nanos) -> None:
        self.name = style.name
        self.declined: Counter[Why] = Counter()
        """Pairs below their payoff that were not wanted, by reason, at each look."""
        self.intents = 0
        self._style = style
        self._index = index
        self._watches = index.watches
        self._catalogue = catalogue
        self._repeat_after = repeat_after
        self._proposed: dict[BundleId, Proposal] = {}

    def outcomes(self) -> Collection[OutcomeId]:
        """The books that the index reads: it wakes with the strategy that keeps it."""
        return self._index.outcomes()

    def deep(self) -> Container[OutcomeId]:
        """None of its own: who keeps the index asks for every change of what a pair below its payoff reads."""
        return _NOWHERE

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        """Price the pairs below their payoff that read these books."""
        under: dict[BundleId, Tracked] = {}
        for outcome in outcomes:
            watch = self._watches.get(outcome)
            if watch is None or not watch.hot:
                continue
            for tracked in watch.readers():
                if tracked.standing is Standing.UNDER and tracked.bundle.kind is BundleKind.CROSS_VENUE:
                    under[tracked.bundle.id] = tracked
        return self._want(under.values(), desk) if under else _NOTHING

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """Nothing: the index knows it, and what nobody knows has no price."""

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002 - the index follows listings
        """Nothing: what a listing brings below its payoff is priced with the next change of its books."""
        return _NOTHING

    def _want(self, under: Iterable[Tracked], desk: DeskView) -> Sequence[Intent]:
        offers: list[tuple[Tracked, Offer]] = []
        for tracked in under:
            found = self._price(tracked, desk)
            if isinstance(found, Why):
                self._decline(tracked, found)
            else:
                offers.append((tracked, found))
        offers.sort(key=lambda pair: (-pair[1].edge, pair[0].bundle.id))
        return self._propose(offers, desk)

    def _price(self, tracked: Tracked, desk: DeskView) -> Offer | Why:
        bundle = tracked.bundle
        if desk.busy(bundle.id):
            return Why.BUSY
        if not all(self._catalogue.trading(leg.market, desk.now) for leg in bundle.legs):
            return Why.NOT_TRADING
        return appraise(tracked, desk, self._style.demands, self._style.shares(bundle, desk))

    def _propose(self, offers: Iterable[tuple[Tracked, Offer]], desk: DeskView) -> Sequence[Intent]:
        """Best first; each market serves one intent of a moment, for the next would count the same depth again."""
        intents: list[Intent] = []
        claimed: set[MarketId] = set()
        for tracked, offer in offers:
            bundle = tracked.bundle
            markets = {leg.market for leg in bundle.legs}
            if not claimed.isdisjoint(markets):
                self._decline(tracked, Why.OVERLAPPING)
            elif self._repeats(bundle.id, offer, desk.now):
                self._decline(tracked, Why.REPEATED)
            else:
                claimed |= markets
                tracked.declined = f"{self.name}: proposed to risk"
                intents.append(self._intent(bundle, offer, desk))
        self.intents += len(intents)
        return intents

    def _repeats(self, bundle: BundleId, offer: Offer, now: Nanos) -> bool:
        """Whether the same was proposed a moment ago; if not, it counts as proposed now."""
        before = self._proposed.get(bundle)
        made = (offer.execution.size, offer.execution.expected, now)
        if before is not None and before[:2] == made[:2] and now - before[2] < self._repeat_after:
            return True
        self._proposed[bundle] = made
        return False

    def _decline(self, tracked: Tracked, why: Why) -> None:
        self.declined[why] += 1
        if why is not Why.BUSY:
            tracked.declined = f"{self.name}: {why}"

    def _intent(self, bundle: Bundle, offer: Offer, desk: DeskView) -> Intent:
        orders = self._style.orders(bundle, offer, desk)
        return Intent(
            id=desk.next_intent(),
            strategy=self.name,
            kind=bundle.kind,
            subject=bundle.id,
            legs=orders.legs,
            cost=offer.execution.outlay,
            edge=offer.edge,
            max_loss=orders.max_loss,
            oldest=offer.oldest,
            at=desk.now,
            reason=f"{reason(bundle, offer)}; {orders.remark}",
            waves=orders.waves,
            window=orders.window,
        )
