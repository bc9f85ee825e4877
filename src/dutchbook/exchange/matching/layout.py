"""Where the numbers of one compiled book lie in its arena, an array of 64-bit integers that starts at zero.

Shared by the machine code and its Python side, so it holds numbers only. In order: a head, guesses where a price's
level is, the levels of bids and of asks from worst to best, the levels themselves, the orders. Orders and levels count
from 1; 0 is none. What is not used is chained: orders by `AFTER`, levels by `FIRST`.

Whoever uses the book knows an order by its row: its place here, and above that how often the place was used before.
"""

ROWS, LEVELS = 0, 1
"""How many orders and levels there is room for."""
FREE_ROW, USED_ROWS, FREE_LEVEL, USED_LEVELS = 2, 3, 4, 5
"""The last one that was left, and how many were ever used."""
BIDS, ASKS = 6, 7
"""How many levels each side has."""
TOP_BID, TOP_ASK = 8, 9
"""The best prices; beyond all prices where a side is empty."""
LEFT = 10
"""What the level that was touched last has now."""
VERSION = 11
"""Counts changes."""
AT_GUESSES, AT_BIDS, AT_ASKS, AT_LEVELS, AT_ROWS = 12, 13, 14, 15, 16
"""Where each part begins."""
GUESS_MASK = 17
ERROR, MESSAGE = 18, 19
"""Addresses in this process: of KeyError and of its text."""
HEAD = 24

LEVEL_WIDTH, ORDER_WIDTH = 4, 6
"""Integers of a level, and of an order."""
KEY, TOTAL, FIRST, LAST = 0, 1, 2, 3
"""Of a level. Keys ascend towards the best price: the price of a bid, the negative price of an ask."""
LEVEL, SIZE, BEFORE, AFTER, ROW, OWNER = 0, 1, 2, 3, 4, 5
"""Of an order. Its size is 0 if nobody rests there; `ROW` is what it, or the next one here, is known by."""
USED_ONCE = 1 << 32
"""What a row grows by each time that its place is used again."""
PLACE, LAST_ROW = USED_ONCE - 1, (1 << 63) - 1
"""The bits of a row that are its place, and all of its bits."""
MIX, FOLD = 0x9E3779B1, 12
"""How a key is spread over the guesses."""

NO_BID, NO_ASK = 0, 1 << 40
MAX_SIZE, MAX_TOTAL = 1 << 60, 1 << 62
"""What an order and a level must stay below: a million million contracts, and four times as much."""
