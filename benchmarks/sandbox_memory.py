"""The memory of a sandbox with 50,000 outcomes: both venues' servers, books in every market, readers on some.

Every book has up to twenty orders; the process is looked at once all traders quoted. Each order more costs some 800
bytes; orders of the scenario's traders that have ended are forgotten within a quarter of a minute.
"""

import asyncio
from pathlib import Path

from benchmarks.method import Row, deliver, limit
from benchmarks.sandbox import RunningSandbox, absent, in_turn, run, sandbox
from benchmarks.sandbox_readers import KalshiReader, PolymarketReader, kalshi_reader, polymarket_reader

MARKETS = 25_000
READERS = 20
_FOLLOWED = 200
_ROUNDS = 3
"""Each fills 25,000 books, which takes half a minute."""
_LISTEN_S = 5.0
_SCENARIO = Path(__file__).with_name("quiet.yaml")
_BAR_MB = 1_000


def sandbox_memory() -> list[Row]:
    """Measure the resident memory of a large sandbox."""
    what = f"memory of a sandbox, {2 * MARKETS:,} outcomes with books, both venues served to {READERS} readers"
    if why := absent():
        return [Row(id="sandbox-memory", what=what, unit="MB", absent=why)]
    return [limit("sandbox-memory", what, ours=[_filled() for _ in range(_ROUNDS)], unit="MB", bar=_BAR_MB)]


def _filled() -> float:
    with sandbox(MARKETS, _SCENARIO) as server:
        tokens = [pair[0].token for pair in server.polymarket_tokens()]
        tickers = server.kalshi_tickers()
        assert len(tokens) + len(tickers) >= MARKETS, "not all markets are listed"
        return run(lambda: _read(server, tokens, tickers))


async def _read(server: RunningSandbox, tokens: list[str], tickers: list[str]) -> float:
    """Readers whose markets are spread over all of them; all their books must have both sides."""
    half = READERS // 2
    polymarket: list[PolymarketReader] = []
    kalshi: list[KalshiReader] = []
    for number in range(half):
        step = number * len(tokens) // half
        polymarket.append(await polymarket_reader(server, in_turn(tokens, _FOLLOWED, step), keep=True))
        kalshi.append(await kalshi_reader(server, in_turn(tickers, _FOLLOWED, step), keep=True))
    await asyncio.sleep(_LISTEN_S)
    assert all(reader.frames for reader in (*polymarket, *kalshi)), "a reader was sent nothing"
    books = [book for reader in polymarket for book in reader.snapshot()]
    filled = sum(bool(book.bids and book.asks) for book in books)
    assert len(books) == half * _FOLLOWED, f"{len(books)} books came"
    assert filled > 0.9 * len(books), f"only {filled} of {len(books)} books have two sides"
    found = server.resident()
    for reader in (*polymarket, *kalshi):
        reader.leave()
    return found


if __name__ == "__main__":
    deliver(sandbox_memory, ["picows"])
