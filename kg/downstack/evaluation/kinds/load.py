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
_WEIGHT_ONLY = ("mxfp4", "uint4")
_NATIVE_MIXED = frozenset(("gpt-oss-120b", "gpt-oss-20b"))
"""Models that are published with narrow experts and wide attention: a narrow format of the row is that of the experts."""


@dataclass(frozen=True, slots=True)
class Load:
    """The quantities of rows about serving."""

    columns: Columns
    """With the batch that is resident."""
    decoding: Columns
    """With the sequences that decode at a time."""
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
        self.wide = dense >= BYTES["bf16"]
        self.narrow = dense < 1.0
        native = np.isfinite(facts["peak_flops_fp4_dense"])
        self.emulated = (routed < 1.0) & ~native
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

        def of_mixture(quantity: str, otherwise: float) -> Array:
            return np.where(self.mixture, facts[quantity], otherwise)

        layers = facts["num_layers"]
        return {
            "input_tokens": prompt,
            "output_tokens": answer,
            "prefix_cache_hit_rate": np.zeros(len(rows)),
            "expert_parameters": of_mixture("expert_parameters", 0.0),
            "routed_experts": of_mixture("routed_experts", 1.0),
            "routing_fraction": of_mixture("routing_fraction", 0.0),
            "expert_intermediate_size": of_mixture("expert_intermediate_size", 1.0),
            "moe_layers": np.where(self.mixture, layers - np.nan_to_num(facts["dense_layers"], nan=0.0), 0.0),
            "latent_layers": np.where(self.latent, layers, 0.0),
            "cache_share": np.full(len(rows), CACHE_SHARE),
            "reserved_memory": np.full(len(rows), RESERVED),
        }

    def _fitted(self) -> dict[str, Array]:
        def keyed(first: str, flags: Flags) -> list[str]:
            return [first if flag else "serving" for flag in flags]

        layers = [layer_class(row.engine) for row in self._rows]
        engines = [f"serving-{name}" for name in self.families]
        keys = {
            "fitted_dense_read_factor": keyed("narrow", self.narrow),
            "fitted_routed_read_factor": keyed("emulated", self.emulated),
            "fitted_cache_read_factor": keyed("latent", self.latent),
            "fitted_multiply_factor": keyed("wide", self.wide),
            "fitted_layer_time": layers,
            "fitted_sequence_time": engines,
            "fitted_first_token_factor": engines,
        }
        for name in ONE_FOR_ALL:
            keys[name] = ["serving"] * len(layers)
        held = {name: self._constant(name, key) for name, key in keys.items()}
        held["fitted_attention_factor"] = self._constant("fitted_multiply_factor", ["wide"] * len(layers))
        return held

    def _constant(self, name: str, keys: Sequence[str]) -> Array:
        constants = self.asked.setting.constants
        # An engine that no row shows differs from the others by nothing that is known.
        usual = constants.get(("serving", name), 1.0 if name in BY_ENGINE else np.nan)
        return numbers([constants.get((key, name), usual) for key in keys])

    def load(self, group: Array, replicas: Array) -> Load:
        """Return the quantities of the rows in a layout: tensor-parallel chips, replicas of the engine."""
        rows, asked = self._rows, self.asked
        chips = counts(rows, "n_chips", 1.0) / replicas
        group = np.minimum(group, chips)
        held = np.minimum(group * counts(rows, "pipeline_parallel", 1.0), chips)
        groups = np.maximum(chips / held, 1.0)
        given = {
            **self._given,
            "accelerators_per_instance": chips,
            "tensor_parallel_chips": group,
            "attention_chips": held,
            "attention_groups": groups,
            "engine_replicas": replicas,
        }
        given["routed_weight_bytes"] = np.where(self.mixture, asked.columns(given)["routed_weight_bytes"], 0.0)
        self._caches(given, group)
        capacity = asked.columns(given)["sequences_that_fit"]
        asked_for = counts(rows, "batch_or_concurrency") / replicas
        fits = np.maximum(capacity, 1.0)
        resident = np.where(np.isnan(asked_for), np.minimum(fits, MOST * groups), np.minimum(asked_for, fits))
        resident = np.where(self.static, asked_for, resident)
        at_once = np.isnan(asked_for) | self.static
        tokens = np.clip(given["input_tokens"], np.where(at_once, PASS, 1.0), PASS)
        given["tokens_per_pass"] = tokens
        given["routed_read_time_of_a_pass"] = self._columns(given, tokens)["routed_read_time"]
        given["resident_sequences"] = resident
        given["waiting_sequences"] = np.maximum(np.nan_to_num(asked_for - resident, nan=0.0), 0.0)
        columns = self._columns(given, resident)
        decode = np.where(self.static, resident, columns["decoding_sequences"])
        return Load(columns, self._columns(given, decode), capacity, resident, self.known, self.static)

    def _caches(self, given: dict[str, Array], group: Array) -> None:
        """Add the bytes of caches: copies where heads do not divide over the chips, and the format of the row."""
        first = self.asked.columns(given)
        heads = np.nan_to_num(self.asked.facts["key_value_heads"], nan=1.0)
        copies = np.where(self.latent, group, np.maximum(1.0, group / heads))
        half = numbers(
            [
                row.precision_kv in ("fp8", "int8")
                or (not row.precision_kv and BYTES.get(row.precision_weights, 2.0) <= 1.0 and name == "tensorrt-llm")
                for row, name in zip(self._rows, self.families, strict=True)
            ]
        )
        scale = np.where(half > 0, 0.5, 1.0)
        mean, whole = first["mean_kv_cache_bytes_per_sequence"], first["kv_cache_bytes_per_sequence"]
        given["mean_kv_cache_bytes_per_sequence"] = mean * scale * copies
        # Engines that are short of memory give each chip the whole of a latent cache of some sequences, not of all.
        held = np.where(self.latent, 1.0, copies)
        given["resident_kv_cache_bytes_per_sequence"] = 0.5 * (mean + whole) * scale * held

    def _columns(self, given: dict[str, Array], sequences: Array) -> Columns:
        """Return the quantities with a number of sequences in a step, and the experts that they use."""
        now = {**given, "concurrent_sequences": sequences}
        used = self.asked.columns(now)["expected_distinct_experts"]
        now["expected_distinct_experts"] = np.where(self.mixture, used, 0.0)
        return self.asked.columns(now)


BY_ENGINE = ("fitted_first_token_factor",)
"""Factors of one engine beside what holds for all: one where nothing is known."""
ONE_FOR_ALL = (
    "fitted_multiply_overlap",
    "fitted_expert_width",
    "fitted_parallel_layer_time",
    "fitted_moe_layer_time",
    "fitted_latent_layer_time",
    "fitted_exchange_factor",
    "fitted_activation_passes",
    "fitted_pass_layer_time",
    "fitted_first_token_steps",
    "fitted_first_token_exponent",
    "fitted_idle_power_share",
    "fitted_busy_power_share",
    "fitted_batch_power_share",
)
"""Constants that hold for all engines, models and chips."""
