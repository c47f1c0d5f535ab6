r"""How many requests are served in time at a given rate.

What the target for the first token leaves after queueing prompts, prompt and step may be spent waiting for a place. The probability
of a longer wait falls exponentially.

.. math::

    P(W \le s) = 1 - C\,e^{-(c - a)\,s / T} \qquad T = a / \lambda

with `c` places, the load `a` that settles at the rate :math:`\lambda` and Erlang's probability of waiting `C`.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import DEFINITION, DISAGGREGATION, ERLANG
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_TOKEN = Constant(1.0, "token", "the first token comes with the first step after the prompt")
_ONE_STREAM = Constant(1.0, "sequence", "a place holds one sequence")
_ALL = Constant(1.0, "1", "all requests")
_POISSON = "arrivals are a Poisson process and places are taken for exponential times"
_MEAN_TOKENS = "the time between tokens is kept on average: the places are no more than the target allows"
_TOO_LATE = "even without a queue the first token comes too late"
_OVERFULL = "the load that settles is larger than memory and target allow: the queue grows without end"


@performance_function(
    formula="time_to_first_token_target - prefill_queueing_delay - prefill_time"
    " - time_per_output_token_at_rate * one_token",
    citation=DEFINITION,
    constants={"one_token": _ONE_TOKEN},
    only_positive=_TOO_LATE,
    assumes=("prompts wait for each other for the mean time; how that varies is left out",),
    increasing=("time_to_first_token_target",),
    decreasing=("prefill_queueing_delay", "prefill_time", "time_per_output_token_at_rate"),
    examples=(
        Example(
            {
                "time_to_first_token_target": 2.0,
                "prefill_queueing_delay": 0.08,
                "prefill_time": 0.3,
                "time_per_output_token_at_rate": 0.02,
            },
            1.6,
            1e-12,
            "by hand: 2 s - 80 ms - 300 ms - 20 ms",
        ),
    ),
)
def first_token_slack(
    time_to_first_token_target: Annotated[Array, "s"],
    prefill_queueing_delay: Annotated[Array, "s"],
    prefill_time: Annotated[Array, "s"],
    time_per_output_token_at_rate: Annotated[Array, "s/token"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of the target for the first token that a request may spend waiting."""
    return (
        time_to_first_token_target - prefill_queueing_delay - prefill_time - time_per_output_token_at_rate * one_token
    )


def _stable(concurrency_at_rate: Array, max_concurrent_sequences: Array, **rest: Any) -> Any:
    del rest
    return concurrency_at_rate < max_concurrent_sequences


@performance_function(
    formula="all_requests - waiting_probability"
    " * exp(-(max_concurrent_sequences - concurrency_at_rate) * first_token_slack * request_rate"
    " / concurrency_at_rate / one_stream)",
    citation=ERLANG,
    constants={"all_requests": _ALL, "one_stream": _ONE_STREAM},
    feasible=_stable,
    infeasible_reason=_OVERFULL,
    assumes=(_POISSON, "requests wait in the order of arrival and do not give up"),
    increasing=("first_token_slack",),
    decreasing=("waiting_probability",),
    examples=(
        Example(
            {
                "waiting_probability": 0.2387,
                "concurrency_at_rate": 48.0,
                "max_concurrent_sequences": 55.0,
                "request_rate": 0.2,
                "first_token_slack": 15.0,
            },
            0.8459,
            1e-4,
            "Koole, call centre: 84.59 % answered within 15 s",
        ),
    ),
)
def share_within_target(
    waiting_probability: Annotated[Array, "1"],
    concurrency_at_rate: Annotated[Array, "sequence"],
    max_concurrent_sequences: Annotated[Array, "sequence"],
    request_rate: Annotated[Array, "sequence/s"],
    first_token_slack: Annotated[Array, "s"],
    *,
    all_requests: float,
    one_stream: float,
) -> Annotated[Array, "1"]:
    """Share of the requests that wait no longer than the target for the first token leaves."""
    free = (max_concurrent_sequences - concurrency_at_rate) / one_stream
    waits = first_token_slack * request_rate / concurrency_at_rate
    return all_requests - waiting_probability * np.exp(-np.maximum(free, 0.0) * waits)


@performance_function(
    formula="request_rate * share_within_target",
    citation=DISAGGREGATION,
    assumes=(_MEAN_TOKENS,),
    increasing=("request_rate", "share_within_target"),
    examples=(Example({"request_rate": 2.0, "share_within_target": 0.95}, 1.9, 1e-12, "by hand: 2 * 0.95"),),
)
def goodput_requests(
    request_rate: Annotated[Array, "sequence/s"],
    share_within_target: Annotated[Array, "1"],
) -> Annotated[Array, "sequence/s"]:
    """Requests in a second that keep both targets."""
    return request_rate * share_within_target


@performance_function(
    formula="goodput_requests * output_tokens",
    citation=DISAGGREGATION,
    increasing=("goodput_requests", "output_tokens"),
    examples=(Example({"goodput_requests": 1.9, "output_tokens": 200.0}, 380.0, 1e-12, "by hand: 1.9 * 200"),),
)
def goodput_tokens(
    goodput_requests: Annotated[Array, "sequence/s"],
    output_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "token/s"]:
    """Output tokens in a second of requests that keep both targets."""
    return goodput_requests * output_tokens
