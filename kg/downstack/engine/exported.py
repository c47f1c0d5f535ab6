"""Runs an exported plan where no graph is: two files, the registered functions, and NumPy.

>>> from downstack.engine.exported import load                                              # doctest: +SKIP
>>> load("plan").run()["cost_per_million_output_tokens"].values                             # doctest: +SKIP

The files say what is computed from what; the code comes from the registry alone, and only if its digest is the one that the
plan was made with: another formula would give other numbers under the same name. The numbers are those of the engine, bit
for bit. This module shares nothing with the engine's own run, so that either checks the other.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, OK, Codes
from downstack.errors import FunctionError, UserInputError
from downstack.performance import REGISTRY
from downstack.performance.declare import Array, FunctionDeclaration, FunctionRegistry

FORMAT = "downstack-plan/1"
MAX_CELLS = 2_000_000
"""Rows of all steps of one plan."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """One quantity in base units, a row for each combination; NaN and a status code where there is no number."""

    values: Array
    codes: Codes
    unit: str
    combinations: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class ExportedPlan:
    """A plan read from its files, every function of which is registered with the digest that the plan names."""

    description: Mapping[str, Any]
    arrays: Mapping[str, npt.NDArray[Any]]
    functions: Mapping[str, FunctionDeclaration]

    def run(self) -> dict[str, Numbers]:
        """Evaluate every step, inputs before outputs."""
        found: dict[str, Numbers] = {}
        with np.errstate(all="ignore"):
            for step in self.description["steps"]:
                values, codes = self._computed(step, found)
                values, codes = self._with_facts(step, values, codes)
                named = tuple(self.description["combinations"][step["combination"]])
                found[step["quantity"]] = Numbers(values[:, 0], codes[:, 0], step["unit"], named)
        return found

    def _computed(self, step: Mapping[str, Any], found: Mapping[str, Numbers]) -> tuple[Array, Codes]:
        values = np.full((step["rows"], 1), np.nan)
        codes = np.full((step["rows"], 1), MISSING_INPUT, dtype=np.int8)
        for item in step["functions"]:
            rows = slice(None) if item["rows"] is None else self.arrays[item["rows"]]
            values[rows], codes[rows] = self._call(item, found, len(values[rows]))
        return values, codes

    def _call(self, item: Mapping[str, Any], found: Mapping[str, Numbers], count: int) -> tuple[Array, Codes]:
        function, inputs = self.functions[item["name"]], {}
        codes = np.zeros((count, 1), dtype=np.int8)
        for part in item["inputs"]:
            read = found[part["quantity"]]
            index = None if part["gather"] is None else self.arrays[part["gather"]]
            value, code = _gather(read.values, index, np.nan), _gather(read.codes, index, MISSING_INPUT)
            inputs[part["quantity"]] = value
            codes = np.maximum(codes, np.where(part["optional"] & (code >= INFEASIBLE), OK, code).astype(np.int8))
        call = function.arguments(inputs)
        result = np.broadcast_to(np.asarray(function.implementation(**call), dtype=np.float64), codes.shape)
        for check in function.validity:
            outside = (inputs[check.input] < check.low) | (inputs[check.input] > check.high)
            codes = np.where(outside, np.maximum(codes, EXTRAPOLATED), codes).astype(np.int8)
        if function.feasible is not None:
            possible = np.broadcast_to(np.asarray(function.feasible(**call), dtype=np.bool_), codes.shape)
            codes[~possible & (codes < INFEASIBLE)] = INFEASIBLE
        codes[~np.isfinite(result) & (codes < INFEASIBLE)] = INFEASIBLE
        return np.where(codes >= INFEASIBLE, np.nan, result), codes

    def _with_facts(self, step: Mapping[str, Any], values: Array, codes: Codes) -> tuple[Array, Codes]:
        stated = step["stated"]
        if stated is None:
            return values, codes
        facts = self.arrays[stated["values"]].reshape(-1, 1)
        held = np.zeros_like(codes) if stated["codes"] is None else self.arrays[stated["codes"]].reshape(-1, 1)
        known = ~np.isnan(facts)
        usable = known & (codes >= INFEASIBLE) if step["functions"] and not step["factFirst"] else known
        return np.where(usable, facts, values), np.where(usable, held, codes).astype(np.int8)


def _gather(array: npt.NDArray[Any], index: npt.NDArray[Any] | None, fill: float) -> npt.NDArray[Any]:
    """Return the rows of a column that an index names; -1 stands for a link that is missing."""
    if index is None:
        return array.reshape(-1, 1)
    if not len(array):
        return np.full((len(index), 1), fill, dtype=array.dtype)
    taken: npt.NDArray[Any] = array[index].reshape(-1, 1)
    taken[index < 0] = fill
    return taken


def load(path: str | Path, registry: FunctionRegistry | None = None) -> ExportedPlan:
    """Read ``PATH.json`` and ``PATH.npz``.

    Parameters
    ----------
    path
        Without ending, or with that of either file.
    registry
        The functions that may run; those that ship with downstack unless given.

    Raises
    ------
    UserInputError
        If a file is absent or is no exported plan.
    FunctionError
        If a function is not registered, or its digest differs from the one that the plan was made with.
    """
    stem = Path(path)
    stem = stem.with_suffix("") if stem.suffix in (".json", ".npz") else stem
    try:
        description = json.loads(stem.with_name(f"{stem.name}.json").read_text("utf-8"))
        with np.load(stem.with_name(f"{stem.name}.npz"), allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
        _check(description, arrays)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise UserInputError(
            f"{stem} is not an exported plan: {type(error).__name__}: {str(error)[:200]}",
            field="path",
            hint="give the path that export wrote, both files beside each other",
        ) from error
    named = {item["name"]: item["digest"] for step in description["steps"] for item in step["functions"]}
    known = REGISTRY if registry is None else registry
    return ExportedPlan(description, arrays, {name: _registered(known, name, named[name]) for name in named})


def _registered(registry: FunctionRegistry, name: str, digest: str) -> FunctionDeclaration:
    found = registry.get(name)
    if found is None:
        raise FunctionError(f"the plan needs {name!r}, which is not registered", hint="register it, or export again")
    if found.digest != digest:
        raise FunctionError(
            f"the plan was made with {name} of digest {digest}, the registered code has {found.digest}",
            hint="export the plan again, or install the version that it was made with",
        )
    return found


def _check(description: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Check that the arrays are what the description says, so that running reads nothing else."""
    if description["format"] != FORMAT:
        raise ValueError(f"format {description['format']!r} is not {FORMAT!r}")
    rows: dict[str, int] = {}
    for step in description["steps"]:
        count = rows[step["quantity"]] = int(step["rows"])
        named = len(description["combinations"][step["combination"]])
        if not 0 <= count == named or sum(rows.values()) > MAX_CELLS:
            raise ValueError(f"{step['quantity']} has {count} rows and {named} combinations")
        if step["stated"] is not None:
            for name in filter(None, (step["stated"]["values"], step["stated"]["codes"])):
                if arrays[name].shape != (count,) or arrays[name].dtype.kind not in "fi":
                    raise ValueError(f"array {name} does not fit the {count} rows of {step['quantity']}")
        for item in step["functions"]:
            own = count if item["rows"] is None else len(_index(arrays[item["rows"]], count, lowest=0))
            for part in item["inputs"]:
                length = rows[part["quantity"]]
                if (length if part["gather"] is None else len(_index(arrays[part["gather"]], length))) != own:
                    raise ValueError(f"{item['name']} reads {part['quantity']} for another number of rows than it has")


def _index(array: npt.NDArray[Any], size: int, lowest: int = -1) -> npt.NDArray[Any]:
    """Return an array of row numbers, or refuse one that leads elsewhere."""
    if (
        array.ndim != 1
        or array.dtype.kind != "i"
        or (len(array) and not lowest <= array.min() <= array.max() < max(size, 1))
    ):
        raise ValueError("an array of row numbers leads beyond the rows")
    return array
