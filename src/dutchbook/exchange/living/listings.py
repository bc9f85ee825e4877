"""How a drafted question is published at each venue: identifiers, grids, fees, programmes, texts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.markets import KalshiFees, Market, PolymarketFees, PriceBand, PriceGrid, Question
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Nanos, Price, Size
from dutchbook.exchange.listing import IncentiveProgramme, Listing, QuestionListing, RewardProgramme
from dutchbook.exchange.living.conditions import condition, neg_risk_condition
from dutchbook.exchange.living.draft import RULED_AFTER, Draft, Hours, MarketDraft
from dutchbook.exchange.living.spec import AnyQuestion, ElectionSpec, MatchSpec

_REBATE_PPM = 250_000
_CENT_OF_A_CONTRACT = Size(10_000)
_TAPERED = PriceGrid(
    (
        PriceBand(Price(0), Price(1_000), Price(10)),
        PriceBand(Price(1_000), Price(9_000), Price(100)),
        PriceBand(Price(9_000), ONE, Price(10)),
    )
)
KALSHI_GRIDS = {
    "linear_cent": PriceGrid.uniform(Price(100)),
    "deci_cent": PriceGrid.uniform(Price(10)),
    "tapered_deci_cent": _TAPERED,
}
"""By the names of protocol section 2.2."""
_FIRST_NUMBER = 500_000
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class Numbers:
    """Gamma's ids: decimal, in the order of listing."""

    def __init__(self) -> None:
        self._last = _FIRST_NUMBER

    def next(self) -> str:
        self._last += 1
        return str(self._last)


def publish(
    venue: Venue, spec: AnyQuestion, draft: Draft, hours: Hours, numbers: Numbers
) -> tuple[QuestionListing, tuple[Listing, ...]]:
    """The question and its markets as the venue lists them."""
    publisher = _Polymarket(spec, draft, hours, numbers) if venue is Venue.POLYMARKET else _Kalshi(spec, draft, hours)
    listings = publisher.listings()
    return publisher.question([listing.id for listing in listings]), listings


def slug_of(spec: AnyQuestion, hours: Hours) -> str:
    """Polymarket's slug of an instance; rolling ones are told apart by the start of their window, in Unix seconds."""
    if spec.every is None:
        return spec.name
    window = getattr(spec, "window", 0)
    return f"{spec.name}-{(hours.closes - window) // SECOND}"


class _Polymarket:
    """Condition ids, token ids, Gamma's numbers; negRisk where exactly one market wins."""

    def __init__(self, spec: AnyQuestion, draft: Draft, hours: Hours, numbers: Numbers) -> None:
        self._spec = spec
        self._draft = draft
        self._hours = hours
        self._numbers = numbers
        self._id = QuestionId(slug_of(spec, hours))

    def listings(self) -> tuple[Listing, ...]:
        chances = self._draft.truths[Venue.POLYMARKET].chances
        return tuple(self._listing(index, chance) for index, chance in enumerate(chances))

    def question(self, markets: Sequence[MarketId]) -> QuestionListing:
        spec, partition = self._spec, self._draft.partition
        question = Question(
            id=self._id,
            venue=Venue.POLYMARKET,
            title=spec.title,
            markets=tuple(markets),
            exclusive=partition,
            exhaustive=partition,
            convertible=partition,
            category=spec.category,
            series=spec.name if spec.every else "",
        )
        augmented = partition and isinstance(spec, ElectionSpec) and spec.placeholder is not None
        return _question(spec, self._draft, self._hours, question, number=self._numbers.next(), augmented=augmented)

    def _listing(self, index: int, chance: int) -> Listing:
        spec, drafted = self._spec, self._draft.markets[index]
        slug = self._id if len(self._draft.markets) == 1 else f"{self._id}-{index}"
        # The venue refines a coarse grid near the ends by itself; who starts there starts on the fine one.
        extreme = spec.tick == 100 and not 40_000 <= chance <= 960_000
        market = Market(
            id=neg_risk_condition(self._id, index) if self._draft.partition else condition(slug),
            venue=Venue.POLYMARKET,
            question=self._id,
            title=drafted.title,
            yes=_token(slug, "0"),
            no=_token(slug, "1"),
            labels=drafted.labels,
            grid=PriceGrid.uniform(Price(10) if extreme else spec.tick),
            min_size=Size(5 * CONTRACT),
            min_notional=DOLLAR,
            fees=PolymarketFees(rate_ppm=spec.fee, rebate_ppm=_REBATE_PPM),
            opens=self._hours.listed,
            closes=drafted.closes,
            settles=Nanos(drafted.closes + self._hours.settles),
            strike=drafted.strike,
            neg_risk=self._draft.partition,
            placeholder=drafted.placeholder,
            catch_all=drafted.catch_all,
            rules=self._draft.rules,
        )
        listing = _listing(spec, self._draft, self._hours, drafted, market)
        return msgspec.structs.replace(
            listing,
            slug=slug,
            number=self._numbers.next(),
            taker_delay=spec.taker_delay,
            delay_blocks=self._draft.taker_waits_silently,
            clear_on_start=isinstance(spec, MatchSpec) and spec.clear_on_start,
            rewards=self._rewards(),
        )

    def _rewards(self) -> RewardProgramme | None:
        rewards = self._spec.rewards
        if rewards is None:
            return None
        return RewardProgramme(
            max_spread=rewards.max_spread, min_size=Size(rewards.min_size * CONTRACT), daily_rate=rewards.daily
        )


class _Kalshi:
    """Tickers, price structures by name, an incentive programme where the scenario has one."""

    def __init__(self, spec: AnyQuestion, draft: Draft, hours: Hours) -> None:
        self._spec = spec
        self._draft = draft
        self._hours = hours
        self._id = QuestionId(f"{spec.ticker}-{_kalshi_time(hours.closes)}")

    def listings(self) -> tuple[Listing, ...]:
        return tuple(self._listing(drafted) for drafted in self._draft.markets)

    def question(self, markets: Sequence[MarketId]) -> QuestionListing:
        question = Question(
            id=self._id,
            venue=Venue.KALSHI,
            title=self._spec.title,
            markets=tuple(markets),
            # At most one is promised, never exactly one (protocol section 3.3).
            exclusive=self._draft.partition,
            category=self._spec.category,
            series=self._spec.ticker,
        )
        listed = _question(self._spec, self._draft, self._hours, question, number="", augmented=False)
        return msgspec.structs.replace(listed, shard=self._spec.kalshi_shard)

    def _listing(self, drafted: MarketDraft) -> Listing:
        id_ = MarketId(self._id if len(self._draft.markets) == 1 else f"{self._id}-{drafted.code}")
        market = Market(
            id=id_,
            venue=Venue.KALSHI,
            question=self._id,
            title=drafted.title,
            yes=kalshi_yes(id_),
            no=kalshi_no(id_),
            labels=drafted.labels,
            grid=KALSHI_GRIDS[self._spec.kalshi_ticks],
            min_size=_CENT_OF_A_CONTRACT,
            fees=KalshiFees(),
            opens=self._hours.listed,
            closes=drafted.closes,
            settles=Nanos(drafted.closes + self._hours.settles),
            strike=drafted.strike,
            placeholder=drafted.placeholder,
            catch_all=drafted.catch_all,
            rules=self._draft.rules,
        )
        listing = _listing(self._spec, self._draft, self._hours, drafted, market)
        number = _uuid(f"market/{id_}")
        return msgspec.structs.replace(
            listing,
            slug=id_.lower(),
            number=number,
            incentives=self._incentives(drafted, id_),
            shard=self._spec.kalshi_shard,
            settlement_timer=Nanos(self._hours.settles - self._hours.settles // RULED_AFTER),
        )

    def _incentives(self, drafted: MarketDraft, market: MarketId) -> tuple[IncentiveProgramme, ...]:
        incentive = self._spec.incentive
        if incentive is None:
            return ()
        programme = IncentiveProgramme(
            id=_uuid(f"incentive/{market}"),
            starts=self._hours.listed,
            ends=drafted.closes,
            reward=incentive.reward,
            target_size=Size(incentive.target_size * CONTRACT),
        )
        return (programme,)


def _question(
    spec: AnyQuestion, draft: Draft, hours: Hours, question: Question, *, number: str, augmented: bool
) -> QuestionListing:
    return QuestionListing(
        question=question,
        slug=slug_of(spec, hours),
        number=number,
        description=draft.rules,
        tags=(spec.category,),
        created=hours.listed,
        ends=hours.closes,
        augmented=augmented,
        series_title=spec.title,
        frequency=_frequency(spec.every),
    )


def _listing(spec: AnyQuestion, draft: Draft, hours: Hours, drafted: MarketDraft, market: Market) -> Listing:
    """What both venues publish alike; `slug` and `number` are still to be given."""
    return Listing(
        market=market,
        slug="",
        number="",
        description=draft.rules,
        group_title=drafted.label,
        category=spec.category,
        tags=(spec.category,),
        created=hours.listed,
        game_start=draft.game_start,
    )


def _uuid(name: str) -> str:
    digest = sha256(f"kalshi/{name}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def _token(slug: str, outcome: str) -> OutcomeId:
    return OutcomeId(str(int.from_bytes(sha256(f"token/{slug}/{outcome}".encode()).digest())))


def _kalshi_time(at: Nanos) -> str:
    moment = datetime.fromtimestamp(at // SECOND, UTC)
    # Not by strftime: the names of its months depend on the machine's language.
    return f"{moment:%y}{_MONTHS[moment.month - 1]}{moment:%d%H%M}"


def _frequency(every: Nanos | None) -> str:
    names = {900 * SECOND: "fifteen_min", 3_600 * SECOND: "hourly", 86_400 * SECOND: "daily"}
    return "custom" if every is None else names.get(every, "custom")
