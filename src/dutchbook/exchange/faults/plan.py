"""The fault plan: what goes wrong at the venues, when and how often. Written in YAML, or sent while running."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dutchbook.domain.identity import Venue
from dutchbook.domain.quantities import Duration, RoomSettings, Share
from dutchbook.exchange.rules import Mode


class FaultSettings(RoomSettings):
    """What every fault has: a name, a venue, and when it begins. All times are those of the exchange's clock."""

    name: str = Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9 ._-]+$", description="Unique within the plan.")
    venue: Venue | None = Field(default=None, description="`polymarket` or `kalshi`; both if not named.")
    after: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="How long after the start of the sandbox (or after it was turned on by hand) it begins.",
    )
    every: Duration | None = Field(default=None, description="Comes again so long after its last beginning: waves.")


class LastingFaultSettings(FaultSettings):
    """A fault that is on for a while."""

    lasts: Duration | None = Field(default=None, description="How long it stays on; until turned off if not named.")

    @model_validator(mode="after")
    def _waves_have_an_end(self) -> Self:
        if self.every is not None and (self.lasts is None or self.lasts > self.every or not self.every):
            raise ValueError("`every` needs a `lasts` that is not longer than it")
        return self


class StrikingFaultSettings(LastingFaultSettings):
    """A fault that strikes at occasions (requests, frames, matches), all of them or some."""

    skip: int = Field(default=0, ge=0, description="So many first occasions are spared.")
    times: int | None = Field(default=None, ge=1, description="Strikes at most so often.")
    chance: Share = Field(
        default="100%",  # type: ignore[assignment]
        description="The share of occasions at which it strikes, drawn from the seed.",
    )


class HttpFaultSettings(StrikingFaultSettings):
    """A fault of requests. Handshakes of sockets are `GET` of the socket's path; only other answers can strike them."""

    method: str | None = Field(default=None, pattern=r"^[A-Z]+$", description="`POST`; any method if not named.")
    path: str = Field(default="*", description="Which paths, with `*` and `?` as in a shell: `/order*`.")


class HttpStatus(HttpFaultSettings):
    """Another answer instead of the venue's; the request is not looked at. 425, 429, 500, 502, 503 and the like.

    With `accepts` it is: a 504 of a gateway that lost its patience after the order was taken.
    """

    fault: Literal["http_status"]
    status: int = Field(ge=400, le=599, description="The status of the answer.")
    retry_after: int | None = Field(default=None, ge=0, description="Seconds in a `Retry-After` header.")
    body: str | None = Field(default=None, description="The body; in the venue's own words if not named.")
    accepts: bool = Field(default=False, description="The exchange does what it was asked all the same.")


class HtmlBody(HttpFaultSettings):
    """The page of a proxy in front of the venue, instead of JSON."""

    fault: Literal["html_body"]
    status: int = Field(default=502, ge=200, le=599, description="Proxies send such pages even with 200.")


class TimeoutBeforeAccept(HttpFaultSettings):
    """The request never reaches the exchange, and no answer comes."""

    fault: Literal["timeout_before_accept"]
    hangs: Duration = Field(
        default="60s",  # type: ignore[assignment]
        description="The connection breaks after so long, if the client waits for it.",
    )


class TimeoutAfterAccept(HttpFaultSettings):
    """The exchange does what it was asked, the order is taken, and no answer comes."""

    fault: Literal["timeout_after_accept"]
    hangs: Duration = Field(
        default="60s",  # type: ignore[assignment]
        description="The connection breaks after so long, if the client waits for it.",
    )


class ResetMidBody(HttpFaultSettings):
    """The exchange does what it was asked; the connection breaks in the middle of the answer."""

    fault: Literal["reset_mid_body"]


class TruncatedBody(HttpFaultSettings):
    """The exchange does what it was asked; half of the body comes, in an answer that claims to be whole."""

    fault: Literal["truncated_body"]


class ExtraFields(HttpFaultSettings):
    """A member that no documentation names, in one of the objects of the answer."""

    fault: Literal["extra_fields"]


class SlowAnswer(HttpFaultSettings):
    """The exchange does at once what it was asked; the answer comes late."""

    fault: Literal["slow_answer"]
    delay: Duration = Field(description="How late.")
    jitter: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="Up to this much later, drawn evenly.",
    )


class StaleBalances(HttpFaultSettings):
    """The first answer to a question is given again while this lasts, whatever happened since."""

    fault: Literal["stale_balances"]
    method: str | None = Field(default="GET", pattern=r"^[A-Z]+$", description="Reads alone can be stale.")
    path: str = Field(default="*balance*", description="Which paths: `*balance*`, or `*positions*`.")


class FrameFaultSettings(StrikingFaultSettings):
    """A fault of socket frames from the venue. Protocol pings and pongs, and text PONGs, are never touched."""

    channel: str = Field(default="*", description="Which streams, with `*` and `?`: `orderbook_delta`, `market`.")
    connection: int | None = Field(default=None, ge=1, description="Which connection, counted from 1; any if absent.")


class Freeze(FrameFaultSettings):
    """A socket on which nothing comes any more while pongs continue: frozen from the frame it strikes until it ends."""

    fault: Literal["freeze"]


class Drop(FrameFaultSettings):
    """Frames that are lost."""

    fault: Literal["drop"]


class Duplicate(FrameFaultSettings):
    """Frames that come twice."""

    fault: Literal["duplicate"]


class Reorder(FrameFaultSettings):
    """Frames that come after the one that follows them on their connection."""

    fault: Literal["reorder"]


class Delay(FrameFaultSettings):
    """Frames that come late; those behind them overtake."""

    fault: Literal["delay"]
    delay: Duration = Field(description="How late.")
    jitter: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="Up to this much later, drawn evenly.",
    )


class Corrupt(FrameFaultSettings):
    """Frames that are no JSON any more: cut off, or overwritten in places."""

    fault: Literal["corrupt"]


class ExtraFrameFields(FrameFaultSettings):
    """Frames with a member that no documentation names, in one of their objects."""

    fault: Literal["extra_frame_fields"]


class SkipSeq(FrameFaultSettings):
    """Sequence numbers that jump, though nothing was lost. For good: later numbers go on from there."""

    fault: Literal["skip_seq"]
    by: int = Field(default=1, ge=1, description="How many numbers are left out.")


class OmitGroupEnd(FrameFaultSettings):
    """The last `price_change` frame of a group of one market and timestamp is lost: no state has the group's hash."""

    fault: Literal["omit_group_end"]


class Disconnect(FrameFaultSettings):
    """The connection breaks without a close frame, instead of the frame that it strikes."""

    fault: Literal["disconnect"]


class Overflow(FrameFaultSettings):
    """A subscription of Kalshi's ends with error 25, because its buffer ran over; only a new one sends again."""

    fault: Literal["overflow"]


class ClockSkew(LastingFaultSettings):
    """The venue's clock is wrong: what it tells, and by what it judges signatures and expiries of requests."""

    fault: Literal["clock_skew"]
    ahead: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="How far it is ahead of the truth.",
    )
    behind: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="How far it is behind the truth.",
    )


class Restart(FaultSettings):
    """The engine restarts: sockets break, nothing is taken for `down`, then post-only (Kalshi: cancels only)."""

    fault: Literal["restart"]
    announced: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="So long before it, the venue says that it will restart. Part of the time after `after`.",
    )
    down: Duration = Field(
        default="90s",  # type: ignore[assignment]
        description="How long orders and cancels are answered 425 (Kalshi: exchange paused).",
    )
    post_only: Duration = Field(
        default="2m",  # type: ignore[assignment]
        description="How long only post-only orders and cancels are taken afterwards (Kalshi: only cancels).",
    )

    @model_validator(mode="after")
    def _ends_before_the_next(self) -> Self:
        if self.every is not None and self.every < self.announced + self.down + self.post_only:
            raise ValueError("`every` must not be shorter than `announced`, `down` and `post_only` together")
        return self


class VenueMode(LastingFaultSettings):
    """The venue takes only cancels, only post-only orders, or nothing, while this lasts."""

    fault: Literal["venue_mode"]
    mode: Literal[Mode.CANCEL_ONLY, Mode.POST_ONLY, Mode.DISABLED, Mode.RESTARTING] = Field(description="Which mode.")


class HaltBetweenLegs(StrikingFaultSettings):
    """After a match, the other markets of its question (or those named) are paused: a basket lacks its other legs."""

    fault: Literal["halt_between_legs"]
    account: str | None = Field(default=None, description="Only matches whose taker is this account.")
    markets: tuple[str, ...] = Field(default=(), description="These markets instead of those of the same question.")
    halted: Duration = Field(
        default="1m",  # type: ignore[assignment]
        description="How long they stay paused.",
    )


class FailedSettlement(StrikingFaultSettings):
    """Trades that were matched fail on their chain, and are taken back. Polymarket only."""

    fault: Literal["failed_settlement"]
    account: str | None = Field(default=None, description="Only trades in which this account takes part.")


# No `type` aliases: the library looks through these alone to find the alternatives by their `fault`.
HttpSpec = (
    HttpStatus
    | HtmlBody
    | TimeoutBeforeAccept
    | TimeoutAfterAccept
    | ResetMidBody
    | TruncatedBody
    | ExtraFields
    | SlowAnswer
    | StaleBalances
)
FrameSpec = (
    Freeze | Drop | Duplicate | Reorder | Delay | Corrupt | ExtraFrameFields | SkipSeq | OmitGroupEnd | Disconnect
)
VenueSpec = Restart | VenueMode | HaltBetweenLegs | FailedSettlement
FaultSpec = Annotated[HttpSpec | FrameSpec | VenueSpec | ClockSkew | Overflow, Field(discriminator="fault")]


class FaultPlan(RoomSettings):
    """All that goes wrong in a run. The same plan and seed strike at the same occasions."""

    seed: int = Field(default=0, description="Mixed with the sandbox's seed for whatever is left to chance.")
    faults: tuple[FaultSpec, ...] = Field(default=(), description="In this order they are asked.")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        doubled = [name for name, often in Counter(fault.name for fault in self.faults).items() if often > 1]
        if doubled:
            raise ValueError(f"two faults are called {doubled[0]!r}; give each a name of its own")
        return self
