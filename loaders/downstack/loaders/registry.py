"""What can be loaded: the loaders of the product and those that others install.

A loader has a name, says what it reads and under which licence the source stands, and turns files into Turtle with a
report. Another package adds one with the entry-point group ``downstack.loaders``: the name of the entry point is the
word after ``downstack load``, its object a class without arguments that has the members of :class:`Loader`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, cast

from downstack.engine.sampler import Progress
from downstack.errors import Finding, UnknownNameError, UserInputError
from downstack.graph.model import Entity
from downstack.graph.names import nearest_words
from downstack.kg import KnowledgeGraph
from downstack.loaders.records import EntityRecord
from downstack.loaders.report import Report

GROUP = "downstack.loaders"

BUILT_IN: Mapping[str, str] = {
    "hf-config": "downstack.loaders.load:HuggingFaceConfig",
    "facts-csv": "downstack.loaders.load:FactsTable",
    "ecosystem-graphs": "downstack.loaders.sources.ecosystem_graphs:EcosystemGraphs",
    "eto": "downstack.loaders.sources.eto:SupplyChain",
    "rdf": "downstack.loaders.sources.rdf:Statements",
    "epoch-hardware": "downstack.loaders.epoch:EpochHardware",
    "epoch-models": "downstack.loaders.epoch:EpochModels",
    "epoch-clusters": "downstack.loaders.epoch:EpochClusters",
    "epoch-companies": "downstack.loaders.epoch:EpochCompanies",
}
"""Name -> where the class is: imported only when it is used."""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What a loader is given."""

    paths: Sequence[Path]
    held: Mapping[str, EntityRecord]
    """The entities that the store has, by slug."""
    name: str | None = None
    """What the user calls the one thing that is loaded, for loaders that take a name."""
    progress: Progress | None = None
    """Is told how much of the work is done; None where nobody looks."""
    stated: Mapping[str, str] = field(default_factory=dict)
    """IRI of each fact and influence that the store has -> the file that states it; "" where that is not known."""
    references: frozenset[str] = frozenset()
    """Where the facts of the store were read: what is loaded from one of these was loaded before."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load makes: the files, and what became of the rows."""

    documents: Mapping[str, str]
    """Path inside the store -> Turtle."""
    entities: tuple[str, ...]
    facts: int
    report: Report
    findings: tuple[Finding, ...] = field(default=())
    """What a reader should know about what was kept: a part that is not understood, a doubtful value."""


class Loader(Protocol):
    """One kind of source."""

    name: str
    title: str
    """What PATH is, for the help."""
    licence: str
    """Of the source: what may be done with what is loaded."""

    def read(self, request: LoadRequest) -> Loaded:
        """Turn files into Turtle; nothing is written and nothing is fetched.

        Raises
        ------
        KnowledgeError
            If a file is not what the loader reads; the findings name file, line and remedy.
        """
        ...


def known_entities(entities: Iterable[Entity]) -> dict[str, EntityRecord]:
    """Entities of a graph as records, by slug."""
    return {
        item.id: EntityRecord(
            item.id, item.label, tuple(sorted(item.classes)), item.layer, item.aliases, file=item.file
        )
        for item in entities
    }


def stated_by(graph: KnowledgeGraph) -> dict[str, str]:
    """IRI of each fact, property and influence of a graph -> the file that states it; "" where that is not known."""
    knowledge = graph.engine.knowledge
    properties = {item.iri: item.file for item in knowledge.properties}
    influences = {item.iri: "" for item in graph.influences}
    return {item.iri: item.file for item in knowledge.facts} | properties | influences


def loader_names() -> tuple[str, ...]:
    """Names of all loaders: those of the product first, then those that other packages installed."""
    return (*BUILT_IN, *sorted(item.name for item in _installed() if item.name not in BUILT_IN))


def find_loader(name: str) -> Loader:
    """Return the loader of a name.

    Raises
    ------
    UnknownNameError
        If there is none; the nearest names are given, or all where none is near.
    UserInputError
        If another package's loader cannot be imported or lacks a member, or a loader needs what is not installed.
    """
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        try:
            return cast("Loader", getattr(importlib.import_module(module), attribute)())
        except ModuleNotFoundError as error:
            hint = "install downstack[loaders]"
            raise UserInputError(f"the loader {name!r} needs {error.name}", field="source", hint=hint) from error
    for item in _installed():
        if item.name == name:
            return _foreign(item)
    names = loader_names()
    raise UnknownNameError("loader", name, nearest_words(name, names) or names, field="source")


def _foreign(item: EntryPoint) -> Loader:
    try:
        loader = item.load()()
    except Exception as error:  # Whatever another package's import raises, the user must learn which package it was.
        raise UserInputError(
            f"the loader {item.name!r} of {item.value} cannot be used: {error}", field="source"
        ) from error
    for member in ("name", "title", "licence", "read"):
        if not hasattr(loader, member):
            raise UserInputError(f"the loader {item.name!r} of {item.value} has no {member}", field="source")
    return cast("Loader", loader)


def _installed() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))
