"""What predictors of all kinds need of a row: its model and chip in the graph, the rates of the chip, constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np

from downstack.engine.engine import Engine
from downstack.evaluation.answers import Answer, Setting
from downstack.evaluation.columns import Columns, place
from downstack.evaluation.names import find
from downstack.evaluation.rows import Row
from downstack.graph.names import NameIndex
from downstack.performance.declare import Array

BYTES = {
    "fp8": 1.0, "int8": 1.0, "mxfp8": 1.0, "fp4": 0.5625, "nvfp4": 0.5625, "mxfp4": 0.53125, "uint4": 0.5625,
    "bf16": 2.0, "fp16": 2.0, "tf32": 4.0, "fp32": 4.0,
}  # fmt: skip
"""Bytes of a number by format, scales of blocks included (NVFP4: 4 bit and 8 bit for 16; MXFP4: for 32)."""
NARROW, NARROWEST = 1.0, 0.6
_MAKERS_BY_FORMAT = ("nvidia", "amd")


_FOUND: WeakKeyDictionary[NameIndex, dict[tuple[str, str], str | None]] = WeakKeyDictionary()
"""What names mean, by index: a table of measurements asks for the same few again and again."""


def _slug(names: NameIndex, name: str, kind: str) -> str | None:
    held = _FOUND.setdefault(names, {})
    if (name, kind) not in held:
        held[name, kind] = find(names, name, kind)
    return held[name, kind]


def numbers(values: Sequence[float]) -> Array:
    """Return a column of numbers."""
    return np.array(values, dtype=np.float64)


class Asked:
    """Rows of one predictor with the facts of the graph that they are about."""

    def __init__(self, rows: Sequence[Row], setting: Setting, models: Sequence[str | None] | None = None) -> None:
        """Look up chips, and models by the names that the rows give or by `models` in place of them."""
        self.rows, self.setting = rows, setting
        given = [row.model for row in rows] if models is None else models
        self.models = [None if name is None else _slug(setting.names, name, "FoundationModel") for name in given]
        self.chips = [_slug(setting.names, row.hardware, "Accelerator") for row in rows]
        self._engine: Engine = setting.engine
        self._roles = place(self._engine, self.models, self.chips)
        self.facts = self.columns({})
        self.chip_classes = _classes(self.chips, self.facts)

    def columns(self, given: Mapping[str, Array]) -> Columns:
        """Return quantities of the rows, with some given."""
        return Columns(self._engine, self._roles, given)

    def constant(self, name: str, keys: Sequence[str] | None = None) -> Array:
        """Return a fitted constant for each row: under its key, else under `all`."""
        held = self.setting.constants
        general = held.get(("all", name), np.nan)
        chosen = keys if keys is not None else ["all"] * len(self.rows)
        return numbers([held.get((key, name), general) for key in chosen])

    def peak(self, widths: Array) -> Array:
        """Return the dense peak of numbers of a width in bytes: the rate of the next wider format when there is none."""
        wide, narrow, narrowest = (self.facts[f"peak_flops_{name}_dense"] for name in ("bf16", "fp8", "fp4"))
        wide = np.where(np.isnan(wide), self.facts["peak_flops_fp16_dense"], wide)
        rate = np.where((widths <= NARROW) & np.isfinite(narrow), narrow, wide)
        return np.where((widths <= NARROWEST) & np.isfinite(narrowest), narrowest, rate)

    def known(self, quantity: str) -> Array:
        """Return a quantity of the rows, NaN where the vocabulary of this graph does not have it."""
        try:
            return self.facts[quantity]
        except KeyError:
            return np.full(len(self.rows), np.nan)

    def refused(self, place_: int, model_needed: bool) -> Answer | None:
        """Return the answer for a row whose model or chip the graph does not know."""
        row = self.rows[place_]
        if model_needed and self.models[place_] is None:
            return Answer(np.nan, "", "UNKNOWN_MODEL", f"no model has the name {row.model!r}")
        if self.chips[place_] is None:
            return Answer(np.nan, "", "UNKNOWN_HARDWARE", f"no accelerator has the name {row.hardware!r}")
        return None


def widths(rows: Sequence[Row], default: float = 2.0) -> Array:
    """Return the bytes of a weight of each row."""
    return numbers([BYTES.get(row.precision_weights, default) for row in rows])


def counts(rows: Sequence[Row], column: str, default: float = np.nan) -> Array:
    """Return a column of counts, with a number in place of what the source does not say."""
    return np.nan_to_num(numbers([getattr(row, column) for row in rows]), nan=default)


def answered(value: float, function: str, lacking: str, status: str = "OK", reason: str = "") -> Answer:
    """Return the answer for a value, or that the graph lacks what it needs."""
    if not np.isfinite(value) or value <= 0.0:
        return Answer(np.nan, function, "UNSUPPORTED", f"the row or the graph lacks an input: {lacking}")
    return Answer(float(value), function, status, reason)


def _classes(chips: Sequence[str | None], facts: Columns) -> list[str]:
    """Return the class of each chip: its maker and, for makers of several, the narrowest numbers it multiplies."""
    fp8, fp4 = np.isfinite(facts["peak_flops_fp8_dense"]), np.isfinite(facts["peak_flops_fp4_dense"])
    found = []
    for slug, narrow, narrowest in zip(chips, fp8, fp4, strict=True):
        maker = (slug or "").partition("-")[0]
        bits = "4" if narrowest else "8" if narrow else "16"
        found.append(f"{maker}-{bits}" if maker in _MAKERS_BY_FORMAT else maker)
    return found
