"""Answers as JSON, with the field names of GraphQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from downstack.errors import DownstackError, UserInputError
from downstack.graph.ages import age_in_days
from downstack.graph.model import Fact
from downstack.results import (
    Attribution,
    Effect,
    EffectKey,
    ImpactReport,
    Regime,
    SignComparison,
    Trace,
    ValueReport,
    ValueRow,
)
from downstack.results.trace import oldest_fact
from downstack.wire.extent import MAX_LEVELS, by_size, deeper
from downstack.wire.feedback import feedback_json, profile_json
from downstack.wire.influences import influence_json
from downstack.wire.provenance import fact_json, facts_json, rests_on_json
from downstack.wire.uncertainty import band_json, coverage_json, shares_json

Json = dict[str, Any]


def dump(value: object) -> str:
    """Return JSON text; numbers that JSON cannot carry are an error and not a string."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)


def impact_json(
    report: ImpactReport,
    *,
    flows: bool = False,
    profile: int | None = None,
    effects: Sequence[Effect] | None = None,
    sources: bool = False,
) -> Json:
    """Return the answer of ``impact``.

    Parameters
    ----------
    report
        The answer.
    flows
        Say how each effect came about.
    profile
        Follow each effect for so many months.
    effects
        Those that are written, and looked at; all of them unless given.
    sources
        Name what each effect rests on, and write the facts down.
    """
    shown = report.effects if effects is None else effects
    return {
        "graphVersion": report.graph_version,
        "asOf": report.as_of,
        "method": report.method,
        "elapsedMs": report.elapsed_ms,
        "partial": report.partial,
        "partialReason": report.partial_reason,
        "changes": list(report.changes),
        "interventions": list(report.interventions),
        "effects": [
            {
                **_effect(item),
                **(_attribution(item.attribution) if flows else {}),
                **({} if profile is None else {"profile": profile_json(item.profile(profile))}),
                **(rests_on_json(item.trace) if sources else {}),
            }
            for item in shown
        ],
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
                "numeric": item.numeric,
                "summary": item.summary,
                "influences": [influence_json(step) for step in item.influences],
            }
            for item in report.qualitative
        ],
        "findings": [sign_json(item) for item in report.findings],
        "notReached": [{"quantity": item.quantity, "reason": item.reason} for item in report.not_reached],
        "oldestFact": _dated(oldest_fact(item.trace for item in shown), report.as_of),
        **({"facts": facts_json(item.trace for item in shown)} if sources else {}),
    }


def value_json(
    report: ValueReport,
    *,
    rows: Sequence[ValueRow] | None = None,
    levels: int = MAX_LEVELS,
    sources: bool = False,
) -> Json:
    """Return the answer of ``explain``.

    Parameters
    ----------
    report
        The answer.
    rows
        The combinations that are written; all of them unless given.
    levels
        How far the trace of the first is unfolded; not at all for 0.
    sources
        Name what each row rests on, and write the facts down.
    """
    shown = report.rows if rows is None else rows
    return {
        "graphVersion": report.graph_version,
        "asOf": report.as_of,
        "quantity": report.quantity.id,
        "value": report.value,
        "unit": report.unit,
        "status": str(report.status),
        "band": band_json(report.band),
        "varianceShares": shares_json(report.variance_shares),
        "rows": [{**_value_row(item), **(rests_on_json(item.trace) if sources else {})} for item in shown],
        "trace": None if report.trace is None or levels == 0 else trace_json(report.trace, levels),
        "oldestFact": None if report.trace is None else _dated(report.trace.oldest_fact, report.as_of),
        **({"facts": facts_json(item.trace for item in shown)} if sources else {}),
    }


def sign_json(item: SignComparison) -> Json:
    """Return an influence beside what the formulas compute."""
    return {
        "influence": item.influence.iri,
        "changed": item.changed,
        "affected": item.affected,
        "stated": item.stated,
        "agreeing": item.agreeing,
        "opposing": item.opposing,
        "still": item.still,
        "example": item.example,
        "text": item.text,
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
        "becomes": item.becomes,
        "reason": item.reason,
        "regime": _regime(item.regime),
        "loops": [feedback_json(loop) for loop in item.loops],
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
        "loops": [feedback_json(loop) for loop in item.loops],
    }


def trace_json(item: Trace, levels: int = MAX_LEVELS, level: int = 0) -> Json:
    """Return a number unfolded so many levels deep; what is cut off says so."""
    # Below so many levels nobody reads on, and readers of JSON run out of stack.
    cut = level >= levels and bool(item.inputs)
    function = item.function
    return {
        "quantity": item.quantity.id,
        "key": _key(item.key),
        "value": item.value,
        "unit": item.unit,
        "status": str(item.status),
        "reason": item.reason,
        "formulaValue": item.formula_value,
        "loop": None if item.loop is None else feedback_json(item.loop),
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
        "inputs": [] if cut else [trace_json(step, levels, level + 1) for step in item.inputs],
        **({"partial": True, "partialReason": deeper(item, levels)} if cut else {}),
        "assumptions": list(item.assumptions),
    }


def _dated(fact: Fact | None, on: str) -> Json | None:
    """Return a fact with its age on the date of the answer."""
    return None if fact is None else {**fact_json(fact), "ageInDays": age_in_days(fact, on)}
