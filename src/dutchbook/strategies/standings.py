"""Where every bundle stands: costs moved by the books, near misses, and faults of the data told from profits."""

from collections.abc import Iterable, Sequence

from dutchbook.domain.book import BookView
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.units import Nanos, Price
from dutchbook.strategies.bundle_stats import BundleStats
from dutchbook.strategies.index import BundleIndex, Standing, Tracked, Watch
from dutchbook.strategies.near_miss import NearMissPool, ratio_ppm
from dutchbook.strategies.observations import Closing, CrossedBook, NearMissOpened, Observation
from dutchbook.strategies.settings import BundleSettings
from dutchbook.strategies.wording import lack_at_top


class Standings:
    """All bundles, those touched since the last `judge`, the near misses, and the markets with crossed books."""

    def __init__(self, settings: BundleSettings, stats: BundleStats) -> None:
        self.index = BundleIndex(near_from=settings.near_miss_from, near_to=settings.near_miss_to)
        self.pool = NearMissPool()
        self.touched: list[Tracked] = []
        self.seen: list[Observation] = []
        self._pool_mirrored = settings.near_miss_mirrored
        self._stats = stats
        self._by_question: dict[QuestionId, dict[BundleId, Bundle]] = {}
        self._crossed: dict[MarketId, int] = {}

    def add(self, bundle: Bundle) -> None:
        """Follow a bundle from now on."""
        self._by_question.setdefault(bundle.question, {})[bundle.id] = bundle
        if bundle.kind is BundleKind.SPLIT_SELL and bundle.mirrored and any(leg.published for leg in bundle.legs):
            return  # One published book: it is crossed exactly when BUY_BOTH says so.
        self._touch(self.index.add(bundle))

    def drop(self, bundle: Bundle, now: Nanos) -> None:
        """Forget a bundle: it is over, or another one now."""
        del self._by_question[bundle.question][bundle.id]
        tracked = self.index.get(bundle.id)
        if tracked is None:
            return
        self._moved(tracked, Standing.UNPRICED, Closing.RESOLVED, now)
        self.index.remove(bundle.id)

    def replace(self, question: QuestionId, bundles: Iterable[Bundle], now: Nanos) -> None:
        """Take these as all bundles of a question. Those that did not change keep their history."""
        wanted = {bundle.id: bundle for bundle in bundles}
        for bundle in tuple(self._by_question.get(question, {}).values()):
            if wanted.get(bundle.id) == bundle:
                del wanted[bundle.id]
            else:
                self.drop(bundle, now)
        for bundle in wanted.values():
            self.add(bundle)

    def with_market(self, market: MarketId) -> Sequence[Tracked]:
        """The bundles that contain a market. Looks at all of them: for people and rare events."""
        return [tracked for tracked in self.index if any(leg.market == market for leg in tracked.bundle.legs)]

    def book_changed(self, watch: Watch, book: BookView, bid: Price | None, ask: Price | None) -> None:
        """Take over a book's state; `bid` and `ask` are its top, read already."""
        if not book.usable:
            self.index.move(watch, None, None, self.touched)
        elif bid != watch.bid or ask != watch.ask:
            self.index.move(watch, bid, ask, self.touched)
        else:  # Below the top its depth may have changed, which matters where a bundle is below its payoff.
            for tracked in watch.readers():
                if tracked.standing is Standing.UNDER:
                    self._touch(tracked)

    def book_lost(self, outcome: OutcomeId) -> None:
        """What nobody knows has no price."""
        watch = self.index.watches.get(outcome)
        if watch is not None:
            self.index.move(watch, None, None, self.touched)

    def judge(self, now: Nanos) -> list[Tracked]:
        """Note where the touched bundles stand now; those below their payoff come back, except faults of the data.

        A near miss among them is in the pool until `leave_pool` says what its pricing found.
        """
        under: list[Tracked] = []
        for tracked in self.touched:
            tracked.queued = False
            standing = tracked.place()
            if standing is not tracked.standing:
                self._moved(tracked, standing, _closing(tracked, standing), now)
            elif standing is Standing.NEAR:
                self.pool.repriced(tracked)
            if standing is Standing.UNDER and not tracked.bundle.mirrored:
                under.append(tracked)
        self.touched.clear()
        return under

    def leave_pool(self, bundle: Bundle, how: Closing, now: Nanos) -> None:
        """End a near miss, if the bundle is one. Those below their payoff end once they are priced at full depth."""
        closed = self.pool.leave(bundle, how, now)
        if closed is not None and not bundle.mirrored:
            self.seen.append(closed)

    def in_crossed_market(self, bundle: Bundle) -> bool:
        """Whether a leg's market has YES and NO quotes that contradict each other."""
        return bool(self._crossed) and any(leg.market in self._crossed for leg in bundle.legs)

    def _touch(self, tracked: Tracked) -> None:
        if not tracked.queued:
            tracked.queued = True
            self.touched.append(tracked)

    def _moved(self, tracked: Tracked, standing: Standing, how: Closing, now: Nanos) -> None:
        bundle = tracked.bundle
        before = self.index.restand(tracked, standing)
        if before is Standing.NEAR and (standing is not Standing.UNDER or bundle.mirrored):
            self.leave_pool(bundle, how, now)
        elif before is Standing.UNDER:
            tracked.seen, tracked.declined = False, ""
            if bundle.mirrored:
                self._uncross(bundle.legs[0].market)
        if standing is Standing.NEAR:
            self._came_near(tracked, now)
        elif standing is Standing.UNDER and bundle.mirrored:
            self._cross(tracked, now)

    def _came_near(self, tracked: Tracked, now: Nanos) -> None:
        """Near misses of mirrored pairs are counted, not told: they are as many as there are tight spreads."""
        bundle = tracked.bundle
        if bundle.mirrored:
            # SPLIT_SELL is the same spread seen from the other side.
            if bundle.kind is BundleKind.SPLIT_SELL or not self._pool_mirrored:
                return
        elif (lack := lack_at_top(tracked)) is not None:
            ppm = ratio_ppm(bundle, tracked.cost)
            self.seen.append(NearMissOpened(bundle.id, bundle.kind, ppm, lack, now))
        self.pool.enter(tracked, now)
        self._stats.near_misses += 1

    def _cross(self, tracked: Tracked, now: Nanos) -> None:
        market = tracked.bundle.legs[0].market
        count = self._crossed[market] = self._crossed.get(market, 0) + 1
        if count == 1:
            self._stats.crossed += 1
            self.seen.append(CrossedBook(market, Price(abs(tracked.cost)), now))

    def _uncross(self, market: MarketId) -> None:
        self._crossed[market] -= 1
        if not self._crossed[market]:
            del self._crossed[market]


def _closing(tracked: Tracked, standing: Standing) -> Closing:
    """How a near miss ends that stands there now, where no pricing has to tell."""
    if standing is Standing.UNDER and tracked.bundle.mirrored:
        return Closing.CROSSED
    return Closing.BOOK_LOST if standing is Standing.UNPRICED else Closing.DRIFTED
