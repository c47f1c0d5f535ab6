r"""How long a training step takes, put together from its parts, for one sequence on one chip.

A sequence costs every chip of its copy: the products of the matrices and of attention, three times the forward pass and
once more for what is recomputed; the passes over activations in memory; all-reduces of tensor parallelism; all-to-all
exchanges of experts; the idle stages of a pipeline; and what grows with the number of chips.

.. math::

    t_{seq} = \left[\frac{k\,F}{P}\left(\frac{1}{\eta}\right) + \ldots\right]
              \left(1 + \frac{p - 1}{m\,L / p}\right) (1 + \sigma \log_2 n), \qquad k = 3 + r
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import EXPERT_PARALLEL, PIPELINE_PARALLEL, ROOFLINE, TENSOR_PARALLEL
from downstack.performance.declare import Array, Constant, Example, performance_function

_KAPLAN = "Kaplan et al.: Scaling Laws for Neural Language Models, arXiv 2001.08361, 2020, section 2.1"
_BACK = Constant(2.0, "1", f"{_KAPLAN}: the backward pass costs twice the forward pass")
_ONE = Constant(1.0, "1", "the forward pass; a whole")
_CHIP = Constant(1.0, "chip", "the work of one chip")
_PER_WEIGHT = Constant(2.0, "FLOP/token", "a multiply-add for each weight and token")
_ELEMENT = Constant(2.0, "byte/token", "activations in 16 bit")
_ALLREDUCES = Constant(4.0, "1", f"{TENSOR_PARALLEL}: two a layer forward, two backward")
_PHASES = Constant(2.0, "1", "a reduce-scatter and an all-gather")
_EXCHANGES = Constant(4.0, "1", f"{EXPERT_PARALLEL}: dispatch and combine, forward and backward")


@performance_function(
    formula="trained_share * back + one + training_recompute_share",
    citation=_KAPLAN,
    constants={"back": _BACK, "one": _ONE},
    assumes=("an adapter needs no gradients of the frozen weights: half of the backward pass",),
    increasing=("trained_share", "training_recompute_share"),
    examples=(
        Example(
            {"trained_share": 1.0, "training_recompute_share": 1.0},
            4.0,
            1e-12,
            f"{PIPELINE_PARALLEL}: four passes with full recomputation",
        ),
    ),
    registry=CALIBRATED,
)
def training_passes(
    trained_share: Annotated[Array, "1"],
    training_recompute_share: Annotated[Array, "1"],
    *,
    back: float,
    one: float,
) -> Annotated[Array, "1"]:
    """Times that the arithmetic of the forward pass is done: forward, backward, and again for what was not kept."""
    return trained_share * back + one + training_recompute_share


@performance_function(
    formula="prefill_flops - per_weight * matmul_parameters * input_tokens",
    citation=_KAPLAN,
    constants={"per_weight": _PER_WEIGHT},
    increasing=("prefill_flops",),
    decreasing=("matmul_parameters", "input_tokens"),
    examples=(
        Example({"prefill_flops": 1.5e14, "matmul_parameters": 7e10, "input_tokens": 1000.0}, 1e13, 1e-12, "by hand"),
    ),
    registry=CALIBRATED,
)
def causal_attention_flops(
    prefill_flops: Annotated[Array, "FLOP/sequence"],
    matmul_parameters: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    *,
    per_weight: float,
) -> Annotated[Array, "FLOP/sequence"]:
    """Arithmetic of attention over one sequence forward: what is left beside the products with weights."""
    return prefill_flops - per_weight * matmul_parameters * input_tokens


@performance_function(
    formula="training_passes * (per_weight * matmul_parameters * input_tokens / (peak_flops_at_weight_precision *"
    " fitted_training_compute_share) + causal_attention_flops / (peak_flops_bf16_dense * fitted_training_compute_share"
    " * training_attention_share))",
    citation=f"{_KAPLAN}; {ROOFLINE}",
    constants={"per_weight": _PER_WEIGHT, "one_chip": _CHIP},
    assumes=("attention is multiplied in 16 bit and skips what lies beyond the causal half",),
    increasing=("training_passes", "matmul_parameters", "input_tokens", "causal_attention_flops"),
    decreasing=(
        "peak_flops_at_weight_precision",
        "peak_flops_bf16_dense",
        "fitted_training_compute_share",
        "training_attention_share",
    ),
    examples=(
        Example(
            {
                "training_passes": 3.0,
                "matmul_parameters": 7e10,
                "input_tokens": 1000.0,
                "causal_attention_flops": 1e13,
                "peak_flops_at_weight_precision": 2e15,
                "peak_flops_bf16_dense": 1e15,
                "fitted_training_compute_share": 0.5,
                "training_attention_share": 0.5,
            },
            3.0 * (1.4e14 / 1e15 + 1e13 / 2.5e14),
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def training_compute_time(
    training_passes: Annotated[Array, "1"],
    matmul_parameters: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    causal_attention_flops: Annotated[Array, "FLOP/sequence"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
    fitted_training_compute_share: Annotated[Array, "1"],
    training_attention_share: Annotated[Array, "1"],
    *,
    per_weight: float,
    one_chip: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds of multiplying for one sequence, if one chip did it all."""
    matrices = per_weight * matmul_parameters * input_tokens
    dense = matrices / (peak_flops_at_weight_precision * one_chip * fitted_training_compute_share)
    rate = peak_flops_bf16_dense * one_chip * fitted_training_compute_share * training_attention_share
    return training_passes * (dense + causal_attention_flops / rate)


@performance_function(
    formula="training_passes / (back + one) * element * input_tokens * (fitted_layer_passes * num_layers * hidden_size"
    " + fitted_routed_passes * moe_layers * routed_copies * hidden_size) / memory_bandwidth",
    citation=ROOFLINE,
    constants={"back": _BACK, "one": _ONE, "element": _ELEMENT, "one_chip": _CHIP},
    assumes=("normalisation, activation functions, residuals and the copies that go to experts move activations only",),
    increasing=(
        "training_passes",
        "input_tokens",
        "num_layers",
        "hidden_size",
        "moe_layers",
        "routed_copies",
        "fitted_layer_passes",
        "fitted_routed_passes",
    ),
    decreasing=("memory_bandwidth",),
    examples=(
        Example(
            {
                "training_passes": 3.0,
                "input_tokens": 1000.0,
                "num_layers": 10.0,
                "hidden_size": 1000.0,
                "moe_layers": 5.0,
                "routed_copies": 8.0,
                "memory_bandwidth": 1e12,
                "fitted_layer_passes": 100.0,
                "fitted_routed_passes": 50.0,
            },
            2000.0 * (1e6 + 2e6) / 1e12,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def training_activation_time(
    training_passes: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    moe_layers: Annotated[Array, "1"],
    routed_copies: Annotated[Array, "1"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_layer_passes: Annotated[Array, "1"],
    fitted_routed_passes: Annotated[Array, "1"],
    *,
    back: float,
    one: float,
    element: float,
    one_chip: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds of passing over the activations of one sequence in memory, if one chip did it all."""
    vectors = fitted_layer_passes * num_layers + fitted_routed_passes * moe_layers * routed_copies
    moved = training_passes / (back + one) * element * input_tokens * hidden_size * vectors
    return moved / (memory_bandwidth * one_chip)


@performance_function(
    formula="allreduces * phases * num_layers * element * hidden_size * input_tokens * (tensor_parallel - one_chip)"
    " / (scaleup_bandwidth_per_direction * fitted_training_link_share)",
    citation=TENSOR_PARALLEL,
    constants={"allreduces": _ALLREDUCES, "phases": _PHASES, "element": _ELEMENT, "one_chip": _CHIP},
    assumes=("what hides behind the products is in the fitted share, which may lie above one",),
    increasing=("num_layers", "hidden_size", "input_tokens", "tensor_parallel"),
    decreasing=("scaleup_bandwidth_per_direction", "fitted_training_link_share"),
    examples=(
        Example(
            {
                "num_layers": 10.0,
                "hidden_size": 1000.0,
                "input_tokens": 1000.0,
                "tensor_parallel": 8.0,
                "scaleup_bandwidth_per_direction": 4e11,
                "fitted_training_link_share": 2.0,
            },
            8.0 * 10 * 2e6 * 7 / 8e11,
            1e-12,
            "by hand: 2 (n - 1)/n of each message, for the n chips together",
        ),
        Example(
            {
                "num_layers": 10.0,
                "hidden_size": 1000.0,
                "input_tokens": 1000.0,
                "tensor_parallel": 1.0,
                "scaleup_bandwidth_per_direction": 4e11,
                "fitted_training_link_share": 2.0,
            },
            0.0,
            1e-12,
            "by hand: one chip sends nothing",
        ),
    ),
    registry=CALIBRATED,
)
def training_allreduce_time(
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    tensor_parallel: Annotated[Array, "chip"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    fitted_training_link_share: Annotated[Array, "1"],
    *,
    allreduces: float,
    phases: float,
    element: float,
    one_chip: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds of tensor-parallel all-reduces for one sequence, summed over the chips that share it."""
    sent = allreduces * phases * num_layers * element * hidden_size * input_tokens * (tensor_parallel - one_chip)
    time = sent / (scaleup_bandwidth_per_direction * one_chip * fitted_training_link_share) / one_chip
    return np.where(sent > 0.0, time, 0.0)


@performance_function(
    formula="exchanges * element * moe_layers * routed_copies * hidden_size * input_tokens * (near /"
    " (scaleup_bandwidth_per_direction * fitted_training_near_share) + far / (scaleout_bandwidth_per_direction *"
    " fitted_training_far_share))",
    citation=EXPERT_PARALLEL,
    constants={"exchanges": _EXCHANGES, "element": _ELEMENT, "one_chip": _CHIP},
    assumes=("what hides behind the products is in the fitted shares, which may lie above one",),
    increasing=("moe_layers", "routed_copies", "hidden_size", "input_tokens"),
    decreasing=("fitted_training_near_share", "fitted_training_far_share"),
    examples=(
        Example(
            {
                "moe_layers": 10.0,
                "routed_copies": 8.0,
                "hidden_size": 1000.0,
                "input_tokens": 1000.0,
                "near_share": 0.875,
                "exchange_share_beyond_domain": 0.75,
                "scaleup_bandwidth_per_direction": 4e11,
                "scaleout_bandwidth_per_direction": 5e10,
                "fitted_training_near_share": 2.0,
                "fitted_training_far_share": 8.0,
            },
            8.0 * 8e7 * (0.875 / 8e11 + 0.75 / 4e11),
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def training_exchange_time(
    moe_layers: Annotated[Array, "1"],
    routed_copies: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    near_share: Annotated[Array, "1"],
    exchange_share_beyond_domain: Annotated[Array, "1"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    scaleout_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    fitted_training_near_share: Annotated[Array, "1"],
    fitted_training_far_share: Annotated[Array, "1"],
    *,
    exchanges: float,
    element: float,
    one_chip: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds of taking the copies of a sequence's tokens to their experts and back."""
    sent = exchanges * element * moe_layers * routed_copies * hidden_size * input_tokens
    near = sent * near_share / (scaleup_bandwidth_per_direction * one_chip * fitted_training_near_share)
    far = sent * exchange_share_beyond_domain
    far = far / (scaleout_bandwidth_per_direction * one_chip * fitted_training_far_share)
    return np.where(near_share > 0.0, near, 0.0) + np.where(exchange_share_beyond_domain > 0.0, far, 0.0)
