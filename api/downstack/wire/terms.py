"""What can be asked: quantities, functions, and how much is loaded; as JSON with the field names of GraphQL."""

from __future__ import annotations

from downstack.graph.model import QuantityKind
from downstack.performance.declare import FunctionDeclaration
from downstack.results import GraphInfo
from downstack.wire.provenance import Json


def graph_json(info: GraphInfo) -> Json:
    """Return which version is loaded, and how much of everything it holds."""
    return {
        "graphVersion": info.version,
        "loadedAt": info.loaded_at,
        "counts": {
            "entities": info.entities,
            "facts": info.facts,
            "relations": info.relations,
            "influences": info.influences,
            "functions": info.functions,
            "quantities": info.quantities,
            "sources": info.sources,
            "triples": info.triples,
        },
    }


def quantity_json(item: QuantityKind) -> Json:
    """Return a kind of quantity; ``unit`` is that of answers."""
    return {
        "id": item.id,
        "iri": item.iri,
        "label": item.label,
        "definition": item.definition,
        "unit": item.display_unit,
        "baseUnit": item.unit,
        "subjectClass": item.subject_class,
        "layer": item.layer,
        "ageBudget": item.age_budget,
    }


def function_json(item: FunctionDeclaration) -> Json:
    """Return an analytical function: what it computes from what, where it holds and who published it."""
    return {
        "iri": item.iri,
        "name": item.name,
        "formula": item.formula,
        "citation": item.citation,
        "digest": item.digest,
        "returns": item.returns,
        "unit": item.unit,
        "inputs": [
            {
                "quantity": given.name,
                "unit": given.unit,
                "optional": given.optional,
                "lagMonths": item.lags.get(given.name, 0),
            }
            for given in item.inputs
        ],
        "assumes": list(item.assumes),
        "regimes": [] if item.regimes is None else list(item.regimes.names),
        "infeasibleReason": item.infeasible_reason or None,
    }
