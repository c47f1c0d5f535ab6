r"""How fast a training job goes, in the measures that are published, and what a whole run takes.

.. math::

    t = \left(t_c + t_a + t_r + t_x\right)\left(1 + \frac{p - 1}{m\,L/p}\right)(1 + \sigma \log_2 n) \qquad
    X = S / t \qquad MFU = X\,(6 N_a + 12 L d_a S) / P
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import DEFINITION, PIPELINE_PARALLEL
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE = Constant(1.0, "1", "a whole; the first stage starts at once")
_CHIP = Constant(1.0, "chip", "the work of one chip")
_PASSES = Constant(3.0, "1", "a pass forward and two backward: recomputed work does not count")
_PALM = "Chowdhery et al.: PaLM, arXiv 2204.02311, 2022, appendix B: 6 N + 12 L H Q T for each token"
_TWICE = Constant(2.0, "1", "the square of pairs is counted in full, twice the causal half")
_PER_WEIGHT = Constant(2.0, "FLOP/token", "a multiply-add for each weight and token")


@performance_function(
    formula="(pipeline_stages - one) * pipeline_stages / (micro_batches * num_layers)",
    citation=f"{PIPELINE_PARALLEL}, sections 2.2.1 and 2.2.2",
    constants={"one": _ONE},
    assumes=("stages are interleaved as finely as the layers allow: one layer a chunk",),
    increasing=("pipeline_stages",),
    decreasing=("micro_batches", "num_layers"),
    examples=(
        Example({"pipeline_stages": 8.0, "micro_batches": 32.0, "num_layers": 96.0}, 7.0 / 32 / 12, 1e-12, "by hand"),
    ),
    registry=CALIBRATED,
)
def interleaved_idle_ratio(
    pipeline_stages: Annotated[Array, "1"],
    micro_batches: Annotated[Array, "1"],
    num_layers: Annotated[Array, "1"],
    *,
    one: float,
) -> Annotated[Array, "1"]:
    """Idle time of a pipeline over the time that it works."""
    return (pipeline_stages - one) * pipeline_stages / (micro_batches * num_layers)


@performance_function(
    formula="(training_compute_time + training_activation_time + training_allreduce_time + training_exchange_time)"
    " * (one + interleaved_idle_ratio) * (one + fitted_scale_loss * log2(accelerators_per_instance / one_chip))",
    citation=PIPELINE_PARALLEL,
    constants={"one": _ONE, "one_chip": _CHIP},
    assumes=(
        "data-parallel exchanges hide behind the backward pass, but for what the loss with scale holds",
        "no failures, no checkpoints, no loading",
    ),
    increasing=(
        "training_compute_time",
        "training_activation_time",
        "training_allreduce_time",
        "training_exchange_time",
        "interleaved_idle_ratio",
        "fitted_scale_loss",
    ),
    examples=(
        Example(
            {
                "training_compute_time": 1.0,
                "training_activation_time": 0.5,
                "training_allreduce_time": 0.3,
                "training_exchange_time": 0.2,
                "interleaved_idle_ratio": 0.1,
                "fitted_scale_loss": 0.01,
                "accelerators_per_instance": 1024.0,
            },
            2.0 * 1.1 * 1.1,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def training_sequence_time(
    training_compute_time: Annotated[Array, "s/sequence"],
    training_activation_time: Annotated[Array, "s/sequence"],
    training_allreduce_time: Annotated[Array, "s/sequence"],
    training_exchange_time: Annotated[Array, "s/sequence"],
    interleaved_idle_ratio: Annotated[Array, "1"],
    fitted_scale_loss: Annotated[Array, "1"],
    accelerators_per_instance: Annotated[Array, "chip"],
    *,
    one: float,
    one_chip: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds that one sequence takes of one chip's time, all its chips' times added up."""
    parts = training_compute_time + training_activation_time + training_allreduce_time + training_exchange_time
    loss = one + fitted_scale_loss * np.log2(accelerators_per_instance / one_chip)
    return parts * (one + interleaved_idle_ratio) * loss


@performance_function(
    formula="input_tokens / (training_sequence_time * one_chip)",
    citation=DEFINITION,
    constants={"one_chip": _CHIP},
    decreasing=("training_sequence_time",),
    examples=(Example({"input_tokens": 4096.0, "training_sequence_time": 4.0}, 1024.0, 1e-12, "by hand"),),
    registry=CALIBRATED,
)
def training_tokens_per_second_per_chip(
    input_tokens: Annotated[Array, "token/sequence"],
    training_sequence_time: Annotated[Array, "s/sequence"],
    *,
    one_chip: float,
) -> Annotated[Array, "token/s/chip"]:
    """Tokens that one chip trains in a second."""
    return input_tokens / (training_sequence_time * one_chip)


@performance_function(
    formula="passes * (per_weight * matmul_parameters * input_tokens + twice * causal_attention_flops)",
    citation=_PALM,
    constants={"passes": _PASSES, "per_weight": _PER_WEIGHT, "twice": _TWICE},
    assumes=("the convention of most published utilizations: the whole square of attention, no recomputation",),
    increasing=("matmul_parameters", "input_tokens", "causal_attention_flops"),
    examples=(
        Example(
            {"matmul_parameters": 1e9, "input_tokens": 1000.0, "causal_attention_flops": 1e11},
            3.0 * 2.2e12,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def counted_training_flops(
    matmul_parameters: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    causal_attention_flops: Annotated[Array, "FLOP/sequence"],
    *,
    passes: float,
    per_weight: float,
    twice: float,
) -> Annotated[Array, "FLOP/sequence"]:
    """Arithmetic of one training sequence as utilizations count it."""
    return passes * (per_weight * matmul_parameters * input_tokens + twice * causal_attention_flops)


@performance_function(
    formula="counted_training_flops / (training_sequence_time * one_chip)",
    citation=_PALM,
    constants={"one_chip": _CHIP},
    increasing=("counted_training_flops",),
    decreasing=("training_sequence_time",),
    examples=(Example({"counted_training_flops": 4e15, "training_sequence_time": 10.0}, 4e14, 1e-12, "by hand"),),
    registry=CALIBRATED,
)
def training_flops_per_second(
    counted_training_flops: Annotated[Array, "FLOP/sequence"],
    training_sequence_time: Annotated[Array, "s/sequence"],
    *,
    one_chip: float,
) -> Annotated[Array, "FLOP/s/chip"]:
    """Arithmetic of the model that one chip does in a second of training."""
    return counted_training_flops / (training_sequence_time * one_chip)


@performance_function(
    formula="training_flops_per_second / peak_flops_at_weight_precision",
    citation=_PALM,
    increasing=("training_flops_per_second",),
    decreasing=("peak_flops_at_weight_precision",),
    examples=(
        Example({"training_flops_per_second": 4e14, "peak_flops_at_weight_precision": 1e15}, 0.4, 1e-12, "by hand"),
    ),
    registry=CALIBRATED,
)
def predicted_model_flops_utilization(
    training_flops_per_second: Annotated[Array, "FLOP/s/chip"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
) -> Annotated[Array, "1"]:
    """Share of the peak of the number format that the model's arithmetic uses (MFU)."""
    return training_flops_per_second / peak_flops_at_weight_precision


@performance_function(
    formula="training_sequence_time * global_batch / accelerators_per_instance",
    citation=DEFINITION,
    increasing=("training_sequence_time", "global_batch"),
    decreasing=("accelerators_per_instance",),
    constants={"one_chip": _CHIP},
    examples=(
        Example(
            {"training_sequence_time": 8.0, "global_batch": 64.0, "accelerators_per_instance": 64.0},
            8.0,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def training_iteration_time(
    training_sequence_time: Annotated[Array, "s/sequence"],
    global_batch: Annotated[Array, "sequence"],
    accelerators_per_instance: Annotated[Array, "chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of one step over the whole batch."""
    return training_sequence_time * global_batch * one_chip / accelerators_per_instance


@performance_function(
    formula="training_tokens_per_second_per_chip * accelerators_per_instance",
    citation=DEFINITION,
    increasing=("training_tokens_per_second_per_chip", "accelerators_per_instance"),
    examples=(
        Example(
            {"training_tokens_per_second_per_chip": 1000.0, "accelerators_per_instance": 64.0},
            64000.0,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def training_tokens_per_second(
    training_tokens_per_second_per_chip: Annotated[Array, "token/s/chip"],
    accelerators_per_instance: Annotated[Array, "chip"],
) -> Annotated[Array, "token/s"]:
    """Tokens that a training job trains in a second."""
    return training_tokens_per_second_per_chip * accelerators_per_instance


@performance_function(
    formula="accelerators_per_instance / (training_sequence_time * one_chip)",
    citation=DEFINITION,
    constants={"one_chip": _CHIP},
    increasing=("accelerators_per_instance",),
    decreasing=("training_sequence_time",),
    examples=(Example({"training_sequence_time": 8.0, "accelerators_per_instance": 64.0}, 8.0, 1e-12, "by hand"),),
    registry=CALIBRATED,
)
def training_sequences_per_second(
    training_sequence_time: Annotated[Array, "s/sequence"],
    accelerators_per_instance: Annotated[Array, "chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "sequence/s"]:
    """Sequences that a training job trains in a second."""
    return accelerators_per_instance / (training_sequence_time * one_chip)
