"""The life of markets: listed, opened, paused, cleared, closed, decided."""

from typing import NamedTuple

import msgspec

from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import ONE, Nanos, Price
from dutchbook.exchange.closing import Closing
from dutchbook.exchange.edges import watches
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.incentives import Incentives
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.messages import ListingAdded, Refusal, Refused, Resolved, StatusMoved
from dutchbook.exchange.orders import resting
from dutchbook.exchange.rewards import Rewards
from dutchbook.exchange.tokens import Tokens


class Programmes(NamedTuple):
    """What pays makers."""

    rewards: Rewards
    incentives: Incentives


class TradingDay:
    """Moves markets through their lives, with the cancels that this brings."""

    def __init__(self, floor: Floor, closing: Closing, tokens: Tokens, programmes: Programmes) -> None:
        self._floor = floor
        self._closing = closing
        self._tokens = tokens
        self._programmes = programmes

    def add(self, listing: Listing) -> None:
        """List a market, and note when it opens, starts its game, and closes."""
        floor, market = self._floor, listing.market
        taken = [outcome for outcome in (market.yes, market.no) if outcome in floor.of_outcome]
        if market.id in floor.markets or taken:
            raise Refused(Refusal.DUPLICATE, f"{market.id}: this market or its outcomes {taken} are listed already")
        state = MarketState(listing, watched=watches(floor.rules.edge_grid, market))
        floor.markets[market.id] = state
        floor.listings[market.id] = listing
        floor.of_outcome[market.yes] = floor.of_outcome[market.no] = state
        floor.publish(ListingAdded(market.id, floor.now))
        self._note_times(state)
        self._note_programmes(state)

    def relist(self, listing: Listing) -> None:
        """Take over changed metadata."""
        state = self._floor.market(listing.id)
        before = state.market
        market = msgspec.structs.replace(listing.market, status=before.status, grid=before.grid, payout=before.payout)
        moved = (market.opens, market.closes, listing.game_start) != (
            before.opens,
            before.closes,
            state.listing.game_start,
        )
        state.take(msgspec.structs.replace(listing, market=market))
        self._floor.listings[listing.id] = state.listing
        if moved:
            self._note_times(state)
        self._note_programmes(state)
        self._floor.publish(ListingAdded(listing.id, self._floor.now))

    def set_status(self, state: MarketState, status: MarketStatus) -> None:
        """Give a market another status. Raises Refused for one that is decided, or to decide it."""
        before = state.status
        if before is status:
            return
        if MarketStatus.RESOLVED in (before, status):
            raise Refused(
                Refusal.MARKET_CLOSED, f"{state.id}: is {before} - markets are decided by resolve alone, once"
            )
        self._become(state, status)
        if status is MarketStatus.CLOSED:
            self._closing.sweep(state, "closed")
        elif status is MarketStatus.PAUSED:
            waiting = [*state.delayed.values(), *resting(state)]
            self._closing.end_all([order for order in waiting if order.new.cancel_on_pause], "pause")
        elif before is MarketStatus.PAUSED and self._floor.rules.cancels_on_reopen:
            self._closing.sweep(state, "pause")

    def resolve(self, state: MarketState, payout: Price) -> None:
        """Decide a market. Venues that net pay at once; tokens wait to be redeemed."""
        if state.status is MarketStatus.RESOLVED:
            raise Refused(Refusal.MARKET_CLOSED, f"{state.id}: is decided already")
        if not 0 <= payout <= ONE:
            raise Refused(Refusal.OFF_GRID, f"{state.id}: a payout of {payout} is not between 0 and a dollar")
        floor = self._floor
        self._closing.sweep(state, "closed")
        state.become(msgspec.structs.replace(state.market, status=MarketStatus.RESOLVED, payout=payout))
        floor.listings[state.id] = state.listing
        floor.publish(Resolved(state.id, payout, floor.now))
        holders = [floor.adapter, *(floor.accounts.values() if floor.rules.netting else ())]
        for account in holders:
            if account.held(state.yes) or account.held(state.no):
                self._tokens.pay_out(account, state, payout, "settlement")

    def _become(self, state: MarketState, status: MarketStatus) -> None:
        state.become(msgspec.structs.replace(state.market, status=status))
        self._floor.listings[state.id] = state.listing
        self._floor.publish(StatusMoved(state.id, status, self._floor.now))

    def _note_times(self, state: MarketState) -> None:
        floor, market, listing = self._floor, state.market, state.listing
        if market.opens is not None and market.status is MarketStatus.UNOPENED:
            floor.at(market.opens, lambda: self._opens(state, market.opens))
        if market.closes is not None and floor.rules.closes_on_time:
            floor.at(market.closes, lambda: self._closes(state, market.closes))
        if listing.game_start is not None and listing.clear_on_start:
            floor.at(listing.game_start, lambda: self._starts(state, listing.game_start))

    def _note_programmes(self, state: MarketState) -> None:
        self._programmes.rewards.note(state)
        self._programmes.incentives.note(state)

    def _opens(self, state: MarketState, at: Nanos | None) -> None:
        if state.status is MarketStatus.UNOPENED and state.market.opens == at:
            self._become(state, MarketStatus.OPEN)

    def _closes(self, state: MarketState, at: Nanos | None) -> None:
        over = (MarketStatus.CLOSED, MarketStatus.RESOLVED)
        if state.status not in over and state.market.closes == at:
            self.set_status(state, MarketStatus.CLOSED)

    def _starts(self, state: MarketState, at: Nanos | None) -> None:
        """Sports books are cleared when the game starts (Polymarket protocol section 3.3)."""
        if state.listing.game_start == at and state.listing.clear_on_start:
            self._closing.sweep(state, "game_start")
