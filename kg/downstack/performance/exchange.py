r"""What chips exchange in a decode step, all together.

.. math::

    t_A = t_{allreduce} + t_{hand} + t_{experts}

for each sequence of the batch: all-reduces between tensor-parallel chips (:mod:`downstack.performance.collective`), hand-over
between stages (:mod:`downstack.performance.handover`), and tokens that travel to their experts
(:mod:`downstack.performance.expert_exchange`).
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import EXPERT_PARALLEL, PIPELINE_PARALLEL, TENSOR_PARALLEL
from downstack.performance.declare import Array, Example, performance_function


@performance_function(
    returns="exchange_time_per_sequence",
    formula="allreduce_time_per_sequence + pipeline_handover_time_per_sequence",
    citation=f"{TENSOR_PARALLEL}; {PIPELINE_PARALLEL}",
    increasing=("allreduce_time_per_sequence", "pipeline_handover_time_per_sequence"),
    examples=(
        Example(
            {"allreduce_time_per_sequence": 1e-5, "pipeline_handover_time_per_sequence": 2e-7},
            1.02e-5,
            1e-12,
            "by hand: 10 us + 0.2 us",
        ),
    ),
    applies_to={"model": "DenseModel"},
)
def exchange_time_per_sequence_dense(
    allreduce_time_per_sequence: Annotated[Array, "s/sequence"],
    pipeline_handover_time_per_sequence: Annotated[Array, "s/sequence"],
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which each sequence of the batch lengthens a step through exchange between chips, dense model."""
    return allreduce_time_per_sequence + pipeline_handover_time_per_sequence


@performance_function(
    returns="exchange_time_per_sequence",
    formula="allreduce_time_per_sequence + pipeline_handover_time_per_sequence + expert_exchange_time_per_sequence",
    citation=f"{TENSOR_PARALLEL}; {PIPELINE_PARALLEL}; {EXPERT_PARALLEL}",
    increasing=(
        "allreduce_time_per_sequence",
        "pipeline_handover_time_per_sequence",
        "expert_exchange_time_per_sequence",
    ),
    examples=(
        Example(
            {
                "allreduce_time_per_sequence": 1e-5,
                "pipeline_handover_time_per_sequence": 2e-7,
                "expert_exchange_time_per_sequence": 6e-6,
            },
            1.62e-5,
            1e-12,
            "by hand: 10 us + 0.2 us + 6 us",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def exchange_time_per_sequence_mixture(
    allreduce_time_per_sequence: Annotated[Array, "s/sequence"],
    pipeline_handover_time_per_sequence: Annotated[Array, "s/sequence"],
    expert_exchange_time_per_sequence: Annotated[Array, "s/sequence"],
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which each sequence of the batch lengthens a step through exchange between chips, with experts."""
    return allreduce_time_per_sequence + pipeline_handover_time_per_sequence + expert_exchange_time_per_sequence
