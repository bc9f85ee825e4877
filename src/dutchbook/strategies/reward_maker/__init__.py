"""Quotes for liquidity rewards: rests near the middle of rewarded markets, and gives up at once what fills."""
