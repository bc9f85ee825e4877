"""Where the ledger's one cash lies: money at one venue pays for nothing at the other.

The ledger stays the truth about how much there is. Here the same postings are told apart by the venue of their market:
what lies at venues, and what lies nowhere in particular, is the ledger's cash after every booking.
"""

from collections.abc import Callable, Iterable

from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.units import Money
from dutchbook.portfolio.bookings import Account, Posting
from dutchbook.portfolio.entries import CashAdopted, LedgerEntry

type VenueOf = Callable[[MarketId], Venue]


class VenueCash:
    """Cash by venue, where it is known: once a venue has stated it, or a desk on paper was told how to split.

    Hand `booked` to the ledger. Deposits, withdrawals and refunds name no market: they lie nowhere in particular until
    a venue states its cash again.
    """

    def __init__(self, venue_of: VenueOf) -> None:
        self._venue_of = venue_of
        self._known: dict[Venue, int] = {}

    def stated(self, venue: Venue, cash: Money) -> None:
        """A venue says what lies there, what is reserved included. It is known from now on."""
        self._known[venue] = cash

    def booked(self, entry: LedgerEntry, booking: Iterable[Posting]) -> None:
        """Follow a booking of the ledger: its cash moves where its market is, or at the venue that it names."""
        if isinstance(entry, CashAdopted) and entry.venue is not None:
            self._known[entry.venue] = self._known.get(entry.venue, 0) + entry.amount
            return
        market: MarketId | None = None
        moved = 0
        for posting in booking:
            if posting.account is Account.CASH:
                moved += posting.amount
            elif market is None and posting.claim is not None:
                market = posting.claim.market
        if not moved or market is None or not self._known:
            return
        venue = self._venue_of(market)
        if venue in self._known:
            self._known[venue] += moved

    @property
    def state(self) -> dict[Venue, Money]:
        """What lies where it is known, to begin another one with."""
        return {venue: Money(cash) for venue, cash in self._known.items()}

    def at(self, venue: Venue) -> Money | None:
        """What lies at a venue, reserved or not; None where nobody knows."""
        cash = self._known.get(venue)
        return None if cash is None else Money(cash)

    def elsewhere(self, cash: Money) -> Money:
        """What of the ledger's `cash` lies at no venue that stated it; negative until a difference is booked."""
        return Money(cash - sum(self._known.values()))
