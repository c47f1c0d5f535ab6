r"""How long a training run takes, and what share of its chips' peak it used.

.. math::

    t = 8 N D / (n X) \qquad MFU = 6 N D / (T_{chips} P)
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import PIPELINE_PARALLEL
from downstack.performance.declare import Array, Example, performance_function

_PALM = "Chowdhery et al.: PaLM, arXiv 2204.02311, 2022, appendix B, model FLOPs utilization"
_DAY = 86400.0


@performance_function(
    formula="training_flops_with_recompute / (training_accelerators * achieved_training_flops)",
    citation=f"{PIPELINE_PARALLEL}, equation 4",
    assumes=("the achieved rate counts the recomputed forward pass, and holds for the whole run",),
    increasing=("training_flops_with_recompute",),
    decreasing=("training_accelerators", "achieved_training_flops"),
    examples=(
        Example(
            {
                "training_flops_with_recompute": 8.0 * 175e9 * 300e9,
                "training_accelerators": 1024.0,
                "achieved_training_flops": 140e12,
            },
            34.0 * _DAY,
            0.005,
            "Narayanan et al., section 5.1: GPT-3 on 1024 A100 at 140 TFLOP/s, 34 days",
        ),
        Example(
            {
                "training_flops_with_recompute": 8.0 * 1.008e12 * 450e9,
                "training_accelerators": 3072.0,
                "achieved_training_flops": 163e12,
            },
            84.0 * _DAY,
            0.005,
            "Narayanan et al., section 5.1: a trillion parameters on 3072 A100 at 163 TFLOP/s, 84 days",
        ),
    ),
)
def training_time(
    training_flops_with_recompute: Annotated[Array, "FLOP"],
    training_accelerators: Annotated[Array, "chip"],
    achieved_training_flops: Annotated[Array, "FLOP/s/chip"],
) -> Annotated[Array, "s"]:
    """Seconds of a training run at a rate that its chips achieve."""
    return training_flops_with_recompute / (training_accelerators * achieved_training_flops)


@performance_function(
    formula="training_flops / training_accelerator_time",
    citation=_PALM,
    assumes=("all of the accelerator time went into the counted tokens: no context extension, no failures",),
    increasing=("training_flops",),
    decreasing=("training_accelerator_time",),
    examples=(
        Example(
            {"training_flops": 6.0 * 37e9 * 14.8e12, "training_accelerator_time": 2.664e6 * 3600.0},
            343e12,
            0.002,
            "by hand from the DeepSeek-V3 Technical Report: 37B active, 14.8T tokens, 2.664 M H800 hours",
        ),
    ),
)
def training_flops_per_accelerator(
    training_flops: Annotated[Array, "FLOP"], training_accelerator_time: Annotated[Array, "chip*s"]
) -> Annotated[Array, "FLOP/s/chip"]:
    """Model arithmetic that each chip of the training run did in a second."""
    return training_flops / training_accelerator_time


@performance_function(
    formula="training_flops_per_accelerator / peak_flops_bf16_dense",
    citation=_PALM,
    assumes=(
        "the run used the accelerator that is asked about; over the dense BF16 peak, also where FP8 was multiplied",
    ),
    increasing=("training_flops_per_accelerator",),
    decreasing=("peak_flops_bf16_dense",),
    examples=(
        Example(
            {"training_flops_per_accelerator": 400e12, "peak_flops_bf16_dense": 989e12},
            0.4044,
            1e-3,
            "by hand: Llama-3.1-405B at 400 TFLOP/s on H100; the paper prints 41 % with attention",
        ),
    ),
)
def training_model_flops_utilization(
    training_flops_per_accelerator: Annotated[Array, "FLOP/s/chip"],
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
) -> Annotated[Array, "1"]:
    """Share of the dense BF16 peak that the model arithmetic of a training run used (MFU)."""
    return training_flops_per_accelerator / peak_flops_bf16_dense
