"""A plan as files: what is computed from what, in JSON, and all arrays beside it, so that it can run elsewhere.

The description names every function with its formula, digest, constants and source, every stated value with the fact it is,
and the combination that every row is for. The arrays hold the stated values in base units and, for every input of every
function, the row to read. :mod:`downstack.engine.exported` runs the two files without any graph.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from downstack.engine.engine import Engine
from downstack.engine.exported import FORMAT, MAX_CELLS
from downstack.engine.plan import Plan, Step, Variant
from downstack.errors import UserInputError
from downstack.graph.display import in_unit

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class PlanExport:
    """A plan that can leave: its description, and the arrays that the description names."""

    description: dict[str, Any]
    arrays: Arrays

    def save(self, path: str | Path) -> tuple[Path, Path]:
        """Write ``PATH.json`` and ``PATH.npz``, whatever ending the path has; return both.

        Raises
        ------
        UserInputError
            If the files cannot be written.
        """
        stem = Path(path)
        stem = stem.with_suffix("") if stem.suffix in (".json", ".npz") else stem
        described, held = stem.with_name(f"{stem.name}.json"), stem.with_name(f"{stem.name}.npz")
        try:
            described.write_text(
                json.dumps(self.description, ensure_ascii=False, indent=1, allow_nan=False) + "\n", "utf-8"
            )
            with held.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **self.arrays)
        except OSError as error:
            raise UserInputError(
                f"{stem} cannot be written: {error.strerror}", field="path", hint="name a path in a folder that exists"
            ) from error
        return described, held


def export_plan(engine: Engine, plan: Plan, targets: tuple[str, ...]) -> PlanExport:
    """Describe a plan.

    Raises
    ------
    UserInputError
        If it has so many rows that its description would not be fit to read.
    """
    cells = sum(step.rows for step in plan.steps)
    if cells > MAX_CELLS:
        raise UserInputError(
            f"the plan has {cells:,} rows, more than the {MAX_CELLS:,} of one export",
            field="where",
            hint="narrow it with where, or name fewer targets",
        )
    arrays: Arrays = {}
    keys: dict[str, Any] = {}
    steps = []
    for place, step in enumerate(plan.steps):
        name = ",".join(step.key)
        if name not in keys:
            keys[name] = [dict(plan.binding.key(step.key, row).roles) for row in range(step.rows)]
        steps.append(_step(engine, plan, step, place, arrays))
    return PlanExport(
        {
            "format": FORMAT,
            "graphVersion": engine.knowledge.version,
            "asOf": plan.binding.columns.on,
            "targets": list(targets),
            "combinations": keys,
            "steps": steps,
        },
        arrays,
    )


def _step(engine: Engine, plan: Plan, step: Step, place: int, arrays: Arrays) -> dict[str, Any]:
    kind = engine.knowledge.quantities[step.quantity]
    return {
        "quantity": step.quantity,
        "iri": kind.iri,
        "label": kind.label,
        "unit": kind.unit,
        "displayUnit": kind.display_unit,
        "displayFactor": in_unit(kind, 1.0),
        "combination": ",".join(step.key),
        "rows": step.rows,
        "factFirst": step.fact_first,
        "stated": _stated(plan, step, place, arrays),
        "functions": [_function(variant, f"{place}.{index}", arrays) for index, variant in enumerate(step.variants)],
    }


def _stated(plan: Plan, step: Step, place: int, arrays: Arrays) -> dict[str, Any] | None:
    if step.fact_values is None:
        return None
    column = plan.binding.columns.facts.get(step.quantity)
    facts: list[str | None] = [None] * step.rows
    if column is not None:
        places = plan.binding.positions(step.key, column.role).tolist()
        facts = [column.facts[item][0].iri if item >= 0 and column.facts[item] else None for item in places]
    arrays[f"{place}.values"] = step.fact_values[:, 0]
    if step.fact_codes is not None:
        arrays[f"{place}.codes"] = step.fact_codes[:, 0]
    return {
        "values": f"{place}.values",
        "codes": None if step.fact_codes is None else f"{place}.codes",
        "facts": facts,
    }


def _function(variant: Variant, name: str, arrays: Arrays) -> dict[str, Any]:
    function = variant.function
    units = {item.name: item.unit for item in function.inputs}
    if variant.rows is not None:
        arrays[f"{name}.rows"] = variant.rows
    inputs = []
    for index, (quantity, gather, optional) in enumerate(variant.gathers):
        if gather is not None:
            arrays[f"{name}.{index}"] = gather
        inputs.append(
            {
                "quantity": quantity,
                "unit": units[quantity],
                "optional": optional,
                "gather": None if gather is None else f"{name}.{index}",
            }
        )
    return {
        "name": function.name,
        "iri": function.iri,
        "digest": function.digest,
        "formula": function.formula,
        "citation": function.citation,
        "unit": function.unit,
        "constants": {
            key: {"value": item.value, "unit": item.unit, "source": item.source}
            for key, item in sorted(function.constants.items())
        },
        "validity": [
            {"input": item.input, "low": _finite(item.low), "high": _finite(item.high), "reason": item.reason}
            for item in function.validity
        ],
        "infeasibleReason": function.infeasible_reason or None,
        "assumes": list(function.assumes),
        "appliesTo": dict(function.applies_to),
        "rows": None if variant.rows is None else f"{name}.rows",
        "inputs": inputs,
    }


def _finite(value: float) -> float | None:
    """Return a bound, or None where there is none: JSON has no infinity."""
    return value if np.isfinite(value) else None
