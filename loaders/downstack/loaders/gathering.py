"""What one load of a catalogue gathers, and the files that it makes: one an entity, in a folder of the loader's own.

A folder of its own lets a loader load again: what it wrote before it writes anew, and what others wrote it never touches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from downstack.errors import Finding
from downstack.loaders import writer
from downstack.loaders.records import EntityRecord, FactRecord, RelationRecord, SourceRecord
from downstack.loaders.registry import Loaded
from downstack.loaders.report import Report
from downstack.loaders.texts import mixed_word
from downstack.loaders.vocabulary import Vocabulary, read_vocabulary, vocabulary_files
from downstack.vocabulary import locate

_Record = TypeVar("_Record", FactRecord, RelationRecord)


def own_folder(loader: str) -> str:
    """The folder of a store that a loader writes to."""
    return f"facts/loaded/{loader}/"


@cache
def product_vocabulary() -> Vocabulary:
    """The kinds of quantities and properties of the product, read once."""
    return read_vocabulary(vocabulary_files(locate() / "terms"))


@dataclass(slots=True)
class Gathering:
    """Entities, relations and facts of one source, each once whatever the number of rows that say it."""

    loader: str
    source: SourceRecord
    report: Report
    entities: dict[str, EntityRecord] = field(default_factory=dict)
    facts: dict[str, FactRecord] = field(default_factory=dict)
    relations: dict[str, RelationRecord] = field(default_factory=dict)
    properties: dict[str, dict[tuple[str, str], None]] = field(default_factory=lambda: defaultdict(dict))
    findings: dict[str, Finding] = field(default_factory=dict)

    def describe(self, entity: EntityRecord, where: tuple[str, int | None]) -> None:
        """Keep an entity that the store does not describe; `where` is the file and line that name it."""
        if entity.slug in self.entities:
            known = self.entities[entity.slug]
            aliases = {*known.aliases, *entity.aliases, entity.label} - {known.label}
            self.entities[entity.slug] = EntityRecord(
                known.slug, known.label, known.classes, known.layer, tuple(sorted(aliases)), known.description
            )
            return
        self.entities[entity.slug] = entity
        word = mixed_word(entity.label)
        if word is not None:
            file, line = where
            what = f"{entity.label!r} mixes alphabets in the word {word!r}: it looks like a name that it is not"
            self.findings[entity.slug] = Finding(file, line, what, "check the name", "mixed-alphabets")

    def state(self, *records: FactRecord | RelationRecord) -> int:
        """Keep statements; returns how many."""
        for record in records:
            if isinstance(record, FactRecord):
                self.facts.setdefault(record.key, record)
            else:
                self.relations.setdefault(record.key, record)
        return len(records)

    def say(self, slug: str, predicate: str, text: str) -> int:
        """Keep a property of an entity; returns that it is one statement."""
        self.properties[slug][predicate, text] = None
        return 1

    def loaded(self) -> Loaded:
        """The files of everything gathered."""
        names = {term.identifier: term.local_name for term in product_vocabulary().terms.values()}
        facts, links = _by_subject(self.facts.values()), _by_subject(self.relations.values())
        documents: dict[str, str] = {}
        for slug in sorted({*self.entities, *facts, *links, *self.properties}):
            entity = self.entities.get(slug)
            said = sorted(self.properties.get(slug, ()))
            own, relations = facts.get(slug, []), links.get(slug, [])
            documents[f"{own_folder(self.loader)}{slug}.ttl"] = (
                writer.addition_document(slug, relations, own, names, said)
                if entity is None
                else writer.entity_document(entity, relations, own, names, said)
            )
        if documents:
            documents[f"facts/loaded/sources/{self.source.slug}.ttl"] = writer.source_document(self.source)
        touched = tuple(sorted({*self.entities, *facts, *links, *self.properties}))
        return Loaded(documents, touched, len(self.facts), self.report, tuple(self.findings.values()))


def _by_subject(records: Iterable[_Record]) -> dict[str, list[_Record]]:
    found: dict[str, list[_Record]] = defaultdict(list)
    for record in records:
        found[record.subject].append(record)
    return found
