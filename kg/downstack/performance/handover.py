r"""How long pipeline stages take to hand activations over.

The last layer of a stage sends the activations of its sequences to the next stage. In a steady decode the sequences stand in
as many groups as there are stages, so no stage waits for another (no bubble); handing over is what the pipeline costs.

.. math::

    t_{hand} = \frac{p - 1}{p\,d} \frac{2\,\mathrm{byte} \cdot h}{\beta\,\eta}

for each sequence of the batch; `p` stages, `d` data-parallel groups, `h` hidden size, :math:`\beta` the scale-up rate where all
chips of the replica are joined by scale-up links, the rate of the network between servers elsewhere. Latencies of single
messages are left out.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import PIPELINE_PARALLEL
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_ACTIVATION = Constant(2.0, "byte/sequence", "one activation vector for each sequence in BF16: 16 bit a number")
_ONE_CHIP = Constant(1.0, "chip", "each chip of a stage has a link of its own")
_ONE_STAGE = Constant(1.0, "1", "the last stage hands nothing on")
_SHARE = "a share of the link rate"
_SAME_SHARE = "the exchange reaches the same share of the link rate as all-reduces do"
_UNKNOWN = float("nan")


def _link(chips: Array, reach: Array, scaleup: Array, scaleout: Array) -> Array:
    return np.where(chips <= reach, scaleup, scaleout)


def _handover_link_is_known(
    pipeline_parallel: Array,
    accelerators_per_replica: Array,
    scaleup_reach: Array,
    scaleup_bandwidth_per_direction: Array,
    scaleout_bandwidth_per_direction: Array,
    one_stage: float,
    **rest: Any,
) -> Any:
    del rest
    link = _link(
        accelerators_per_replica, scaleup_reach, scaleup_bandwidth_per_direction, scaleout_bandwidth_per_direction
    )
    return (pipeline_parallel <= one_stage) | ~np.isnan(link)


@performance_function(
    formula="(pipeline_parallel - 1) * hidden_size * bytes_per_element / (link * allreduce_bandwidth_efficiency)"
    " / (pipeline_parallel * data_parallel); link = scaleup_bandwidth_per_direction if accelerators_per_replica"
    " <= scaleup_reach else scaleout_bandwidth_per_direction; zero with one stage",
    citation=PIPELINE_PARALLEL,
    constants={"bytes_per_element": _ACTIVATION, "one_stage": _ONE_STAGE, "one_chip": _ONE_CHIP},
    validity=(Validity("allreduce_bandwidth_efficiency", 0.0, 1.0, _SHARE),),
    feasible=_handover_link_is_known,
    infeasible_reason="the rate of the links between the pipeline stages is not known",
    assumes=(
        _SAME_SHARE,
        "stages that do not all lie in one scale-up domain hand over on the network between servers",
        "handing over is not hidden behind the work of the stages",
    ),
    optional=("scaleup_bandwidth_per_direction", "scaleout_bandwidth_per_direction"),
    increasing=("hidden_size",),
    decreasing=(
        "scaleup_bandwidth_per_direction",
        "scaleout_bandwidth_per_direction",
        "allreduce_bandwidth_efficiency",
    ),
    examples=(
        Example(
            {
                "hidden_size": 8192.0,
                "pipeline_parallel": 2.0,
                "data_parallel": 1.0,
                "accelerators_per_replica": 16.0,
                "scaleup_reach": 8.0,
                "scaleup_bandwidth_per_direction": 450e9,
                "scaleout_bandwidth_per_direction": 50e9,
                "allreduce_bandwidth_efficiency": 0.8,
            },
            2.048e-7,
            1e-12,
            "by hand: half of the sequences at a time, 16384 byte / (50 GB/s * 0.8) / 2",
        ),
        Example(
            {
                "hidden_size": 8192.0,
                "pipeline_parallel": 1.0,
                "data_parallel": 1.0,
                "accelerators_per_replica": 8.0,
                "scaleup_reach": 8.0,
                "scaleup_bandwidth_per_direction": _UNKNOWN,
                "scaleout_bandwidth_per_direction": _UNKNOWN,
                "allreduce_bandwidth_efficiency": 0.8,
            },
            0.0,
            1e-12,
            "one stage hands nothing on, whatever its links",
        ),
    ),
)
def pipeline_handover_time_per_sequence(
    hidden_size: Annotated[Array, "1"],
    pipeline_parallel: Annotated[Array, "1"],
    data_parallel: Annotated[Array, "1"],
    accelerators_per_replica: Annotated[Array, "chip"],
    scaleup_reach: Annotated[Array, "chip"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    scaleout_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    allreduce_bandwidth_efficiency: Annotated[Array, "1"],
    *,
    bytes_per_element: float,
    one_stage: float,
    one_chip: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which each sequence of the batch lengthens a step through handing over between stages."""
    link = _link(
        accelerators_per_replica, scaleup_reach, scaleup_bandwidth_per_direction, scaleout_bandwidth_per_direction
    )
    groups = pipeline_parallel * data_parallel
    message = (pipeline_parallel - one_stage) * hidden_size * bytes_per_element
    exchange = message / (link * one_chip * allreduce_bandwidth_efficiency) / groups
    # One stage has no links to know the rate of; the product keeps what else is unknown unknown.
    nothing = 0.0 * message / groups * allreduce_bandwidth_efficiency * (accelerators_per_replica / scaleup_reach)
    return nothing + np.where(pipeline_parallel <= one_stage, nothing, exchange)
