"""Models by their config.json and anything by a table of facts, to Turtle that a store can take."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.loaders import writer
from downstack.loaders.citations import Citations, KnownSource
from downstack.loaders.curation import read_curation
from downstack.loaders.records import EntityRecord, FactRecord, RelationRecord, SourceRecord
from downstack.loaders.registry import Loaded, LoadRequest
from downstack.loaders.report import Report, split
from downstack.loaders.sources import facts_csv, hf_config, model_facts
from downstack.loaders.sources.facts_csv import Row, Selection
from downstack.loaders.tables import read_table
from downstack.loaders.vocabulary import Vocabulary, read_vocabulary
from downstack.vocabulary import locate

TYPES: Mapping[str, tuple[str, int]] = {
    "processor": ("Accelerator", 5),
    "accelerator": ("Accelerator", 5),
    "Accelerator": ("Accelerator", 5),
}
"""Entity type of a table of facts -> class and layer of an entity that the store does not know yet."""


def load_configs(
    paths: Sequence[Path],
    known: Mapping[str, EntityRecord],
    name: str | None = None,
    references: frozenset[str] = frozenset(),
) -> Loaded:
    """Read config.json files of models.

    Parameters
    ----------
    paths
        Files; a folder means the ``config.json`` in it.
    known
        Entities that the store has, by slug.
    name
        The model, when one file is given; otherwise its folder's name, or the file's with ``__`` for a slash.
    references
        Where the facts of the store were read: the very file that made a model may be read again.

    Raises
    ------
    KnowledgeError
        If a file is not there, is no configuration, describes a type of model that is not understood, or a model that
        the store has.
    """
    entities: list[EntityRecord] = []
    rows: list[Row] = []
    sources: list[KnownSource] = []
    for path in paths:
        file = path / "config.json" if path.is_dir() else path
        data = _bytes(file)
        reference = f"urn:sha256:{hashlib.sha256(data).hexdigest()}"
        entity, settings = hf_config.read_config(data, name or _name(file), reference)
        if entity.slug in known and reference not in references:
            raise KnowledgeError(
                (Finding(str(file), None, f"the store has a model {entity.slug}", "give another name with --name"),)
            )
        entities.append(entity)
        rows += settings
        record = SourceRecord(f"config-{entity.slug}", f"config.json of {entity.label}", reference)
        sources.append(KnownSource(record, locators=frozenset({reference})))
    return _loaded(entities, rows, "configurations of models", model_facts.read_models, sources=sources)


def load_facts(paths: Sequence[Path], known: Mapping[str, EntityRecord]) -> Loaded:
    """Read tables of facts, one row a value with its source.

    Parameters
    ----------
    paths
        CSV files with the columns of :data:`downstack.loaders.sources.facts_csv.COLUMNS`.
    known
        Entities that the store has, by every name that a row may use.

    Raises
    ------
    KnowledgeError
        If a file is not there, or a table has other columns.
    """
    rows: list[Row] = []
    entities = dict(known)
    for path in paths:
        data = _bytes(path)
        rows += facts_csv.parse(data, str(path))
        for _, cells in read_table(data, facts_csv.COLUMNS, facts_csv.OPTIONAL_COLUMNS, str(path)):
            slug, kind = cells["entity_id"], TYPES.get(cells["entity_type"])
            if slug not in entities and kind is not None:
                entities[slug] = EntityRecord(slug, cells["entity_name"] or slug, (kind[0],), kind[1])
    used = [entities[slug] for slug in sorted({row.entity_id for row in rows} & set(entities))]
    return _loaded(used, rows, "facts", facts_csv.to_facts, frozenset(known))


def _loaded(
    entities: Sequence[EntityRecord],
    rows: Sequence[Row],
    title: str,
    read: Callable[[Sequence[Row], Vocabulary, Selection, Citations], Iterable[object]],
    known: frozenset[str] = frozenset(),
    sources: Sequence[KnownSource] = (),
) -> Loaded:
    vocabulary, curation = _vocabulary(), read_curation()
    selection = Selection({item.slug: item for item in entities}, curation.selection.dropped)
    citations = Citations(known=(*sources, *curation.sources))
    report = Report(title, read=len(rows))
    records = split(read(rows, vocabulary, selection, citations), report)
    facts = {item.key: item for item in records if isinstance(item, FactRecord)}
    links = {item.key: item for item in records if isinstance(item, RelationRecord)}
    names = {term.identifier: term.local_name for term in vocabulary.terms.values()}
    documents = {}
    for entity in {item.slug: item for item in entities}.values():
        own = [item for item in facts.values() if item.subject == entity.slug]
        relations = [item for item in links.values() if item.subject == entity.slug]
        if entity.slug in known:
            documents[f"facts/loaded/{entity.slug}.ttl"] = writer.facts_document(own, names)
        else:
            documents[f"facts/loaded/{entity.slug}.ttl"] = writer.entity_document(entity, relations, own, names)
    for source in citations.records():
        documents[f"facts/loaded/sources/{source.slug}.ttl"] = writer.source_document(source)
    return Loaded(documents, tuple(sorted({item.slug for item in entities})), len(facts), report)


def _vocabulary() -> Vocabulary:
    return read_vocabulary(sorted((locate() / "terms").glob("quantities*.ttl")))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KnowledgeError(
            (Finding(str(path), None, f"cannot be read: {error.strerror}", "check the path"),)
        ) from None


def _name(file: Path) -> str:
    return file.resolve().parent.name if file.name == "config.json" else file.stem.replace("__", "/")


class HuggingFaceConfig:
    """Architectures of models from the ``config.json`` that is published with the weights."""

    name = "hf-config"
    title = "config.json files of models; also folders that hold one"
    licence = "as published with each model"

    def read(self, request: LoadRequest) -> Loaded:
        """Read one or several models; see :func:`load_configs`."""
        return load_configs(request.paths, request.held, request.name, request.references)


class FactsTable:
    """Anything at all, by a tidy table with one row a value and its source."""

    name = "facts-csv"
    title = "tables of facts with their sources"
    licence = "as stated by each source of the table"

    def read(self, request: LoadRequest) -> Loaded:
        """Read tables; see :func:`load_facts`."""
        return load_facts(request.paths, request.held)
