"""How sure an answer is, as JSON with the field names of GraphQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from downstack.results import Band, FactCoverage, TornadoBar, VarianceShare

Json = dict[str, Any]


def band_json(band: Band | None) -> Json | None:
    """Return a band."""
    if band is None:
        return None
    return {
        "p10": band.p10,
        "p50": band.p50,
        "p90": band.p90,
        "probabilityOfRise": band.probability_of_rise,
        "probabilityOfFall": band.probability_of_fall,
        "probabilityUnchanged": band.probability_unchanged,
        "probabilityOfSwitch": band.probability_of_switch,
        "samples": band.samples,
        "widestP10": band.widest_p10,
        "widestP90": band.widest_p90,
    }


def shares_json(shares: Iterable[VarianceShare]) -> list[Json]:
    """Return what the width of a band comes from."""
    return [{"kind": item.kind, **_origin(item), "share": item.share} for item in shares]


def coverage_json(coverage: FactCoverage | None) -> Json | None:
    """Return how many facts vary."""
    if coverage is None:
        return None
    return {
        "facts": coverage.facts,
        "varying": coverage.varying,
        "exact": coverage.exact,
        "assumptions": coverage.assumptions,
        "statement": coverage.statement,
    }


def tornado_json(bars: Iterable[TornadoBar]) -> list[Json]:
    """Return what each uncertain input alone makes of a number."""
    return [
        {
            "kind": item.kind,
            **_origin(item),
            "inputP10": item.input_p10,
            "inputP90": item.input_p90,
            "atP10": item.at_p10,
            "atP90": item.at_p90,
            "swing": item.swing,
        }
        for item in bars
    ]


def _origin(item: VarianceShare | TornadoBar) -> Json:
    fact, function = item.fact, item.function
    return {
        "fact": None if fact is None else fact.iri,
        "entity": None if fact is None else fact.entity,
        "quantity": None if fact is None else fact.quantity,
        "function": None if function is None else function.name,
    }
