"""What Polymarket takes now, from everything that speaks for or against it: answers, heartbeats, our own trust."""

from dutchbook.domain.events import VenueState, VenueStateChanged
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.polymarket.order_answers import POST_ONLY_S, Judged, JudgedCancel, Mode

MOST_PARDONS = 3
"""How often trust returns by itself, once the account was read whole. After that a person looks."""

MOST_SILENT = 5
"""Requests in a row that nobody answered: then the circuit is open, and one probe at a time may close it."""
_ABOUT = Nanos(5 * SECOND)
"""Each refusal says anew how long the venue's mode lasts: a little more or less is nothing new."""

_SEVERITY = (
    VenueState.UP,
    VenueState.POST_ONLY,
    VenueState.CANCEL_ONLY,
    VenueState.RESTARTING,
    VenueState.DOWN,
)


class VenueCondition:
    """The worst of the venue's mode, the dead-man switch and our trust. Tells changes, and nothing twice."""

    def __init__(self) -> None:
        self._mode = Mode(VenueState.UP)
        self._until: Nanos | None = None
        self._heart = ""
        self._untrusted = ""
        self._pardons = 0
        self._silent = 0
        self._told: tuple[VenueState, str, Nanos | None] = (VenueState.UP, "", None)

    @property
    def state(self) -> VenueState:
        """As it was told last."""
        return self._told[0]

    @property
    def troubled(self) -> bool:
        """Whether it is worth a probe: the venue says that it takes less than everything, or nothing at all."""
        return self._mode.state is not VenueState.UP or self._silent >= MOST_SILENT

    def judged(self, judged: Judged | JudgedCancel, at: Nanos) -> None:
        """An answer to orders or to a cancel, or none."""
        if judged.answered is not None:
            self._silent = 0 if judged.answered else self._silent + 1
        if judged.mode is not None:
            self.learn(judged.mode, at)
        if judged.untrusted:
            self.distrust(judged.untrusted)

    def learn(self, mode: Mode, at: Nanos) -> None:
        """An answer told the venue's mode."""
        self._mode = mode
        self._until = None if mode.lasts_s is None else Nanos(at + round(mode.lasts_s * SECOND))

    def took(self, *, resting: bool) -> None:
        """The venue took an order, so it is up; one that cannot take proves less."""
        if not resting or self._mode.state is not VenueState.POST_ONLY:
            self._mode, self._until = Mode(VenueState.UP), None

    def answers(self, at: Nanos) -> None:
        """The venue answered a cancel: it runs. After a restart it takes only post-only orders for a while."""
        match self._mode.state:
            case VenueState.RESTARTING:
                self.learn(Mode(VenueState.POST_ONLY, "the engine is back", POST_ONLY_S), at)
            case VenueState.DOWN:
                self._mode, self._until = Mode(VenueState.UP), None
            case VenueState.POST_ONLY | VenueState.CANCEL_ONLY if self._until is not None and at >= self._until:
                # Only an order can tell: a refusal would be certain, and say how long to wait.
                self._mode, self._until = Mode(VenueState.UP), None
            case _:
                pass

    def heart(self, failure: str) -> None:
        """A heartbeat failed, or (without a failure) did not."""
        self._heart = failure

    def distrust(self, reason: str) -> None:
        """The venue said what cannot be: nothing more is sent until the account was read whole."""
        self._untrusted = reason

    def account_read(self) -> None:
        """The account was read whole: trust again, unless it was lost too often."""
        if self._untrusted and self._pardons < MOST_PARDONS:
            self._pardons += 1
            self._untrusted = ""

    def changes(self, received: Nanos) -> list[VenueStateChanged]:
        """What is to be told since the last time."""
        now = self._worst()
        state, reason, until = now
        told_state, told_reason, told_until = self._told
        about = until is not None and told_until is not None and abs(until - told_until) < _ABOUT
        if (state, reason) == (told_state, told_reason) and (until == told_until or about):
            return []
        self._told = now
        return [VenueStateChanged(Venue.POLYMARKET, state, received, reason, until)]

    def _worst(self) -> tuple[VenueState, str, Nanos | None]:
        found = [(self._mode.state, self._mode.reason, self._until)]
        if self._heart:
            found.append((VenueState.CANCEL_ONLY, f"the dead-man switch is not fed: {self._heart}", None))
        if self._silent >= MOST_SILENT:
            found.append((VenueState.DOWN, f"{MOST_SILENT} requests in a row without an answer", None))
        if self._untrusted:
            found.append((VenueState.DOWN, f"not trusted until the account was read: {self._untrusted}", None))
        return max(found, key=lambda each: _SEVERITY.index(each[0]))
