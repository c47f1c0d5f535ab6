"""A version of the graph from one store into another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from downstack.errors import UserInputError
from downstack.graph.documents import Document
from downstack.graph.knowledge import Knowledge
from downstack.graph.loading import build, collect
from downstack.graph.releases import is_store, is_unfinished, pick_release, shapes_digest
from downstack.graph.stores.adapter import TripleStore
from downstack.graph.stores.oxigraph import OxigraphStore
from downstack.graph.stores.places import history_of, split_name, triple_store
from downstack.graph.stores.versions import Entry, append
from downstack.performance import REGISTRY
from downstack.performance.declare import FunctionRegistry
from downstack.results.releases import Release

BUNDLED = "bundled"
"""What the knowledge that comes with the product is called where a store is named."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What was copied."""

    release: Release
    version: str
    """The graph version that both stores answer with."""
    written: bool
    """False when it was there already."""


def copy_version(source: str, destination: str, *, registry: FunctionRegistry | None = None) -> Copy:
    """Copy a version into a store of triples, where it answers from then on.

    Parameters
    ----------
    source
        A store, or ``STORE@RELEASE``; ``bundled`` for the knowledge that comes with the product.
    destination
        An Oxigraph directory, or one that does not exist yet; or the address of an endpoint.
    registry
        The functions that the graph must open with; the shared registry unless given.

    Raises
    ------
    KnowledgeError
        If something is wrong with the source, or the destination cannot be written; it is what it was then.
    UserInputError
        If the destination is Turtle.
    """
    target = target_store(destination)
    documents, checked = collect(None if source == BUNDLED else source)
    knowledge, _ = build(documents, REGISTRY if registry is None else registry, shacl=not checked)
    release = _release(source, knowledge, documents)
    written = append(target, [Entry(release, documents, shapes_digest())])
    return Copy(release, knowledge.version, written)


def target_store(name: str) -> TripleStore:
    """Return the store of triples to write to; a directory that does not exist will be one of Oxigraph.

    Raises
    ------
    UserInputError
        If Turtle lies there.
    """
    found = triple_store(name)
    if found is not None:
        return found
    path = Path(name)
    if is_store(path) or is_unfinished(path) or path.is_file():
        raise UserInputError(
            f"{name} holds Turtle, and is no store of triples",
            field="destination",
            hint="name a directory that does not exist yet, an Oxigraph directory, or the address of an endpoint",
        )
    return OxigraphStore(path)


def _release(source: str, knowledge: Knowledge, documents: Sequence[Document]) -> Release:
    if source != BUNDLED:
        name, wanted = split_name(source)
        history = history_of(name)
        if history:
            return pick_release(history, wanted, name)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return record(knowledge, documents, now, BUNDLED if source == BUNDLED else "by-hand")


def record(
    knowledge: Knowledge,
    documents: Sequence[Document],
    now: str,
    loader: str,
    sources: Sequence[str] = (),
    rejected: Sequence[tuple[str, int]] = (),
    by: str = "",
) -> Release:
    """Return the record of a release that is being made."""
    return Release(
        id=knowledge.version,
        created=now,
        loader=loader,
        sources=tuple(sources),
        files=len(documents),
        entities=len(knowledge.entities),
        facts=len(knowledge.facts),
        relations=len(knowledge.relations),
        influences=len(knowledge.influences),
        triples=knowledge.triples,
        added=0,
        changed=0,
        removed=0,
        rejected=tuple(rejected),
        by=by,
    )
