"""From approved pairs to the bundles across venues that they promise; and why a pair yields none at the moment."""

from collections.abc import Iterable, Sequence

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.relations import leg_of, settled_by
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.pairs import Pair, PairedMarket, PairStatus
from dutchbook.domain.units import ONE


class ApprovedPairs:
    """The pairs that may be traded. `mismatch_ppm` is reckoned with where a pair names no probability of its own."""

    def __init__(self, pairs: Iterable[Pair] = (), mismatch_ppm: int = 0) -> None:
        self.pairs = tuple(pair for pair in pairs if pair.status is PairStatus.APPROVED)
        self._mismatch = mismatch_ppm
        self._by_market: dict[MarketId, list[Pair]] = {}
        for pair in self.pairs:
            for paired in pair.markets:
                self._by_market.setdefault(paired.market, []).append(pair)

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def with_market(self, market: MarketId) -> Sequence[Pair]:
        """The pairs that a market belongs to."""
        return self._by_market.get(market, ())

    def bundles(self, catalogue: Catalogue) -> list[Bundle]:
        """The bundles of all pairs that can be traded now."""
        return [bundle for pair in self.pairs for bundle in self.bundles_of(pair, catalogue)]

    def bundles_of(self, pair: Pair, catalogue: Catalogue) -> tuple[Bundle, ...]:
        """Both bundles of a pair, one for each direction; none while one of its markets cannot be traded."""
        found = tradable(pair, catalogue)
        if isinstance(found, str):
            return ()
        first, second = found
        like, unlike = (second.no, second.yes) if not pair.inverted else (second.yes, second.no)
        ways = ((first.yes, like), (first.no, unlike))
        made = (self._bundle(pair, (first, here), (second, there)) for here, there in ways)
        return tuple(bundle for bundle in made if bundle is not None)

    def why_none(self, pair: Pair, catalogue: Catalogue) -> str | None:
        """Why there is no bundle of a pair now; None where there is one."""
        found = tradable(pair, catalogue)
        if isinstance(found, str):
            return found
        return None if settled_by(found) is not None else "no market says when it settles: the lock-up is unknown"

    def _bundle(self, pair: Pair, here: tuple[Market, OutcomeId], there: tuple[Market, OutcomeId]) -> Bundle | None:
        releases = settled_by((here[0], there[0]))
        if releases is None:
            return None
        names = [_side(market, outcome) for market, outcome in (here, there)]
        return Bundle(
            id=BundleId(f"{BundleKind.CROSS_VENUE}:{here[0].id}/{names[0].lower()}+{there[0].id}/{names[1].lower()}"),
            kind=BundleKind.CROSS_VENUE,
            question=question_of(pair),
            title=f"{here[0].title}: {names[0]} at {here[0].venue}, {names[1]} at {there[0].venue}",
            legs=tuple(leg_of(market, outcome, Side.BUY) for market, outcome in (here, there)),
            payoff=ONE,
            releases=releases,
            mismatch_ppm=self._mismatch if pair.mismatch_ppm is None else pair.mismatch_ppm,
        )


def question_of(pair: Pair) -> QuestionId:
    """The name under which a pair's bundles are kept: no question of a venue's."""
    return QuestionId(f"pair:{pair.id}")


def tradable(pair: Pair, catalogue: Catalogue) -> tuple[Market, Market] | str:
    """Both markets of a pair as they are now, or what keeps one of them from being traded."""
    found: list[Market] = []
    for paired in pair.markets:
        market = catalogue.market(paired.market)
        if market is None:
            return f"market {paired.market} is not listed by {paired.venue}"
        if market.placeholder:
            return f"market {market.id} is an unnamed placeholder: its meaning is not known yet"
        if market.status is not MarketStatus.OPEN:
            return f"market {market.id} is {market.status}"
        found.append(market)
    return found[0], found[1]


def check_new(first: PairedMarket, second: PairedMarket, known: Sequence[Pair]) -> None:
    """Raises UsageError for two markets of one venue, or a pair that is there already."""
    if first.market == second.market:
        raise UsageError(f"{first.market} was named twice - name one market at each of two venues")
    if first.venue is second.venue:
        raise UsageError(
            f"{first.market} and {second.market} are both at {first.venue} - a pair needs one market at each of two "
            "venues"
        )
    for pair in known:
        if pair.status is PairStatus.APPROVED and pair.same_as(first.market, second.market):
            raise UsageError(
                f"{pair.id} is this pair already, {'inverted, ' if pair.inverted else ''}approved by {pair.who} - "
                f"to change it, `dutchbook pairs remove {pair.id}` first"
            )


def _side(market: Market, outcome: OutcomeId) -> str:
    return "YES" if outcome == market.yes else "NO"
