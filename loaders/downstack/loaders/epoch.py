"""The loaders of Epoch AI's tables: processors, models, clusters, companies.

Each file becomes one Turtle file of the store, named by the loader and the file, so that loading it again writes the
same bytes, and loading its next release under the same name replaces what the last one said. The file that was read is
the source of every statement; the addresses that Epoch AI cites stand in the locators.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.loaders import writer
from downstack.loaders.records import SourceRecord
from downstack.loaders.registry import Loaded, LoadRequest
from downstack.loaders.report import Report
from downstack.loaders.sources.epoch_book import Book
from downstack.loaders.sources.epoch_clusters import announce_installation, read_cluster, read_data_center
from downstack.loaders.sources.epoch_companies import read_revenue, read_usage
from downstack.loaders.sources.epoch_hardware import announce_hardware, read_hardware
from downstack.loaders.sources.epoch_models import announce_model, read_model
from downstack.loaders.sources.epoch_names import Names, slug_of
from downstack.loaders.sources.epoch_table import EpochRow, EpochTable, read_epoch_table
from downstack.loaders.vocabulary import read_vocabulary
from downstack.vocabulary import locate

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
        If a file is not there or not CSV, two have one name, or a column is unknown; nothing of any file is used then.
    """
    publication = PUBLICATIONS[loader]
    read = [(path, _bytes(path)) for path in request.paths]
    tables = [read_epoch_table(data, str(path), tuple(publication.readers)) for path, data in read]
    places = [f"facts/loaded/{loader}/{slug_of(path.stem)}.ttl" for path, _ in read]
    for place, (path, _) in zip(places, read, strict=True):
        if places.count(place) > 1:
            raise KnowledgeError((Finding(str(path), None, "two files have this name", "rename one of them"),))
    names = _quantity_names()
    report = Report(publication.title)
    held = dict(request.held)
    documents: dict[str, str] = {}
    facts: set[str] = set()
    subjects: set[str] = set()
    done, total = 0, sum(len(table.rows) for table in tables)
    for place, (_, data), table in zip(places, read, tables, strict=True):
        source = _source(loader, publication, table, data)
        # What this very file described before is not held: it is described again, in the same words.
        others = {slug: item for slug, item in held.items() if not (item.file or "").endswith(place)}
        book = Book(table.file, source.slug, Names(loader, others), report)
        reader = publication.readers[table.kind]
        for row in table.rows:
            reader.announce(row, book.names)
        for row in table.rows:
            reader.read(row, book)
            done += 1
            if request.progress is not None:
                request.progress(done, total)
        book.close()
        added = book.names.added
        documents[place] = writer.table_document(
            source, added.values(), book.links.values(), book.facts.values(), names
        )
        facts |= book.facts.keys()
        subjects |= {item.subject for item in book.facts.values()} | added.keys()
        held |= {slug: replace(item, file=place) for slug, item in added.items()}
    return Loaded(documents, tuple(sorted(subjects)), len(facts), report)


@cache
def _quantity_names() -> Mapping[str, str]:
    vocabulary = read_vocabulary(sorted((locate() / "terms").glob("quantities*.ttl")))
    return {term.identifier: term.local_name for term in vocabulary.terms.values()}


def _source(loader: str, publication: Publication, table: EpochTable, data: bytes) -> SourceRecord:
    name = Path(table.file).name
    title = f"{publication.title}: {name} (SHA-256 {hashlib.sha256(data).hexdigest()[:16]})"
    return SourceRecord(f"{loader}-{slug_of(Path(table.file).stem)}", title, publication.address, "CC-BY-4.0")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise KnowledgeError((Finding(str(path), None, what, "name a CSV file"),)) from None


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
