"""The answers of ``dependencies`` and ``paths`` as JSON, with the field names of GraphQL; nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterable

from downstack.results import (
    DependencyNode,
    DependencyPath,
    DependencyReport,
    DependencyStep,
    Exposure,
    ShareChain,
    ShareInterval,
)
from downstack.wire.provenance import Json, fact_json, source_json


def dependencies_json(report: DependencyReport) -> Json:
    """Return the answer of ``dependencies``."""
    return {
        "graphVersion": report.graph_version,
        "entity": report.entity.id,
        "direction": report.direction.name,
        "maxDepth": report.max_depth,
        "asOf": report.as_of,
        "hidden": list(report.hidden),
        "influences": report.influences,
        "reached": report.reached,
        "nodes": [_node(item) for item in report.nodes],
        "steps": [_step(item) for item in report.steps],
        "singlePoints": [
            {"entity": item.entity.id, "behind": list(item.behind), "allEnds": item.all_ends}
            for item in report.single_points
        ],
        "exposures": [_exposure(item) for item in report.exposures],
        "unknownShares": report.unknown_shares,
        "assumptions": list(report.assumptions),
        "elapsedMs": report.elapsed_ms,
    }


def paths_json(paths: Iterable[DependencyPath], version: str) -> Json:
    """Return the answer of ``paths``."""
    return {
        "graphVersion": version,
        "paths": [
            {"direction": item.direction.name, "length": item.length, "steps": [_step(step) for step in item.steps]}
            for item in paths
        ],
    }


def _node(item: DependencyNode) -> Json:
    return {
        "entity": item.entity.id,
        "label": item.entity.label,
        "type": item.entity.type,
        "layer": item.entity.layer,
        "depth": item.depth,
        "reliance": None if item.reliance is None else str(item.reliance),
        "place": item.place,
        "way": [_step(step) for step in item.way],
    }


def _step(item: DependencyStep) -> Json:
    return {
        "dependent": item.dependent,
        "provider": item.provider,
        "relation": item.relation,
        "bond": item.bond,
        "asOf": item.as_of,
        "source": source_json(item.source),
        "part": item.part,
        "sign": item.sign,
        "via": list(item.via),
    }


def _exposure(item: Exposure) -> Json:
    return {
        "dependent": item.dependent.id,
        "provider": item.provider.id,
        "share": _share(item.share),
        "need": item.need,
        "place": item.place,
        "allocated": None if item.allocated is None else _share(item.allocated),
        "chains": [_chain(chain) for chain in item.chains],
        "unknown": list(item.unknown),
        "facts": [fact_json(fact) for fact in item.facts],
        "assumptions": list(item.assumptions),
    }


def _chain(item: ShareChain) -> Json:
    return {
        "entities": list(item.entities),
        "shares": [_share(share) for share in item.shares],
        "product": _share(item.product),
    }


def _share(item: ShareInterval) -> Json:
    return {"value": item.value, "low": item.low, "high": item.high}
