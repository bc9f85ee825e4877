"""The high-water mark, the stop that ratchets below it, the loss of the day. Money put in or taken out is neither."""

import msgspec

from dutchbook.domain.events import HaltOrdered
from dutchbook.domain.units import DAY, Money, Nanos, dollars
from dutchbook.risk.settings import RiskSettings, percent

_MILLION = 1_000_000


def floor_below(high_water: Money, stop_ppm: int) -> Money:
    """The equity at which the desk halts, rounded up: 640 dollars under a mark of 800 with a stop of 20 %."""
    return Money(-(-high_water * (_MILLION - stop_ppm) // _MILLION))


class DrawdownState(msgspec.Struct, frozen=True, kw_only=True):
    """All that must survive a restart. `day` counts UTC days since 1970, `paused_day` is the one that is paused."""

    bankroll: Money
    high_water: Money
    last_equity: Money
    day: int
    day_start: Money
    paused_day: int | None = None
    tripped: bool = False

    @classmethod
    def start(cls, bankroll: Money, now: Nanos) -> "DrawdownState":
        """A desk that begins with cash only: the mark is the bankroll."""
        return cls(bankroll=bankroll, high_water=bankroll, last_equity=bankroll, day=now // DAY, day_start=bankroll)

    def moved(self, amount: Money, equity_before: Money) -> "DrawdownState":
        """After a deposit (positive) or withdrawal (negative) of `amount`, with the equity right before it.

        A deposit raises the mark by its amount. A withdrawal lowers it by the share of the equity that is taken out
        (at the mark that is its amount): below the mark it would else trip the stop, though nothing was lost.
        """
        equity = Money(equity_before + amount)
        if amount >= 0:
            mark, bankroll = Money(self.high_water + amount), Money(self.bankroll + amount)
        else:
            left = max(0, equity)
            mark = Money(-(-self.high_water * left // equity_before)) if equity_before > 0 else Money(0)
            bankroll = Money(min(self.bankroll, left))
        return msgspec.structs.replace(
            self,
            high_water=mark,
            bankroll=bankroll,
            last_equity=Money(self.last_equity + amount),
            day_start=Money(self.day_start + amount),
        )


class Drawdown:
    """Watches equity. Tell it of every valuation and of every deposit and withdrawal.

    The mark rises with equity that is fully priced. Equity with positions that have no price is a range: the desk halts
    or pauses when even its upper end (those at cost) is too low; meanwhile the rules refuse opening by its lower end.
    """

    def __init__(self, settings: RiskSettings, state: DrawdownState) -> None:
        self._settings = settings
        self._state = state

    @property
    def state(self) -> DrawdownState:
        return self._state

    @property
    def bankroll(self) -> Money:
        """What limits are shares of: what was put in. A withdrawal takes profits first: at most what is left."""
        return self._state.bankroll

    @property
    def high_water(self) -> Money:
        return self._state.high_water

    @property
    def floor(self) -> Money:
        return floor_below(self._state.high_water, self._settings.ratcheting_stop)

    @property
    def equity_at_day_start(self) -> Money:
        """The last full valuation before midnight UTC, moved by deposits and withdrawals since."""
        return self._state.day_start

    @property
    def daily_limit(self) -> Money:
        """The loss of one day at which opening pauses."""
        share = Money(self._state.bankroll * self._settings.daily_loss // _MILLION)
        return share if self._settings.daily_loss_dollars is None else min(share, self._settings.daily_loss_dollars)

    def paused(self, now: Nanos) -> str | None:
        """Why opening is paused now, or None."""
        state = self._state
        if state.paused_day is None or now // DAY > state.paused_day:
            return None
        return "paused until the next UTC day: the daily loss limit was reached"

    def observe(self, now: Nanos, low: Money, high: Money) -> HaltOrdered | None:
        """Take note of equity: `low` with unpriced positions as worthless, `high` with them at cost.

        Returns the order to halt when the stop is reached, once; the desk stays tripped until `resumed`.
        """
        self._begin_day(now)
        if low == high and low != self._state.last_equity:
            self._change(last_equity=low, high_water=max(low, self._state.high_water))
        loss = self._state.day_start - high
        if loss > 0 and loss >= self.daily_limit:
            self._change(paused_day=self._state.day)
        if self._state.tripped or not self._state.high_water or high > self.floor:
            return None
        self._change(tripped=True)
        return HaltOrdered(
            f"ratcheting stop: equity ${dollars(high)} is at or below ${dollars(self.floor)}, "
            f"{percent(self._settings.ratcheting_stop)} under its high-water mark of ${dollars(self.high_water)}",
            now,
        )

    def cash_moved(self, amount: Money, equity_before: Money) -> None:
        """A deposit or withdrawal, with the equity right before it: see `DrawdownState.moved`."""
        self._state = self._state.moved(amount, equity_before)

    def resumed(self) -> None:
        """A person checked and resumed. After the stop the mark begins anew at the equity there is; else it stays."""
        if self._state.tripped:
            self._change(tripped=False, high_water=self._state.last_equity)

    def _begin_day(self, now: Nanos) -> None:
        if now // DAY > self._state.day:
            self._change(day=now // DAY, day_start=self._state.last_equity)

    def _change(self, **fields: int | bool) -> None:
        self._state = msgspec.structs.replace(self._state, **fields)
