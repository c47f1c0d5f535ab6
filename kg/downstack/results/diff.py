"""What two versions of the graph state differently: what was added, removed and changed, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from downstack.results.versions import VersionReport

Kind = Literal["entity", "fact", "relation", "influence"]
Change = Literal["added", "removed", "changed", "superseded"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One entity, fact, relation or influence that two versions do not state alike."""

    kind: Kind
    change: Change
    """A fact is superseded when the newer version says which one corrects it; it is kept."""
    name: str
    """``ENTITY``, ``ENTITY.QUANTITY``, ``SUBJECT predicate OBJECT`` or ``SOURCE -> TARGET``."""
    iri: str
    before: str | None
    """What the older version says, as its source prints it; None where it says nothing."""
    after: str | None
    source_before: str | None
    """Where the older version has it from: title and address."""
    source_after: str | None
    superseded_by: str | None = None
    """The IRI of the fact that corrects this one."""


@dataclass(frozen=True, slots=True)
class DiffReport:
    """The answer to "what is different?"."""

    before: str
    after: str
    """The two graph versions."""
    differences: tuple[Difference, ...]
    """Entities first, then facts, relations and influences, each by name."""
    impact: VersionReport | None = None
    """Which answers moved, and by how much; None unless it was asked for."""

    @property
    def is_empty(self) -> bool:
        """True when both state the same."""
        return not self.differences

    def count(self, kind: Kind | None = None, change: Change | None = None) -> int:
        """Return how many differences there are, of one kind or one sort of change when that is given."""
        return sum(
            (kind is None or item.kind == kind) and (change is None or item.change == change)
            for item in self.differences
        )

    @property
    def added(self) -> int:
        """How many things only the newer version has."""
        return self.count(change="added")

    @property
    def removed(self) -> int:
        """How many things only the older version has."""
        return self.count(change="removed")

    @property
    def changed(self) -> int:
        """How many things both have, and state differently."""
        return self.count(change="changed") + self.count(change="superseded")
