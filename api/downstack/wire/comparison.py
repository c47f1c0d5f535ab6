"""The answer of ``compare`` as JSON, with the field names of GraphQL."""

from __future__ import annotations

from collections.abc import Sequence

from downstack.results import ComparisonCell, ComparisonReport
from downstack.wire.provenance import Json
from downstack.wire.uncertainty import band_json, coverage_json


def comparison_json(report: ComparisonReport, cells: Sequence[ComparisonCell] | None = None) -> Json:
    """Return the answer of ``compare``, with some of its cells or all of them."""
    return {
        "graphVersion": report.graph_version,
        "samples": report.samples,
        "scenarios": list(report.scenarios),
        "cells": [
            {
                "key": dict(cell.key.roles),
                "quantity": cell.quantity.id,
                "unit": cell.unit,
                "base": cell.base,
                "values": list(cell.values),
                "ratios": list(cell.ratios),
                "statuses": [str(status) for status in cell.statuses],
                "bands": [band_json(band) for band in cell.bands],
                "differences": [
                    {
                        "first": item.first,
                        "second": item.second,
                        "change": item.change,
                        "band": band_json(item.band),
                    }
                    for item in cell.differences
                ],
                "factCoverage": coverage_json(cell.fact_coverage) if report.samples else None,
            }
            for cell in (report.cells if cells is None else cells)
        ],
    }
