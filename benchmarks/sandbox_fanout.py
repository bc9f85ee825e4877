"""What a frame costs the sandbox that sends it: 2,000 markets, 200 readers on real sockets, the living market running.

A hundred readers at each venue follow 200 markets each, so every market has 20 followers; all live in this process and
only count. The figure is all processor time of the server's process, with the world, the books, their hashes and the
kernel's sending, divided by the frames that arrived. The world runs faster than real time, for enough frames.
"""

import asyncio
from collections.abc import Sequence

from benchmarks.method import ROUNDS, WALL, Row, deliver, limit
from benchmarks.sandbox import RunningSandbox, absent, in_turn, run, sandbox
from benchmarks.sandbox_readers import KalshiReader, PolymarketReader, kalshi_reader, polymarket_reader

MARKETS = 2_000
READERS = 200
_FOLLOWED = 200
_SPEED = 3.0
_SETTLING_S = 3.0
_CHECKED_S = 3.0
_ROUND_S = 2.0
_FRAMES_A_SECOND = 20_000

type AnyReader = PolymarketReader | KalshiReader


def sandbox_fanout() -> list[Row]:
    """Measure the fan-out."""
    if why := absent():
        return [Row(id="fanout", what=_what(0), unit="us", absent=why)]
    with sandbox(MARKETS) as server:
        tokens = [token.token for pair in server.polymarket_tokens() for token in pair]
        tickers = server.kalshi_tickers()
        assert len(tokens) // 2 + len(tickers) >= MARKETS, "not all markets are listed"
        costs, rates = run(lambda: _measured(server, tokens, tickers))
    what = _what(sorted(rates)[len(rates) // 2])
    return [limit("fanout", what, ours=costs, unit="us", bar=1e6 / _FRAMES_A_SECOND)]


def _what(rate: float) -> str:
    sent = f", {rate:,.0f} frames/s sent" if rate else ""
    return (
        f"server's CPU for a frame out, {MARKETS:,} markets to {READERS} readers ({_FRAMES_A_SECOND:,}/s a core{sent})"
    )


async def _measured(server: RunningSandbox, tokens: list[str], tickers: list[str]) -> tuple[list[float], list[float]]:
    """Microseconds of the server's processor a frame, and frames a second; one of each a round."""
    await _check(server, tokens, tickers)
    readers = await _connected(server, tokens, tickers)
    server.run_at(_SPEED)
    await asyncio.sleep(_SETTLING_S)
    costs: list[float] = []
    rates: list[float] = []
    for _ in range(ROUNDS):
        for reader in readers:
            reader.keep_alive()
        before, used, began = _heard(readers), server.cpu(), WALL()
        await asyncio.sleep(_ROUND_S)
        frames, spent, lasted = _heard(readers) - before, server.cpu() - used, (WALL() - began) / 1e9
        costs.append(spent / frames * 1e6)
        rates.append(frames / lasted)
    assert not any(reader.lost for reader in readers), "a reader was dropped"
    return costs, rates


async def _connected(server: RunningSandbox, tokens: list[str], tickers: list[str]) -> list[AnyReader]:
    readers: list[AnyReader] = []
    half = READERS // 2
    for number in range(half):
        start = number * len(tickers) // half
        readers.append(await polymarket_reader(server, in_turn(tokens, 2 * _FOLLOWED, 2 * start), keep=False))
        readers.append(await kalshi_reader(server, in_turn(tickers, _FOLLOWED, start), keep=False))
    return readers


async def _check(server: RunningSandbox, tokens: list[str], tickers: list[str]) -> None:
    """Two readers of the same tokens must be sent the same bytes, and no number of a stream may be missing."""
    pair = [await polymarket_reader(server, tokens[: 2 * _FOLLOWED], keep=True) for _ in range(2)]
    numbered = await kalshi_reader(server, tickers[:_FOLLOWED], keep=True)
    await asyncio.sleep(_CHECKED_S)
    first, second = ((reader.kept or [])[:] for reader in pair)
    assert len(second) > 100, f"only {len(second)} frames came"
    begin = first.index(second[1])
    both = list(zip(first[begin:], second[1:], strict=False))
    assert len(both) > 90, "the two readers share hardly a frame"
    assert all(one == other for one, other in both), "two readers of the same tokens were sent different frames"
    numbers = numbered.numbers()
    assert len(numbers) > 100, f"only {len(numbers)} numbered frames came"
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "a number of the stream is missing"
    for reader in (*pair, numbered):
        reader.leave()


def _heard(readers: Sequence[AnyReader]) -> int:
    return sum(reader.frames for reader in readers)


if __name__ == "__main__":
    deliver(sandbox_fanout, ["picows"])
