"""Knowledge of one's own into a store: models by their config.json, anything by a table of facts.

A store is a folder of Turtle that is a whole ontology: one that does not exist yet begins as a copy of the bundled
knowledge. What is loaded is checked together with everything that is there, and written only when nothing is wrong.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.graph.loading import DATA_FOLDERS, validate_paths
from downstack.graph.model import Entity
from downstack.graph.quality.rules import errors_of
from downstack.loaders import writer
from downstack.loaders.citations import Citations, KnownSource
from downstack.loaders.curation import read_curation
from downstack.loaders.records import EntityRecord, FactRecord, RelationRecord, SourceRecord
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


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load makes: the files, and what became of the rows."""

    documents: Mapping[str, str]
    """Path inside the store -> Turtle."""
    entities: tuple[str, ...]
    facts: int
    report: Report


def known_entities(entities: Iterable[Entity]) -> dict[str, EntityRecord]:
    """Entities of a graph as records, by slug."""
    return {item.id: EntityRecord(item.id, item.label, tuple(sorted(item.classes)), item.layer) for item in entities}


def load_configs(paths: Sequence[Path], known: Mapping[str, EntityRecord], name: str | None = None) -> Loaded:
    """Read config.json files of models.

    Parameters
    ----------
    paths
        Files; a folder means the ``config.json`` in it.
    known
        Entities that the store has, by slug.
    name
        The model, when one file is given; otherwise its folder's name, or the file's with ``__`` for a slash.

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
        if entity.slug in known:
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


def write_store(store: Path, documents: Mapping[str, str], *, dry_run: bool = False) -> None:
    """Check documents together with a store, and write them into it.

    Raises
    ------
    KnowledgeError
        With every finding; nothing is written then.
    """
    whole = (store / "terms").is_dir()
    if store.exists() and not whole and (store.is_file() or any(store.iterdir())):
        hint = "name a folder that holds terms/, or one that does not exist yet"
        raise KnowledgeError((Finding(str(store), None, "the store is not a whole ontology", hint),))
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "store"
        _copy(store if whole else locate(), trial)
        _write(trial, _without_known_sources(trial, documents))
        errors = errors_of(validate_paths([trial]))
        if errors:
            raise KnowledgeError(errors)
        if dry_run:
            return
        if not whole:
            shutil.copytree(trial, store, dirs_exist_ok=True)
        else:
            _write(store, _without_known_sources(store, documents))


def _without_known_sources(store: Path, documents: Mapping[str, str]) -> dict[str, str]:
    known = {path.stem for path in (store / "facts" / "sources").glob("*.ttl")}
    return {name: text for name, text in documents.items() if "/sources/" not in name or Path(name).stem not in known}


def _copy(root: Path, target: Path) -> None:
    for name in DATA_FOLDERS:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name)


def _write(store: Path, documents: Mapping[str, str]) -> None:
    for name, text in documents.items():
        path = store / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


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
