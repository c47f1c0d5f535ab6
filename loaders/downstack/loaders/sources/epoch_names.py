"""Names in Epoch AI's tables: which entity of the store each means, or a new one.

The order of judgement: what a person decided (``curation/epoch_names.csv``), then a name or alias that exactly one entity
of the right class has, then a new entity. Nothing is matched by likeness: an H100 SXM is no H100 PCIe.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from downstack.loaders.records import EntityRecord
from downstack.loaders.sources.epoch_values import MAX_NAME
from downstack.loaders.tables import read_table
from downstack.loaders.texts import bare, clean

FILE = Path(__file__).parents[1] / "curation" / "epoch_names.csv"


@dataclass(frozen=True, slots=True)
class Kind:
    """What sort of thing a name means: the classes that may carry it, and the class and layer of a new one."""

    word: str
    classes: frozenset[str]
    new: str
    layer: int | None


KINDS: Mapping[str, Kind] = {
    "chip": Kind("chip", frozenset({"Accelerator"}), "Accelerator", 5),
    "language model": Kind("model", frozenset({"FoundationModel", "TrainedModel"}), "FoundationModel", 2),
    "model": Kind("model", frozenset({"FoundationModel", "TrainedModel"}), "TrainedModel", 2),
    "organisation": Kind("organisation", frozenset({"Company", "CloudProvider"}), "Company", None),
    "company": Kind("organisation", frozenset({"Company"}), "Company", None),
    "foundry": Kind("foundry", frozenset({"Company"}), "Company", None),
    "cluster": Kind("cluster", frozenset({"Cluster"}), "Cluster", 4),
    "application": Kind("application", frozenset({"Application"}), "Application", 1),
    "dataset": Kind("dataset", frozenset({"Dataset"}), "Dataset", 2),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a name: an entity, or that it names none."""

    slug: str
    label: str
    reason: str


@dataclass(slots=True)
class Names:
    """The names of a store and those that a file adds to it."""

    loader: str
    held: Mapping[str, EntityRecord]
    """Entities that other files describe, by slug."""
    added: dict[str, EntityRecord] = field(default_factory=dict)
    """Entities that this file describes, by slug."""
    _by_name: dict[str, list[EntityRecord]] = field(init=False)
    _minted: dict[tuple[str, str], str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        index: dict[str, dict[str, EntityRecord]] = defaultdict(dict)
        for item in self.held.values():
            if "UnresolvedEntity" not in item.classes:
                for name in (item.label, *item.aliases):
                    index[bare(name)][item.slug] = item
        self._by_name = {name: list(found.values()) for name, found in index.items()}

    def decided(self, name: str, kind: str) -> Decision | None:
        """What the curated table says of a name."""
        word, table = KINDS[kind].word, _decisions()
        return table.get((self.loader, word, bare(name))) or table.get(("", word, bare(name)))

    def find(self, name: str, kind: str) -> str | None:
        """The slug of the entity that a name means, when the store or this file has it."""
        decision = self.decided(name, kind)
        if decision is not None and (item := self._record(decision.slug)) is not None:
            return item.slug if KINDS[kind].classes & set(item.classes) else None
        if decision is None:
            found = [item for item in self._by_name.get(bare(name), ()) if KINDS[kind].classes & set(item.classes)]
            exact = [item for item in found if bare(item.label) == bare(name)] or found
            if len(exact) == 1:
                return exact[0].slug
        return self._minted.get((KINDS[kind].word, bare(name)))

    def take(self, name: str, kind: str) -> str:
        """The slug of the entity that a name means; it is added when nobody has it yet."""
        found = self.find(name, kind)
        if found is None:
            decision = self.decided(name, kind)
            found = self._mint(name, KINDS[kind], decision)
            self._minted[KINDS[kind].word, bare(name)] = found
        return found

    def another(self, name: str, kind: str) -> str:
        """The slug of a new entity, also when another one has that name: rows whose names were made anonymous."""
        return self._add(slug_of(name), name, KINDS[kind])

    def dangling(self, name: str) -> str:
        """The slug of a name that nothing known has; the same name is the same entity in every file."""
        slug = f"unresolved-{slug_of(name)}"
        other = self._record(slug)
        if other is not None and other.label != name:
            slug = f"{slug}-{_digest(name)}"
        self.added[slug] = EntityRecord(slug, name, ("UnresolvedEntity",), None)
        return slug

    def carries(self, slug: str, name: str) -> bool:
        """Whether an entity is called so."""
        item = self._record(slug)
        return item is not None and bare(name) in {bare(other) for other in (item.label, *item.aliases)}

    def keep_only(self, slugs: Container[str]) -> None:
        """Drop what was added and then nothing was said about."""
        self.added = {slug: item for slug, item in self.added.items() if slug in slugs}

    def describe(self, slug: str, description: str | None, *aliases: str) -> None:
        """Add a description, and other names, to an entity that this file describes."""
        item = self.added.get(slug)
        if item is not None:
            others = {name for name in aliases if 0 < len(name) <= MAX_NAME and bare(name) != bare(item.label)}
            names = tuple(sorted({*item.aliases, *others}))
            self.added[slug] = replace(item, aliases=names, description=item.description or description)

    def _record(self, slug: str) -> EntityRecord | None:
        return self.held.get(slug) or self.added.get(slug)

    def _mint(self, name: str, kind: Kind, decision: Decision | None) -> str:
        label = decision.label if decision is not None and decision.label else clean(name)
        slug = decision.slug if decision is not None and decision.slug else slug_of(label)
        # A label that something else has already would make every question by that name ambiguous.
        if self._by_name.get(bare(label)):
            label = f"{label} ({kind.word})"
        return self._add(f"{slug}-{kind.word}" if self._record(slug) is not None else slug, label, kind)

    def _add(self, slug: str, label: str, kind: Kind) -> str:
        free, count = slug, 2
        while self._record(free) is not None:
            free, count = f"{slug}-{count}", count + 1
        self.added[free] = EntityRecord(free, clean(label), (kind.new,), kind.layer)
        return free


def slug_of(name: str) -> str:
    """The local name of an entity: lower-case words and numbers, points kept between digits.

    Examples
    --------
    >>> slug_of("Llama 3.1-405B"), slug_of("MSRA (C, PReLU)"), slug_of("Linköping University")
    ('llama-3.1-405b', 'msra-c-prelu', 'linkoping-university')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    plain = re.sub(r"(?<=[a-z])\+\+", "-plus-plus", plain).replace("+", "-plus")
    words = re.findall(r"[a-z0-9]+(?:\.[0-9][a-z0-9]*)*", plain)
    slug = "-".join(words)
    if len(slug) > 80:
        slug = f"{slug[:70].rstrip('.-')}-{_digest(name)}"
    return slug or f"x-{_digest(name)}"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:6]


@cache
def _decisions() -> dict[tuple[str, str, str], Decision]:
    fields = ("loader", "kind", "name", "slug", "label", "reason")
    return {
        (cells["loader"], cells["kind"], bare(cells["name"])): Decision(cells["slug"], cells["label"], cells["reason"])
        for _, cells in read_table(FILE.read_bytes(), fields, (), FILE.name)
    }
