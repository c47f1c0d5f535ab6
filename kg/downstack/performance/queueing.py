r"""How long a request waits for a place when all places of a copy of a model are taken.

The places are the sequences that memory holds and the latency target allows, `c`; the offered load is the concurrency that
settles at the rate of the requests, `a`. Erlang's delay formula is continued to any number of places by the integral

.. math::

    R = \int_0^\infty e^{-u}\,(1 + u/a)^c\,du \qquad C = \frac{1}{\rho + (1 - \rho)\,R} \qquad \rho = a / c

    W_q = \frac{C\,T}{c - a} \qquad
    W_q \approx \frac{c_a^2 + c_s^2}{2}\,\frac{\rho^{\sqrt{2(c + 1)} - 1}}{c\,(1 - \rho)}\,T

with the time `T` that a place is taken and the squared coefficients of variation of arrivals and service. For whole `c` the
first is the textbook formula with its sums of :math:`a^k / k!`.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import ERLANG, KINGMAN
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_PLACE = Constant(1.0, "sequence", "a place holds one sequence")
_ONE_TOKEN = Constant(1.0, "token", "the first token comes with the first step after the prompt")
_OVERFULL = "the load that settles is larger than memory and target allow: the queue grows without end"
_POISSON = "arrivals are a Poisson process and places are taken for exponential times"
_STATE = "a place is taken for the time at the load that settles; in truth steps are faster while fewer sequences run"
_FIFO = "requests wait in the order of arrival and do not give up"
_HALF_LOG_TWO_PI = 0.9189385332046727
_SHIFT = 8
_LAST_TERM = 1e-17
_MOST_TERMS = 100_000
_AT_ONCE = 64


def log_factorial(number: Array) -> Array:
    """Return the logarithm of the gamma function of `number` + 1, for numbers from zero up (Stirling's series)."""
    lifted: Array = number + 1.0 + _SHIFT
    square = 1.0 / (lifted * lifted)
    series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / lifted
    large = (lifted - 0.5) * np.log(lifted) - lifted + _HALF_LOG_TWO_PI + series
    for step in range(_SHIFT):
        large = large - np.log(number + 1.0 + step)
    return large


def inverse_loss(load: Array, places: Array) -> Array:
    """Return the integral R: one over Erlang's probability of loss, for pure numbers of the same shape.

    Parameters
    ----------
    load
        Places taken on average when nobody waits; above zero.
    places
        Number of places, whole or not; above `load`.
    """
    last, series = np.ones_like(load), np.zeros_like(load)
    for first in range(1, _MOST_TERMS, _AT_ONCE):
        divisors = places[..., np.newaxis] + np.arange(first, first + _AT_ONCE)
        terms = last[..., np.newaxis] * np.cumprod(load[..., np.newaxis] / divisors, axis=-1)
        series = series + terms.sum(axis=-1)
        last = terms[..., -1]
        if not np.any(last > _LAST_TERM * series):
            break
    with np.errstate(over="ignore"):  # so many places that nobody ever waits
        whole = np.exp(load - places * np.log(load) + log_factorial(places))
    # By the integral it is at least one; beyond the capacity the difference may cancel below it.
    inverse: Array = np.maximum(whole - series, 1.0)
    return inverse


def waiting_share(load: Array, places: Array) -> Array:
    """Return Erlang's probability of waiting for an offered load and a number of places, both pure numbers."""
    load, places = np.broadcast_arrays(np.asarray(load, dtype=float), np.asarray(places, dtype=float))
    rho = load / places
    share: Array = 1.0 / (rho + (1.0 - rho) * inverse_loss(load, places))
    return share


def _stable(concurrency_at_rate: Array, max_concurrent_sequences: Array, **rest: Any) -> Any:
    del rest
    return concurrency_at_rate < max_concurrent_sequences


def _erlang(load: float, places: float, expected: float, tolerance: float, text: str) -> Example:
    return Example({"concurrency_at_rate": load, "max_concurrent_sequences": places}, expected, tolerance, text)


@performance_function(
    formula="1 / (rho + (1 - rho) * R), rho = concurrency_at_rate / max_concurrent_sequences,"
    " R = integral of exp(-u) * (1 + u / concurrency_at_rate) ^ max_concurrent_sequences over u from 0",
    citation=ERLANG,
    constants={"one_place": _ONE_PLACE},
    feasible=_stable,
    infeasible_reason=_OVERFULL,
    assumes=(_POISSON, _STATE),
    increasing=("concurrency_at_rate",),
    decreasing=("max_concurrent_sequences",),
    examples=(
        _erlang(48.0, 55.0, 0.2387, 3e-4, "Koole, call centre: 360 calls in 30 minutes of 4 minutes, 55 agents"),
        _erlang(2.5, 3.0, 0.7022, 1e-4, "Erlang C by its sums: 2.5 Erlang, three places"),
        _erlang(2.5, 6.0, 0.0474, 1e-3, "Erlang C by its sums: 2.5 Erlang, six places"),
    ),
)
def waiting_probability(
    concurrency_at_rate: Annotated[Array, "sequence"],
    max_concurrent_sequences: Annotated[Array, "sequence"],
    *,
    one_place: float,
) -> Annotated[Array, "1"]:
    """Probability that a request finds all places taken and has to wait."""
    return waiting_share(concurrency_at_rate / one_place, max_concurrent_sequences / one_place)


@performance_function(
    formula="waiting_probability * concurrency_at_rate / request_rate / (max_concurrent_sequences - concurrency_at_rate)",
    citation=ERLANG,
    constants={"one_place": _ONE_PLACE},
    feasible=_stable,
    infeasible_reason=_OVERFULL,
    assumes=(_POISSON, _STATE, _FIFO),
    increasing=("waiting_probability", "concurrency_at_rate"),
    decreasing=("max_concurrent_sequences", "request_rate"),
    examples=(
        Example(
            {
                "waiting_probability": 0.2387,
                "concurrency_at_rate": 48.0,
                "max_concurrent_sequences": 55.0,
                "request_rate": 0.2,
            },
            8.18,
            1e-3,
            "Koole, call centre: a mean wait of 8.18 s",
        ),
    ),
)
def queueing_delay(
    waiting_probability: Annotated[Array, "1"],
    concurrency_at_rate: Annotated[Array, "sequence"],
    max_concurrent_sequences: Annotated[Array, "sequence"],
    request_rate: Annotated[Array, "sequence/s"],
    *,
    one_place: float,
) -> Annotated[Array, "s"]:
    """Mean seconds that a request waits for a place, those that do not wait included."""
    taken = concurrency_at_rate / request_rate
    return waiting_probability * taken * one_place / (max_concurrent_sequences - concurrency_at_rate)


@performance_function(
    formula="(arrival_variability + service_variability) / 2"
    " * rho ^ (sqrt(2 * (max_concurrent_sequences / one_place + 1)) - 1)"
    " / (max_concurrent_sequences * (1 - rho)) * concurrency_at_rate / request_rate,"
    " rho = concurrency_at_rate / max_concurrent_sequences",
    citation=KINGMAN,
    constants={"one_place": _ONE_PLACE},
    feasible=_stable,
    infeasible_reason=_OVERFULL,
    assumes=("heavy traffic: an approximation that is best near capacity", _STATE, _FIFO),
    increasing=("arrival_variability", "service_variability", "concurrency_at_rate"),
    decreasing=("request_rate",),
    examples=(
        Example(
            {
                "arrival_variability": 1.0,
                "service_variability": 0.25,
                "concurrency_at_rate": 0.9,
                "max_concurrent_sequences": 1.0,
                "request_rate": 0.9,
            },
            5.625,
            1e-12,
            "by hand, one place: 0.625 * 0.9 / 0.1 * 1 s",
        ),
    ),
)
def queueing_delay_by_variability(
    arrival_variability: Annotated[Array, "1"],
    service_variability: Annotated[Array, "1"],
    concurrency_at_rate: Annotated[Array, "sequence"],
    max_concurrent_sequences: Annotated[Array, "sequence"],
    request_rate: Annotated[Array, "sequence/s"],
    *,
    one_place: float,
) -> Annotated[Array, "s"]:
    """Mean seconds that a request waits for a place, from how irregular arrivals and service are."""
    rho = concurrency_at_rate / max_concurrent_sequences
    places = max_concurrent_sequences / one_place
    taken = concurrency_at_rate / request_rate / one_place
    crowd = rho ** (np.sqrt(2.0 * (places + 1.0)) - 1.0) / (places * (1.0 - rho))
    return (arrival_variability + service_variability) / 2.0 * crowd * taken * one_place


@performance_function(
    formula="queueing_delay + prefill_queueing_delay + prefill_time + time_per_output_token_at_rate * one_token",
    citation=ERLANG,
    constants={"one_token": _ONE_TOKEN},
    assumes=("waiting for a place and waiting for other prompts follow each other",),
    increasing=("queueing_delay", "prefill_queueing_delay", "prefill_time", "time_per_output_token_at_rate"),
    examples=(
        Example(
            {
                "queueing_delay": 0.1,
                "prefill_queueing_delay": 0.08,
                "prefill_time": 0.3,
                "time_per_output_token_at_rate": 0.02,
            },
            0.5,
            1e-12,
            "by hand: 100 + 80 + 300 + 20 ms",
        ),
    ),
)
def time_to_first_token_at_rate(
    queueing_delay: Annotated[Array, "s"],
    prefill_queueing_delay: Annotated[Array, "s"],
    prefill_time: Annotated[Array, "s"],
    time_per_output_token_at_rate: Annotated[Array, "s/token"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Mean seconds from the arrival of a request to its first token, waiting included."""
    return queueing_delay + prefill_queueing_delay + prefill_time + time_per_output_token_at_rate * one_token
