"""From rows about serving to the quantities of a loaded engine: layout, formats, caches, the batch that runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.evaluation.answers import Setting
from downstack.evaluation.columns import Columns
from downstack.evaluation.kinds.asked import BYTES, Asked, counts, numbers
from downstack.evaluation.kinds.engines import family, is_static, layer_class
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

Flags = npt.NDArray[np.bool_]
CACHE_SHARE, RESERVED = 0.9, 2e9
"""Share of the free memory that engines give to caches (TensorRT-LLM's default), and bytes they keep for themselves."""
PASS = 8192.0
"""Tokens that an engine processes in one pass of prompts: the default of TensorRT-LLM's benchmark and of vLLM on large chips."""
MOST = 2048.0
"""Sequences that an engine runs at most in one attention group: the default of TensorRT-LLM's benchmark."""
PROMPT, ANSWER = 256.0, 256.0
"""Lengths assumed when the source gives none; the answer then says so."""
DOMAIN = 8.0
WHOLE = ("e2e_batch_latency", "e2e_latency")
"""Metrics of a batch from its prompts to its last tokens."""
_WEIGHT_ONLY = ("mxfp4", "uint4")
_NATIVE_MIXED = frozenset(("gpt-oss-120b", "gpt-oss-20b"))
"""Models that are published with narrow experts and wide attention: a narrow format of the row is that of the experts."""


@dataclass(frozen=True, slots=True)
class Load:
    """The quantities of rows about serving."""

    columns: Columns
    capacity: Array
    """Sequences that fit, of one replica."""
    resident: Array
    known: Flags
    """Whether the row gives the lengths of prompt and answer."""
    static: Flags


def layout(rows: Sequence[Row]) -> tuple[Array, Array]:
    """Return the tensor-parallel chips and the replicas of each row, as the source gives them."""
    chips, split = counts(rows, "n_chips", 1.0), counts(rows, "tensor_parallel")
    stages = counts(rows, "pipeline_parallel", 1.0)
    spread = (counts(rows, "expert_parallel", 1.0) > 1.0) | (stages > 1.0)
    group = np.where(np.isnan(split), np.minimum(chips, DOMAIN), np.minimum(split, chips))
    given = ~np.isnan(split) | np.isnan(counts(rows, "batch_or_concurrency"))
    replicas = np.where(spread | ~given, 1.0, np.maximum(1.0, np.floor(chips / group)))
    return group, replicas


class Loader:
    """Arranges rows as quantities, once for each layout that is looked at."""

    def __init__(self, rows: Sequence[Row], setting: Setting) -> None:
        self.asked = Asked(rows, setting)
        self._rows = rows
        facts = self.asked.facts
        self.mixture = facts.has_class("MixtureOfExpertsModel")
        self.latent = facts.has_class("LatentAttentionModel")
        self.static = numbers([is_static(row) for row in rows]) > 0
        self._whole = numbers([row.metric in WHOLE for row in rows]) > 0
        self.families = [family(row.engine) for row in rows]
        self.known = ~np.isnan(counts(rows, "isl")) & ~np.isnan(counts(rows, "osl"))
        self._given = self._formats() | self._shape() | self._fitted()

    def _formats(self) -> dict[str, Array]:
        facts, rows = self.asked.facts, self._rows
        width = numbers([BYTES.get(row.precision_weights, np.nan) for row in rows])
        mixed = numbers([slug in _NATIVE_MIXED for slug in self.asked.models]) > 0
        mixed |= numbers([row.precision_weights == "mxfp4" for row in rows]) > 0
        own, expert = facts["bytes_per_parameter"], facts["bytes_per_expert_parameter"]
        dense = np.where(np.isnan(width) | mixed, own, width)
        routed = np.where(np.isnan(width) | mixed, expert, width)
        routed = np.where(self.mixture & ~np.isnan(routed), routed, dense)
        only = mixed | (numbers([row.precision_weights in _WEIGHT_ONLY for row in rows]) > 0)
        native = np.isfinite(facts["peak_flops_fp4_dense"])
        # Weights alone in a narrow format are widened before they multiply: to FP8 where the chip has FP4, else to BF16.
        multiplied = np.where(only & (routed < 1.0), np.where(native, 1.0, 2.0), routed)
        return {
            "bytes_per_parameter": dense,
            "bytes_per_expert_parameter": routed,
            "peak_flops_at_weight_precision": self.asked.peak(dense),
            "peak_flops_at_expert_precision": self.asked.peak(multiplied),
        }

    def _shape(self) -> dict[str, Array]:
        facts, rows = self.asked.facts, self._rows
        prompt, answer = counts(rows, "isl", PROMPT), counts(rows, "osl", ANSWER)

        return {
            "input_tokens": prompt,
            "output_tokens": answer,
            "prefix_cache_hit_rate": np.zeros(len(rows)),
            "dense_layers": np.where(self.mixture, np.nan_to_num(facts["dense_layers"], nan=0.0), np.nan),
            "cache_share": np.full(len(rows), CACHE_SHARE),
            "reserved_memory": np.full(len(rows), RESERVED),
        }

    def _fitted(self) -> dict[str, Array]:
        constants = self.asked.setting.constants
        rows = len(self._rows)
        held = {name: np.full(rows, constants.get(("serving", name), np.nan)) for name in ONE_FOR_ALL}
        usual = constants.get(("serving", "fitted_layer_time"), np.nan)
        generations = [layer_class(row.engine) for row in self._rows]
        held["fitted_layer_time"] = numbers(
            [constants.get((name, "fitted_generation_layer_time"), usual) for name in generations]
        )
        # An engine that no row shows differs from the others by nothing that is known.
        for name, elsewhere in BY_ENGINE.items():
            held[name] = numbers(
                [
                    constants.get((engine, name), constants.get((f"serving-{engine}", elsewhere), np.nan))
                    for engine in self.families
                ]
            )
        return held

    def load(self, group: Array, replicas: Array) -> Load:
        """Return the quantities of the rows in a layout: tensor-parallel chips, replicas of the engine."""
        rows, asked = self._rows, self.asked
        chips = counts(rows, "n_chips", 1.0) / replicas
        group = np.minimum(group, chips)
        held = np.minimum(group * counts(rows, "pipeline_parallel", 1.0), chips)
        groups = np.maximum(chips / held, 1.0)
        given = {
            **self._given,
            "accelerators_per_replica": chips,
            "tensor_parallel": group,
            "pipeline_parallel": held / group,
            "data_parallel": groups,
            "engine_replicas": replicas,
            # A row does not say what joins its pipeline stages.
            "pipeline_handover_time_per_sequence": np.zeros(len(rows)),
            "expert_parallel": np.minimum(counts(rows, "expert_parallel", 1.0), chips),
            "scaleup_reach": np.full(len(rows), DOMAIN),
        }
        given["routed_weight_bytes"] = np.where(self.mixture, asked.columns(given)["routed_weight_bytes"], 0.0)
        self._caches(given)
        capacity = asked.columns(given)["sequences_that_fit"]
        asked_for = counts(rows, "batch_or_concurrency") / replicas
        fits = np.maximum(capacity, 1.0)
        resident = np.where(np.isnan(asked_for), np.minimum(fits, MOST * groups), np.minimum(asked_for, fits))
        resident = np.where(self.static, asked_for, resident)
        at_once = np.isnan(asked_for) | self.static
        given["tokens_per_pass"] = np.clip(given["input_tokens"], np.where(at_once, PASS, 1.0), PASS)
        given["resident_sequences"] = resident
        given["waiting_sequences"] = np.maximum(np.nan_to_num(asked_for - resident, nan=0.0), 0.0)
        given["concurrent_sequences"] = given["concurrency_by_capacity"] = resident
        # A batch that starts together has nobody who waits for the first token while others decode.
        together = self.static | self._whole
        given["decoding_sequences"] = np.where(together, resident, asked.columns(given)["decoding_sequences"])
        return Load(asked.columns(given), capacity, resident, self.known, self.static)

    def _caches(self, given: dict[str, Array]) -> None:
        """Add the bytes of caches, in the format of the row, and those that are held for a sequence."""
        half = [
            row.precision_kv in ("fp8", "int8")
            or (not row.precision_kv and BYTES.get(row.precision_weights, 2.0) <= 1.0 and name == "tensorrt-llm")
            for row, name in zip(self._rows, self.families, strict=True)
        ]
        scale = np.where(numbers(half) > 0, 0.5, 1.0)
        first = self.asked.columns(given)
        mean, whole = first["mean_kv_cache_bytes_per_sequence"], first["kv_cache_bytes_per_sequence"]
        given["mean_kv_cache_bytes_per_sequence"] = mean * scale
        # Engines that are short of memory give each chip the whole of a latent cache of some sequences, not of all.
        held = np.where(self.latent, 1.0, first["kv_cache_read_replication"])
        given["resident_kv_cache_bytes_per_sequence"] = 0.5 * (mean + whole) * scale * held


BY_ENGINE = {
    "fitted_first_token_factor": "fitted_engine_first_token_factor",
    "fitted_prompt_wait_factor": "fitted_engine_prompt_wait_factor",
    "fitted_burst_factor": "fitted_burst_factor",
    "fitted_engine_sequence_time": "",
}
"""What one engine has beside the constants of all, by how it is called of engines that are no framework of the graph."""
ONE_FOR_ALL = (
    "fitted_dense_read_factor",
    "fitted_narrow_dense_read_factor",
    "fitted_routed_read_factor",
    "fitted_emulated_routed_read_factor",
    "fitted_cache_read_factor",
    "fitted_latent_cache_read_factor",
    "fitted_multiply_factor",
    "fitted_wide_multiply_factor",
    "fitted_sequence_time",
    "fitted_multiply_overlap",
    "fitted_expert_width",
    "fitted_parallel_layer_time",
    "fitted_moe_layer_time",
    "fitted_latent_layer_time",
    "fitted_exchange_factor",
    "fitted_activation_passes",
    "fitted_pass_layer_time",
    "fitted_turnover_steps",
    "fitted_turnover_exponent",
    "fitted_first_token_steps",
    "fitted_first_token_exponent",
    "fitted_prompt_wait",
    "fitted_burst_share",
    "fitted_idle_power_share",
    "fitted_busy_power_share",
    "fitted_batch_power_share",
)
"""Constants that hold for all engines, models and chips."""
