"""Which entity a row of a tidy table means: by its identifier, as a person curated it, or by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from downstack.loaders.joins import Joins
from downstack.loaders.records import EntityRecord
from downstack.loaders.sources.facts_csv import Selection
from downstack.loaders.texts import MAX_NAME, clean, entity_slug

TYPES: Mapping[str, tuple[str, int | None]] = {
    "processor": ("Accelerator", 5),
    "accelerator": ("Accelerator", 5),
    "memory-technology": ("MemoryTechnology", 6),
    "interconnect": ("Interconnect", 6),
    "switch-or-nic": ("SwitchChip", 6),
    "process-node": ("ProcessNode", 7),
    "packaging": ("PackagingTechnology", 7),
    "foundry": ("Foundry", 7),
    "cloud": ("CloudProvider", 4),
    "cloud-instance": ("CloudOffering", 4),
    "ai-cluster": ("Cluster", 4),
    "market": ("Market", None),
    "company": ("Company", None),
    "foundationmodel": ("FoundationModel", 2),
    "model": ("FoundationModel", 2),
    "application": ("Application", 1),
    "softwareframework": ("Framework", 3),
    "framework": ("Framework", 3),
    "workloadtrace": ("Workload", 1),
    "workload": ("Workload", 1),
    "dataset": ("Dataset", 2),
}
"""Entity type of a table, in any case -> class and layer of an entity that the store does not have."""
LAYERS: Mapping[str, int | None] = dict(TYPES.values())
"""Class -> layer: a table may write the class itself in place of a type."""
_SLUG = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")


class TidyNames:
    """Identifiers of tables -> entities of the store, and those that the tables add."""

    def __init__(self, held: Mapping[str, EntityRecord], selection: Selection, own: str) -> None:
        self._held = held
        self._curated = selection.entities
        self._joins = Joins(held, own)
        self._own = own
        self.new: dict[str, EntityRecord] = {}
        """Entities that the store does not have, or has from these tables only."""
        self._known: dict[str, EntityRecord] = {}

    def entity(self, identifier: str, name: str = "", kind: str = "") -> EntityRecord | None:
        """The entity of an identifier; a new one where the table says of what type it is.

        Identifiers are those of the store, those of the tables that the product's knowledge was made from, or any.
        """
        if identifier in self._known:
            return self._known[identifier]
        found = self._find(identifier, name, kind)
        if found is not None:
            self._known[identifier] = found
        return found

    def named(self, name: str) -> EntityRecord | None:
        """The one entity of the store that a name means, of whatever class."""
        classes = {item for entity in self._held.values() for item in entity.classes}
        return self._held.get(name) or self._joins.find(name, classes, own=True)

    def _find(self, identifier: str, name: str, kind: str) -> EntityRecord | None:
        held = self._held.get(identifier)
        if held is not None and not self._joins.is_own(held):
            return held
        curated = self._curated.get(identifier)
        if curated is not None and curated.slug in self._held:
            return self._held[curated.slug]
        made, layer = TYPES.get(kind.casefold(), (kind if kind in LAYERS else "", None))
        if not identifier or not made:
            # A link may name what an earlier load of these tables described.
            return held
        if kind.casefold() not in TYPES:
            layer = LAYERS[kind]
        label = clean(name, MAX_NAME) or identifier
        joined = self._joins.find(label, (made,)) if name else None
        if joined is not None:
            return joined
        plain = identifier if _SLUG.fullmatch(identifier) and len(identifier) <= MAX_NAME else entity_slug(label)
        slug = self._joins.slug_for(plain, "loaded", identifier)
        self.new[slug] = EntityRecord(slug, label, (made,), layer)
        return self.new[slug]
