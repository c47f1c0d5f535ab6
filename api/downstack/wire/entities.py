"""Entities and all that is stated of them, as JSON with the field names of GraphQL."""

from __future__ import annotations

from downstack.graph.display import in_unit
from downstack.graph.model import Entity, Fact, Layer, QuantityKind, Relation, StatedProperty
from downstack.results import SearchHit
from downstack.wire.provenance import Json, fact_json, source_json


def entity_json(item: Entity) -> Json:
    """Return what an entity is; what is stated of it is told apart."""
    return {
        "id": item.id,
        "iri": item.iri,
        "label": item.label,
        "aliases": list(item.aliases),
        "type": item.type,
        "classes": sorted(item.classes),
        "layer": item.layer,
        "description": item.description,
    }


def hit_json(item: SearchHit) -> Json:
    """Return an entity that was found."""
    return {"entity": entity_json(item.entity), "matched": item.matched, "score": item.score}


def valued_fact_json(item: Fact, kind: QuantityKind) -> Json:
    """Return a fact as its source prints it, and in the unit of answers: ``value``, ``low`` and ``high`` in ``valueUnit``."""
    shown = {
        name: None if number is None else in_unit(kind, number)
        for name, number in (("value", item.value), ("low", item.low), ("high", item.high))
    }
    return {
        **fact_json(item),
        **shown,
        "valueUnit": kind.display_unit,
        "validUntil": item.valid_until,
        "supersededBy": item.superseded_by,
        "retractedOn": item.retracted_on,
        "note": item.note,
    }


def property_json(item: StatedProperty) -> Json:
    """Return a date, a word, or a yes or no."""
    return {
        "iri": item.iri,
        "kind": item.kind,
        "label": item.label,
        "valueType": item.value_type,
        "value": item.value,
        "asOf": item.as_of,
        "confidence": item.confidence,
        "source": source_json(item.source),
        "locator": item.locator,
        "note": item.note,
    }


def relation_json(item: Relation) -> Json:
    """Return a cited link."""
    return {
        "iri": item.iri,
        "subject": item.subject,
        "predicate": item.predicate,
        "object": item.object,
        "asOf": item.as_of,
        "validUntil": item.valid_until,
        "source": source_json(item.source),
        "note": item.note,
    }


def layer_json(item: Layer) -> Json:
    """Return a layer."""
    return {"number": item.number, "name": item.name, "label": item.label, "definition": item.definition}
