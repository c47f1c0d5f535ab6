"""What is exported: the whole graph, or an entity and what is within some steps of it."""

from __future__ import annotations

from dataclasses import dataclass

from downstack.errors import UserInputError
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Entity, Fact, Influence, Relation

MAX_DEPTH = 20


@dataclass(frozen=True)
class Cut:
    """Entities, and all that is said of them and between them."""

    knowledge: Knowledge
    entities: tuple[Entity, ...]
    facts: tuple[Fact, ...]
    relations: tuple[Relation, ...]
    influences: tuple[Influence, ...]
    whole: bool

    @property
    def slugs(self) -> frozenset[str]:
        """The names of the entities."""
        return frozenset(item.id for item in self.entities)


def cut(knowledge: Knowledge, entity: str | None = None, depth: int = 1) -> Cut:
    """Return the whole graph, or the part of it around an entity.

    Parameters
    ----------
    knowledge
        The graph.
    entity
        The slug of the entity in the middle; none for everything.
    depth
        How many relations or influences away an entity may be, whichever way they point.

    Raises
    ------
    UserInputError
        If the depth is not between 0 and 20.
    """
    if not 0 <= depth <= MAX_DEPTH:
        raise UserInputError(f"a depth of {depth} is not between 0 and {MAX_DEPTH}", field="depth")
    kept = frozenset(knowledge.entities) if entity is None else _around(knowledge, entity, depth)
    return Cut(
        knowledge=knowledge,
        entities=tuple(item for slug, item in sorted(knowledge.entities.items()) if slug in kept),
        facts=tuple(
            fact for slug in sorted(kept & knowledge.facts_by_entity.keys()) for fact in knowledge.facts_by_entity[slug]
        ),
        relations=tuple(item for item in knowledge.relations if item.subject in kept and item.object in kept),
        influences=tuple(
            item for item in knowledge.influences if item.source_entity in kept and item.target_entity in kept
        ),
        whole=entity is None,
    )


def _around(knowledge: Knowledge, entity: str, depth: int) -> frozenset[str]:
    found = {entity}
    edge = [entity]
    for _ in range(depth):
        near = {
            slug
            for item in edge
            for slug in (
                *(end for link in knowledge.relations_by_entity.get(item, ()) for end in (link.subject, link.object)),
                *(
                    end
                    for link in knowledge.influences_by_entity.get(item, ())
                    for end in (link.source_entity, link.target_entity)
                ),
            )
        }
        edge = sorted(near - found)
        found |= near
    return frozenset(found)
