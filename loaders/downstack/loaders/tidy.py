"""The loader of tidy tables: facts, relations and influences, told apart by their columns.

Each row becomes statements or a rejection with file, line and reason. What a table says about an entity stands in a folder
of that table, so that two tables about one thing do not overwrite each other and a table can be loaded again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.loaders import writer
from downstack.loaders.citations import Citations
from downstack.loaders.curation import read_curation
from downstack.loaders.gathering import own_folder, product_vocabulary
from downstack.loaders.inputs import read_file
from downstack.loaders.records import EntityRecord, FactRecord, InfluenceRecord, PropertyRecord, RelationRecord
from downstack.loaders.registry import Loaded, LoadRequest
from downstack.loaders.report import Rejection, Report
from downstack.loaders.sources import facts_csv, influences_csv, relations_csv
from downstack.loaders.sources.tidy_names import TidyNames
from downstack.loaders.sources.tidy_rows import Becomes, Statement, fact_rows, influence_rows, relation_rows
from downstack.loaders.tables import header_of
from downstack.loaders.texts import entity_slug
from downstack.loaders.vocabulary import Vocabulary
from downstack.vocabulary import FACT, INF, STATED

NAME = "facts-csv"
KINDS: Mapping[str, frozenset[str]] = {
    "facts": frozenset(facts_csv.COLUMNS),
    "relations": frozenset(relations_csv.COLUMNS),
    "influences": frozenset(influences_csv.COLUMNS),
}
"""Kind of table -> its columns."""


@dataclass(slots=True)
class Table:
    """One table while it is read: where it stands, and what has come of it so far."""

    name: str
    """What reports call it: the name of the file."""
    folder: str
    """The folder of the store that is its own, without the room."""
    new: Mapping[str, EntityRecord] = field(default_factory=dict)
    """Entities that it describes, by slug."""
    facts: dict[str, FactRecord] = field(default_factory=dict)
    relations: dict[str, RelationRecord] = field(default_factory=dict)
    influences: dict[str, InfluenceRecord] = field(default_factory=dict)
    stated: dict[str, PropertyRecord] = field(default_factory=dict)


Rows = Iterable[tuple[int, Sequence[Becomes]]]
"""The line of each row and what it becomes: statements, or one rejection."""


def kind_of(data: bytes, name: str) -> str:
    """The kind of a table by its columns; the nearest one when none fits, so that what is wrong can be said.

    Raises
    ------
    KnowledgeError
        If the columns are of none of the three.
    """
    header = set(header_of(data, name))
    kind = max(KINDS, key=lambda item: len(header & KINDS[item]))
    if len(header & KINDS[kind]) < 3:
        remedy = "; ".join(f"{item} has {', '.join(sorted(KINDS[item]))}" for item in KINDS)
        raise KnowledgeError((Finding(name, 1, "no table of facts, relations or influences", remedy, "columns"),))
    return kind


def load_tables(request: LoadRequest) -> Loaded:
    """Read tidy tables.

    Raises
    ------
    KnowledgeError
        If a file cannot be read, is no such table, has an unknown column, or two files have the same name.
    """
    run = _Run(request)
    for path in request.paths:
        run.read(path)
    return run.loaded()


class _Run:
    def __init__(self, request: LoadRequest) -> None:
        self.request = request
        self.curation = read_curation()
        self.vocabulary: Vocabulary = product_vocabulary()
        self.citations = Citations(known=self.curation.sources)
        self.held = dict(request.held)
        self.report = Report("facts")
        self.tables: dict[str, Table] = {}

    def read(self, path: Path) -> None:
        """Read one table into the records of this run."""
        data = read_file(path)
        kind = kind_of(data, path.name)
        folder = f"{NAME}/{entity_slug(path.stem)}"
        if folder in self.tables:
            finding = Finding(path.name, None, "two tables of this name", "rename one of the files", "file")
            raise KnowledgeError((finding,))
        table = self.tables[folder] = Table(path.name, folder)
        own = own_folder(folder)
        names = TidyNames(self.held, self.curation.selection, own)
        table.new = names.new
        make: Callable[[bytes, str, TidyNames], Rows] = {
            "facts": self._facts, "relations": self._relations, "influences": self._influences
        }[kind]  # fmt: skip
        for done, (line, found) in enumerate(make(data, table.name, names), start=1):
            self._keep(line, found, table)
            if self.request.progress is not None:
                self.request.progress(done, max(done, data.count(b"\n")))
        # What this table describes is known to the next one, as if the store had it.
        self.held.update({slug: replace(item, file=f"{own}{slug}.ttl") for slug, item in names.new.items()})

    def _facts(self, data: bytes, name: str, names: TidyNames) -> Rows:
        rows = facts_csv.parse(data, name)
        return fact_rows(rows, self.vocabulary, names, self.citations, self.curation.selection)

    def _relations(self, data: bytes, name: str, names: TidyNames) -> Rows:
        rows = relations_csv.parse(data, name)
        return relation_rows(rows, self.vocabulary, names, self.citations)

    def _influences(self, data: bytes, name: str, names: TidyNames) -> Rows:
        rows = influences_csv.parse(data, name)
        return influence_rows(rows, self.curation.readings, names, self.citations)

    def _keep(self, line: int, found: Sequence[Becomes], table: Table) -> None:
        """Count one row, and keep its statements unless the store has them from elsewhere."""
        statements = [item for item in found if not isinstance(item, Rejection)]
        new = [item for item in statements if not self._is_stated(item, table)]
        for item in new:
            if isinstance(item, FactRecord):
                table.facts.setdefault(item.key, item)
            elif isinstance(item, RelationRecord):
                table.relations.setdefault(item.key, item)
            elif isinstance(item, PropertyRecord):
                table.stated.setdefault(item.key, item)
            else:
                table.influences.setdefault(item.slug, item)
        if new:
            self.report.keep(len(new))
            return
        rejection = next((item for item in found if isinstance(item, Rejection)), None)
        if not found:
            rejection = Rejection(line, "", "", "", "nothing follows from it")
        elif rejection is None:
            first = statements[0]
            subject = first.slug if isinstance(first, InfluenceRecord) else first.subject
            rejection = Rejection(line, subject, "", "", "the store has this statement already")
        self.report.reject(replace(rejection, file=table.name))

    def _is_stated(self, item: Statement, table: Table) -> bool:
        if isinstance(item, FactRecord | PropertyRecord):
            home = self.request.stated.get((FACT if isinstance(item, FactRecord) else STATED) + item.key)
            return home is not None and home != f"facts/loaded/{table.folder}/{item.subject}.ttl"
        return isinstance(item, InfluenceRecord) and INF + item.slug in self.request.stated

    def loaded(self) -> Loaded:
        """The files of everything that was kept."""
        names = {term.identifier: term.local_name for term in self.vocabulary.terms.values()}
        documents: dict[str, str] = {}
        touched: set[str] = set()
        named = {end for table in self.tables.values() for end in _named(table)}
        for table in self.tables.values():
            facts: dict[str, list[FactRecord]] = defaultdict(list)
            links: dict[str, list[RelationRecord]] = defaultdict(list)
            said: dict[str, list[PropertyRecord]] = defaultdict(list)
            for item in table.stated.values():
                said[item.subject].append(item)
            for fact in table.facts.values():
                facts[fact.subject].append(fact)
            for link in table.relations.values():
                links[link.subject].append(link)
            for slug in sorted({*facts, *links, *said, *(named & set(table.new))}):
                new = table.new.get(slug)
                touched.add(slug)
                documents[f"facts/loaded/{table.folder}/{slug}.ttl"] = (
                    writer.addition_document(slug, links[slug], facts[slug], names, stated=said[slug])
                    if new is None
                    else writer.entity_document(new, links[slug], facts[slug], names, stated=said[slug])
                )
            for slug, influence in table.influences.items():
                documents[f"influences/loaded/{table.folder}/{slug}.ttl"] = writer.influence_document(influence)
        cited = {item.source for table in self.tables.values() for item in _records(table)}
        for source in self.citations.records():
            if source.slug in cited:
                documents[f"facts/loaded/sources/{source.slug}.ttl"] = writer.source_document(source)
        count = sum(len(table.facts) for table in self.tables.values())
        return Loaded(documents, tuple(sorted(touched)), count, self.report)


def _named(table: Table) -> Iterator[str]:
    """Everything that the statements of a table are about or lead to."""
    for fact in table.facts.values():
        yield fact.subject
    for item in table.stated.values():
        yield item.subject
    for link in table.relations.values():
        yield from (link.subject, link.object)
    for influence in table.influences.values():
        yield from (influence.source_entity, influence.target_entity)


def _records(table: Table) -> list[Statement]:
    return [*table.facts.values(), *table.relations.values(), *table.influences.values(), *table.stated.values()]
