r"""How many requests could be served in time.

The most requests of which a share `q` still gets the first token within the target, with places that are taken as long as in a
full batch: a careful answer.

.. math::

    \lambda^* = \max\{\lambda : 1 - C(c, \lambda T)\,e^{-(c - \lambda T)\,s / T} \ge q\} \qquad u^* = \lambda^*\,T / c

with `c` places, the time `T` that a place is taken, the longest wait `s` and Erlang's probability of waiting `C`.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import DEFINITION, ERLANG, INFERENCEX_COST, LITTLE
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function
from downstack.performance.queueing import inverse_loss

_ONE_TOKEN = Constant(1.0, "token", "the first token comes with the first step after the prompt")
_ONE_STREAM = Constant(1.0, "sequence", "a place holds one sequence")
_POISSON = "arrivals are a Poisson process and places are taken for exponential times"
_FULL_BATCH = (
    "a place is taken as long as in a full batch: a careful answer, steps are faster while fewer sequences run"
)
_MEAN_TOKENS = "the time between tokens is kept on average: the places are no more than the target allows"
_LEVEL = Validity("service_level_target", 0.0, 1.0, "a share of the requests")
_TOO_LATE = "even without a queue the first token comes too late"
_STEPS = 60
_CLOSE = 1e-12


def busiest(places: Array, patience: Array, level: Array) -> Array:
    """Return the largest share of the places that may be taken so that a share `level` of the requests waits no longer.

    Parameters
    ----------
    places
        Number of places.
    patience
        The longest wait over the time that a place is taken.
    level
        Share of the requests that have to wait no longer; below one.

    Notes
    -----
    The logarithm of the share of requests that come too late rises with the share of places taken. Newton's method is held
    between a share that is known to be low enough and one that is known to be too high, and halves the range where it leaves it.
    The slope is exact: the derivative of Erlang's integral by the load is :math:`-R (c/a - 1) - 1`.
    """
    shape = np.broadcast_shapes(np.shape(places), np.shape(patience), np.shape(level))
    every = [np.broadcast_to(np.asarray(item, dtype=float), shape).ravel() for item in (places, patience, level)]
    found = np.where(np.isnan(every[0] + every[1] + every[2]), np.nan, 0.5)
    open_rows = np.flatnonzero(~np.isnan(found) & (every[0] > 0.0))
    low, high = np.zeros_like(open_rows, dtype=float), np.ones_like(open_rows, dtype=float)
    for _ in range(_STEPS):
        taken = found[open_rows]
        excess, slope = _lateness(taken, *(item[open_rows] for item in every))
        low, high = np.where(excess <= 0.0, taken, low), np.where(excess <= 0.0, high, taken)
        with np.errstate(invalid="ignore", divide="ignore"):
            guess = taken - excess / slope
        following = np.where((guess > low) & (guess < high), guess, 0.5 * (low + high))
        found[open_rows] = following
        # A row that has settled is left alone, so that it does not depend on what other rows need.
        moving = np.abs(following - taken) > _CLOSE * taken
        open_rows, low, high = open_rows[moving], low[moving], high[moving]
        if not open_rows.size:
            break
    answer: Array = found.reshape(shape)
    return answer


def _lateness(taken: Array, places: Array, patience: Array, level: Array) -> tuple[Array, Array]:
    """Return the logarithm of the share that comes too late over the share that may, and its slope by `taken`."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # no logarithm and no slope where nobody waits
        inverse = inverse_loss(taken * places, places)
        waits = 1.0 / (taken + (1.0 - taken) * inverse)
        excess = np.log(waits) - (1.0 - taken) * places * patience - np.log1p(-level)
        falls = -places * (inverse * (1.0 / taken - 1.0) + 1.0)
        slope = -waits * (1.0 - inverse + (1.0 - taken) * falls) + places * patience
    return excess, slope


@performance_function(
    formula="output_tokens / decoding_share * one_stream * time_per_output_token_at_capacity",
    citation=LITTLE,
    constants={"one_stream": _ONE_STREAM},
    assumes=("the place of a request is counted from its arrival on: the wait for its first token included",),
    increasing=("output_tokens", "time_per_output_token_at_capacity"),
    decreasing=("decoding_share",),
    examples=(
        Example(
            {"output_tokens": 2400.0, "decoding_share": 0.8, "time_per_output_token_at_capacity": 0.1},
            300.0,
            1e-12,
            "by hand: 2400 * 0.1 s and a fifth of the time before them",
        ),
    ),
)
def request_time_at_capacity(
    output_tokens: Annotated[Array, "token/sequence"],
    decoding_share: Annotated[Array, "1"],
    time_per_output_token_at_capacity: Annotated[Array, "s/token"],
    *,
    one_stream: float,
) -> Annotated[Array, "s"]:
    """Seconds that a request takes a place of a full batch."""
    return output_tokens / decoding_share * one_stream * time_per_output_token_at_capacity


@performance_function(
    formula="time_to_first_token_target - prefill_queueing_delay_at_capacity - prefill_time"
    " - time_per_output_token_at_capacity * one_token",
    citation=DEFINITION,
    constants={"one_token": _ONE_TOKEN},
    only_positive=_TOO_LATE,
    assumes=("prompts wait for each other for the mean time; how that varies is left out",),
    increasing=("time_to_first_token_target",),
    decreasing=("prefill_queueing_delay_at_capacity", "prefill_time", "time_per_output_token_at_capacity"),
    examples=(
        Example(
            {
                "time_to_first_token_target": 2.0,
                "prefill_queueing_delay_at_capacity": 0.15,
                "prefill_time": 0.3,
                "time_per_output_token_at_capacity": 0.05,
            },
            1.5,
            1e-12,
            "by hand: 2 s - 150 ms - 300 ms - 50 ms",
        ),
    ),
)
def first_token_slack_at_capacity(
    time_to_first_token_target: Annotated[Array, "s"],
    prefill_queueing_delay_at_capacity: Annotated[Array, "s"],
    prefill_time: Annotated[Array, "s"],
    time_per_output_token_at_capacity: Annotated[Array, "s/token"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of the target for the first token that a request may wait for a place of a full batch."""
    working = prefill_time + time_per_output_token_at_capacity * one_token
    return time_to_first_token_target - prefill_queueing_delay_at_capacity - working


def _takes_time(request_time_at_capacity: Array, **rest: Any) -> Any:
    del rest
    return request_time_at_capacity > 0.0


@performance_function(
    formula="max of request_rate with 1 - C(c, a) * exp(-(c - a) * first_token_slack_at_capacity / T)"
    " >= service_level_target, c = max_concurrent_sequences, a = request_rate * T, T = request_time_at_capacity",
    citation=ERLANG,
    constants={"one_stream": _ONE_STREAM},
    validity=(_LEVEL,),
    feasible=_takes_time,
    infeasible_reason="a request without output takes no place",
    assumes=(_POISSON, _FULL_BATCH, _MEAN_TOKENS),
    increasing=("max_concurrent_sequences", "first_token_slack_at_capacity"),
    decreasing=("request_time_at_capacity", "service_level_target"),
    examples=(
        Example(
            {
                "max_concurrent_sequences": 55.0,
                "request_time_at_capacity": 240.0,
                "first_token_slack_at_capacity": 15.0,
                "service_level_target": 0.8459,
            },
            0.2,
            2e-4,
            "Koole, call centre turned round: 55 agents, 4 minutes a call, 84.59 % within 15 s",
        ),
    ),
)
def request_rate_within_target(
    max_concurrent_sequences: Annotated[Array, "sequence"],
    request_time_at_capacity: Annotated[Array, "s"],
    first_token_slack_at_capacity: Annotated[Array, "s"],
    service_level_target: Annotated[Array, "1"],
    *,
    one_stream: float,
) -> Annotated[Array, "sequence/s"]:
    """Most requests in a second that one copy of the model serves so that enough get their first token in time."""
    patience = first_token_slack_at_capacity / request_time_at_capacity
    share = busiest(max_concurrent_sequences / one_stream, patience, service_level_target)
    return share * max_concurrent_sequences / request_time_at_capacity


@performance_function(
    formula="request_rate_within_target * request_time_at_capacity / max_concurrent_sequences",
    citation=LITTLE,
    increasing=("request_rate_within_target", "request_time_at_capacity"),
    decreasing=("max_concurrent_sequences",),
    examples=(
        Example(
            {
                "request_rate_within_target": 0.2,
                "request_time_at_capacity": 240.0,
                "max_concurrent_sequences": 60.0,
            },
            0.8,
            1e-12,
            "by hand: 48 of 60 places",
        ),
    ),
)
def utilization_within_target(
    request_rate_within_target: Annotated[Array, "sequence/s"],
    request_time_at_capacity: Annotated[Array, "s"],
    max_concurrent_sequences: Annotated[Array, "sequence"],
) -> Annotated[Array, "1"]:
    """Share of the places that are taken at the most requests that are still served in time."""
    return request_rate_within_target * request_time_at_capacity / max_concurrent_sequences


@performance_function(
    formula="cost_per_million_output_tokens / utilization_within_target",
    citation=INFERENCEX_COST,
    assumes=("requests arrive at the same mean rate day and night",),
    increasing=("cost_per_million_output_tokens",),
    decreasing=("utilization_within_target",),
    examples=(
        Example(
            {"cost_per_million_output_tokens": 4e-6, "utilization_within_target": 0.8},
            5e-6,
            1e-12,
            "by hand: 4 USD / 0.8",
        ),
    ),
)
def cost_per_million_output_tokens_within_target(
    cost_per_million_output_tokens: Annotated[Array, "USD/token"],
    utilization_within_target: Annotated[Array, "1"],
) -> Annotated[Array, "USD/token"]:
    """Price of the instance for each output token when it is only as full as the service level allows."""
    return cost_per_million_output_tokens / utilization_within_target
