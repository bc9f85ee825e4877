"""The settings tree: which room's settings stand under which key."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator

from dutchbook.config.account_settings import AccountSettings, LiveSettings
from dutchbook.config.alert_settings import AlertSettings
from dutchbook.config.modes import Mode
from dutchbook.config.telegram_settings import TelegramSettings
from dutchbook.config.web_settings import WebSettings
from dutchbook.domain.quantities import Duration, RoomSettings, Words
from dutchbook.domain.units import Money
from dutchbook.exchange.paper.settings import PaperSettings
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.portfolio.settings import PortfolioSettings
from dutchbook.risk.settings import RiskSettings
from dutchbook.storage.database.settings import DatabaseSettings
from dutchbook.storage.log_settings import LogSettings
from dutchbook.storage.retention_settings import RetentionSettings
from dutchbook.storage.settings import StorageSettings
from dutchbook.strategies.cross_venue_settings import CrossVenueSettings
from dutchbook.strategies.exit_settings import ExitSettings
from dutchbook.strategies.names import BY_DEFAULT, STRATEGIES, chosen_names
from dutchbook.strategies.reward_maker.settings import RewardMakerSettings
from dutchbook.strategies.settings import BundleSettings

# A setting without a default here has its value in the shipped files: every fact has one home.


class KalshiAccount(StrEnum):
    """How an account reaches Kalshi; it decides how fees are rounded."""

    DIRECT = "direct"
    """A member of the exchange: balances count in 0.0001 dollar."""
    BROKER = "broker"
    """Behind a futures commission merchant: balances count in cents."""

    @property
    def balance_unit(self) -> Money:
        """The precision of the account's balance, for `domain.markets.KalshiFees.unit`."""
        return Money(100 if self is KalshiAccount.DIRECT else 10_000)


class PolymarketSettings(RoomSettings):
    """How Polymarket's market channel is read."""

    verify_hashes: bool = Field(
        description="Check every book hash that the venue sends. A book that fails is unusable until it is sent whole.",
    )
    group_grace: Duration = Field(
        description="How long more messages of one venue instant are waited for before strategies look at the book.",
    )
    max_events: int = Field(
        ge=1, le=10_000, description="How many events to watch live, those with the most volume of a day first."
    )


class KalshiSettings(RoomSettings):
    """How Kalshi is read, and what kind of account would trade there."""

    account: KalshiAccount = Field(
        description="`direct` member (fees rounded to 0.0001 dollar) or behind a `broker` (to cents).",
    )
    max_events: int = Field(ge=1, le=10_000, description="How many events to watch live, in the venue's own order.")
    group_contracts: int = Field(
        ge=1,
        le=1_000_000,
        description="How many contracts of resting orders may trade in any 15 seconds on one shard before the venue's "
        "own switch, an order group, cancels the rest and takes no more of them until a person resumes the desk.",
    )
    cancel_on_pause: bool = Field(
        description="Whether orders that rest end when Kalshi pauses trading, as it does each Thursday night.",
    )
    subaccount: int = Field(
        ge=0,
        le=63,
        description="The subaccount that a live desk trades on, with its own cash and positions; 0 is the account "
        "itself. Money is moved there at Kalshi. The sandbox's test accounts have none.",
    )


class VenueSettings(RoomSettings):
    """One section for each venue; the values stand in `venues/<venue>.yaml`."""

    look_again: Duration = Field(description="How often the venues are asked for new markets while a desk runs.")
    polymarket: PolymarketSettings
    kalshi: KalshiSettings


class Settings(RoomSettings):
    """Everything a user may choose."""

    mode: Mode = Field(
        description="`backtest`, `replay`, `paper`, `sandbox` or `live`. `live` is the first of the three gates before "
        "real money; the others are `DUTCHBOOK_ENABLE_LIVE_TRADING=true` and `dutchbook run --live`.",
    )
    strategies: Words = Field(
        BY_DEFAULT,
        description="Which strategies a desk runs, in the order in which they are asked: "
        f"{', '.join(f'`{name}`' for name in STRATEGIES)}. `--strategy` overrides it.",
    )
    portfolio: PortfolioSettings = PortfolioSettings.model_validate({})
    risk: RiskSettings = RiskSettings.model_validate({})
    bundle: BundleSettings = BundleSettings.model_validate({})
    cross_venue: CrossVenueSettings = CrossVenueSettings.model_validate({})
    reward_maker: RewardMakerSettings = RewardMakerSettings.model_validate({})
    exits: ExitSettings = ExitSettings.model_validate({})
    execution: ExecutionSettings = ExecutionSettings.model_validate({})
    paper: PaperSettings = PaperSettings.model_validate({})
    storage: StorageSettings = StorageSettings.model_validate({})
    database: DatabaseSettings = DatabaseSettings.model_validate({})
    retention: RetentionSettings = RetentionSettings.model_validate({})
    logs: LogSettings = LogSettings.model_validate({})
    alerts: AlertSettings = AlertSettings.model_validate({})
    telegram: TelegramSettings = TelegramSettings.model_validate({})
    accounts: AccountSettings = AccountSettings.model_validate({})
    live: LiveSettings = LiveSettings.model_validate({})
    web: WebSettings = WebSettings.model_validate({})
    venues: VenueSettings

    @field_validator("strategies")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return chosen_names(names)

    def running(self, strategies: Sequence[str]) -> Self:
        """The same settings with these strategies; with none named, those that they say."""
        return self.model_copy(update={"strategies": tuple(strategies)}) if strategies else self

    def without_strategies(self) -> Self:
        """The same settings for a desk that only tidies up."""
        return self.model_copy(update={"strategies": ()})

    def in_mode(self, mode: Mode) -> Self:
        """The same settings for another mode: what a command does decides, the file says what `run` does."""
        return self.model_copy(update={"mode": mode})
