r"""How many sequences a deployment serves at once.

Memory holds so many caches, the latency target allows so large a batch; the tighter of the two decides.

.. math::

    B = \min(B_{capacity}, B_{latency})

The first is in :mod:`downstack.performance.memory`, the second in :mod:`downstack.performance.concurrency_latency`.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from downstack.performance.citations import LITTLE, PAGED_ATTENTION
from downstack.performance.declare import Array, Constant, Example, Regimes, performance_function

_ONE_SEQUENCE = Constant(1.0, "sequence", "less than one sequence at a time is no service")
_AVERAGE = "concurrency is an average and not rounded down to whole sequences"


def _at_least_one(concurrency_by_capacity: Array, concurrency_by_latency: Array, one_sequence: float) -> Any:
    return np.minimum(concurrency_by_capacity, concurrency_by_latency) >= one_sequence


def _tighter(
    concurrency_by_capacity: Array, concurrency_by_latency: Array, one_sequence: float
) -> npt.NDArray[np.int64]:
    del one_sequence
    return np.where(concurrency_by_latency < concurrency_by_capacity, 1, 0)


@performance_function(
    formula="min(concurrency_by_capacity, concurrency_by_latency)",
    citation=f"{PAGED_ATTENTION}; {LITTLE}",
    constants={"one_sequence": _ONE_SEQUENCE},
    regimes=Regimes(("memory capacity", "latency target"), _tighter),
    feasible=_at_least_one,
    infeasible_reason="not one sequence fits, or not one is served in time",
    assumes=(_AVERAGE, "the framework's own limit on the batch is not reached"),
    increasing=("concurrency_by_capacity", "concurrency_by_latency"),
    examples=(
        Example(
            {"concurrency_by_capacity": 290.0, "concurrency_by_latency": 100.0},
            100.0,
            1e-12,
            "by hand: the latency target binds",
        ),
        Example(
            {"concurrency_by_capacity": 60.0, "concurrency_by_latency": 100.0},
            60.0,
            1e-12,
            "by hand: memory capacity binds",
        ),
    ),
)
def max_concurrent_sequences(
    concurrency_by_capacity: Annotated[Array, "sequence"],
    concurrency_by_latency: Annotated[Array, "sequence"],
    *,
    one_sequence: float,
) -> Annotated[Array, "sequence"]:
    """Sequences that one instance serves at once: what its memory holds and the latency target allows."""
    del one_sequence  # only the feasibility of the answer depends on it
    return np.minimum(concurrency_by_capacity, concurrency_by_latency)
