"""Entities that nothing is known of: no fact, no relation, no influence, and nothing else that speaks of them."""

from __future__ import annotations

from collections.abc import Iterator

from downstack.graph.checks.common import Fault
from downstack.graph.quality.rule import Examined, Rule


def orphan(examined: Examined) -> Iterator[Fault]:
    """Yield the entities that no statement but their own description mentions."""
    held = examined.knowledge
    known = {*held.facts_by_entity, *held.relations_by_entity, *held.influences_by_entity}
    waiting = {entity.iri: slug for slug, entity in held.entities.items() if slug not in known}
    if not waiting:
        return
    # A node of a supply chain, a scenario or a group may speak of an entity that no fact is about.
    mentioned = {
        value
        for subject, node in examined.statements.nodes.items()
        for values in node.values()
        for value in values
        if isinstance(value, str) and value in waiting and value != subject
    }
    for iri, slug in sorted(waiting.items()):
        if iri not in mentioned:
            what = f"nothing is known of {slug}: no fact, no relation, no influence"
            yield Fault(
                iri, None, None, what, "add a cited fact or relation, or leave the entity out", "orphan", "warning"
            )


RULES = (Rule("orphan", ("warning",), "every entity has a fact, a relation or an influence", orphan),)
