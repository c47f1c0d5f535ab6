"""Changing a store from outside: what is asked for, what comes of it, and the port through which it is done.

The service offers changes and does not know how a store is written; who starts it hands it a :class:`Writer`, or none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from downstack.engine.changes import Change
from downstack.errors import Finding
from downstack.kg import KnowledgeGraph
from downstack.results.diff import DiffReport
from downstack.results.releases import Release


@dataclass(frozen=True, slots=True)
class NewSource:
    """Where a fact was read, when the store does not know it yet."""

    title: str
    reference: str
    """An http(s) address, ``owner/repository@commit``, or a ``urn:``."""
    licence: str | None = None
    retrieved: str | None = None


@dataclass(frozen=True, slots=True)
class NewFact:
    """One value of one quantity of one entity, as one source states it, in the source's own unit."""

    entity: str
    """The slug."""
    quantity: str
    """The identifier."""
    literal: str
    value: float
    unit: str
    confidence: str
    source: str | NewSource
    """The IRI of a source that the store knows, or a new one."""
    low: float | None = None
    high: float | None = None
    condition: str | None = None
    as_of: str | None = None
    valid_until: str | None = None
    note: str | None = None
    locator: str | None = None
    supersedes: str | None = None
    """The IRI of the fact that it corrects."""


@dataclass(frozen=True, slots=True)
class NewScenario:
    """A question to keep under a name; entities by slug, quantities by identifier."""

    name: str
    changes: Sequence[Change]
    targets: Sequence[str] = ()
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    as_of: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """The content of one file for a loader."""

    loader: str
    file: str
    """What the file is called: its ending says what is in it."""
    content: str
    name: str | None = None
    """The name of the one thing that is loaded, for loaders that take one."""


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What became of the rows of a dataset."""

    read: int
    kept: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Edit:
    """What a change did, or would do."""

    release: Release | None
    """The release that was made; None where nothing was written."""
    diff: DiffReport
    """What differs from the store as it was."""
    subject: str = ""
    """The IRI of the fact, the retraction or the scenario."""
    rows: RowCounts | None = None
    notes: tuple[Finding, ...] = ()
    """What was left out, or is doubtful; nothing is refused for it."""


class Writer(Protocol):
    """Changes a store: each change is one transaction, checked as a whole, and nothing that was stated is lost.

    Each is given the graph that is served, which saves reading the store again where that is its newest version, and who
    asks. All raise a KnowledgeError with findings when the change is refused; the store is what it was then.
    """

    def assert_fact(self, fact: NewFact, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """State a fact."""
        ...

    def retract_fact(self, fact: str, reason: str, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """Say that a fact no longer counts."""
        ...

    def load_dataset(self, dataset: Dataset, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """Load the content of a file."""
        ...

    def save_scenario(self, scenario: NewScenario, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """Keep a question."""
        ...
