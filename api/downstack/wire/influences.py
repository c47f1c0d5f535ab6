"""Influences as JSON: a sign and a mechanism, never a number."""

from __future__ import annotations

from typing import Any

from downstack.graph.model import Influence
from downstack.wire.provenance import source_json

Json = dict[str, Any]


def influence_json(item: Influence) -> Json:
    """Return an influence as a step of an answer."""
    return {
        "iri": item.iri,
        "sourceEntity": item.source_entity,
        "targetEntity": item.target_entity,
        "sign": item.sign,
        "mechanism": item.mechanism,
        "source": source_json(item.source),
    }


def whole_influence_json(item: Influence) -> Json:
    """Return all that is stated of an influence."""
    return {
        **influence_json(item),
        "strength": item.strength,
        "confidence": item.confidence,
        "direction": item.direction.upper(),
        "quantityAffected": item.quantity_affected,
        "changedKind": item.changed_kind,
        "affectedKind": item.affected_kind,
        "publishedEffect": item.published_effect,
        "locator": item.locator,
    }
