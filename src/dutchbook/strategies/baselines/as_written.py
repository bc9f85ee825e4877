"""The classic reward maker by its own document, to the letter, on the desk's ports.

It looks every half second, chooses by the reward ratio, quotes at the boundary and hedges by sales alone. Every 1,200 s
it cancels everything, sales too, offers anew what is held, and quotes only markets that were not chosen the time
before: as written, a market that stays chosen is quoted no more. `quotes_again` reads that kindly: such markets keep
their quotes and their sales.

Where it is better than its document: it hears of its own fills at once, merges what it holds of both outcomes, and lets
a sale that is worth too little to trade at once rest instead of failing ten times.
"""

from collections.abc import Collection, Container, Mapping, Sequence

from dutchbook.catalogue.reward_settings import RankBy
from dutchbook.catalogue.rewards import Choice
from dutchbook.domain.events import Event, TimerFired
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.rewards import RewardOffer
from dutchbook.domain.units import MILLISECOND, Nanos
from dutchbook.domain.wishes import Wake, Wish, Withdraw
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.reward_maker.maker import SCAN, RewardMaker
from dutchbook.strategies.reward_maker.ports import Stock
from dutchbook.strategies.reward_maker.selection import BestMarkets, RestingOf, Selection
from dutchbook.strategies.reward_maker.settings import Completing, Quoting, RewardMakerSettings

LOOK_EVERY = Nanos(500 * MILLISECOND)
"""`orderbook_update_interval_seconds`."""
_LOOK = "as-written:look"
_NOTHING: tuple[Wish, ...] = ()


def documents_settings() -> RewardMakerSettings:
    """The document's defaults; where ours differ from them, as it says. What it does not have is off."""
    settings = RewardMakerSettings.model_validate({})
    hedge = settings.hedge_sell.model_copy(update={"completing": Completing.NEVER, "patience": 0})
    filters = settings.filters.model_copy(update={"rank_by": RankBy.REWARD_RATIO})
    own = {"quoting": Quoting.BOUNDARY, "jump_threshold": 0, "quiet_before_close": 0, "max_loss_per_question": None}
    own |= {"markout_after": 0, "flow_threshold": 0, "one_sided_fills": 0}
    return settings.model_copy(update={**own, "hedge_sell": hedge, "filters": filters})


class NewMarketsOnly:
    """A selection that leaves out whatever was among the best the time before."""

    def __init__(self, best: Selection) -> None:
        self._best = best
        self._before: frozenset[MarketId] = frozenset()

    def choose(self, offers: Mapping[MarketId, RewardOffer], resting: RestingOf, desk: DeskView) -> Choice:
        """See `Selection`."""
        choice = self._best.choose(offers, resting, desk)
        before, self._before = self._before, frozenset(each.market for each in choice.chosen)
        fresh = tuple(each for each in choice.chosen if each.market not in before)
        return Choice(fresh, choice.spare, choice.refused)


class AsWritten:
    """A reward maker that is let look at the books only now and then."""

    def __init__(self, stock: Stock, offers: Sequence[RewardOffer] = (), *, quotes_again: bool) -> None:
        settings = documents_settings()
        best: Selection = BestMarkets(settings, stock.market)
        chosen = best if quotes_again else NewMarketsOnly(best)
        self._maker = RewardMaker(stock, settings, chosen, offers, shown=True)
        self._quotes_again = quotes_again
        self._changed: dict[OutcomeId, None] = {}

    @property
    def name(self) -> str:
        """That of the reward maker: its orders are told to it by this name."""
        return self._maker.name

    def outcomes(self) -> Collection[OutcomeId]:
        """As the reward maker's."""
        return self._maker.outcomes()

    def deep(self) -> Container[OutcomeId]:
        """As the reward maker's."""
        return self._maker.deep()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Wish]:
        """Remember what changed until the next look."""
        waiting = bool(self._changed)
        self._changed |= dict.fromkeys(outcomes)
        return _NOTHING if waiting else (Wake(_LOOK, Nanos((desk.now // LOOK_EVERY + 1) * LOOK_EVERY)),)

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """As the reward maker's."""
        self._maker.book_lost(outcomes, desk)

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Wish]:
        """Look when it is time; all else is the reward maker's."""
        if isinstance(event, TimerFired) and event.name == _LOOK:
            changed, self._changed = self._changed, {}
            return self._maker.books_changed(tuple(changed), desk)
        self._maker.observations()  # nobody reads what it saw
        rescans = not self._quotes_again and isinstance(event, TimerFired) and event.name == SCAN
        # Sales first: the rescan judges what is held anew, and hangs it out again once the old sale is gone.
        return [*(self._sales_down() if rescans else _NOTHING), *self._maker.on_event(event, desk)]

    def tidy(self, desk: DeskView) -> Sequence[Wish]:
        """As the reward maker's."""
        return self._maker.tidy(desk)

    def _sales_down(self) -> Sequence[Wish]:
        """Every rescan cancels all that is not filled, sales too, and offers what is held anew."""
        sales = (side.hedge for making in self._maker.makings for side in making.sides)
        down = [sale for sale in sales if sale is not None and sale.rests and not sale.leaving and not sale.over]
        for sale in down:
            sale.leaving = True
        return [Withdraw(sale.intent, "a rescan") for sale in down]
