"""Training: utilization, tokens in a second, time of a step, put together from the parts of the step."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.columns import Columns
from downstack.evaluation.kinds.asked import Asked, answered, counts, numbers, widths
from downstack.evaluation.kinds.attention import kernel_share
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

METRICS = {
    "mfu": ("predicted_model_flops_utilization", 0.01),
    "model_tflops_per_chip": ("training_flops_per_second", 1e12),
    "training_tokens_per_s_per_chip": ("training_tokens_per_second_per_chip", 1.0),
    "training_tokens_per_s_total": ("training_tokens_per_second", 1.0),
    "training_sequences_per_s_total": ("training_sequences_per_second", 1.0),
    "iteration_time": ("training_iteration_time", 1.0),
}
"""Metric to the function that answers it, and the base units in one unit of the metric."""
_ADAPTER = re.compile(r"[-_ ]?\bLoRA\b", re.IGNORECASE)
_ALL_AGAIN = re.compile(r"full (?:activation )?recompute", re.IGNORECASE)
_CORES = re.compile(r"Neuron", re.IGNORECASE)
_STATES, _FROZEN = 16.0, 2.0
"""Bytes for each parameter with Adam in mixed precision, and of a frozen weight in BF16."""
_LENGTH, _LONGEST = 2048.0, 8192.0
"""Tokens of a training sequence when the source gives none: the default of MaxText, and what long-context models start with."""
_ASPECT = 128.0
"""Width over layers of a transformer of which only the parameters are known."""
_SQUARES, _PLAIN = 4.0, 4.0
"""Matrices of attention over the square of the width; and the feed-forward part of plain (not gated) layers over the width."""
_DENSE_WEIGHTS = 12.0
"""Weights of a layer over the square of its width."""


def is_training(row: Row) -> bool:
    """Return whether the row is about the speed of training."""
    return row.kind in ("training_mfu", "training_throughput") and row.metric in METRICS


def model_name(row: Row) -> str:
    """Return the name of the model of a row without the method that adapts it."""
    return _ADAPTER.sub("", row.model).strip()


def lengths(asked: Asked) -> Array:
    """Return the tokens of a training sequence: as given, else what the model's context allows up to a usual length."""
    context = asked.facts["max_position_embeddings"]
    usual = np.where(np.isnan(context), _LENGTH, np.minimum(context, _LONGEST))
    jax = numbers([row.engine.startswith("MaxText") for row in asked.rows]) > 0
    given = counts(asked.rows, "isl")
    return np.where(np.isnan(given), np.where(jax, _LENGTH, usual), given)


def _weights(facts: Columns) -> Array:
    """Return the weights that multiply for one token: computed, else published, else estimated from the layers."""
    single = np.isnan(facts["routed_experts"]) & np.isnan(facts["experts_per_token"])
    width, inner = facts["hidden_size"], facts["intermediate_size"]
    matrices = np.where(inner == _PLAIN * width, 2.0, 3.0)
    layers = facts["num_layers"] * width * (_SQUARES * width + matrices * inner)
    published = facts["published_active_parameters"]
    published = np.where(np.isnan(published) & single, facts["published_total_parameters"], published)
    found = facts["matmul_parameters"]
    found = np.where(np.isnan(found), published, found)
    return np.where(np.isnan(found) & single, layers, found)


def step(asked: Asked, length: Array) -> tuple[Columns, npt.NDArray[np.bool_]]:
    """Return the quantities of a training step of each row, and which rows rest on a shape that is not all known."""
    rows, facts = asked.rows, asked.facts
    chips, batch = counts(rows, "n_chips", 1.0), counts(rows, "batch_or_concurrency")
    split, stages = counts(rows, "tensor_parallel", 1.0), counts(rows, "pipeline_parallel", 1.0)
    cores = numbers([_CORES.search(row.engine) is not None for row in rows]) > 0
    split = np.where(cores, np.maximum(split / np.nan_to_num(facts["core_count"], nan=2.0), 1.0), split)
    experts = np.minimum(counts(rows, "expert_parallel", 1.0), chips)
    domain = facts["scaleup_domain_size"]
    domain = np.where(np.isnan(domain), np.maximum(experts, 1.0), domain)
    adapter = numbers([_ADAPTER.search(row.model) is not None for row in rows]) > 0
    width = widths(rows)

    weights = _weights(facts)
    every = facts["total_parameters"]
    every = np.where(np.isnan(every), facts["published_total_parameters"], every)
    every = np.where(np.isnan(every), weights, every)
    unknown = np.isnan(facts["num_layers"]) | np.isnan(facts["hidden_size"])
    guessed = unknown | np.isnan(facts["matmul_parameters"])
    usual = np.cbrt(weights * _ASPECT / _DENSE_WEIGHTS)
    routed = facts.has_class("MixtureOfExpertsModel")
    copies = np.where(routed | ~np.isnan(facts["experts_per_token"]), facts["experts_per_token"], 0.0)
    layers = np.where(unknown, usual / _ASPECT, facts["num_layers"])
    hidden = np.where(unknown, usual, facts["hidden_size"])
    layers_routed = np.where(copies > 0.0, layers - np.nan_to_num(facts["dense_layers"], nan=0.0), 0.0)
    given = {
        "input_tokens": length,
        "prefix_cache_hit_rate": np.zeros(len(rows)),
        "matmul_parameters": weights,
        "total_parameters": every,
        "num_layers": layers,
        "hidden_size": hidden,
        "moe_layers": layers_routed,
        "routed_copies": np.nan_to_num(copies, nan=0.0),
        "accelerators_per_instance": chips,
        "tensor_parallel": split,
        "pipeline_stages": stages,
        "global_batch": batch,
        "micro_batches": np.fmax(batch * split * stages / chips, stages),
        "trained_share": np.where(adapter, 0.5, 1.0),
        "training_state_bytes_per_parameter": np.where(adapter, _FROZEN, _STATES),
        "kept_tokens": np.where(np.isnan(batch), length, np.minimum(length, length * batch * split * stages / chips)),
        "expert_parallel_chips": experts,
        "scaleup_domain_size": domain,
        "near_share": np.where(copies > 0.0, 1.0 - 1.0 / np.minimum(experts, domain), 0.0),
        "peak_flops_at_weight_precision": asked.peak(width),
        "fitted_training_compute_share": asked.constant("fitted_training_compute_share", asked.chip_classes),
        "training_attention_share": asked.constant("fitted_training_attention_share") * kernel_share(asked),
    }
    makers = ["google" if name == "google" else "all" for name in asked.chip_classes]
    given["fitted_routed_passes"] = asked.constant("fitted_routed_passes", makers)
    given |= {
        name: asked.constant(name)
        for name in (
            "fitted_kept_share", "fitted_layer_passes", "fitted_training_link_share",
            "fitted_training_near_share", "fitted_training_far_share", "fitted_scale_loss",
        )
    }  # fmt: skip
    first = asked.columns(given)
    per_weight = 2.0 * weights * length
    given["prefill_flops"] = np.where(np.isnan(first["prefill_flops"]), per_weight, first["prefill_flops"])
    kept = first["training_activation_bytes_per_token"]
    given["training_activation_bytes_per_token"] = np.where(np.isnan(kept), 34.0 * layers * hidden, kept)
    beyond = first["exchange_share_beyond_domain"]
    given["exchange_share_beyond_domain"] = np.where(copies > 0.0, beyond, 0.0)
    again = numbers([_ALL_AGAIN.search(row.engine) is not None for row in rows]) > 0
    given["training_recompute_share"] = np.where(again, 1.0, asked.columns(given)["training_recompute_share"])
    return asked.columns(given), guessed


class Training:
    """Speed of training jobs."""

    name = "training"
    stages = (
        Stage(
            "training",
            (
                ("nvidia-16", "fitted_training_compute_share"),
                ("nvidia-8", "fitted_training_compute_share"),
                ("nvidia-4", "fitted_training_compute_share"),
                ("google", "fitted_training_compute_share"),
                ("intel", "fitted_training_compute_share"),
                ("aws", "fitted_training_compute_share"),
                ("all", "fitted_training_compute_share"),
                ("all", "fitted_training_attention_share"),
                ("all", "fitted_layer_passes"),
                ("all", "fitted_routed_passes"),
                ("google", "fitted_routed_passes"),
                ("all", "fitted_training_link_share"),
                ("all", "fitted_training_near_share"),
                ("all", "fitted_training_far_share"),
                ("all", "fitted_scale_loss"),
                ("all", "fitted_kept_share"),
            ),
            (*[0.55] * 7, 0.8, 200.0, 50.0, 200.0, 2.0, 3.0, 3.0, 0.005, 0.45),
            is_training,
            (*[0.5] * 7, 0.4, *[1.0] * 7, 0.5),
        ),
    )

    def claims(self, row: Row) -> bool:
        """Return whether the row is about the speed of training."""
        return is_training(row)

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict each training speed."""
        asked = Asked(rows, setting, [model_name(row) for row in rows])
        columns, guessed = step(asked, lengths(asked))
        found = []
        for place, row in enumerate(rows):
            function, unit = METRICS[row.metric]
            value = columns[function][place] / unit
            status, reason = "OK", ""
            if guessed[place]:
                status = "EXTRAPOLATED"
                reason = "layers, width or matrices of the model are not all known: taken as usual for what is known"
            elif np.isnan(row.isl):
                status = "EXTRAPOLATED"
                reason = f"the length of the sequences is not given and taken as {columns['input_tokens'][place]:g}"
            lacking = "batch or chips, facts of the model, or rates of the chip and its links"
            found.append(asked.refused(place, True) or answered(value, function, lacking, status, reason))
        return found
