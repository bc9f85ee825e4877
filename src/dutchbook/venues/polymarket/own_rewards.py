"""What Polymarket says that our quotes earn: which orders score, our shares of today's scores, what a day paid."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import batched

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.ports import Clock
from dutchbook.domain.rewards import MarketEarnings, OrderScoring
from dutchbook.domain.units import SECOND, Money, Nanos
from dutchbook.venues.http import HttpReader, Question
from dutchbook.venues.polymarket import reward_wire as wire
from dutchbook.venues.polymarket.account import PolymarketAccount
from dutchbook.venues.polymarket.credentials import RequestSigner
from dutchbook.venues.polymarket.identifiers import condition
from dutchbook.venues.polymarket.limits import CLOB, EVERYTHING
from dutchbook.venues.polymarket.order_wire import LAST_CURSOR
from dutchbook.venues.polymarket.reward_wire import dollars_down
from dutchbook.venues.rewards import Earned

MOST_ORDERS = 100
"""Orders of one question; how many the venue allows is not documented."""
_PPM_OF_PERCENT = 10_000
_GROUPS = (CLOB, EVERYTHING)

_decode_map = msgspec.json.Decoder(dict[str, bool]).decode
_decode_percentages = msgspec.json.Decoder(dict[str, float]).decode
_decode_earnings = msgspec.json.Decoder(wire.EarningPage).decode
_encode = msgspec.json.Encoder().encode


class PolymarketOwnRewards:
    """Level-2 reads of one account. Raises as `HttpReader.read` does."""

    def __init__(self, reader: HttpReader, account: PolymarketAccount, signer: RequestSigner, clock: Clock) -> None:
        """`reader` asks the CLOB, without headers of its own: each request here is signed with its body."""
        self._reader = reader
        self._kind = str(int(account.signature_type))
        self._signer = signer
        self._clock = clock

    async def earned(self, day: Nanos, orders: Sequence[str]) -> Earned:
        """See `OwnRewardReads.earned`."""
        scoring = await self.scoring(orders)
        shares, paid = await self.shares(), await self.paid(day)
        markets = tuple(
            MarketEarnings(market=market, share_ppm=shares.get(market), earned=paid.get(market))
            for market in sorted({*shares, *paid})
        )
        return Earned(scoring, markets)

    async def scoring(self, orders: Sequence[str]) -> tuple[OrderScoring, ...]:
        """Whether orders of ours score now. One that the venue does not name is not told of."""
        found: list[OrderScoring] = []
        for some in batched(dict.fromkeys(orders), MOST_ORDERS):
            said = await self._ask("/orders-scoring", lambda body: _read(_decode_map, body), body=_encode(list(some)))
            found += [OrderScoring(order, said[order]) for order in some if order in said]
        return tuple(found)

    async def shares(self) -> Mapping[MarketId, int]:
        """Our part of all scores of the running UTC day so far, by market, in millionths."""
        said = await self._ask("/rewards/user/percentages", _percentages, ("signature_type", self._kind))
        return {market: round(percent * _PPM_OF_PERCENT) for market, percent in said.items()}

    async def paid(self, day: Nanos) -> Mapping[MarketId, Money]:
        """What each market earned us on the UTC day that begins at `day`, in dollars by the venue's rates."""
        date = datetime.fromtimestamp(day // SECOND, UTC).strftime("%Y-%m-%d")
        found: dict[MarketId, int] = {}
        cursor, cursors = "", set[str]()
        while cursor != LAST_CURSOR:
            query = (("date", date), ("signature_type", self._kind))
            page, following = await self._ask(
                "/rewards/user", _earnings, *query, *((("next_cursor", cursor),) if cursor else ())
            )
            for market, money in page:
                found[market] = found.get(market, 0) + money
            if following in cursors:
                raise WireError(Venue.POLYMARKET, "the pages of our earnings begin again", following.encode())
            cursors.add(following)
            cursor = following
        return {market: Money(money) for market, money in found.items()}

    async def _ask[T](
        self, path: str, decode: Callable[[bytes], T], *parameters: tuple[str, str], body: bytes | None = None
    ) -> T:
        method = "GET" if body is None else "POST"
        signed = Question(
            path=path,
            groups=_GROUPS,
            parameters=parameters,
            body=body,
            headers=lambda: self._signer.headers(method, path, body or b"", self._clock.now()),
        )
        return await self._reader.read(signed, decode)


def _percentages(body: bytes) -> dict[MarketId, float]:
    return _read(lambda said: {condition(name): part for name, part in _decode_percentages(said).items()}, body)


def _earnings(body: bytes) -> tuple[tuple[tuple[MarketId, Money], ...], str]:
    page = _read(_decode_earnings, body)
    rows = _read(lambda _: tuple((condition(row.condition_id), _worth(row)) for row in page.data), body)
    return rows, page.next_cursor or LAST_CURSOR


def _worth(row: wire.Earning) -> Money:
    """What was earned, in dollars: the asset's amount by its rate."""
    return Money(dollars_down(row.earnings) * dollars_down(row.asset_rate) // 1_000_000)


def _read[T](decode: Callable[[bytes], T], body: bytes) -> T:
    """Raises WireError, in place of whatever the decoder raises."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise WireError(Venue.POLYMARKET, f"no rewards of ours: {error}", body) from error
