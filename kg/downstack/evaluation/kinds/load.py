"""From rows about serving to the quantities of a loaded engine: layout, formats, caches, the batch that runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.evaluation.answers import Setting
from downstack.evaluation.columns import Columns
from downstack.evaluation.kinds.asked import BYTES, Asked, counts, numbers
from downstack.evaluation.kinds.engine_constants import constants_of_rows
from downstack.evaluation.kinds.engines import family, is_static
from downstack.evaluation.rows import Row
from downstack.evaluation.runs import settings
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


def layout(rows: Sequence[Row], apart: Flags) -> tuple[Array, Array]:
    """Return the tensor-parallel chips and the replicas of each row, as the source gives them.

    Where attention lies `apart`, each chip has that of its own sequences, while experts lie on all.
    """
    chips, split = counts(rows, "n_chips", 1.0), counts(rows, "tensor_parallel")
    stages = counts(rows, "pipeline_parallel", 1.0)
    spread = (counts(rows, "expert_parallel", 1.0) > 1.0) | (stages > 1.0)
    group = np.where(np.isnan(split), np.minimum(chips, DOMAIN), np.minimum(split, chips))
    given = ~np.isnan(split) | np.isnan(counts(rows, "batch_or_concurrency"))
    replicas = np.where(spread | ~given, 1.0, np.maximum(1.0, np.floor(chips / group)))
    return np.where(apart, 1.0, group), replicas


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
        self._run = settings(rows, self.asked.models, self.asked.chips)
        self.apart: Flags = self._run["attention_apart"] > 0.0
        self._drafts: Array = np.nan_to_num(self._run["draft_tokens"], nan=0.0)
        # Somebody ran the engine, and does not say how.
        told = np.any([np.isfinite(item) for item in self._run.values()], axis=0)
        self._unstated = np.array([bool(row.source) for row in rows]) & ~told
        self._given = self._formats() | self._shape() | constants_of_rows(rows, setting.constants, self._unstated)

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
        # Lengths that are drawn evenly between a share of the longest and all of it.
        mean = 0.5 * (1.0 + np.nan_to_num(self._run["shortest_length_share"], nan=1.0))
        prompt, answer = counts(rows, "isl", PROMPT), counts(rows, "osl", ANSWER)
        return {
            "input_tokens": mean * prompt,
            "output_tokens": mean * answer,
            "tokens_per_step": np.ones(len(rows)),
            **{name: self._run[name] for name in HELD_BACK},
            "prefix_cache_hit_rate": np.zeros(len(rows)),
            "dense_layers": np.where(self.mixture, np.nan_to_num(facts["dense_layers"], nan=0.0), np.nan),
            "cache_share": np.full(len(rows), CACHE_SHARE),
            "reserved_memory": np.full(len(rows), RESERVED),
        }

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
        resident = np.fmin(resident, self._run["most_running"])
        at_once = np.isnan(asked_for) | self.static
        given["tokens_per_pass"] = np.clip(given["input_tokens"], np.where(at_once, PASS, 1.0), PASS)
        given["resident_sequences"] = resident
        given["waiting_sequences"] = np.maximum(np.nan_to_num(asked_for - resident, nan=0.0), 0.0)
        given["concurrent_sequences"] = given["concurrency_by_capacity"] = resident
        # A batch that starts together has nobody who waits for the first token while others decode.
        together = self.static | self._whole
        drafted = bool(self._drafts.any())
        if drafted:
            self._steps_of_several_tokens(given)
        given["decoding_sequences"] = np.where(together, resident, asked.columns(given)["decoding_sequences"])
        if drafted:
            self._draft(given)
        return Load(asked.columns(given), capacity, resident, self.known, self.static)

    def _steps_of_several_tokens(self, given: dict[str, Array]) -> None:
        """Count what an engine does in steps in tokens, where a step gives several."""
        given["draft_tokens"] = self._drafts
        plain = self.asked.columns(given)
        given["tokens_per_step"] = plain["tokens_per_verification"]
        for waits in ("turnover_steps", "steps_to_first_token"):
            given[waits] = plain[waits] * given["tokens_per_step"]

    def _draft(self, given: dict[str, Array]) -> None:
        """Replace the step of rows that draft tokens by what one of its tokens takes of it."""
        drafted = self._drafts > 0.0
        plain = self.asked.columns(given)
        tokens = 1.0 + self._drafts
        # A verification sends every drafted token through the model, and reads the cache of its sequence once.
        verified = plain.with_given(
            {
                "decoding_sequences": plain["decoding_sequences"] * tokens,
                "mean_kv_cache_bytes_per_sequence": plain["mean_kv_cache_bytes_per_sequence"] / tokens,
            }
        )
        step = plain.with_given({"verification_step_time": verified["decode_step_time"]})
        given["decode_step_time"] = np.where(drafted, step["drafted_step_time_per_token"], plain["decode_step_time"])

    def _caches(self, given: dict[str, Array]) -> None:
        """Add the bytes of caches, in the format of the row, and those that are held for a sequence."""
        rows = zip(self._rows, self.families, self._run["cache_bytes"], strict=True)
        half = numbers([_half(row, name, stated) for row, name, stated in rows]) > 0
        scale = np.where(half, 0.5, 1.0)
        first = self.asked.columns(given)
        mean, whole = first["mean_kv_cache_bytes_per_sequence"], first["kv_cache_bytes_per_sequence"]
        given["mean_kv_cache_bytes_per_sequence"] = mean * scale
        # Engines that are short of memory give each chip the whole of a latent cache of some sequences, not of all.
        held = np.where(self.latent, 1.0, first["kv_cache_read_replication"])
        given["resident_kv_cache_bytes_per_sequence"] = 0.5 * (mean + whole) * scale * held


def _half(row: Row, engine: str, stated: float) -> bool:
    """Return whether caches are in 8 bit: as the row says, else as the benchmark says, else as the engine does by itself."""
    if row.precision_kv:
        return row.precision_kv in ("fp8", "int8")
    if np.isfinite(stated):
        return stated == BYTES["fp8"]
    return engine == "tensorrt-llm" and BYTES.get(row.precision_weights, 2.0) <= BYTES["fp8"]


HELD_BACK = ("longest_batching_wait", "awaited_prompt_tokens", "longest_balancing_wait", "receive_interval")
"""Settings by which an engine keeps prompts waiting on purpose."""
