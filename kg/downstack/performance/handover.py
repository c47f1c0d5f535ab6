r"""How long pipeline stages take to hand activations over.

The last layer of a stage sends the activations of its sequences to the next stage. In a steady decode the sequences stand in
as many groups as there are stages, so no stage waits for another (no bubble); handing over is what the pipeline costs.

.. math::

    t_{hand} = \frac{p - 1}{p\,d} \frac{f\,2\,\mathrm{byte} \cdot h}{\beta}

for each sequence of the batch; `p` stages, `d` data-parallel groups, `h` hidden size, :math:`\beta` the scale-up rate where all
chips of the replica are joined by scale-up links, the rate of the network between servers elsewhere. Latencies of single
messages are left out.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import PIPELINE_PARALLEL
from downstack.performance.declare import Array, Constant, Example, performance_function

_ACTIVATION = Constant(2.0, "byte/sequence", "one activation vector for each sequence in BF16: 16 bit a number")
_ONE_CHIP = Constant(1.0, "chip", "each chip of a stage has a link of its own")
_ONE_STAGE = Constant(1.0, "1", "the last stage hands nothing on")
_UNKNOWN = float("nan")


def _network_is_known(
    pipeline_parallel: Array,
    accelerators_per_replica: Array,
    scaleup_reach: Array,
    scaleout_bandwidth_per_direction: Array,
    one_stage: float,
    **rest: Any,
) -> Any:
    del rest
    inside = (pipeline_parallel <= one_stage) | (accelerators_per_replica <= scaleup_reach)
    return inside | ~np.isnan(scaleout_bandwidth_per_direction)


@performance_function(
    formula="1 / scaleout_bandwidth_per_direction if pipeline_parallel > 1 and accelerators_per_replica > scaleup_reach,"
    " else 0",
    citation=PIPELINE_PARALLEL,
    constants={"one_stage": _ONE_STAGE},
    feasible=_network_is_known,
    infeasible_reason="the rate of the network between the pipeline stages is not known",
    assumes=("stages that do not all lie within scale-up links hand over on the network between servers",),
    optional=("scaleout_bandwidth_per_direction",),
    decreasing=("scaleout_bandwidth_per_direction",),
    examples=(
        Example(
            {
                "stated_layout": 1.0,
                "pipeline_parallel": 2.0,
                "accelerators_per_replica": 16.0,
                "scaleup_reach": 8.0,
                "scaleout_bandwidth_per_direction": 50e9,
            },
            2e-11,
            1e-12,
            "by hand: two servers of eight, 50 GB/s between them",
        ),
        Example(
            {
                "stated_layout": 1.0,
                "pipeline_parallel": 2.0,
                "accelerators_per_replica": 8.0,
                "scaleup_reach": 8.0,
                "scaleout_bandwidth_per_direction": _UNKNOWN,
            },
            0.0,
            1e-12,
            "both stages in one server",
        ),
    ),
)
def stage_network_time_per_byte(
    stated_layout: Annotated[Array, "1"],
    pipeline_parallel: Annotated[Array, "1"],
    accelerators_per_replica: Annotated[Array, "chip"],
    scaleup_reach: Annotated[Array, "chip"],
    scaleout_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    *,
    one_stage: float,
) -> Annotated[Array, "s*chip/byte"]:
    """Seconds in which a chip sends a byte to the next stage over the network between servers; zero where it need not."""
    required = 0.0 * (stated_layout * pipeline_parallel * (accelerators_per_replica / scaleup_reach))
    inside = (pipeline_parallel <= one_stage) | (accelerators_per_replica <= scaleup_reach)
    return np.where(inside | np.isnan(required), required, 1.0 / scaleout_bandwidth_per_direction)


def _link_is_known(
    pipeline_parallel: Array,
    scaleup_bandwidth_per_direction: Array,
    stage_network_time_per_byte: Array,
    one_stage: float,
    **rest: Any,
) -> Any:
    del rest
    return (
        (pipeline_parallel <= one_stage)
        | ~np.isnan(scaleup_bandwidth_per_direction)
        | (stage_network_time_per_byte > 0.0)
    )


@performance_function(
    formula="(pipeline_parallel - 1) * hidden_size * bytes_per_element * time_per_byte * fitted_exchange_factor"
    " / (pipeline_parallel * data_parallel); time_per_byte = stage_network_time_per_byte where it is not zero, else"
    " 1 / scaleup_bandwidth_per_direction; zero with one stage",
    citation=PIPELINE_PARALLEL,
    constants={"bytes_per_element": _ACTIVATION, "one_stage": _ONE_STAGE, "one_chip": _ONE_CHIP},
    feasible=_link_is_known,
    infeasible_reason="the rate of the links between the pipeline stages is not known",
    assumes=(
        "the exchange takes as much longer than at the link rate as all-reduces do",
        "handing over is not hidden behind the work of the stages",
    ),
    optional=("scaleup_bandwidth_per_direction", "stage_network_time_per_byte"),
    increasing=("hidden_size", "fitted_exchange_factor"),
    decreasing=("scaleup_bandwidth_per_direction",),
    examples=(
        Example(
            {
                "hidden_size": 8192.0,
                "pipeline_parallel": 2.0,
                "data_parallel": 1.0,
                "scaleup_bandwidth_per_direction": 450e9,
                "stage_network_time_per_byte": 2e-11,
                "fitted_exchange_factor": 1.25,
            },
            2.048e-7,
            1e-12,
            "by hand: half of the sequences at a time, 16384 byte / (50 GB/s * 0.8) / 2",
        ),
        Example(
            {
                "hidden_size": 8192.0,
                "pipeline_parallel": 2.0,
                "data_parallel": 1.0,
                "scaleup_bandwidth_per_direction": 500e9,
                "stage_network_time_per_byte": _UNKNOWN,
                "fitted_exchange_factor": 1.25,
            },
            2.048e-8,
            1e-12,
            "by hand: both stages in one instance, 16384 byte / (500 GB/s * 0.8) / 2",
        ),
        Example(
            {
                "hidden_size": 8192.0,
                "pipeline_parallel": 1.0,
                "data_parallel": 1.0,
                "scaleup_bandwidth_per_direction": _UNKNOWN,
                "stage_network_time_per_byte": _UNKNOWN,
                "fitted_exchange_factor": 1.25,
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
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    stage_network_time_per_byte: Annotated[Array, "s*chip/byte"],
    fitted_exchange_factor: Annotated[Array, "1"],
    *,
    bytes_per_element: float,
    one_stage: float,
    one_chip: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which each sequence of the batch lengthens a step through handing over between stages."""
    network = stage_network_time_per_byte > 0.0
    per_byte = np.where(network, stage_network_time_per_byte, 1.0 / scaleup_bandwidth_per_direction) / one_chip
    groups = pipeline_parallel * data_parallel
    message = (pipeline_parallel - one_stage) * hidden_size * bytes_per_element
    exchange = message * per_byte * fitted_exchange_factor / groups
    # One stage has no links to know the rate of; the product keeps what else is unknown unknown.
    nothing = 0.0 * message / groups * fitted_exchange_factor
    return np.where(pipeline_parallel <= one_stage, nothing, exchange)
