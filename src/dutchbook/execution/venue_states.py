"""What each venue takes now: its own word, and our trust in it."""

from dutchbook.domain.events import VenueState, VenueStateChanged
from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import Leg
from dutchbook.domain.units import Nanos

_UP = VenueState.UP


class VenueStates:
    """UP until a venue says otherwise. A venue may be distrusted besides: then it gets no orders, but cancels."""

    def __init__(self) -> None:
        self._said: dict[Venue, VenueStateChanged] = {}
        self._distrusted: dict[Venue, str] = {}
        self._awaited: set[Venue] = set()

    def __getitem__(self, venue: Venue) -> VenueState:
        """The state that the venue is in by its own word."""
        said = self._said.get(venue)
        return _UP if said is None else said.state

    def apply(self, event: VenueStateChanged) -> VenueState:
        """Take note of a change; the state before it."""
        before = self[event.venue]
        self._said[event.venue] = event
        return before

    def since(self, venue: Venue) -> Nanos:
        """When the venue came into its state; 0 if it was never told."""
        said = self._said.get(venue)
        return Nanos(0) if said is None else said.received

    def await_account(self, venue: Venue) -> None:
        """Send no orders to a venue before its account was stated once."""
        self._awaited.add(venue)

    def account_stated(self, venue: Venue) -> None:
        """It was."""
        self._awaited.discard(venue)

    def distrust(self, venue: Venue, reason: str) -> None:
        """Send no orders to a venue until `trust`, whatever it says."""
        self._distrusted.setdefault(venue, reason)

    def trust(self, venue: Venue) -> bool:
        """Take it back; whether there was anything to take back."""
        return self._distrusted.pop(venue, None) is not None

    def denies(self, venue: Venue, leg: Leg) -> str | None:
        """Why no new order like this may go to a venue now, or None."""
        closed, reason = self.closed(venue, leg), self._distrusted.get(venue)
        return f"{venue} is not trusted: {reason}" if closed is None and reason is not None else closed

    def closed(self, venue: Venue, leg: Leg) -> str | None:
        """Why the venue would not take such an order now, whether it is trusted or not, or None."""
        if venue in self._awaited:
            return f"{venue} has not stated the account yet"
        said = self._said.get(venue)
        if said is None or said.state is _UP or (said.state is VenueState.POST_ONLY and leg.post_only):
            return None
        return f"{venue} is {said.state}: {said.reason}" if said.reason else f"{venue} is {said.state}"

    def takes_cancels(self, venue: Venue) -> bool:
        """Whether a cancel may be sent: in every state but DOWN."""
        return self[venue] is not VenueState.DOWN
