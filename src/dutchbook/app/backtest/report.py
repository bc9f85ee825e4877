"""What came of a backtest."""

from collections.abc import Mapping

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import DOLLAR, SECOND, Money, Nanos, dollars
from dutchbook.evaluation.making import Markout, Result, worth_of_quoting

_PARTS = ("rewards", "rebates", "spread", "adverse_selection", "hedging", "fees", "other")


class MarketDay(msgspec.Struct, frozen=True, kw_only=True):
    """One market on one UTC day (days since 1970)."""

    market: MarketId
    title: str
    day: int
    result: Result
    pot: Money = Money(0)
    """What the venue paid to all who quoted there, that day."""

    @property
    def cost(self) -> Money | None:
        """`kQ` as measured: with the pot R, quoting there is worth it while kQ < R. None where nothing was earned."""
        return worth_of_quoting(self.result, self.pot)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy, one scenario, one seed. Costs are negative.

    `exposure` is the most that was at stake in one market, `unhedged` the longest time that something bought or sold by
    a resting order was held without cover, while the venue took orders.
    """

    strategy: str
    scenario: str
    seed: int
    lasts: Nanos
    result: Result
    markets: tuple[MarketDay, ...]
    markouts: tuple[Markout, ...]
    exposure: Money
    exposure_limit: Money
    unhedged: Nanos
    self_trades: int
    frames: int
    orders: int
    fills: int
    refused: int
    unknown: int
    halted: str | None
    opening: Money
    equity: Money
    """Cash and everything held at the middle, with the rewards of the day under way."""
    difference: Money
    """What the desk's books have more in cash than its accounts, at the end; other than 0 is a fault."""
    journal_head: str
    seconds: float

    @property
    def times_real_time(self) -> float:
        """Simulated time by the machine's."""
        return self.lasts / SECOND / self.seconds if self.seconds else 0.0

    @property
    def breach(self) -> Money:
        """How far exposure went beyond its limit."""
        return Money(max(0, self.exposure - self.exposure_limit))

    def as_json(self) -> dict[str, object]:
        """The stable figures: money as decimal strings in dollars, times in seconds."""
        return {
            "strategy": self.strategy,
            "scenario": self.scenario,
            "seed": self.seed,
            "hours": self.lasts / (3_600 * SECOND),
            **parts_in_dollars(self.result),
            "net": dollars(self.result.net),
            "max_exposure": dollars(self.exposure),
            "max_exposure_breach": dollars(self.breach),
            "oldest_unhedged_fill_s": round(self.unhedged / SECOND, 3),
            "self_trades": self.self_trades,
            "frames": self.frames,
            "orders": self.orders,
            "fills": self.fills,
            "refused": self.refused,
            "unknown": self.unknown,
            "halted": self.halted,
            "opening": dollars(self.opening),
            "equity": dollars(self.equity),
            "ledger_difference": dollars(self.difference),
            "markouts": [
                {"after_s": each.after / SECOND, "fills": each.fills, "realised": round(each.realised / 10_000, 6)}
                for each in self.markouts
            ],
            "markets": [_row(each) for each in self.markets],
            "times_real_time": round(self.times_real_time, 1),
            "seconds": round(self.seconds, 3),
            "journal_head": self.journal_head,
        }


def parts_in_dollars(result: Result) -> Mapping[str, str]:
    """All parts of a result, as decimal strings."""
    return {name: dollars(getattr(result, name)) for name in _PARTS}


def in_dollars(amount: Money) -> float:
    """For tables: an amount as a number of dollars."""
    return amount / DOLLAR


def _row(each: MarketDay) -> dict[str, object]:
    cost = each.cost
    return {
        "market": each.market,
        "title": each.title,
        "day": each.day,
        **parts_in_dollars(each.result),
        "net": dollars(each.result.net),
        "pot": dollars(each.pot),
        "kq": None if cost is None else dollars(cost),
        "go": None if cost is None else cost < each.pot,
    }
