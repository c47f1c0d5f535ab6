"""Answers as JSON, with the field names of GraphQL."""

from __future__ import annotations

import json
from typing import Any

from downstack.cli.uncertainty_wire import band_json, coverage_json, shares_json
from downstack.cli.words import by_size
from downstack.errors import DownstackError, Finding, UserInputError
from downstack.graph.model import Fact, Influence, Source
from downstack.results import Attribution, Effect, EffectKey, ImpactReport, Regime, Trace, ValueReport, ValueRow

Json = dict[str, Any]


def dump(value: object) -> str:
    """Return JSON text; numbers that JSON cannot carry are an error and not a string."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)


def impact_json(report: ImpactReport, *, flows: bool = False) -> Json:
    """Return the answer of ``impact``; with flows, how each effect came about."""
    return {
        "graphVersion": report.graph_version,
        "method": report.method,
        "elapsedMs": report.elapsed_ms,
        "partial": report.partial,
        "partialReason": report.partial_reason,
        "changes": list(report.changes),
        "effects": [{**_effect(item), **(_attribution(item.attribution) if flows else {})} for item in report.effects],
        "byLayer": [
            {
                "layer": item.layer.name,
                "effects": item.effects,
                "infeasible": item.infeasible,
                "missing": item.missing,
                "largest": None if item.largest is None else _effect(item.largest),
            }
            for item in report.by_layer
        ],
        "qualitative": [
            {
                "path": list(item.path),
                "target": item.target,
                "sign": item.sign,
                "strength": item.strength,
                "confidence": item.confidence,
                "influences": [_influence(step) for step in item.influences],
            }
            for item in report.qualitative
        ],
        "notReached": [{"quantity": item.quantity, "reason": item.reason} for item in report.not_reached],
    }


def value_json(report: ValueReport) -> Json:
    """Return the answer of ``explain``."""
    return {
        "graphVersion": report.graph_version,
        "quantity": report.quantity.id,
        "value": report.value,
        "unit": report.unit,
        "status": str(report.status),
        "band": band_json(report.band),
        "varianceShares": shares_json(report.variance_shares),
        "rows": [_value_row(item) for item in report.rows],
        "trace": None if report.trace is None else _trace(report.trace),
    }


def findings_json(findings: tuple[Finding, ...]) -> Json:
    """Return the answer of ``validate``."""
    return {
        "valid": not findings,
        "findings": [
            {"file": item.file, "line": item.line, "what": item.what, "remedy": item.remedy, "rule": item.rule}
            for item in findings
        ],
    }


def error_json(error: DownstackError) -> Json:
    """Return an error with the extensions that GraphQL gives it."""
    found: Json = {"message": error.message, "code": error.code}
    if isinstance(error, UserInputError) and error.field:
        found["field"] = error.field
    if error.hint:
        found["hint"] = error.hint
    return {"error": found}


def _key(key: EffectKey) -> Json:
    return dict(key.roles)


def _regime(regime: Regime | None) -> Json | None:
    if regime is None:
        return None
    return {
        "quantity": regime.quantity,
        "base": regime.base,
        "scenario": regime.scenario,
        "switchAt": regime.switch_at,
        "switches": regime.switches,
    }


def _effect(item: Effect) -> Json:
    return {
        "key": _key(item.key),
        "layer": None if item.layer is None else item.layer.name,
        "quantity": item.quantity.id,
        "unit": item.unit,
        "base": item.base,
        "scenario": item.scenario,
        "ratio": item.ratio,
        "change": item.change,
        **_uncertainty(item),
        "status": str(item.status),
        "reason": item.reason,
        "regime": _regime(item.regime),
    }


def _uncertainty(item: Effect | ValueRow) -> Json:
    """Return how sure a number is; what a question without samples does not ask for is not looked up."""
    sampled = item.band is not None
    return {
        "band": band_json(item.band),
        "varianceShares": shares_json(item.variance_shares),
        "factCoverage": coverage_json(item.fact_coverage) if sampled else None,
    }


def _attribution(found: Attribution | None) -> Json:
    if found is None:
        return {"flows": [], "paths": [], "otherPaths": None}
    flows = sorted(found.flows, key=lambda item: by_size(item.amount))
    paths = sorted(found.paths, key=lambda item: by_size(item.amount))
    return {
        "flows": [
            {
                "from": item.source,
                "to": item.target,
                "function": item.function,
                "amount": item.amount,
                "share": item.share,
            }
            for item in flows
        ],
        "paths": [{"steps": list(item.steps), "amount": item.amount, "share": item.share} for item in paths],
        "otherPaths": found.other_paths,
    }


def _value_row(item: ValueRow) -> Json:
    return {
        "key": _key(item.key),
        "value": item.value,
        "unit": item.unit,
        **_uncertainty(item),
        "status": str(item.status),
        "reason": item.reason,
        "regime": _regime(item.regime),
    }


def _trace(item: Trace) -> Json:
    function = item.function
    return {
        "quantity": item.quantity.id,
        "key": _key(item.key),
        "value": item.value,
        "unit": item.unit,
        "status": str(item.status),
        "reason": item.reason,
        "formulaValue": item.formula_value,
        "function": None
        if function is None
        else {
            "iri": function.iri,
            "name": function.name,
            "formula": function.formula,
            "citation": function.citation,
            "digest": function.digest,
            "relativeError": None
            if function.relative_error is None
            else {"value": function.relative_error.value, "source": function.relative_error.source},
        },
        "facts": [fact_json(fact) for fact in item.own_facts],
        "inputs": [_trace(step) for step in item.inputs],
        "assumptions": list(item.assumptions),
    }


def fact_json(fact: Fact) -> Json:
    """Return a fact with its source."""
    return {
        "iri": fact.iri,
        "entity": fact.entity,
        "quantity": fact.quantity,
        "literal": fact.literal,
        "unit": fact.unit,
        "condition": fact.condition,
        "asOf": fact.as_of,
        "confidence": fact.confidence,
        "distribution": fact.distribution,
        "correlationGroup": fact.correlation_group,
        "source": _source(fact.source),
        "locator": fact.locator,
    }


def _source(source: Source) -> Json:
    return {"iri": source.iri, "title": source.title, "locator": source.locator}


def _influence(item: Influence) -> Json:
    return {
        "iri": item.iri,
        "sourceEntity": item.source_entity,
        "targetEntity": item.target_entity,
        "sign": item.sign,
        "mechanism": item.mechanism,
        "source": _source(item.source),
    }
