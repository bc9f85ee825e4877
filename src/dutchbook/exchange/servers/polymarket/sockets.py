"""Polymarket's socket host: the market channel and the user channel on one port."""

from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.polymarket.frames import BookTexts
from dutchbook.exchange.servers.polymarket.market_channel import MarketChannel, MarketQuirks
from dutchbook.exchange.servers.polymarket.user_channel import KeyRing, UserChannel
from dutchbook.exchange.servers.polymarket.user_events import UserQuirks
from dutchbook.exchange.servers.sockets import Conversation, Handshake, Refuse


class PolymarketSockets:
    """`/ws/market` and `/ws/user`. Give it the `BookTexts` of the REST server, so that both tell the same books."""

    def __init__(
        self,
        exchange: Exchange,
        history: History,
        context: ServerContext,
        auth: KeyRing,
        books: BookTexts | None = None,
        market_quirks: MarketQuirks | None = None,
        user_quirks: UserQuirks | None = None,
    ) -> None:
        self.books = books if books is not None else book_texts(exchange, context)
        self.market = MarketChannel(exchange, self.books, market_quirks)
        self.user = UserChannel(exchange, history, context, auth, self.books, user_quirks)

    def accept(self, handshake: Handshake) -> Conversation | Refuse:
        """The venue's answer to a handshake."""
        match handshake.path.rstrip("/"):
            case "/ws/market":
                return self.market.converse()
            case "/ws/user":
                return self.user.converse()
            case _:
                return Refuse(404, b"404 page not found\n", "text/plain")


def book_texts(exchange: Exchange, context: ServerContext) -> BookTexts:
    """The texts of an exchange's books on the clock of its venue, right or wrong."""
    return BookTexts(exchange, lambda: context.switchboard.skew(context.venue))
