"""What benchmarks publish of how they run an engine: settings that the rows of a table of results do not repeat.

`runs.csv` states one setting a line, of the runs that the other columns describe, with the script or the configuration in
which it was read and what is written there. Of lines that hold for one row, the last one holds. An empty cell says nothing
of the run. Nothing in the file comes from what was measured
([decision 47](docs/decisions/0047-a-benchmark-says-how-it-runs.md)).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources

import numpy as np

from downstack.evaluation.kinds.engines import family
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

SETTINGS = (
    "shortest_length_share",
    "longest_batching_wait",
    "awaited_prompt_tokens",
    "longest_balancing_wait",
    "receive_interval",
    "draft_tokens",
    "attention_apart",
    "most_running",
    "cache_bytes",
)
"""Shortest length of prompts and answers as a share of the longest; steps that a prompt waits for others at most, and how many
tokens of prompts end that wait; steps that it waits for prompts on the other chips at most; steps between two looks at
what has arrived; tokens that are drafted before a step; 1 where each chip has the attention of its own sequences;
sequences that run at once; bytes of a cached number."""
_BOUNDS = (
    ("split_from", "split_below", "tensor_parallel"),
    ("load_from", "load_below", "batch_or_concurrency"),
)
Line = dict[str, str]


@cache
def stated() -> tuple[Line, ...]:
    """Return the lines of the file, by column."""
    text = resources.files("downstack.evaluation").joinpath("runs.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def settings(rows: Sequence[Row], models: Sequence[str | None], chips: Sequence[str | None]) -> dict[str, Array]:
    """Return what is known of the runs of rows, NaN where nothing is; models and chips by slug."""
    found = [_of(row, model or "", chip or "") for row, model, chip in zip(rows, models, chips, strict=True)]
    table = np.array(found, dtype=np.float64).reshape(len(rows), len(SETTINGS))
    return {name: table[:, place] for place, name in enumerate(SETTINGS)}


@lru_cache(maxsize=1 << 14)
def _of(row: Row, model: str, chip: str) -> tuple[float, ...]:
    """Return the settings of one row; a fit asks for the same rows again and again."""
    found = dict.fromkeys(SETTINGS, math.nan)
    if row.source:
        found |= {line["setting"]: float(line["value"]) for line in stated() if _holds(line, row, model, chip)}
    return tuple(found.values())


def _holds(line: Line, row: Row, model: str, chip: str) -> bool:
    return (
        line["source"].lower() in row.source.lower()
        and _among(line["models"], model)
        and _among(line["chips"], chip)
        and _among(line["engine"], family(row.engine))
        and (not line["version"] or line["version"] in row.engine.split())
        and _among(line["formats"], row.precision_weights)
        and _dated(line, row.date)
        and all(not line[name] or float(line[name]) == length for name, length in _lengths(row))
        and all(_between(line[low], line[high], getattr(row, column)) for low, high, column in _BOUNDS)
    )


def _lengths(row: Row) -> tuple[tuple[str, float], ...]:
    return ("input_tokens", row.isl), ("output_tokens", row.osl)


def _among(cell: str, word: str) -> bool:
    return not cell or word in cell.split()


def _dated(line: Line, date: str) -> bool:
    """Return whether a date lies from the first to the last month of a line; a row without one is in no line that has any."""
    if not line["from"] and not line["until"]:
        return True
    month = date[:7]
    return len(month) == len("2025-10") and line["from"] <= month <= (line["until"] or month)


def _between(low: str, high: str, count: float) -> bool:
    return (not low or count >= float(low)) and (not high or count < float(high))
