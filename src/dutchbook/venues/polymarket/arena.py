"""Where things stand in the lane's arena: one block of integers for markets, their texts, groups and books.

Shared by the compiled code and its Python side, so it holds numbers only. In order: a header, the rows of the frame at
hand, a record for each market, the numbers of changed markets, two book records for each market (`arena_books`), and a
table of markets by the hash of their ids. A text is kept as words of eight bytes, the first byte the lowest, with zeros
behind it.
"""

from zlib import crc32

from dutchbook.domain import arena_books

INSIDE = 0
"""Whether the groups' present state is in the arena, and not with the plain path."""
HEAD, TAIL, DUE = 1, 2, 3
"""Markets with pending groups, linked, the one that waits longest first; a time up to which none falls due."""
EVENTS, FRAMES, CROSSED, MIRROR_BREAKS = 4, 5, 6, 7
"""What was counted since the last settlement."""
ALL = 8
"""Whether every look is told of, and not only new tops."""
GRACE = 9
BOOKS_FROM, TABLE_FROM, TABLE_BITS = 10, 11, 12
MARKET, AT, RECEIVED_AT, ROWS = 13, 14, 15, 16
"""The frame at hand, read: its market, venue time in milliseconds, receive time, and how many rows follow."""
TOLD = 17
"""Two places: the numbers of the outcomes to tell of."""
CHANGED_COUNT, CHANGED_FROM = 19, 20
"""Markets whose group state is newer here than in the codec."""
ROWS_FROM = 24
ROW = 4
"""A row: its outcome's book, 0 for a bid or 1 for an ask, price, size."""
MAX_ROWS = 16
MARKETS_FROM = ROWS_FROM + MAX_ROWS * ROW

NEWEST, GROUP_AT, GROUP_RECEIVED, PENDING, TOUCHED, NEXT, PREVIOUS, CHANGED = 0, 1, 2, 3, 4, 5, 6, 7
"""A market's record: as in `MarketState`, its place in the list of pending groups, whether it is named as changed."""
TEXT_LENGTHS = 8
"""Of its condition id, YES token and NO token, each with the quote that ends it."""
TEXTS = 12
TEXT = 80
"""Room for one text, in bytes: a condition id has at most 66, a token at most 78, and then comes a quote."""
TEXT_WORDS = TEXT // 8
MARKET_RECORD = TEXTS + 3 * TEXT_WORDS
YES_TOUCHED, NO_TOUCHED, NO_FIRST = 1, 2, 4
"""The bits of `TOUCHED`."""

HASHED = 16
"""Bytes of a condition id that are hashed, from its third on, as two words: each mixed in by a product, then folded."""
MIX, FOLD = 0x9E3779B97F4A7C15, 32

NOT_MINE, OUTSIDE_NOW, UNKNOWN = -1, -2, -3
"""A frame for the plain path; one that the lane could take if it had the groups; one of a market without a number."""
NEVER = 2**63 - 1
LAYOUT = crc32(
    repr([(n, v) for n, v in sorted({**vars(arena_books), **globals()}.items()) if isinstance(v, int)]).encode()
)
"""A number that tells layouts apart, so that machine code kept for another one is not used."""


def record_of(market: int) -> int:
    """Where a market's record begins."""
    return MARKETS_FROM + market * MARKET_RECORD
