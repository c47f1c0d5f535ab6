"""Serving: time to first token, time per output token, tokens in a second, energy of a token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from downstack.evaluation.answers import WIDE, Answer, Key, Setting, Stage
from downstack.evaluation.kinds.asked import answered, counts, numbers
from downstack.evaluation.kinds.engines import may_own_attention
from downstack.evaluation.kinds.load import DOMAIN, PROMPT, Flags, Load, Loader, layout
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

TPOT, TTFT, THROUGHPUT = "time_per_output_token", "queued_time_to_first_token", "engine_throughput"
METRICS: dict[str, tuple[str, float]] = {
    "tpot": (TPOT, 1e-3),
    "time_per_output_token": (TPOT, 1e-3),
    "time_per_output_token_median": (TPOT, 1e-3),
    "inter_token_latency_median": (TPOT, 1e-3),
    "output_tokens_per_s_per_user": (TPOT, 1.0),
    "ttft": (TTFT, 1e-3),
    "time_to_first_token": (TTFT, 1e-3),
    "time_to_first_token_median": (TTFT, 1e-3),
    "output_throughput_total": (THROUGHPUT, 1.0),
    "output_throughput_per_chip": (THROUGHPUT, 1.0),
    "total_throughput_per_chip": (THROUGHPUT, 1.0),
    "total_throughput_total": (THROUGHPUT, 1.0),
    "peak_throughput_total": (THROUGHPUT, 1.0),
    "e2e_batch_latency": ("batch_latency", 1e-3),
    "e2e_latency": ("batch_latency", 1.0),
    "gpu_energy_per_output_token": ("accelerator_energy_per_output_token", 1.0),
}
"""Metric to the function that answers it, and the base units in one unit of the metric."""
_KINDS = ("tpot", "ttft", "serving_throughput", "energy", "other")
_PER_CHIP = ("output_throughput_per_chip", "total_throughput_per_chip")
_INPUT_TOO = ("total_throughput_per_chip", "total_throughput_total")
_ENERGY = "gpu_energy_per_output_token"
_GROUPS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Chips of an attention group that are looked at where the source does not say."""
_LATENCIES = (TPOT, TTFT, "batch_latency")
_FEWEST = 8.0
"""Sequences below which no one would run an engine for throughput."""


def is_serving(row: Row) -> bool:
    """Return whether the row is about a serving engine."""
    return row.kind in _KINDS and row.metric in METRICS


def fitted(row: Row) -> bool:
    """Return whether the row takes part in the fit of the constants of engines."""
    return is_serving(row) and row.metric != _ENERGY


WAITING = 3.0
"""How many times wider the errors of times to the first token are than those of the others (0.6 and 0.2 as logarithms): what
is waited for must not decide how long a step takes."""
HELD, FIRM = 0.4, 0.2
"""Spreads of constants of which physics allows little beside their start, and very little."""
CONSTANTS: tuple[tuple[Key, float, float], ...] = (
    (("serving", "fitted_dense_read_factor"), 1.1, HELD),
    (("serving", "fitted_narrow_dense_read_factor"), 1.25, HELD),
    (("serving", "fitted_routed_read_factor"), 1.0, HELD),
    (("serving", "fitted_emulated_routed_read_factor"), 1.25, HELD),
    (("serving", "fitted_cache_read_factor"), 1.1, HELD),
    (("serving", "fitted_latent_cache_read_factor"), 1.5, HELD),
    (("serving", "fitted_multiply_factor"), 1.6, HELD),
    (("serving", "fitted_wide_multiply_factor"), 1.4, HELD),
    (("serving", "fitted_multiply_overlap"), 0.5, HELD),
    (("serving", "fitted_expert_width"), 2000.0, WIDE),
    (("serving", "fitted_layer_time"), 60e-6, WIDE),
    (("static", "fitted_generation_layer_time"), 100e-6, WIDE),
    (("neuron", "fitted_generation_layer_time"), 100e-6, WIDE),
    (("serving", "fitted_parallel_layer_time"), 10e-6, HELD),
    (("serving", "fitted_moe_layer_time"), 15e-6, HELD),
    (("serving", "fitted_latent_layer_time"), 30e-6, WIDE),
    (("serving", "fitted_exchange_factor"), 2.0, HELD),
    (("serving", "fitted_activation_passes"), 40.0, WIDE),
    (("serving", "fitted_sequence_time"), 1e-5, HELD),
    (("vllm", "fitted_engine_sequence_time"), 1e-5, WIDE),
    (("serving", "fitted_pass_layer_time"), 60e-6, WIDE),
    (("serving", "fitted_turnover_steps"), 15.0, HELD),
    (("serving", "fitted_turnover_exponent"), 0.5, WIDE),
    (("serving", "fitted_first_token_steps"), 3.0, FIRM),
    (("serving", "fitted_first_token_exponent"), 0.2, WIDE),
    (("serving", "fitted_prompt_wait"), 1.0, FIRM),
    (("serving", "fitted_prompt_launch_layer_time"), 250e-6, WIDE),
    (("serving", "fitted_latent_prompt_launch_layer_time"), 500e-6, WIDE),
    (("serving", "fitted_burst_share"), 0.05, HELD),
    (("serving", "fitted_draft_acceptance_rate"), 0.875, FIRM),
    (("unstated-tensorrt-llm", "fitted_engine_first_token_factor"), 1.0, WIDE),
    (("unstated-vllm", "fitted_engine_first_token_factor"), 1.0, WIDE),
    (("unstated-sglang", "fitted_engine_first_token_factor"), 1.0, WIDE),
    (("unstated-tensorrt-llm", "fitted_engine_prompt_wait_factor"), 1.0, HELD),
    (("unstated-vllm", "fitted_engine_prompt_wait_factor"), 1.0, HELD),
    (("unstated-sglang", "fitted_engine_prompt_wait_factor"), 1.0, HELD),
    (("unstated-tensorrt-llm", "fitted_burst_factor"), 1.0, WIDE),
    (("unstated-vllm", "fitted_burst_factor"), 1.0, WIDE),
    (("unstated-sglang", "fitted_burst_factor"), 1.0, WIDE),
)
"""Constants of engines: where the fit starts, and how far it may go from there.

What holds for all stays near what any engine must do; an engine differs from it by its settings. Where a benchmark states these
they are read (`runs.csv`), and where it does not, what its runs show is a factor that may go far. So an engine that no row shows
gets the least that a scheduler does, not the mean of others' settings.
"""
POWER: tuple[tuple[Key, float, float], ...] = (
    (("serving", "fitted_idle_power_share"), 0.35, HELD),
    (("serving", "fitted_busy_power_share"), 0.4, HELD),
    (("serving", "fitted_batch_power_share"), 0.2, HELD),
)


class Serving:
    """Engines that serve: latency, throughput and energy."""

    name = "serving"
    stages = (
        Stage("serving engines", tuple(item[0] for item in CONSTANTS), tuple(item[1] for item in CONSTANTS), fitted,
              tuple(item[2] for item in CONSTANTS), lambda row: WAITING if METRICS[row.metric][0] == TTFT else 1.0),
        Stage("power of accelerators", tuple(item[0] for item in POWER), tuple(item[1] for item in POWER),
              lambda row: row.metric == _ENERGY, tuple(item[2] for item in POWER)),
    )  # fmt: skip

    def claims(self, row: Row) -> bool:
        """Return whether the row is about a serving engine."""
        return is_serving(row)

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict each row; where the source leaves layout and batch open, with the layout that serves most."""
        free = _is_open(rows)
        if free.any() and not free.all():
            # Layouts are tried on the rows that leave them open only: most tables say them for nearly all.
            found: list[Answer | None] = [None] * len(rows)
            for part in (np.flatnonzero(free).tolist(), np.flatnonzero(~free).tolist()):
                for place, answer in zip(part, self.answer([rows[item] for item in part], setting), strict=True):
                    found[place] = answer
            return [answer for answer in found if answer is not None]
        return _answers(rows, Loader(rows, setting), bool(free.any()))


def _answers(rows: Sequence[Row], loader: Loader, free: bool) -> list[Answer]:
    """Predict rows of which all, or none, leave the layout open."""
    group, replicas = layout(rows, loader.apart)
    first = loader.load(group, replicas)
    spread = (first.capacity < 1.0) & (replicas > 1.0)
    replicas = np.where(spread, 1.0, replicas)
    found = loader.load(group, replicas) if spread.any() else first
    narrow = (found.capacity < 1.0) & np.isnan(counts(rows, "tensor_parallel"))
    if narrow.any():
        group = np.where(narrow, counts(rows, "n_chips", 1.0), group)
        found = loader.load(group, replicas)
    values, capacity = _values(rows, found), found.capacity
    if free:
        values, capacity = _best(rows, loader, values, capacity, group, replicas)
    return [
        loader.asked.refused(place, True) or _said(row, values[place], capacity[place], found, place)
        for place, row in enumerate(rows)
    ]


def _is_open(rows: Sequence[Row]) -> Flags:
    """Return which rows about most throughput leave open how the model lies on the chips, or where attention is computed."""
    split = counts(rows, "tensor_parallel")
    own = (split > 1.0) & np.isnan(counts(rows, "expert_parallel"))
    own &= numbers([may_own_attention(row) for row in rows]) > 0
    return np.isnan(counts(rows, "batch_or_concurrency")) & (np.isnan(split) | own)


def _best(
    rows: Sequence[Row], loader: Loader, values: Array, capacity: Array, group: Array, replicas: Array
) -> tuple[Array, Array]:
    chips, given = counts(rows, "n_chips", 1.0), ~np.isnan(counts(rows, "tensor_parallel"))
    # Within the chips of a given split attention may be divided less than experts are; a dense model has none.
    widest = np.where(given, np.where(loader.mixture, group, 0.0), chips)
    best, room = np.where(given, loader.load(group, replicas).columns[THROUGHPUT], -np.inf), capacity
    for size in _GROUPS:
        copies = np.where(given, replicas, np.maximum(1.0, np.floor(chips / size)))
        tried = loader.load(np.minimum(np.where(given, group, chips), size), copies)
        throughput = tried.columns[THROUGHPUT]
        better = (widest >= size) & (tried.capacity >= _FEWEST) & (throughput > best)
        best = np.where(better, throughput, best)
        values = np.where(better, _values(rows, tried), values)
        room = np.where(better, tried.capacity, room)
    return values, room


def _values(rows: Sequence[Row], load: Load) -> Array:
    """Return what the functions give for each row, in the unit of the row."""
    columns = load.columns
    known = {
        TPOT: np.where(load.static, columns["decode_step_time"], columns[TPOT]),
        TTFT: np.where(load.static, columns["batch_time_to_first_token"], columns[TTFT]),
        THROUGHPUT: columns[THROUGHPUT],
        "batch_latency": columns["batch_latency"],
        "accelerator_energy_per_output_token": columns["accelerator_energy_per_output_token"],
    }
    chips, prompt, output = counts(rows, "n_chips", 1.0), columns["input_tokens"], columns["output_tokens"]
    values: Array = np.full(len(rows), np.nan)
    for place, row in enumerate(rows):
        function, unit = METRICS[row.metric]
        value = known[function][place]
        if row.metric == "output_tokens_per_s_per_user":
            value = 1.0 / value
        if row.metric in _INPUT_TOO:
            value *= (prompt[place] + output[place]) / output[place]
        values[place] = value / (chips[place] if row.metric in _PER_CHIP else unit)
    return values


def _said(row: Row, value: float, capacity: float, load: Load, place: int) -> Answer:
    function = METRICS[row.metric][0]
    if function in _LATENCIES and np.isnan(row.batch_or_concurrency):
        return Answer(np.nan, function, "UNSUPPORTED", "the batch is not given, and the latency depends on it")
    if capacity <= 0.0:
        return Answer(np.nan, function, "INFEASIBLE", "the weights do not fit into the memory of the accelerators")
    status, reason = "OK", ""
    batch = row.batch_or_concurrency
    if row.metric == "ttft" or load.known[place] or (np.isnan(row.osl) and row.kind == "ttft"):
        pass
    elif np.isnan(row.isl) and not np.isnan(row.osl):
        status, reason = "EXTRAPOLATED", f"the prompt length is not given and taken as {PROMPT:g} tokens"
    else:
        status, reason = "EXTRAPOLATED", f"lengths that are not given are taken as {PROMPT:g} tokens"
    if status == "OK" and load.static[place] and batch > capacity:
        status, reason = "EXTRAPOLATED", "the batch is larger than the caches that should fit"
    if status == "OK" and row.n_chips > DOMAIN:
        status, reason = "EXTRAPOLATED", "the exchange between nodes is not modelled"
    lacking = "chips, lengths, or facts of the model or the chip"
    return answered(value, function, lacking, status, reason)
