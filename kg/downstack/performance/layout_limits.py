r"""Which layouts are possible: heads and experts are whole, every stage has a layer and every group a sequence.

.. math::

    H / n \in \mathbb N \qquad E / e \in \mathbb N \qquad L / p \ge 1 \qquad B\,n / N \ge 1

How far scale-up links reach is in :mod:`downstack.performance.scaleup`.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import (
    EXPERT_PARALLEL,
    PIPELINE_PARALLEL,
    TENSOR_PARALLEL,
    VLLM_PARALLEL_CONFIG,
)
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_CHIP = Constant(1.0, "chip", "a head, or an expert, lies on one chip as a whole")
_WHOLE_LAYER = Constant(1.0, "1", "a stage has at least one layer")
_ONE_SEQUENCE = Constant(1.0, "sequence", "a group that has no sequence waits")


def _whole_heads(attention_heads: Array, tensor_parallel: Array, one_chip: float) -> Any:
    return _whole(attention_heads * one_chip / tensor_parallel)


def _whole(number: Array) -> Any:
    return (number >= 1.0) & (np.floor(number) == number)


@performance_function(
    formula="attention_heads / tensor_parallel",
    citation=f"{TENSOR_PARALLEL}; {VLLM_PARALLEL_CONFIG}",
    constants={"one_chip": _ONE_CHIP},
    feasible=_whole_heads,
    infeasible_reason="the attention heads cannot be shared out evenly among the tensor-parallel chips",
    increasing=("attention_heads",),
    decreasing=("tensor_parallel",),
    examples=(Example({"attention_heads": 64.0, "tensor_parallel": 8.0}, 8.0, 1e-12, "Llama-3.1-70B on eight chips"),),
)
def attention_heads_per_accelerator(
    attention_heads: Annotated[Array, "1"], tensor_parallel: Annotated[Array, "chip"], *, one_chip: float
) -> Annotated[Array, "1/chip"]:
    """Attention heads that each tensor-parallel chip computes."""
    del one_chip  # only the feasibility of the layout depends on it
    return attention_heads / tensor_parallel


def _whole_experts(routed_experts: Array, expert_parallel: Array, one_chip: float) -> Any:
    return _whole(routed_experts * one_chip / expert_parallel)


@performance_function(
    formula="routed_experts / expert_parallel",
    citation=EXPERT_PARALLEL,
    constants={"one_chip": _ONE_CHIP},
    feasible=_whole_experts,
    infeasible_reason="the routed experts cannot be shared out evenly among the expert-parallel chips",
    increasing=("routed_experts",),
    decreasing=("expert_parallel",),
    examples=(Example({"routed_experts": 256.0, "expert_parallel": 32.0}, 8.0, 1e-12, "DeepSeek-V3 on 32 chips"),),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def routed_experts_per_accelerator(
    routed_experts: Annotated[Array, "1"], expert_parallel: Annotated[Array, "chip"], *, one_chip: float
) -> Annotated[Array, "1/chip"]:
    """Routed experts of a layer that each expert-parallel chip holds; all of them when experts are split like matrices."""
    del one_chip  # only the feasibility of the layout depends on it
    return routed_experts / expert_parallel


def _a_layer_each(num_layers: Array, pipeline_parallel: Array, whole_layer: float) -> Any:
    return num_layers / pipeline_parallel >= whole_layer


@performance_function(
    formula="num_layers / pipeline_parallel",
    citation=PIPELINE_PARALLEL,
    constants={"whole_layer": _WHOLE_LAYER},
    feasible=_a_layer_each,
    infeasible_reason="there are more pipeline stages than layers",
    assumes=(
        "layers are spread evenly over the stages: where they do not divide, the longest stage is not told apart",
    ),
    increasing=("num_layers",),
    decreasing=("pipeline_parallel",),
    examples=(Example({"num_layers": 80.0, "pipeline_parallel": 4.0}, 20.0, 1e-12, "by hand: 80 / 4"),),
)
def layers_per_stage(
    num_layers: Annotated[Array, "1"], pipeline_parallel: Annotated[Array, "1"], *, whole_layer: float
) -> Annotated[Array, "1"]:
    """Layers of a pipeline stage."""
    del whole_layer  # only the feasibility of the layout depends on it
    return num_layers / pipeline_parallel


def _a_sequence_each(
    concurrent_sequences: Array, tensor_parallel: Array, accelerators_per_replica: Array, one_sequence: float
) -> Any:
    return concurrent_sequences * (tensor_parallel / accelerators_per_replica) >= one_sequence


@performance_function(
    formula="concurrent_sequences * tensor_parallel / accelerators_per_replica",
    citation=PIPELINE_PARALLEL,
    constants={"one_sequence": _ONE_SEQUENCE},
    feasible=_a_sequence_each,
    infeasible_reason="there are fewer sequences than groups of chips that each need one: some would always wait",
    assumes=("the batch is spread evenly over the groups, and the groups of a pipeline are never idle",),
    increasing=("concurrent_sequences", "tensor_parallel"),
    decreasing=("accelerators_per_replica",),
    examples=(
        Example(
            {"concurrent_sequences": 64.0, "tensor_parallel": 8.0, "accelerators_per_replica": 16.0},
            32.0,
            1e-12,
            "by hand: 64 sequences in two groups of eight chips",
        ),
    ),
)
def sequences_per_group(
    concurrent_sequences: Annotated[Array, "sequence"],
    tensor_parallel: Annotated[Array, "chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    *,
    one_sequence: float,
) -> Annotated[Array, "sequence"]:
    """Sequences that each group of tensor-parallel chips works on at a time."""
    del one_sequence  # only the feasibility of the layout depends on it
    return concurrent_sequences * (tensor_parallel / accelerators_per_replica)
