"""What an uncertain fact may be: from what its sources say to a value for every place in the distribution.

=============  ====================================================  ==========================================
distribution   the chosen value is                                   the spread is
=============  ====================================================  ==========================================
none stated    the median                                            low to high is the full range
uniform        one of equally likely values                          low to high is the full range
triangular     the mode                                              low to high is the full range
normal         the median and the mode                               standard deviation; else low, high = p05, p95
lognormal      the median                                            that of the logarithm; else low, high = p05, p95
=============  ====================================================  ==========================================

With percentiles each side has its own spread, so that a lopsided range stays lopsided. Where a tail would leave what the
quantity can be (below zero, above one for an efficiency), it is spread over the rest of its own side: the median stays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from downstack.engine.normal import normal_quantile
from downstack.graph.knowledge import CONFIDENCE_ORDER
from downstack.graph.model import Fact, QuantityKind
from downstack.performance.declare import Array

RANGE = "range"
"""What an interval is that no source calls a distribution."""
_SAME = 1e-9
"""Sources whose values differ by less than the rounding of a unit conversion agree."""
_P95 = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the values of one fact are spread, in the base unit of its quantity."""

    kind: str
    value: float
    low: float
    """The lower end; for the normal kinds the standard deviation of the lower side, of the logarithm where they are lognormal."""
    high: float
    """The upper end, or the standard deviation of the upper side."""
    floor: float = -math.inf
    ceiling: float = math.inf

    def quantile(self, drawn: Array) -> Array:
        """Return the value of the fact at every place of its distribution, from 0 (exclusive) to 1 (exclusive).

        It never falls from one place to a higher one.
        """
        if self.kind == RANGE:
            return np.interp(drawn, (0.0, 0.5, 1.0), (self.low, self.value, self.high))
        if self.kind == "uniform":
            return np.asarray(self.low + (self.high - self.low) * drawn, dtype=np.float64)
        if self.kind == "triangular":
            return self._triangular(drawn)
        return self._normal(drawn)

    def _triangular(self, drawn: Array) -> Array:
        width, left = self.high - self.low, self.value - self.low
        rising = self.low + np.sqrt(drawn * width * left)
        falling = self.high - np.sqrt((1.0 - drawn) * width * (self.high - self.value))
        result: Array = np.where(drawn * width <= left, rising, falling)
        return result

    def _normal(self, drawn: Array) -> Array:
        least = self._score(self.floor, self.low)
        most = self._score(self.ceiling, self.high)
        below = drawn < 0.5
        inside = np.where(
            below,
            least + (1.0 - 2.0 * least) * drawn,
            0.5 + (2.0 * most - 1.0) * (drawn - 0.5),
        )
        tiny = float(np.finfo(np.float64).tiny)
        score = normal_quantile(np.clip(inside, tiny, 1.0 - float(np.finfo(np.float64).eps) / 2.0))
        score = score * np.where(below, self.low, self.high)
        values = self.value * np.exp(score) if self.kind == "lognormal" else self.value + score
        result: Array = np.clip(values, self.floor, self.ceiling)
        return result

    def _score(self, bound: float, deviation: float) -> float:
        """Return the probability of the whole normal distribution below a bound."""
        if math.isinf(bound) or deviation == 0.0:
            return 0.0 if bound < self.value else 1.0
        if self.kind == "lognormal":
            if bound <= 0.0:
                return 0.0
            return NormalDist().cdf(math.log(bound / self.value) / deviation)
        return NormalDist().cdf((bound - self.value) / deviation)


def interval_of(facts: tuple[Fact, ...]) -> tuple[float, float] | None:
    """Return the range of a fact, or None when it is a point.

    Parameters
    ----------
    facts
        The chosen fact, then what other current sources say of the same quantity.

    Notes
    -----
    The interval that the chosen source states comes first. Without one, the range is that of the sources that disagree:
    those whose confidence is at most one step worse and that state no other condition. An assumption is a point: it
    says which question is asked, not what the world is like.
    """
    if not facts or facts[0].confidence == "assumption":
        return None
    chosen = facts[0]
    if chosen.low is not None or chosen.high is not None:
        low = chosen.value if chosen.low is None else min(chosen.low, chosen.value)
        high = chosen.value if chosen.high is None else max(chosen.high, chosen.value)
    else:
        worst = CONFIDENCE_ORDER.index(chosen.confidence) + 1
        said = [
            fact.value
            for fact in facts[1:]
            if fact.confidence != "assumption"
            and CONFIDENCE_ORDER.index(fact.confidence) <= worst
            and fact.condition in (None, chosen.condition)
        ]
        low, high = min((chosen.value, *said)), max((chosen.value, *said))
    return (low, high) if high - low > _SAME * abs(chosen.value) else None


def distribution_of(facts: tuple[Fact, ...], kind: QuantityKind) -> Distribution | None:
    """Return how a fact is spread, or None when it is a point.

    Parameters
    ----------
    facts
        The chosen fact, then what other current sources say of the same quantity.
    kind
        Their quantity, which says what a value can be at all.
    """
    if not facts or facts[0].confidence == "assumption":
        return None
    fact = facts[0]
    floor = 0.0 if kind.non_negative else -math.inf
    ceiling = math.inf if kind.at_most is None else kind.at_most
    if fact.distribution == "normal" and fact.standard_deviation is not None:
        deviation = fact.standard_deviation
        return Distribution("normal", fact.value, deviation, deviation, floor, ceiling)
    if fact.distribution == "lognormal" and fact.log_standard_deviation is not None:
        deviation = fact.log_standard_deviation
        return Distribution("lognormal", fact.value, deviation, deviation, floor, ceiling)
    interval = interval_of(facts)
    if interval is None:
        return None
    low, high = interval
    if fact.distribution == "normal":
        return Distribution("normal", fact.value, (fact.value - low) / _P95, (high - fact.value) / _P95, floor, ceiling)
    if fact.distribution == "lognormal":
        below, above = math.log(fact.value / low) / _P95, math.log(high / fact.value) / _P95
        return Distribution("lognormal", fact.value, below, above, floor, ceiling)
    return Distribution(fact.distribution or RANGE, fact.value, low, high)
