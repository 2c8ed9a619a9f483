"""The experiments' tests: two proportions, and two means with unequal variances.

Frequentist by Welch's t (a proportion is a mean of zeros and ones); Bayesian with a flat prior, whose posterior of the
difference is normal. Relative differences get their spread by the delta method.
https://posthog.com/docs/experiments/statistics-bayesian, https://posthog.com/docs/experiments/statistics-frequentist
"""

import math
from statistics import NormalDist
from typing import NamedTuple

_ALPHA = 0.05
_SURE = 1.959963984540054  # standard deviations that hold 95 %
_TINY = 1e-30
_MOST_TERMS = 300
_FEWEST = 2  # people of a variant, of whom a variance can be told


class VariantSample(NamedTuple):
    """What is known of the people of one variant: how many, and the sum and sum of squares of their values."""

    number: int
    sum: float
    squares: float

    @property
    def mean(self) -> float:
        """The mean value."""
        return self.sum / self.number if self.number else 0.0

    @property
    def variance(self) -> float:
        """The variance of the values, with one degree of freedom less."""
        if self.number < _FEWEST:
            return 0.0
        return max(0.0, (self.squares - self.sum**2 / self.number) / (self.number - 1))


class Comparison(NamedTuple):
    """A variant against the baseline. Differences are relative: 0.28 is 28 percent more."""

    difference: float
    low: float  # 95 % interval
    high: float
    p_value: float
    chance_to_win: float

    @property
    def significant(self) -> bool:
        """Whether chance alone would seldom make such a difference."""
        return self.p_value < _ALPHA


def compared(variant: VariantSample, baseline: VariantSample) -> Comparison | None:
    """The comparison; None where there is too little to compare."""
    parts = [one.variance / one.number if one.number else 0.0 for one in (variant, baseline)]
    error = math.sqrt(sum(parts))
    if not error or not baseline.mean or min(variant.number, baseline.number) < _FEWEST:
        return None
    freedom = sum(parts) ** 2 / sum(
        part**2 / (one.number - 1) for part, one in zip(parts, (variant, baseline), strict=True) if part
    )
    distance = (variant.mean - baseline.mean) / error
    relative = variant.mean / baseline.mean - 1
    spread = math.sqrt(parts[0] / baseline.mean**2 + variant.mean**2 * parts[1] / baseline.mean**4)
    low, high = relative - _SURE * spread, relative + _SURE * spread
    return Comparison(relative, low, high, student(distance, freedom), NormalDist().cdf(distance))


def student(distance: float, freedom: float) -> float:
    """The two-sided p of Student's t."""
    return beta(freedom / (freedom + distance**2), freedom / 2, 0.5)


def beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (https://dlmf.nist.gov/8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    fraction, c, d = 1.0, 1.0, 0.0
    for term in range(_MOST_TERMS):
        half = term // 2
        if term == 0:
            factor = 1.0
        elif term % 2 == 0:
            factor = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        else:
            factor = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        d = 1 / ((1 + factor * d) or _TINY)
        c = (1 + factor / c) or _TINY
        fraction *= c * d
        if abs(1 - c * d) < _ALPHA * 1e-10:
            break
    return front * (fraction - 1)
