r"""How fast a model is trained: the share of the peak that real runs reach.

.. math::

    X = \frac{MFU\,P}{6\,N_a + 6\,L\,d\,S}

tokens in a second and chip, `N_a` parameters that multiply for one token, and causal attention over a sequence of `S`.
"""

from __future__ import annotations

from typing import Annotated

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_BACK = Constant(3.0, "1", "one pass forward and two backward")
_SEQUENCE = Constant(1.0, "sequence", "each training sequence stands for itself")
_CHIP = Constant(1.0, "chip", "the rate of one chip")


@performance_function(
    formula="fitted_model_flops_utilization * peak_flops_at_weight_precision * input_tokens / (passes * prefill_flops)",
    citation=SCALING_BOOK,
    constants={"passes": _BACK, "one_sequence": _SEQUENCE},
    assumes=(
        "one share of the peak for all models, chips and parallelisms of a number format",
        "attention is counted causally",
    ),
    increasing=("fitted_model_flops_utilization", "peak_flops_at_weight_precision"),
    decreasing=("prefill_flops",),
    examples=(
        Example(
            {
                "fitted_model_flops_utilization": 0.4,
                "peak_flops_at_weight_precision": 1e15,
                "input_tokens": 1000.0,
                "prefill_flops": 1.4e14,
            },
            0.4 * 1e15 * 1000 / 4.2e14,
            1e-12,
            "by hand: 70B, 2 FLOP a parameter and token forward",
        ),
    ),
    registry=CALIBRATED,
)
def training_tokens_per_second_per_chip(
    fitted_model_flops_utilization: Annotated[Array, "1"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    input_tokens: Annotated[Array, "token/sequence"],
    prefill_flops: Annotated[Array, "FLOP/sequence"],
    *,
    passes: float,
    one_sequence: float,
) -> Annotated[Array, "token/s/chip"]:
    """Tokens that one chip trains in a second."""
    each = passes * prefill_flops * one_sequence / (input_tokens * one_sequence)
    return fitted_model_flops_utilization * peak_flops_at_weight_precision / each


@performance_function(
    formula="fitted_model_flops_utilization * peak_flops_at_weight_precision * one_chip",
    citation=SCALING_BOOK,
    constants={"one_chip": _CHIP},
    increasing=("fitted_model_flops_utilization", "peak_flops_at_weight_precision"),
    examples=(
        Example(
            {"fitted_model_flops_utilization": 0.4, "peak_flops_at_weight_precision": 1e15}, 4e14, 1e-12, "by hand"
        ),
    ),
    registry=CALIBRATED,
)
def training_flops_per_second(
    fitted_model_flops_utilization: Annotated[Array, "1"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "FLOP/s"]:
    """Arithmetic of the model that one chip does in a second of training."""
    return fitted_model_flops_utilization * peak_flops_at_weight_precision * one_chip
