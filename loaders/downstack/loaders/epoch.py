"""The loaders of Epoch AI's tables: processors, models, clusters, companies.

Each file becomes one Turtle file of the store, named by the loader and the file, so that loading it again writes the
same bytes, and loading its next release under the same name replaces what the last one said. The file that was read is
the source of every statement; the addresses that Epoch AI cites stand in the locators.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from downstack.engine.sampler import Progress
from downstack.errors import Finding, KnowledgeError
from downstack.loaders import writer
from downstack.loaders.gathering import product_vocabulary
from downstack.loaders.inputs import read_file
from downstack.loaders.records import EntityRecord, SourceRecord
from downstack.loaders.registry import Loaded, LoadRequest
from downstack.loaders.report import Report
from downstack.loaders.sources.epoch_book import Book
from downstack.loaders.sources.epoch_clusters import announce_installation, read_cluster, read_data_center
from downstack.loaders.sources.epoch_companies import read_revenue, read_usage
from downstack.loaders.sources.epoch_hardware import announce_hardware, read_hardware
from downstack.loaders.sources.epoch_models import announce_model, read_model
from downstack.loaders.sources.epoch_names import Names, slug_of
from downstack.loaders.sources.epoch_table import EpochRow, EpochTable, read_epoch_table

MOST_PASSES = 4
"""Names that hang on names in other files settle at once; this only makes sure that reading ends."""
LICENCE = "CC BY 4.0: credit Epoch AI, and say what was changed"


def announce_nothing(row: EpochRow, names: Names) -> None:
    """Rows of reports have no subject of their own."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads the rows of one kind of table: first who they are about, so that rows can name each other, then all."""

    read: Callable[[EpochRow, Book], None]
    announce: Callable[[EpochRow, Names], None] = announce_nothing


@dataclass(frozen=True, slots=True)
class Publication:
    """One of Epoch AI's publications."""

    title: str
    address: str
    readers: Mapping[str, Reader]
    """Kind of table -> what reads its rows."""


PUBLICATIONS: Mapping[str, Publication] = {
    "epoch-hardware": Publication(
        "Epoch AI, Data on Machine Learning Hardware",
        "https://epoch.ai/data/machine-learning-hardware",
        {"hardware": Reader(read_hardware, announce_hardware)},
    ),
    "epoch-models": Publication(
        "Epoch AI, Data on AI Models", "https://epoch.ai/data/ai-models", {"models": Reader(read_model, announce_model)}
    ),
    "epoch-clusters": Publication(
        "Epoch AI, Data on GPU Clusters and Data Centers",
        "https://epoch.ai/data/gpu-clusters",
        {
            "clusters": Reader(read_cluster, announce_installation),
            "data-centers": Reader(read_data_center, announce_installation),
        },
    ),
    "epoch-companies": Publication(
        "Epoch AI, Data on AI Companies",
        "https://epoch.ai/data/ai-companies",
        {"revenue": Reader(read_revenue), "usage": Reader(read_usage)},
    ),
}


def load_epoch(loader: str, request: LoadRequest) -> Loaded:
    """Read tables of one of Epoch AI's publications.

    Parameters
    ----------
    loader
        A name of :data:`PUBLICATIONS`.
    request
        The files, and the entities that the store has.

    Raises
    ------
    KnowledgeError
        If a file cannot be read, is too large, is an archive or not CSV, two have one name, or a column is unknown; nothing of any file is used then.
    """
    publication = PUBLICATIONS[loader]
    read = [(path, read_file(path)) for path in request.paths]
    tables = [read_epoch_table(data, str(path), tuple(publication.readers)) for path, data in read]
    places = [f"facts/loaded/{loader}/{slug_of(path.stem)}.ttl" for path, _ in read]
    for place, (path, _) in zip(places, read, strict=True):
        if places.count(place) > 1:
            raise KnowledgeError((Finding(str(path), None, "two files have this name", "rename one of them"),))
    files = [
        _File(place, table, _source(loader, publication, table, data))
        for place, table, (_, data) in zip(places, tables, read, strict=True)
    ]
    # What these very files described before is not held: they describe it again, in the same words.
    held = {slug: item for slug, item in request.held.items() if not (item.file or "").endswith(tuple(places))}
    books = _read(loader, files, held, {}, request.progress)
    # A name that dangles in one file may be described in a later one: read again until nothing changes any more.
    for _ in range(MOST_PASSES):
        last = _documents(files, books)
        books = _read(loader, files, held, _added(files, books), None)
        if _documents(files, books) == last:
            break
    report = Report(publication.title)
    for book in books:
        report.add(book.report)
    facts = {fact.key: fact.subject for book in books for fact in book.facts.values()}
    entities = {*facts.values(), *(slug for book in books for slug in book.names.added)}
    findings = tuple(item for book in books for item in _dangling(book))
    return Loaded(_documents(files, books), tuple(sorted(entities)), len(facts), report, findings)


def _dangling(book: Book) -> Iterator[Finding]:
    labels = sorted(item.label for item in book.names.added.values() if "UnresolvedEntity" in item.classes)
    if labels:
        some = ", ".join(labels[:3]) + (", ..." if len(labels) > 3 else "")
        count = "1 name means" if len(labels) == 1 else f"{len(labels)} names mean"
        what = f"{count} nothing that is known yet: {some}"
        yield Finding(book.file, None, what, "load what describes them, then this file again")


@dataclass(frozen=True, slots=True)
class _File:
    """One file: its place in the store, its rows, and the source that it is."""

    place: str
    table: EpochTable
    source: SourceRecord


def _read(
    loader: str,
    files: Sequence[_File],
    held: Mapping[str, EntityRecord],
    before: Mapping[str, EntityRecord],
    progress: Progress | None,
) -> list[Book]:
    """Read all files in turn; each sees what the store has, and what the others add or added the time before."""
    books: list[Book] = []
    done, total = 0, sum(len(file.table.rows) for file in files)
    for file in files:
        known = {**held, **before, **_added(files, books)}
        others = {slug: item for slug, item in known.items() if item.file != file.place}
        book = Book(file.table.file, file.source.slug, Names(loader, others), Report(file.table.file))
        reader = PUBLICATIONS[loader].readers[file.table.kind]
        for row in file.table.rows:
            reader.announce(row, book.names)
        for row in file.table.rows:
            reader.read(row, book)
            done += 1
            if progress is not None:
                progress(done, total)
        book.close()
        books.append(book)
    return books


def _added(files: Sequence[_File], books: Sequence[Book]) -> dict[str, EntityRecord]:
    """What the files that were read describe, each thing with its file."""
    return {
        slug: replace(item, file=file.place)
        for file, book in zip(files, books, strict=False)
        for slug, item in book.names.added.items()
    }


def _documents(files: Sequence[_File], books: Sequence[Book]) -> dict[str, str]:
    names = _quantity_names()
    return {
        file.place: writer.table_document(
            file.source, book.names.added.values(), book.links.values(), book.facts.values(), names
        )
        for file, book in zip(files, books, strict=True)
    }


@cache
def _quantity_names() -> Mapping[str, str]:
    return {term.identifier: term.local_name for term in product_vocabulary().terms.values()}


def _source(loader: str, publication: Publication, table: EpochTable, data: bytes) -> SourceRecord:
    name = Path(table.file).name
    title = f"{publication.title}: {name} (SHA-256 {hashlib.sha256(data).hexdigest()[:16]})"
    return SourceRecord(f"{loader}-{slug_of(Path(table.file).stem)}", title, publication.address, "CC-BY-4.0")


class EpochHardware:
    """Processors, by Epoch AI's table of machine-learning hardware."""

    name = "epoch-hardware"
    title = "ml_hardware.csv of Epoch AI"
    licence = LICENCE

    def read(self, request: LoadRequest) -> Loaded:
        """Read tables of processors; see :func:`load_epoch`."""
        return load_epoch(self.name, request)


class EpochModels:
    """Models and their training runs, by Epoch AI's tables of models."""

    name = "epoch-models"
    title = "notable, frontier, large-scale or all AI models of Epoch AI (CSV)"
    licence = LICENCE

    def read(self, request: LoadRequest) -> Loaded:
        """Read tables of models; see :func:`load_epoch`."""
        return load_epoch(self.name, request)


class EpochClusters:
    """Clusters and data centres, by Epoch AI's tables of both."""

    name = "epoch-clusters"
    title = "gpu_clusters.csv and data_centers.csv of Epoch AI"
    licence = LICENCE

    def read(self, request: LoadRequest) -> Loaded:
        """Read tables of installations; see :func:`load_epoch`."""
        return load_epoch(self.name, request)


class EpochCompanies:
    """Revenue and use of companies, by Epoch AI's tables of reports."""

    name = "epoch-companies"
    title = "ai_companies_revenue_reports.csv and ai_companies_usage_reports.csv of Epoch AI"
    licence = LICENCE

    def read(self, request: LoadRequest) -> Loaded:
        """Read tables of reports; see :func:`load_epoch`."""
        return load_epoch(self.name, request)
