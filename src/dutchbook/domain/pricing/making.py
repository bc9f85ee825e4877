"""Where to quote on a price between 0 and 1: logits, inventory, adverse selection, arrivals (formulas M1 to M3).

Prices, beliefs and distances are dollars per contract as floats, inventories contracts, risk aversion per dollar.
"""

from math import exp, expm1, log, log1p, sqrt
from typing import NamedTuple

LOWEST, HIGHEST = 0.001, 0.999
"""Probabilities are kept within, before any logit."""


class Quotes(NamedTuple):
    """What to bid and what to ask, before rounding to ticks: bids down, asks up."""

    bid: float
    ask: float


def clamped(p: float) -> float:
    """`p` within what a logit can bear."""
    return min(max(p, LOWEST), HIGHEST)


def logit(p: float) -> float:
    """ln(p / (1 - p)) of the clamped probability, in nats."""
    kept = clamped(p)
    return log(kept / (1 - kept))


def expit(x: float) -> float:
    """The inverse of the logit: 1 / (1 + e^-x), without overflow on either side."""
    if x >= 0:
        return 1 / (1 + exp(-x))
    return exp(x) / (1 + exp(x))


def shifted(p: float, by: float) -> float:
    """The probability whose logit is `by` nats higher."""
    return expit(logit(p) + by)


def certainty_equivalent(p: float, aversion: float, held: float) -> float:
    """-ln(1 - p + p e^(-g h)) / g: what `held` contracts are worth to who shuns risk, in dollars (M1)."""
    if not aversion:
        return p * held
    exponent = -aversion * held
    if exponent > 0:  # p e^x + 1 - p = e^x (p + (1 - p) e^-x): large x would overflow
        return -(exponent + log(p + (1 - p) * exp(-exponent))) / aversion
    return -log1p(p * expm1(exponent)) / aversion


def reservation_price(p: float, aversion: float, held: float) -> float:
    """s(L(p) - g h): inventory shifts the logit linearly (M1)."""
    return shifted(p, -aversion * held)


def clip_quotes(p: float, aversion: float, held: float, clip: float) -> Quotes:
    """Indifference prices of the next `clip` contracts: bought at the bid, sold at the ask (M1)."""
    here = certainty_equivalent(p, aversion, held)
    more, fewer = certainty_equivalent(p, aversion, held + clip), certainty_equivalent(p, aversion, held - clip)
    return Quotes((more - here) / clip, (here - fewer) / clip)


def informed_half_spread(alpha: float) -> float:
    """ln((1 + alpha) / (1 - alpha)) in logits, for every p, where a share alpha of traders knows the outcome (M2)."""
    return log1p(alpha) - log1p(-alpha)


def informed_quotes(p: float, alpha: float) -> Quotes:
    """Prices at which nothing is lost to a share alpha of arriving traders who know the outcome (M2)."""
    rest = (1 - alpha) / 2
    ask = p * (alpha + rest) / (p * alpha + rest)
    return Quotes(p * rest / ((1 - p) * alpha + rest), ask)


def quotes_around(reservation: float, half_spread: float) -> Quotes:
    """s(L(p~) -/+ delta): half a spread in logits on either side of a reservation price."""
    return Quotes(shifted(reservation, -half_spread), shifted(reservation, half_spread))


def finite_half_spread(aversion: float, decay: float, sd: float, tau: float) -> float:
    """ln(1 + g/k)/g + g s^2 tau / 2: Avellaneda and Stoikov's half spread until a horizon, in dollars (M3)."""
    return log1p(aversion / decay) / aversion + aversion * sd * sd * tau / 2


def finite_shift(aversion: float, sd: float, tau: float, held: float) -> float:
    """-h g s^2 tau: how far inventory moves their reservation price, in dollars (M3)."""
    return -held * aversion * sd * sd * tau


def stationary_distances(aversion: float, decay: float, sd: float, arrival: float, held: float) -> Quotes:
    """How far bid and ask stand from the middle, in dollars, with fills arriving at A e^(-k d) without a horizon (M3).

    Gueant, Lehalle and Fernandez-Tapia's closed form.
    """
    half = log1p(aversion / decay) / aversion
    risk = sqrt(sd * sd * aversion / (2 * decay * arrival) * (1 + aversion / decay) ** (1 + decay / aversion))
    return Quotes(half + (2 * held + 1) / 2 * risk, half - (2 * held - 1) / 2 * risk)


def price_deviation(p: float, logit_sd: float) -> float:
    """p (1 - p) sb: the standard deviation of a price whose logit diffuses with `logit_sd` (M3)."""
    return p * (1 - p) * logit_sd


def resolution_risk(p: float, held: float) -> float:
    """h^2 p (1 - p): the variance of what is held if the market resolves at once; it does not vanish with time (M3)."""
    return held * held * p * (1 - p)
