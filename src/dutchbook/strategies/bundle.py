"""Buys bundles below what they pay in every state, and keeps watch over those that nearly are.

Woken when the changes of an instant are complete, it moves the costs of the bundles that read the changed books. Only a
bundle whose cost at the top is below its payoff is priced at full depth, at once; all else is a difference added up.
"""

from collections.abc import Collection, Container, Iterable, Sequence

import msgspec

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.pairs import ApprovedPairs, question_of
from dutchbook.catalogue.relations import bundles_of, relate
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleKind
from dutchbook.domain.events import (
    Event,
    GridChanged,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    QuestionListed,
)
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import Intent, Leg
from dutchbook.domain.units import Nanos
from dutchbook.strategies.appraisal import Demands, Offer, Why, appraise, most_sets, worst_partial_fill
from dutchbook.strategies.bundle_stats import BundleStats
from dutchbook.strategies.foresight import Foreseen, Move
from dutchbook.strategies.index import BundleIndex, Standing, Tracked
from dutchbook.strategies.leg_risk import less_leg_risk
from dutchbook.strategies.names import BUNDLE
from dutchbook.strategies.near_miss import NearMissPool
from dutchbook.strategies.observations import Closing, Observation, OpportunitySeen
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.settings import BundleSettings
from dutchbook.strategies.standings import Standings
from dutchbook.strategies.wording import reason, standing_text

PAIR_WATCH = "pair-watch"
"""What it is called where it only watches pairs."""

_NOTHING: tuple[Intent, ...] = ()
_UNSEEN: tuple[Observation, ...] = ()


class Across(msgspec.Struct, frozen=True):
    """Pairs across venues, watched like all bundles and traded by others, and when one counts as an opportunity."""

    pairs: ApprovedPairs
    demands: Demands


class BundleStrategy:
    """The bundle strategy. With a catalogue it follows listings and resolutions; the catalogue must be updated first.

    Without one it only drops bundles whose markets close or resolve. Pairs `across` venues it watches for the
    strategies that trade them, and with `within` false nothing but those.
    """

    def __init__(
        self,
        bundles: Iterable[Bundle],
        settings: BundleSettings,
        *,
        catalogue: Catalogue | None = None,
        across: Across | None = None,
        within: bool = True,
    ) -> None:
        self.name = BUNDLE if within else PAIR_WATCH
        self.stats = BundleStats()
        self._settings = settings
        self._catalogue = catalogue
        self._across = across
        self._within = within
        self._standings = standings = Standings(settings, self.stats)
        # Held here as well: each look-up on the way to them would cost every change of every book.
        self._watches, self._touched = standings.index.watches, standings.touched
        for bundle in bundles if within else ():
            standings.add(bundle)
        for bundle in across.pairs.bundles(catalogue) if across and catalogue else ():
            standings.add(bundle)

    @property
    def pool(self) -> NearMissPool:
        """The near misses of this moment, and their statistics."""
        return self._standings.pool

    @property
    def index(self) -> BundleIndex:
        """All bundles with their costs at the top of the books."""
        return self._standings.index

    def outcomes(self) -> Collection[OutcomeId]:
        """The outcomes whose published books wake it: of a shared book, the one that the venue publishes."""
        return self._standings.index.outcomes()

    def deep(self) -> Container[OutcomeId]:
        """Outcomes of which every change matters: those unseen, and those of bundles below their payoff."""
        return self._standings.index.deep

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        """Learn the new tops, and price at full depth what they brought below its payoff."""
        watches, book_of = self._watches, desk.book
        for outcome in outcomes:
            watch = watches.get(outcome)
            if watch is None:
                continue
            book = book_of(outcome)
            if book is None:
                continue
            bid, ask = book.best_bid, book.best_ask
            if bid != watch.bid or ask != watch.ask or watch.hot:
                self._standings.book_changed(watch, book, bid, ask)
        return self._judge(desk) if self._touched else _NOTHING

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """What nobody knows has no price: its bundles have none until the next snapshot."""
        for outcome in outcomes:
            self._standings.book_lost(outcome)
        self._standings.judge(desk.now)

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:
        """Follow listings, resolutions and changes of status; other events do not concern it."""
        match event:
            case QuestionListed(question=question):
                return self._follow(question.id, desk)
            case MarketListed(market=market):
                return self._follow_market(market.id, desk)
            case MarketResolved(market=market) | GridChanged(market=market):
                return self._follow_market(market, desk, over=isinstance(event, MarketResolved))
            case MarketStatusChanged(market=market, status=status):
                return self._follow_market(market, desk, over=status is not MarketStatus.OPEN)
            case _:
                return _NOTHING

    def replace(self, question: QuestionId, bundles: Iterable[Bundle], desk: DeskView) -> Sequence[Intent]:
        """Take these as all bundles of a question. Those that did not change keep their history."""
        self._standings.replace(question, bundles, desk.now)
        return self._judge(desk)

    def observations(self) -> Sequence[Observation]:
        """What was seen since the last call; given once."""
        seen = self._standings.seen
        if not seen:
            return _UNSEEN
        self._standings.seen = []
        return seen

    def foreseen(self, tracked: Tracked, move: Move, view: DeskView) -> Foreseen | None:
        """What would be wanted of a bundle after a move that `view` shows, and only that. Changes nothing.

        None too where another bundle would be below its payoff with it: which comes first shows when it happens.
        """
        bundle = tracked.bundle
        if bundle.mirrored or bundle.kind is BundleKind.CROSS_VENUE or tracked.standing is not Standing.NEAR:
            return None
        if self._has_rival(tracked, move):
            return None
        moved = tracked.moved(move.leg, move.price)
        if moved.place() is not Standing.UNDER:
            return None
        offer = self._price(moved, view)
        if isinstance(offer, Why):
            return None
        return Foreseen(_intent(bundle, offer, view), most_sets(bundle, view, self._settings))

    def comes_true(self, tracked: Tracked, move: Move, intent: Intent, now: Nanos) -> bool:
        """Whether what was foreseen is still what would be wanted of this move, its books being as they were then.

        Asked when the books have moved and before `books_changed`.
        """
        if tracked.standing is not Standing.NEAR or tracked.queued or self._has_rival(tracked, move):
            return False
        if self._standings.in_crossed_market(tracked.bundle):
            return False
        if not self._just_proposed(tracked, now):
            return True
        return tracked.proposal != (intent.legs[0].size, tuple([leg.limit for leg in intent.legs]))

    def _has_rival(self, tracked: Tracked, move: Move) -> bool:
        """Whether some other bundle that reads the book which moves would be, or is, below its payoff."""
        leg, watch = tracked.bundle.legs[move.leg], tracked.watches[move.leg]
        top = watch.ask if leg.side is Side.BUY else watch.bid
        if leg.published is not None or top is None:
            return True
        cheaper = abs(move.price - top)
        # Spelt out: an order waits for it.
        for readers in (watch.bids, watch.asks):
            for other in readers:
                below = other.cost - cheaper < other.under_from and not other.missing
                if below and other is not tracked and not other.bundle.mirrored:
                    return True
        return False

    def why_not(self, market: MarketId, desk: DeskView | None = None) -> list[str]:
        """What each bundle with this market lacks right now, and why there is none of the other kinds.

        With a desk, bundles below their payoff are priced anew, else the last verdict on them is told.
        """
        lines = [f"{t.bundle.id}: {self._verdict(t, desk)}" for t in self._standings.with_market(market)]
        if self._catalogue is not None:
            lines += _absent_kinds(market, self._catalogue)
            lines += self._absent_pairs(market, self._catalogue)
        return lines or [f"no bundle contains market {market}"]

    def _verdict(self, tracked: Tracked, desk: DeskView | None) -> str:
        text = standing_text(tracked)
        if tracked.standing is not Standing.UNDER or tracked.bundle.mirrored:
            return text
        found = self._price(tracked, desk) if desk else tracked.declined
        return f"{text}; {reason(tracked.bundle, found)}" if isinstance(found, Offer) else f"{text}; {found}"

    def _absent_pairs(self, market: MarketId, catalogue: Catalogue) -> list[str]:
        pairs = self._across.pairs if self._across else ApprovedPairs()
        why = ((pair, pairs.why_none(pair, catalogue)) for pair in pairs.with_market(market))
        return [f"{BundleKind.CROSS_VENUE}:{pair.id}: {reason}" for pair, reason in why if reason]

    def _follow_market(self, market: MarketId, desk: DeskView, *, over: bool = False) -> Sequence[Intent]:
        if self._catalogue is not None:
            self._follow_pairs(market, self._catalogue, desk)
            question = self._catalogue.question_of(market)
            return self._judge(desk) if question is None else self._follow(question, desk)
        if over:
            for tracked in self._standings.with_market(market):
                self._standings.drop(tracked.bundle, desk.now)
        return _NOTHING

    def _follow_pairs(self, market: MarketId, catalogue: Catalogue, desk: DeskView) -> None:
        if self._across is None:
            return
        for pair in self._across.pairs.with_market(market):
            self._standings.replace(question_of(pair), self._across.pairs.bundles_of(pair, catalogue), desk.now)

    def _follow(self, question: QuestionId, desk: DeskView) -> Sequence[Intent]:
        if not self._within or self._catalogue is None or (known := self._catalogue.question(question)) is None:
            return self._judge(desk)
        return self.replace(question, bundles_of(known, self._catalogue), desk)

    def _judge(self, desk: DeskView) -> Sequence[Intent]:
        under = self._standings.judge(desk.now)
        return self._want(under, desk) if under else _NOTHING

    def _price(self, tracked: Tracked, desk: DeskView) -> Offer | Why:
        bundle = tracked.bundle
        if self._standings.in_crossed_market(bundle):
            return Why.CROSSED
        if desk.busy(bundle.id):
            return Why.BUSY
        catalogue = self._catalogue
        if catalogue is not None and not all(catalogue.trading(leg.market, desk.now) for leg in bundle.legs):
            return Why.NOT_TRADING
        across = self._across if bundle.kind is BundleKind.CROSS_VENUE else None
        offer = appraise(tracked, desk, across.demands if across else self._settings)
        return offer if isinstance(offer, Why) else less_leg_risk(bundle, offer, desk)

    def _want(self, under: Iterable[Tracked], desk: DeskView) -> Sequence[Intent]:
        offers: list[tuple[Tracked, Offer]] = []
        for tracked in under:
            found = self._price(tracked, desk)
            self.stats.evaluated += 1
            how = Closing.BELOW if isinstance(found, Why) else Closing.OPENED
            self._standings.leave_pool(tracked.bundle, how, desk.now)
            if isinstance(found, Why):
                self._decline(tracked, found)
            else:
                self._note_opportunity(tracked, found, desk.now)
                if tracked.bundle.kind is BundleKind.CROSS_VENUE:
                    self._decline(tracked, Why.LEFT)
                else:
                    offers.append((tracked, found))
        if not offers:
            return _NOTHING
        offers.sort(key=lambda pair: (-pair[1].edge, pair[0].bundle.id))
        return self._propose(offers, desk)

    def _propose(self, offers: Iterable[tuple[Tracked, Offer]], desk: DeskView) -> Sequence[Intent]:
        """Best first; each market serves one intent of a moment, for the next would count the same depth again."""
        intents: list[Intent] = []
        claimed: set[MarketId] = set()
        for tracked, offer in offers:
            markets = {leg.market for leg in tracked.bundle.legs}
            proposal = (offer.execution.size, offer.execution.limits)
            if not claimed.isdisjoint(markets):
                self._decline(tracked, Why.OVERLAPPING)
            elif self._repeats(tracked, proposal, desk.now):
                self._decline(tracked, Why.REPEATED)
            else:
                claimed |= markets
                tracked.proposal, tracked.proposed_at = proposal, desk.now
                tracked.declined = "proposed to risk"
                intents.append(_intent(tracked.bundle, offer, desk))
        self.stats.intents += len(intents)
        return intents

    def _repeats(self, tracked: Tracked, proposal: tuple[object, ...], now: Nanos) -> bool:
        """Whether the same was proposed a moment ago."""
        return tracked.proposal == proposal and self._just_proposed(tracked, now)

    def _just_proposed(self, tracked: Tracked, now: Nanos) -> bool:
        return now - tracked.proposed_at < self._settings.repeat_after

    def _decline(self, tracked: Tracked, why: Why) -> None:
        tracked.declined = why
        self.stats.declined[why] += 1

    def _note_opportunity(self, tracked: Tracked, offer: Offer, now: Nanos) -> None:
        if tracked.seen:
            return
        tracked.seen = True
        self.stats.opportunities += 1
        bundle, execution = tracked.bundle, offer.execution
        self._standings.seen.append(
            OpportunitySeen(bundle.id, bundle.kind, execution.size, execution.outlay, execution.fees, offer.edge, now)
        )


def _absent_kinds(market: MarketId, catalogue: Catalogue) -> list[str]:
    asked_by = catalogue.question_of(market)
    question = None if asked_by is None else catalogue.question(asked_by)
    if question is None:
        return []
    unusable = relate(question, catalogue).unusable
    return [f"{u.kind or 'any bundle of several markets'}:{u.question}: {u.reason}" for u in unusable]


def _intent(bundle: Bundle, offer: Offer, desk: DeskView) -> Intent:
    execution = offer.execution
    legs = tuple(
        Leg(leg.outcome, leg.market, leg.side, limit, execution.size, expected)
        for leg, limit, expected in zip(bundle.legs, execution.limits, execution.expected, strict=True)
    )
    return Intent(
        id=desk.next_intent(),
        strategy=BUNDLE,
        kind=bundle.kind,
        subject=bundle.id,
        legs=legs,
        cost=execution.outlay,
        edge=offer.edge,
        max_loss=worst_partial_fill(bundle, execution.size, desk),
        oldest=offer.oldest,
        at=desk.now,
        reason=reason(bundle, offer),
    )
