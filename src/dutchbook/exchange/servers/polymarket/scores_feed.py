"""Polymarket's sports scores: no subscription, a text `ping` of the server's own (protocol section 4.8)."""

import asyncio

import msgspec

from dutchbook.exchange.servers.sockets import Connection, Conversation, Handshake, Refuse


class Score(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The state of a game. Fields that do not apply are left out; `status` is in the words of the sport."""

    game_id: int
    league_abbreviation: str
    slug: str = ""
    home_team: str
    away_team: str
    status: str
    score: str
    period: str
    elapsed: str = ""
    live: bool | None = None
    ended: bool | None = None
    turn: str = ""
    """Who has the ball, in football."""
    finished_timestamp: str = ""


class ScoreQuirks(msgspec.Struct, frozen=True, kw_only=True):
    """How the service behaves."""

    ping_every_s: float = 5.0
    patience_s: float = 10.0
    """A connection that does not answer `pong` for so long is dropped."""


class ScoresFeed:
    """All connections of the service. A newcomer is told the games that are live."""

    def __init__(self, quirks: ScoreQuirks | None = None) -> None:
        self.quirks = quirks or ScoreQuirks()
        self._live: dict[int, bytes] = {}
        self._conversations: dict[ScoreConversation, None] = {}

    def accept(self, handshake: Handshake) -> Conversation | Refuse:
        """The venue's answer to a handshake."""
        return ScoreConversation(self) if handshake.path.rstrip("/") == "/ws" else Refuse(404, b"", "text/plain")

    def publish(self, score: Score) -> None:
        """A game changed."""
        frame = msgspec.json.encode(score)
        if score.ended:
            self._live.pop(score.game_id, None)
        else:
            self._live[score.game_id] = frame
        for conversation in self._conversations:
            conversation.tell(frame)

    def join(self, conversation: "ScoreConversation") -> None:
        self._conversations[conversation] = None
        for frame in self._live.values():
            conversation.tell(frame)

    def leave(self, conversation: "ScoreConversation") -> None:
        self._conversations.pop(conversation, None)


class ScoreConversation:
    """One connection. It listens, and answers pings, in real time."""

    __slots__ = ("_connection", "_deadline", "_feed", "_pinger")

    def __init__(self, feed: ScoresFeed) -> None:
        self._feed = feed
        self._pinger: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def opened(self, connection: Connection) -> None:
        connection.channel = "scores"
        self._connection = connection
        self._feed.join(self)
        self._ping()

    def received(self, text: bytes) -> None:
        if text == b"pong" and self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def closed(self) -> None:
        self._feed.leave(self)
        for timer in (self._pinger, self._deadline):
            if timer is not None:
                timer.cancel()

    def tell(self, frame: bytes) -> None:
        self._connection.send(frame)

    def _ping(self) -> None:
        loop, quirks = asyncio.get_running_loop(), self._feed.quirks
        self._connection.send(b"ping", bypass_faults=True)
        if self._deadline is None:
            self._deadline = loop.call_later(quirks.patience_s, self._connection.drop)
        self._pinger = loop.call_later(quirks.ping_every_s, self._ping)
