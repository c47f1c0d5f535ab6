r"""How long a prompt waits for other prompts, which are read one at a time.

Each group of accelerators is one server that reads prompts before it goes on decoding; Kingman's formula gives the wait from how
busy it is with prompts and how irregular arrivals and prompts are. It is exact for random arrivals (Pollaczek and Khinchine).

.. math::

    \rho = \lambda\,t_{prefill}\,g / N \qquad W = \frac{c_a^2 + c_s^2}{2}\,\frac{\rho}{1 - \rho}\,t_{prefill}

with groups of `g` of the `N` accelerators of a copy; at capacity requests come as fast as a full batch ends them.
"""

from __future__ import annotations

from typing import Annotated, Any

from downstack.performance.citations import KINGMAN
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_PROMPT = Constant(1.0, "sequence", "a group reads one prompt at a time")
_FLOODED = "prompts come faster than they can be read: the queue grows without end"
_FIRST = "prompts are read before decoding goes on, in the order of arrival"
_ALIKE = "prompts vary as the times that whole requests take"


def _wait(busy: Array, arrivals: Array, service: Array, time: Array) -> Array:
    return (arrivals + service) / 2.0 * busy / (1.0 - busy) * time


def _is_read(
    request_rate: Array,
    prefill_time: Array,
    tensor_parallel: Array,
    accelerators_per_replica: Array,
    one_prompt: float,
    **rest: Any,
) -> Any:
    del rest
    return request_rate / one_prompt * prefill_time * (tensor_parallel / accelerators_per_replica) < 1.0


@performance_function(
    formula="(arrival_variability + service_variability) / 2 * rho / (1 - rho) * prefill_time,"
    " rho = request_rate * prefill_time * tensor_parallel / accelerators_per_replica",
    citation=KINGMAN,
    constants={"one_prompt": _ONE_PROMPT},
    feasible=_is_read,
    infeasible_reason=_FLOODED,
    assumes=(_FIRST, _ALIKE),
    increasing=("request_rate", "prefill_time", "tensor_parallel", "arrival_variability", "service_variability"),
    decreasing=("accelerators_per_replica",),
    examples=(
        Example(
            {
                "request_rate": 2.0,
                "prefill_time": 0.25,
                "tensor_parallel": 8.0,
                "accelerators_per_replica": 8.0,
                "arrival_variability": 1.0,
                "service_variability": 0.0,
            },
            0.125,
            1e-12,
            "Pollaczek and Khinchine, half busy with equal prompts: half of a prompt's time",
        ),
    ),
)
def prefill_queueing_delay(
    request_rate: Annotated[Array, "sequence/s"],
    prefill_time: Annotated[Array, "s"],
    tensor_parallel: Annotated[Array, "chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    arrival_variability: Annotated[Array, "1"],
    service_variability: Annotated[Array, "1"],
    *,
    one_prompt: float,
) -> Annotated[Array, "s"]:
    """Mean seconds that a prompt waits for other prompts at the workload's rate."""
    busy = request_rate / one_prompt * prefill_time * (tensor_parallel / accelerators_per_replica)
    return _wait(busy, arrival_variability, service_variability, prefill_time)


def _is_read_at_capacity(
    max_concurrent_sequences: Array,
    request_time_at_capacity: Array,
    prefill_time: Array,
    tensor_parallel: Array,
    accelerators_per_replica: Array,
    one_prompt: float,
    **rest: Any,
) -> Any:
    del rest
    rate = max_concurrent_sequences / one_prompt / request_time_at_capacity
    return rate * prefill_time * (tensor_parallel / accelerators_per_replica) < 1.0


@performance_function(
    formula="(arrival_variability + service_variability) / 2 * rho / (1 - rho) * prefill_time,"
    " rho = max_concurrent_sequences / request_time_at_capacity * prefill_time"
    " * tensor_parallel / accelerators_per_replica",
    citation=KINGMAN,
    constants={"one_prompt": _ONE_PROMPT},
    feasible=_is_read_at_capacity,
    infeasible_reason=_FLOODED,
    assumes=(_FIRST, _ALIKE, "requests come as fast as a full batch ends them: a careful answer"),
    increasing=("prefill_time", "tensor_parallel", "arrival_variability", "service_variability"),
    decreasing=("request_time_at_capacity", "accelerators_per_replica"),
    examples=(
        Example(
            {
                "max_concurrent_sequences": 100.0,
                "request_time_at_capacity": 50.0,
                "prefill_time": 0.25,
                "tensor_parallel": 8.0,
                "accelerators_per_replica": 8.0,
                "arrival_variability": 1.0,
                "service_variability": 1.0,
            },
            0.25,
            1e-12,
            "by hand: half busy with prompts of random length",
        ),
    ),
)
def prefill_queueing_delay_at_capacity(
    max_concurrent_sequences: Annotated[Array, "sequence"],
    request_time_at_capacity: Annotated[Array, "s"],
    prefill_time: Annotated[Array, "s"],
    tensor_parallel: Annotated[Array, "chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    arrival_variability: Annotated[Array, "1"],
    service_variability: Annotated[Array, "1"],
    *,
    one_prompt: float,
) -> Annotated[Array, "s"]:
    """Mean seconds that a prompt waits for other prompts when the batch is full."""
    rate = max_concurrent_sequences / one_prompt / request_time_at_capacity
    busy = rate * prefill_time * (tensor_parallel / accelerators_per_replica)
    return _wait(busy, arrival_variability, service_variability, prefill_time)
