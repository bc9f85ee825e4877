"""The recorded side of the calibration: what real books, trades and bundles looked like."""

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.calibration_measures import Measure, Measures

type Book = tuple[dict[int, int], dict[int, int]]
type Row = tuple[Any, ...]


def recorded(data: Path) -> Mapping[str, Measures]:
    """All families, by the name of their recording. `data` is the folder of all recordings."""
    families: Mapping[str, Callable[[Path], Measures]] = {
        "polymarket-btc5m-books": _btc5m,
        "polymarket-updown15m-l1": _updown15m,
        "kalshi-gold15m-ws": _gold,
        "polymarket-mlb-ws": _baseball,
        "kalshi-rest-books (sports)": lambda folder: _rest(folder, "orderbook_depth"),
        "kalshi-rest-books (weather)": lambda folder: _rest(folder, "weather_books"),
        "kalshi-weather-quotes": _weather_quotes,
        "kalshi-weather-trades": _weather_trades,
        "polymarket-negrisk-weather": _negrisk_weather,
        "polymarket-gamma-dumps": _gamma,
        "cross-venue-quotes": _across,
    }
    return {name: measure(data / name.split(" ")[0]) for name, measure in families.items()}


def _rows(query: str) -> Iterator[Row]:
    connection = duckdb.connect()
    cursor = connection.execute(query)
    while rows := cursor.fetchmany(50_000):
        yield from rows


def _levels(folder: Path, key: str) -> Mapping[int, list[tuple[int, int, int]]]:
    levels = defaultdict(list)
    for number, side, price, size in _rows(f"select {key}, side, price_e4, size_e6 from '{folder}/levels.parquet'"):  # noqa: S608
        levels[number].append((side, price, size))
    return levels


def _apply(book: Book, levels: list[tuple[int, int, int]], *, whole: bool) -> None:
    if whole:
        book[0].clear()
        book[1].clear()
    for side, price, size in levels:
        sizes = book[0] if side == 1 else book[1]
        if size:
            sizes[price] = size
        else:
            sizes.pop(price, None)


def _replay(measures: Measures, messages: Iterator[Row], levels: Mapping[int, list[tuple[int, int, int]]]) -> None:
    """Messages are (number, token, ms, whether it replaces the book); each book is looked at once a second."""
    books: dict[str, Book] = defaultdict(lambda: ({}, {}))
    times: dict[str, list[int]] = defaultdict(list)
    for number, token, at, whole in messages:
        _apply(books[token], levels.get(number, []), whole=whole)
        if not times[token] or at // 1_000 != times[token][-1] // 1_000:
            measures.book(*books[token])
        times[token].append(at)
    for seen in times.values():
        if (spent := (max(seen) - min(seen)) / 1_000) > 60:
            measures.add(Measure.UPDATES, len(seen) / spent)


def _btc5m(folder: Path) -> Measures:
    measures = Measures()
    query = f"select update, asset_id, recv_us // 1000, kind <> 'delta' from '{folder}/updates.parquet' order by update"  # noqa: S608
    _replay(measures, _rows(query), _levels(folder, "update"))
    return measures


def _baseball(folder: Path) -> Measures:
    measures = Measures()
    query = f"select msg, asset_id, exchange_ms, event_type = 'book' from '{folder}/messages.parquet' order by msg"  # noqa: S608
    _replay(measures, _rows(query), _levels(folder, "msg"))
    return measures


def _updown15m(folder: Path) -> Measures:
    measures = Measures()
    query = f"select up_bid, up_ask, up_bid_size, up_ask_size from '{folder}/btc15m_l1.parquet'"  # noqa: S608
    for bid, ask, bid_size, ask_size in _rows(query):
        if bid and ask:
            measures.add(Measure.SPREAD, (ask - bid) * 100)
            measures.add(Measure.TOP, (bid_size + ask_size) / 2)
    return measures


def _gold(folder: Path) -> Measures:
    measures = Measures()
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            _gold_window(measures, (json.loads(line) for line in lines if line.strip()))
    return measures


def _gold_window(measures: Measures, messages: Iterator[Any]) -> None:
    book: Book = ({}, {})
    first = last = deltas = trades = 0
    for message in messages:
        at, event = message["recv_ms"], message["event"]
        first = first or at
        body = event["msg"]
        if event["type"] == "orderbook_snapshot":
            levels = [(1, _e4(p), _e6(s)) for p, s in body.get("yes_dollars_fp", [])]
            levels += [(-1, 10_000 - _e4(p), _e6(s)) for p, s in body.get("no_dollars_fp", [])]
            _apply(book, levels, whole=True)
        elif event["type"] == "orderbook_delta":
            deltas += 1
            yes, price = body["side"] == "yes", _e4(body["price_dollars"])
            side, price = (1, price) if yes else (-1, 10_000 - price)
            size = book[0 if yes else 1].get(price, 0) + _e6(body["delta_fp"])
            _apply(book, [(side, price, max(0, size))], whole=False)
        elif event["type"] == "trade":
            trades += 1
            measures.add(Measure.TRADE_SIZE, float(body["count_fp"]))
        if at // 1_000 != last // 1_000:
            measures.book(*book)
        last = at
    if deltas > 1_000:
        measures.add(Measure.UPDATES, deltas * 1_000 / (last - first))
        measures.add(Measure.TRADES, trades * 60_000 / (last - first))


def _e4(text: str) -> int:
    return round(float(text) * 10_000)


def _e6(text: str) -> int:
    return round(float(text) * 1_000_000)


def _rest(folder: Path, family: str) -> Measures:
    measures = Measures()
    books: dict[tuple[int, str], Book] = defaultdict(lambda: ({}, {}))
    query = (
        f"select captured_us, ticker, side, price_e4, size_e2 from '{folder}/levels.parquet' where family = '{family}'"  # noqa: S608
    )
    for at, ticker, side, price, size in _rows(query):
        yes = side == 1
        books[at, ticker][0 if yes else 1][price if yes else 10_000 - price] = size * 10_000
    for book in books.values():
        measures.book(*book)
    return measures


def _weather_quotes(folder: Path) -> Measures:
    """One look at each event in ten seconds, once all its six brackets are there."""
    measures = Measures()
    tops: dict[str, dict[str, tuple[int | None, int | None]]] = defaultdict(dict)
    times: dict[str, list[int]] = defaultdict(list)
    looked: dict[str, int] = {}
    query = "select event_ticker, market_ticker, local_us, best_yes_bid, best_no_bid"
    for event, market, at, yes, no in _rows(f"{query} from '{folder}/bbo.parquet' order by event_ticker, local_us"):
        tops[event][market] = (yes * 100 or None, 10_000 - no * 100 if no else None)
        times[market].append(at)
        if looked.get(event) == at // 10_000_000 or len(tops[event]) < 6:
            continue
        looked[event] = at // 10_000_000
        measures.whole(list(tops[event].values()))
        measures.extend(Measure.SPREAD, [(ask - bid) / 100 for bid, ask in tops[event].values() if bid and ask])
    for seen in times.values():
        if (spent := (seen[-1] - seen[0]) / 1e6) > 3_600:
            measures.add(Measure.UPDATES, len(seen) / spent)
    return measures


def _weather_trades(folder: Path) -> Measures:
    measures = Measures()
    trades = f"'{folder}/trades.parquet'"
    measures.extend(Measure.TRADE_SIZE, [size for (size,) in _rows(f"select count from {trades}")])  # noqa: S608
    query = "select count(*) / ((max(created_us) - min(created_us)) / 6e7)"
    per_market = _rows(f"{query} from {trades} group by ticker having count(*) > 20")
    measures.extend(Measure.TRADES, [rate for (rate,) in per_market])
    return measures


def _negrisk_weather(folder: Path) -> Measures:
    measures = Measures()
    for path in sorted(folder.glob("gamma_clob_*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            for line in lines:
                poll = json.loads(line)
                for event in poll["gamma_events"]:
                    _negrisk_event(measures, event, poll["clob_quotes"])
    return measures


def _negrisk_event(measures: Measures, event: Any, quotes: Any) -> None:
    tops: list[tuple[int | None, int | None]] = []
    for market in event["markets"]:
        found = quotes.get(json.loads(market["clobTokenIds"])[0])
        if found is None:
            return
        bid, ask = (_e4((found[key] or {}).get("price") or "0") for key in ("price_buy", "price_sell"))
        tops.append((bid or None, ask or None))
        if bid and ask:
            measures.add(Measure.SPREAD, (ask - bid) / 100)
    measures.whole(tops)


def _gamma(folder: Path) -> Measures:
    """Open markets; sums only over negRisk events whose prices look complete (bids above 80, asks below 160 cents)."""
    measures = Measures()
    for path in sorted(folder.glob("*.search.raw.json.gz")):
        with gzip.open(path, "rt") as text:
            events = json.load(text)["events"]
        for event in events:
            _gamma_event(measures, event)
    return measures


def _gamma_event(measures: Measures, event: Any) -> None:
    tops: list[tuple[int | None, int | None]] = []
    for market in event["markets"]:
        if not market.get("active") or market.get("closed"):
            continue
        bid, ask = (_e4(str(market.get(key) or 0)) for key in ("bestBid", "bestAsk"))
        tops.append((bid or None, ask or None))
        if 0 < bid < ask < 10_000:
            measures.add(Measure.SPREAD, (ask - bid) / 100)
    bids, asks = sum(bid or 0 for bid, _ in tops), sum(ask or 10_000 for _, ask in tops)
    if event.get("negRisk") and len(tops) > 2 and bids > 8_000 and asks < 16_000:
        measures.whole(tops)


def _across(folder: Path) -> Measures:
    measures = Measures()
    columns = "k_yes_bid_e4, k_yes_ask_e4, pm_yes_bid_e4, pm_yes_ask_e4"
    for row in _rows(f"select {columns} from '{folder}/macro_worldcup_bbo.parquet' where pm_book_ok"):  # noqa: S608
        kalshi_bid, kalshi_ask, bid, ask = row
        if None not in row and kalshi_bid > 0 and kalshi_ask < 10_000:
            measures.across((kalshi_bid, kalshi_ask), (bid, ask))
    return measures
