"""The answers of ``sensitivity`` and ``solve`` as JSON, with the field names of GraphQL."""

from __future__ import annotations

from collections.abc import Sequence

from downstack.results import SensitivityReport, SolveReport, SolveRow
from downstack.wire.provenance import Json, fact_json
from downstack.wire.uncertainty import coverage_json, tornado_json


def sensitivity_json(report: SensitivityReport) -> Json:
    """Return the answer of ``sensitivity``."""
    return {
        "graphVersion": report.graph_version,
        "key": dict(report.key.roles),
        "target": report.target.id,
        "value": report.value,
        "unit": report.unit,
        "status": str(report.status),
        "inputs": [
            {
                "entity": item.entity,
                "quantity": item.quantity.id,
                "elasticity": item.elasticity,
                "atLow": item.at_low,
                "atHigh": item.at_high,
                "fact": None if item.fact is None else fact_json(item.fact),
            }
            for item in report.inputs
        ],
        "tornado": tornado_json(report.tornado),
        "factCoverage": coverage_json(report.fact_coverage),
    }


def solve_json(report: SolveReport, rows: Sequence[SolveRow] | None = None) -> Json:
    """Return the answer of ``solve``, with some of its rows or all of them."""
    return {
        "graphVersion": report.graph_version,
        "target": report.target.id,
        "goal": report.goal,
        "unit": report.unit,
        "vary": report.vary,
        "varyUnit": report.vary_unit,
        "rows": [
            {
                "key": dict(item.key.roles),
                "reachable": item.reachable,
                "value": item.value,
                "factor": item.factor,
                "base": item.base,
                "closest": item.closest,
                "cap": item.cap,
                "reason": item.reason,
            }
            for item in (report.rows if rows is None else rows)
        ],
    }
