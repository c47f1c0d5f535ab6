"""The answer of ``journey`` as JSON, with the field names of GraphQL."""

from __future__ import annotations

from downstack.graph.model import Relation
from downstack.results import JourneyLayer, JourneyNumber, JourneyReport, JourneyRoute, JourneyStage
from downstack.wire.provenance import Json, rests_on_json, source_json
from downstack.wire.uncertainty import band_json


def journey_json(report: JourneyReport, *, parts: bool = True) -> Json:
    """Return the answer of ``journey``; the trace of a number is its functions and its facts, by name.

    Parameters
    ----------
    report
        The answer.
    parts
        Write down also the numbers that layers and stages are made of; there are hundreds.
    """
    return {
        "graphVersion": report.graph_version,
        "method": report.method,
        "elapsedMs": report.elapsed_ms,
        "asOf": report.as_of,
        "application": report.application,
        "workload": report.workload,
        "model": report.model,
        "accelerator": report.accelerator,
        "choices": [
            {
                "role": item.role,
                "entity": item.entity,
                "linked": item.linked,
                "standIn": item.stand_in,
                "reason": item.reason,
            }
            for item in report.choices
        ],
        "questions": [
            {"role": item.role, "reason": item.reason, "candidates": list(item.candidates)} for item in report.questions
        ],
        "layers": [_layer(item, parts) for item in report.layers],
        "routes": [_route(item, parts) for item in report.routes],
        "reason": report.reason,
        "closedModel": report.closed_model,
        "assumptions": list(report.assumptions),
    }


def _layer(item: JourneyLayer, parts: bool) -> Json:
    return {
        "layer": item.layer.name,
        "entities": list(item.entities),
        "links": [_link(link) for link in item.links],
        **({"numbers": [_number(number) for number in item.numbers]} if parts else {}),
        "notes": list(item.notes),
    }


def _link(item: Relation) -> Json:
    return {
        "iri": item.iri,
        "subject": item.subject,
        "predicate": item.predicate,
        "object": item.object,
        "source": source_json(item.source),
    }


def _route(item: JourneyRoute, parts: bool) -> Json:
    return {
        "offering": item.offering,
        "provider": item.provider,
        "accelerator": item.accelerator,
        "framework": item.framework,
        "status": str(item.status),
        "time": _maybe(item.time),
        "energy": _maybe(item.energy),
        "cost": _maybe(item.cost),
        "binding": item.binding,
        "timeDifference": item.time_difference,
        "energyDifference": item.energy_difference,
        "costDifference": item.cost_difference,
        "valueDifference": item.value_difference,
        "stages": [_stage(stage, parts) for stage in item.stages],
        "notes": list(item.notes),
    }


def _stage(item: JourneyStage, parts: bool) -> Json:
    summary = {
        "layer": item.layer.name,
        "time": item.time,
        "timeShare": item.time_share,
        "energy": item.energy,
        "cost": item.cost,
        "value": item.value,
        "binding": item.binding,
    }
    if not parts:
        return summary
    return {
        **summary,
        "timeParts": [_number(part) for part in item.time_parts],
        "energyParts": [_number(part) for part in item.energy_parts],
        "costParts": [_number(part) for part in item.cost_parts],
        "valueParts": [_number(part) for part in item.value_parts],
        "numbers": [_number(number) for number in item.numbers],
    }


def _maybe(item: JourneyNumber | None) -> Json | None:
    return None if item is None else _number(item)


def _number(item: JourneyNumber) -> Json:
    return {
        "quantity": item.quantity.id,
        "key": dict(item.key.roles),
        "value": item.value,
        "unit": item.unit,
        "status": str(item.status),
        "reason": item.reason,
        "restsOn": list(item.rests_on),
        "band": band_json(item.band),
        **rests_on_json(item.trace),
    }
