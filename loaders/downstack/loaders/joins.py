"""Which entity of the store a name of a source means, and the slug of one that the store does not have.

A name joins an entity when it is the entity's slug, label or alias, spelled in any usual way, and the entity is of a class
that the source can mean. A name that several entities carry joins none of them. Nothing is joined because it looks alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from downstack.graph.names import normalise, spell
from downstack.loaders.records import EntityRecord
from downstack.loaders.tables import read_table
from downstack.loaders.texts import bare, entity_slug

UNRESOLVED = "UnresolvedEntity"
CURATED = Path(__file__).parent / "curation" / "joins.csv"


def curated_joins(loader: str) -> dict[str, str]:
    """Names of one source -> slug that a person decided they mean; an empty slug means none of the store's.

    The table also says why.
    """
    rows = read_table(CURATED.read_bytes(), ("loader", "name", "entity", "reason"), (), CURATED.name)
    return {normalise(cells["name"]): cells["entity"] for _, cells in rows if cells["loader"] == loader}


class Joins:
    """Names of the store, and the slugs that one load takes."""

    def __init__(self, held: Mapping[str, EntityRecord], own: str, curated: Mapping[str, str] | None = None) -> None:
        """Index the names.

        Parameters
        ----------
        held
            Entities that the store has, by slug.
        own
            The folder that the loader writes to: what stands there was loaded before, and is loaded again now.
        curated
            What a person decided; see :func:`curated_joins`.
        """
        self._held = held
        self._curated = curated or {}
        self._own = own
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._spelled: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._bare: dict[str, set[str]] = defaultdict(set)
        for slug, entity in held.items():
            for text in (slug, entity.label, *entity.aliases):
                self._exact[normalise(text)].add(slug)
                self._spelled[spell(text)].add(slug)
                self._bare[bare(text)].add(slug)
        self._taken: dict[str, tuple[str, str]] = {}

    def is_own(self, entity: EntityRecord) -> bool:
        """Whether the loader itself described an entity at an earlier load."""
        return bool(entity.file) and (entity.file or "").startswith(self._own)

    def find(self, name: str, classes: Iterable[str], *, own: bool = False) -> EntityRecord | None:
        """The one entity of the store that a name means, if there is exactly one.

        Parameters
        ----------
        name, classes
            As the source says it, and what it can be.
        own
            True to find also what the loader described at an earlier load.
        """
        wanted = set(classes)
        if normalise(name) in self._curated:
            decided = self._held.get(self._curated[normalise(name)])
            return decided if decided is not None and wanted & set(decided.classes) else None
        for slugs in (
            self._exact.get(normalise(name), ()),
            self._spelled.get(spell(name), ()),
            self._bare.get(bare(name), ()),
        ):
            found = [
                item
                for item in (self._held[slug] for slug in sorted(slugs))
                if wanted & set(item.classes) and (own or not self.is_own(item))
            ]
            if len(found) == 1:
                return found[0]
            if found:
                return None
        return None

    def slug_for(self, name: str, kind: str, key: str) -> str:
        """A slug for what the store does not have; the same key always gets the same one.

        Parameters
        ----------
        name
            What it is called.
        kind
            A word that tells it apart from another thing of that name.
        key
            What the source tells things apart by; another key with the same name gets another slug.
        """
        plain = entity_slug(name)
        candidates = [plain, f"{plain}-{kind}", *(f"{plain}-{kind}-{number}" for number in range(2, 1000))]
        for slug in candidates:
            held = self._held.get(slug)
            free = held is None or self.is_own(held) or UNRESOLVED in held.classes
            if free and self._taken.setdefault(slug, (kind, key)) == (kind, key):
                return slug
        raise LookupError(f"a thousand things are called {plain}")
