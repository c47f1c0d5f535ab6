"""The graph version that a request is answered from.

A request takes the reference once and keeps it, so a swap in between cannot mix two versions in one answer.
"""

from __future__ import annotations

from functools import cached_property

import strawberry
from strawberry.fastapi import BaseContext

from downstack.graph.model import Fact, Influence, Layer, Relation
from downstack.graphql.cursors import CursorSigner
from downstack.kg import KnowledgeGraph

ID_SPACE = "https://w3id.org/downstack/"


def short_id(iri: str) -> str:
    """Return the identifier of a node that is no entity: ``fact:...``, ``rel:...`` or ``inf:...``."""
    for prefix, folder in (("fact", "fact/"), ("rel", "relation/"), ("inf", "influence/")):
        if iri.startswith(ID_SPACE + folder):
            return f"{prefix}:{iri.removeprefix(ID_SPACE + folder)}"
    return iri


class Served:
    """One graph version with the look-ups that the type graph needs and the library door does not offer."""

    def __init__(self, kg: KnowledgeGraph) -> None:
        self.kg = kg

    @cached_property
    def layers(self) -> dict[int, Layer]:
        """The layers by number."""
        return {layer.number: layer for layer in self.kg.layers}

    @cached_property
    def nodes(self) -> dict[str, Fact | Relation | Influence]:
        """Facts, relations and influences by IRI and by short identifier."""
        found: dict[str, Fact | Relation | Influence] = {}
        for records in (self.kg.facts, self.kg.relations, self.kg.influences):
            for item in records:
                found[item.iri] = item
                found[short_id(item.iri)] = item
        return found


class GraphHolder:
    """Holds the graph that new requests see; :meth:`swap` replaces it in one assignment."""

    def __init__(self, kg: KnowledgeGraph) -> None:
        self._served = Served(kg)

    @property
    def served(self) -> Served:
        """The version that a request starting now is answered from."""
        return self._served

    def swap(self, kg: KnowledgeGraph) -> None:
        """Serve another version from the next request on."""
        self._served = Served(kg)


class Context(BaseContext):
    """What every resolver of one request shares."""

    def __init__(self, served: Served, signer: CursorSigner) -> None:
        super().__init__()
        self.served = served
        self.kg = served.kg
        self.signer = signer


Info = strawberry.Info[Context, None]
