"""Models by their config.json and anything by a table of facts, to Turtle that a store can take."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.loaders import writer
from downstack.loaders.citations import Citations, KnownSource
from downstack.loaders.curation import read_curation
from downstack.loaders.gathering import product_vocabulary
from downstack.loaders.inputs import read_file
from downstack.loaders.records import EntityRecord, FactRecord, PropertyRecord, RelationRecord, SourceRecord
from downstack.loaders.registry import Loaded, LoadRequest
from downstack.loaders.report import Rejection, Report
from downstack.loaders.sources import hf_config, model_facts
from downstack.loaders.sources.facts_csv import Row, Selection
from downstack.loaders.tidy import load_tables


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
        If a file is not there, is no configuration of a language model, or describes a model that the store has.
    """
    entities: list[EntityRecord] = []
    rows: list[Row] = []
    sources: list[KnownSource] = []
    findings: list[Finding] = []
    for path in paths:
        file = path / "config.json" if path.is_dir() else path
        data = read_file(file)
        reference = f"urn:sha256:{hashlib.sha256(data).hexdigest()}"
        config = hf_config.read_config(data, name or _name(file), reference)
        entity = config.entity
        if entity.slug in known and reference not in references:
            raise KnowledgeError(
                (Finding(str(file), None, f"the store has a model {entity.slug}", "give another name with --name"),)
            )
        entities.append(entity)
        rows += config.rows
        findings += config.findings
        record = SourceRecord(f"config-{entity.slug}", f"config.json of {entity.label}", reference)
        sources.append(KnownSource(record, locators=frozenset({reference})))
    return replace(_loaded(entities, rows, "configurations of models", sources=sources), findings=tuple(findings))


def load_facts(paths: Sequence[Path], known: Mapping[str, EntityRecord]) -> Loaded:
    """Read tidy tables beside a store of which only the entities are known; see :func:`downstack.loaders.tidy.load_tables`."""
    return load_tables(LoadRequest(paths, known))


def _loaded(
    entities: Sequence[EntityRecord],
    rows: Sequence[Row],
    title: str,
    sources: Sequence[KnownSource] = (),
) -> Loaded:
    vocabulary, curation = product_vocabulary(), read_curation()
    selection = Selection({item.slug: item for item in entities}, curation.selection.dropped)
    citations = Citations(known=(*sources, *curation.sources))
    report = Report(title)
    records: list[FactRecord | PropertyRecord | RelationRecord] = []
    for row, found in model_facts.by_row(rows, vocabulary, selection, citations):
        statements = [item for item in found if not isinstance(item, Rejection)]
        reasons = [item for item in found if isinstance(item, Rejection)]
        records += statements
        if statements:
            report.keep(len(statements))
            report.leave_out(reasons)
        else:
            nothing = Rejection(row.line, row.entity_id, row.attribute, row.value, "nothing follows from it")
            report.reject(next(iter(reasons), nothing))
    facts = {item.key: item for item in records if isinstance(item, FactRecord)}
    links = {item.key: item for item in records if isinstance(item, RelationRecord)}
    stated = {item.key: item for item in records if isinstance(item, PropertyRecord)}
    names = {term.identifier: term.local_name for term in vocabulary.terms.values()}
    documents = {}
    for entity in {item.slug: item for item in entities}.values():
        own = [item for item in facts.values() if item.subject == entity.slug]
        relations = [item for item in links.values() if item.subject == entity.slug]
        properties = [item for item in stated.values() if item.subject == entity.slug]
        documents[f"facts/loaded/{entity.slug}.ttl"] = writer.entity_document(
            entity, relations, own, names, stated=properties
        )
    for source in citations.records():
        documents[f"facts/loaded/sources/{source.slug}.ttl"] = writer.source_document(source)
    return Loaded(documents, tuple(sorted({item.slug for item in entities})), len(facts), report)


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
    title = "tidy tables of facts, relations or influences with their sources"
    licence = "as stated by each source of the table"

    def read(self, request: LoadRequest) -> Loaded:
        """Read tables of facts, relations and influences; see :func:`downstack.loaders.tidy.load_tables`."""
        return load_tables(request)
