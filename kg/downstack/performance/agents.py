r"""How many agent sessions an instance holds when agents pause between turns.

An agent that runs a tool or waits for its user keeps its cache in memory but asks for no tokens. Memory therefore binds
on all sessions, the latency target only on those that are in a turn.

.. math::

    N = \min\left(B_{capacity},\; B_{latency}\,\frac{t_{turn} + t_{pause}}{t_{turn}}\right) \qquad
    t_{turn} = t_{prefill} + S_{out}\,\tau
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from downstack.performance.citations import LITTLE, PAGED_ATTENTION
from downstack.performance.declare import Array, Constant, Example, Regimes, performance_function

_OWN = Constant(1.0, "sequence", "a turn produces the output of one sequence")
_ONE_SESSION = Constant(1.0, "sequence", "less than one session is no service")


@performance_function(
    formula="prefill_time + output_tokens * own_sequence * time_per_output_token_target",
    citation=LITTLE,
    constants={"own_sequence": _OWN},
    assumes=(
        "tokens come just at the target while a session is in its turn",
        "every turn prefills the part of the workload's input that its prefix cache hit rate leaves",
    ),
    increasing=("prefill_time", "output_tokens", "time_per_output_token_target"),
    examples=(
        Example(
            {"prefill_time": 0.5, "output_tokens": 300.0, "time_per_output_token_target": 0.05},
            15.5,
            1e-12,
            "by hand: 0.5 s + 300 * 50 ms",
        ),
    ),
)
def turn_time(
    prefill_time: Annotated[Array, "s"],
    output_tokens: Annotated[Array, "token/sequence"],
    time_per_output_token_target: Annotated[Array, "s/token"],
    *,
    own_sequence: float,
) -> Annotated[Array, "s"]:
    """Seconds of one turn of an agent, from its request to the last token, at the target."""
    return prefill_time + output_tokens * own_sequence * time_per_output_token_target


def _sessions_by_latency(concurrency_by_latency: Array, turn_time: Array, inter_turn_delay: Array) -> Array:
    return concurrency_by_latency * (turn_time + inter_turn_delay) / turn_time


def _at_least_one(
    concurrency_by_capacity: Array,
    concurrency_by_latency: Array,
    turn_time: Array,
    inter_turn_delay: Array,
    one_session: float,
) -> Any:
    by_latency = _sessions_by_latency(concurrency_by_latency, turn_time, inter_turn_delay)
    return np.minimum(concurrency_by_capacity, by_latency) >= one_session


def _tighter(
    concurrency_by_capacity: Array,
    concurrency_by_latency: Array,
    turn_time: Array,
    inter_turn_delay: Array,
    one_session: float,
) -> npt.NDArray[np.int64]:
    del one_session
    by_latency = _sessions_by_latency(concurrency_by_latency, turn_time, inter_turn_delay)
    return np.where(by_latency < concurrency_by_capacity, 1, 0)


@performance_function(
    formula="min(concurrency_by_capacity, concurrency_by_latency * (turn_time + inter_turn_delay) / turn_time)",
    citation=f"{LITTLE}; {PAGED_ATTENTION}",
    constants={"one_session": _ONE_SESSION},
    regimes=Regimes(("memory capacity", "latency target"), _tighter),
    feasible=_at_least_one,
    infeasible_reason="not one session fits, or not one is served in time",
    assumes=(
        "the cache of a pausing session stays in the memory of the accelerators",
        "sessions pause independently; their number is an average and not rounded down",
        "every session holds the workload's full context",
    ),
    increasing=("concurrency_by_capacity", "concurrency_by_latency", "inter_turn_delay"),
    decreasing=("turn_time",),
    examples=(
        Example(
            {
                "concurrency_by_capacity": 290.0,
                "concurrency_by_latency": 100.0,
                "turn_time": 15.5,
                "inter_turn_delay": 7.75,
            },
            150.0,
            1e-12,
            "by hand: two thirds of the sessions are in a turn, 100 / (2/3)",
        ),
        Example(
            {
                "concurrency_by_capacity": 120.0,
                "concurrency_by_latency": 100.0,
                "turn_time": 15.5,
                "inter_turn_delay": 7.75,
            },
            120.0,
            1e-12,
            "by hand: memory capacity binds",
        ),
    ),
)
def agent_sessions(
    concurrency_by_capacity: Annotated[Array, "sequence"],
    concurrency_by_latency: Annotated[Array, "sequence"],
    turn_time: Annotated[Array, "s"],
    inter_turn_delay: Annotated[Array, "s"],
    *,
    one_session: float,
) -> Annotated[Array, "sequence"]:
    """Agent sessions that one instance holds, those in a turn and those that pause."""
    del one_session  # only the feasibility of the answer depends on it
    by_latency = _sessions_by_latency(concurrency_by_latency, turn_time, inter_turn_delay)
    return np.minimum(concurrency_by_capacity, by_latency)
