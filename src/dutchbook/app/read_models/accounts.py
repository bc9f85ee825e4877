"""Money and contracts as the journal has them booked: positions, closed trades and wallets after each entry."""

from collections.abc import Mapping, Sequence

import msgspec

from dutchbook.app.read_models.state import FoldState, Trip, VenueSums
from dutchbook.domain.book import Side
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, OutcomeId, Venue, venue_of
from dutchbook.domain.units import Money, Nanos, Size, complement, notional_down
from dutchbook.portfolio.bookings import Account, Booking, Posting
from dutchbook.portfolio.entries import (
    Adopted,
    CashAdopted,
    Convert,
    FillBooked,
    FillUndone,
    LedgerEntry,
    Merge,
    Settlement,
)
from dutchbook.portfolio.fitting import fitted
from dutchbook.portfolio.ledger import Ledger, LedgerState
from dutchbook.portfolio.venue_cash import VenueCash
from dutchbook.storage.database.queries.wallets import wallet_id
from dutchbook.storage.database.row_store import Row, RowStore
from dutchbook.storage.database.tables import CLOSED_TRADES, FILLS, POSITIONS, WALLET_SNAPSHOTS, WALLETS


class Moment(msgspec.Struct, frozen=True):
    """The line that is read: of which run and mode, its number and its time."""

    run: str
    mode: str
    seq: int
    at: Nanos


class Accounts:
    """Books what the lines of a run say was booked, and puts rows for what changed."""

    def __init__(self, rows: RowStore, state: FoldState) -> None:
        self._rows = rows
        self._state = state
        self._venue_cash = VenueCash(venue_of)
        self._ledger = Ledger(self._booked)
        self._moment = Moment("", "", 0, Nanos(0))
        self._strategy = ""
        if state.ledger is not None:
            self._ledger.restore(state.ledger)
        for venue, cash in state.venue_cash.items():
            self._venue_cash.stated(venue, cash)

    def remembered(self) -> FoldState:
        """The state with the books as they stand."""
        self._state.ledger = self._ledger.state
        self._state.venue_cash = self._venue_cash.state
        return self._state

    @property
    def cash(self) -> Money:
        """All cash, wherever it lies."""
        return self._ledger.cash

    @property
    def positions_at_cost(self) -> Money:
        """What all that is held cost."""
        return self._ledger.positions_at_cost

    @property
    def knows_cash(self) -> bool:
        """Whether it is known of every venue what lies there."""
        return all(self._venue_cash.at(venue) is not None for venue in Venue)

    def traded_at(self, venue: Venue) -> None:
        """A venue states its account, so the desk trades there: with nothing, until it books what is stated."""
        if self._venue_cash.at(venue) is None:
            self._venue_cash.stated(venue, Money(0))

    def take_over(self, moment: Moment, ledger: LedgerState, cash: Mapping[Venue, Money]) -> None:
        """What an earlier run left: its positions are open from its day on, and no booking of this one."""
        self._ledger.restore(ledger)
        for venue, amount in cash.items():
            self._venue_cash.stated(venue, amount)
        self._moment = moment
        for outcome, position in self._ledger.positions.items():
            earlier = self._rows.latest_elsewhere(FILLS, "at", moment.run, outcome=outcome, side=str(Side.BUY))
            self._state.trips[outcome] = Trip(
                market=position.market,
                strategy="" if earlier is None else str(earlier["strategy"]),
                opened=ledger.opened.get(outcome, moment.at),
                size=position.size,
                cost=position.cost,
            )
            self._sums(venue_of(position.market)).positions_at_cost += position.cost  # type: ignore[assignment]
            self._put_position(outcome, position.market, "taken over")
        for venue in {*cash, *self._state.venues}:
            self._put_wallet(venue)

    def book(self, moment: Moment, entry: LedgerEntry, strategy: str = "") -> None:
        """Book an entry; a trade with what has to be adopted first. What does not fit, the desk did not book either."""
        self._moment, self._strategy = moment, strategy
        wanted: Sequence[LedgerEntry] = (
            fitted(entry, self._ledger) if isinstance(entry, FillBooked | FillUndone) else (entry,)
        )
        for each in wanted:
            try:
                self._ledger.apply(each)
            except LedgerError:
                return

    def settled(self, order: str, fill: str) -> None:
        """A provisional fill is final."""
        self._ledger.settled(order, fill)  # type: ignore[arg-type]  # names as they stand in the line

    def _booked(self, entry: LedgerEntry, booking: Booking) -> None:
        """Told by the ledger of each booking."""
        self._venue_cash.booked(entry, booking)
        claims = [posting for posting in booking if posting.claim is not None]
        venue = self._venue_of(entry, claims)
        if venue is None:
            return
        self._sum_up(self._sums(venue), booking)
        shares = _shares(entry, booking, claims)
        fees = sum(posting.amount for posting in booking if posting.account is Account.FEES)
        for number, posting in enumerate(claims):
            self._moved(posting, shares[number], Money(fees if number == 0 else 0), _why(entry))
        self._put_wallet(venue)

    def _venue_of(self, entry: LedgerEntry, claims: Sequence[Posting]) -> Venue | None:
        if isinstance(entry, CashAdopted):
            return entry.venue
        claim = claims[0].claim if claims else None
        return None if claim is None else venue_of(claim.market)

    def _sum_up(self, sums: VenueSums, booking: Booking) -> None:
        for posting in booking:
            match posting.account:
                case Account.REALISED:
                    sums.realised = Money(sums.realised - posting.amount)
                case Account.FEES:
                    sums.fees = Money(sums.fees + posting.amount)
                case Account.POSITIONS:
                    sums.positions_at_cost = Money(sums.positions_at_cost + posting.amount)
                case _:
                    pass

    def _moved(self, posting: Posting, realised: Money, fees: Money, why: str) -> None:
        """A claim came or went. What left at its cost brought that and the profit: sums of trips are the ledger's."""
        claim = posting.claim
        if claim is None:
            return
        trip = self._state.trips.get(claim.outcome)
        if trip is None:
            trip = Trip(market=claim.market, strategy=self._strategy, opened=self._moment.at)
            self._state.trips[claim.outcome] = trip
        if posting.size > 0:
            trip.size = Size(trip.size + posting.size)
            trip.cost = Money(trip.cost + posting.amount)
            trip.proceeds = Money(trip.proceeds + realised)
        else:
            trip.proceeds = Money(trip.proceeds - posting.amount + realised)
        trip.fees = Money(trip.fees + fees)
        self._put_position(claim.outcome, claim.market, why)
        if claim.outcome not in self._ledger.positions:
            self._close(claim.outcome, self._state.trips.pop(claim.outcome), why)

    def _close(self, outcome: OutcomeId, trip: Trip, why: str) -> None:
        profit = trip.proceeds - trip.cost - trip.fees
        row = {
            **self._line(trip.market),
            "outcome": outcome,
            "strategy": trip.strategy,
            "market": trip.market,
            "opened": trip.opened,
            "closed": self._moment.at,
            "size": trip.size,
            "cost": trip.cost,
            "proceeds": trip.proceeds,
            "fees": trip.fees,
            "profit": profit,
            "closed_by": why,
        }
        self._rows.put(CLOSED_TRADES, row)

    def _put_position(self, outcome: OutcomeId, market: MarketId, why: str) -> None:
        held = self._ledger.positions.get(outcome)
        row = {
            **self._line(market),
            "outcome": outcome,
            "at": self._moment.at,
            "market": market,
            "size": 0 if held is None else held.size,
            "cost": 0 if held is None else held.cost,
            "why": why,
        }
        self._rows.put_newest(POSITIONS, row, "run", "outcome")

    def _put_wallet(self, venue: Venue) -> None:
        sums, moment = self._sums(venue), self._moment
        row: Row = {
            "run": moment.run,
            "seq": moment.seq,
            "wallet": wallet_id(moment.mode, venue),
            "at": moment.at,
            "cash": self._venue_cash.at(venue),
            "positions_at_cost": sums.positions_at_cost,
            "realised": sums.realised,
            "fees": sums.fees,
        }
        self._rows.put_newest(WALLET_SNAPSHOTS, row, "run", "wallet")
        words: Row = dict.fromkeys(("address", "note"), "")
        dates: Row = dict.fromkeys(("created", "updated"), moment.at)
        key = wallet_id(moment.mode, venue)
        named: Row = {"id": key, "name": key, "mode": moment.mode, "venue": str(venue), "status": "active"}
        self._rows.put_missing(WALLETS, {**named, **words, **dates, "opening": None})

    def _line(self, market: MarketId) -> Row:
        moment = self._moment
        return {"run": moment.run, "seq": moment.seq, "mode": moment.mode, "venue": str(venue_of(market))}

    def _sums(self, venue: Venue) -> VenueSums:
        return self._state.venues.setdefault(venue, VenueSums())


def _shares(entry: LedgerEntry, booking: Booking, claims: Sequence[Posting]) -> Sequence[Money]:
    """The realised profit of a booking, told apart by its claims; what one entry brought at once, by their cost."""
    realised = -sum(posting.amount for posting in booking if posting.account is Account.REALISED)
    if isinstance(entry, Settlement):
        return [Money(_paid(entry, posting) + posting.amount) for posting in claims]
    gone = [posting for posting in claims if posting.size < 0] or list(claims)
    whole = sum(abs(posting.amount) for posting in gone)
    shares, left = [], realised
    for posting in claims:
        if posting not in gone:
            shares.append(Money(0))
            continue
        share = left if posting is gone[-1] else realised * abs(posting.amount) // (whole or 1)
        left -= share
        shares.append(Money(share))
    return shares


def _paid(entry: Settlement, posting: Posting) -> Money:
    payout = (
        entry.payout if posting.claim is not None and posting.claim.outcome == entry.yes else complement(entry.payout)
    )
    return notional_down(payout, Size(-posting.size))


def _why(entry: LedgerEntry) -> str:
    match entry:
        case FillBooked(fill):
            return "bought" if fill.side is Side.BUY else "sold"
        case FillUndone():
            return "taken back"
        case Merge():
            return "merged"
        case Convert():
            return "converted"
        case Settlement():
            return "settled"
        case Adopted():
            return "adopted"
        case _:
            return "split"
