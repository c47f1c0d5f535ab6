"""Changes of a store that the service offers: a fact, its withdrawal, a dataset, a scenario; each is one transaction."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from downstack.editing import Dataset, Edit, NewFact, NewScenario, NewSource, RowCounts
from downstack.errors import Finding, KnowledgeError
from downstack.graph.model import Fact
from downstack.graph.releases import is_store
from downstack.graph.stores.places import history_of, triple_store
from downstack.kg import KnowledgeGraph
from downstack.loaders.edit_documents import (
    correction_path,
    retraction_document,
    retraction_iri,
    scenario_document,
    scenario_iri,
    slug_of,
    supersession_document,
)
from downstack.loaders.records import SOURCE_IRI, FactRecord, SourceRecord
from downstack.loaders.registry import Loaded, LoadRequest, find_loader, known_entities, stated_by
from downstack.loaders.transaction import Outcome, write_store
from downstack.loaders.writer import addition_document, source_document
from downstack.vocabulary import DSO, FACT

MAX_NOTES = 100
"""Findings that an answer names about what was left out."""
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,119}", re.ASCII)
_CONFIDENCE = {"vendor-claim": "vendorClaim"}


class StoreWriter:
    """Writes one store.

    Parameters
    ----------
    store
        A folder that loads write; one that does not exist yet begins as a copy of the bundled knowledge. Or an Oxigraph
        directory, or the address of an endpoint.
    """

    def __init__(self, store: str | Path) -> None:
        self._store = store

    def _newest(self, graph: KnowledgeGraph) -> KnowledgeGraph:
        if history_of(self._store) == graph.info.releases:
            return graph
        # Somebody else has loaded something since.
        whole = is_store(Path(self._store)) or triple_store(self._store) is not None
        return KnowledgeGraph.open(self._store if whole else None)

    def assert_fact(self, fact: NewFact, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """State a fact; of what it corrects, the correction is stated too.

        Raises
        ------
        KnowledgeError
            If it cannot be stated, or the store states or has withdrawn it already.
        """
        newest = self._newest(graph)
        facts = {item.iri: item for item in newest.facts}
        source, documents = _source(fact.source, newest)
        record = _record(fact, source)
        iri = FACT + record.key
        held = facts.get(iri)
        if held is not None and held.retracted_on is not None:
            what = f"this very fact was withdrawn on {held.retracted_on}: {held.retraction_reason}"
            raise _refused("fact", what, "state what is different about it: its source, its date or its condition")
        names = {fact.quantity: newest.quantities[fact.quantity].iri.removeprefix(DSO)}
        if held is None or held.file.startswith("facts/loaded/"):
            documents[f"facts/loaded/{fact.entity}.ttl"] = addition_document(fact.entity, (), [record], names)
        else:
            raise _refused("fact", f"{held.file} states this very fact", "nothing needs to be done")
        if fact.supersedes is not None:
            documents[correction_path(fact.supersedes)] = _correction(fact.supersedes, iri, facts)
        return self._write(documents, "assertFact", by, dry_run, iri)

    def retract_fact(self, fact: str, reason: str, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """Say that a fact no longer counts from today on; it stays, and questions for earlier dates still find it.

        Raises
        ------
        KnowledgeError
            If there is no such fact, or it was corrected or withdrawn before.
        """
        held = {item.iri: item for item in self._newest(graph).facts}.get(fact)
        _check_current(fact, held)
        day = datetime.now(UTC).date().isoformat()
        documents = {correction_path(fact): retraction_document(fact, reason, day)}
        return self._write(documents, "retractFact", by, dry_run, retraction_iri(fact))

    def save_scenario(self, scenario: NewScenario, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """Keep a question under a name that no other has.

        Raises
        ------
        KnowledgeError
            If the name has no letters, or another scenario has it.
        """
        slug = slug_of(scenario.name)
        if not slug:
            raise _refused("name", f"{scenario.name!r} has no letter or digit", "give it a name that can be written")
        held = {item.id: item for item in self._newest(graph).scenarios}.get(slug)
        if held is not None and held.name != scenario.name:
            raise _refused("name", f"the scenario {held.name!r} is called {slug} too", "choose another name")
        documents = {f"scenarios/{slug}.ttl": scenario_document(slug, scenario)}
        return self._write(documents, "saveScenario", by, dry_run, scenario_iri(slug))

    def load_dataset(self, dataset: Dataset, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """Load the content of a file as ``downstack load`` loads the file.

        Raises
        ------
        UnknownNameError
            If there is no such loader.
        KnowledgeError
            If the loader cannot read it, or what it says does not fit.
        """
        if not FILE_NAME.fullmatch(dataset.file):
            remedy = "give the name of a file alone, such as chips.csv"
            raise _refused("name", f"{dataset.file[:120]!r} is no name of a file", remedy)
        loader = find_loader(dataset.loader)
        newest = self._newest(graph)
        # A folder that only this process may enter, and a file that nobody else may read.
        with tempfile.TemporaryDirectory(prefix="downstack-") as folder:
            path = Path(folder) / dataset.file
            path.touch(mode=0o600)
            path.write_bytes(dataset.content.encode())
            references = frozenset(item.source.locator for item in newest.facts)
            held = known_entities(newest.entities.values())
            try:
                loaded = loader.read(LoadRequest([path], held, dataset.name, None, stated_by(newest), references))
            except KnowledgeError as error:
                raise KnowledgeError(tuple(_without(folder, item) for item in error.findings)) from None
        outcome = write_store(
            self._store,
            loaded.documents,
            dry_run=dry_run,
            loader=dataset.loader,
            sources=[dataset.file],
            rejected=loaded.report.reasons(),
            by=by,
        )
        return replace(_edit(outcome), rows=_counts(loaded), notes=_notes(loaded, dataset.file, folder))

    def _write(self, documents: Mapping[str, str], what: str, by: str, dry_run: bool, subject: str) -> Edit:
        outcome = write_store(self._store, documents, dry_run=dry_run, loader=what, by=by, additive=True)
        return _edit(outcome, subject)


def _edit(outcome: Outcome, subject: str = "") -> Edit:
    return Edit(outcome.release, outcome.diff, subject)


def _record(fact: NewFact, source: str) -> FactRecord:
    return FactRecord(
        subject=fact.entity,
        quantity=fact.quantity,
        literal=fact.literal,
        value=fact.value,
        unit=fact.unit,
        confidence=_CONFIDENCE.get(fact.confidence, fact.confidence),
        source=source,
        low=fact.low,
        high=fact.high,
        condition=fact.condition,
        as_of=fact.as_of,
        valid_until=fact.valid_until,
        note=fact.note,
        locator=fact.locator,
    )


def _source(given: str | NewSource, graph: KnowledgeGraph) -> tuple[str, dict[str, str]]:
    """Return the slug of a source, and the file that describes it where the store does not."""
    known = graph.engine.knowledge.sources
    if isinstance(given, str):
        iri = given if given in known else SOURCE_IRI + given.removeprefix("src:")
        if iri not in known:
            raise _refused("source", f"the store knows no source {given!r}", "describe it with title and reference")
        return iri.removeprefix(SOURCE_IRI), {}
    for iri, source in known.items():
        if source.locator == given.reference:
            return iri.removeprefix(SOURCE_IRI), {}
    slug = (
        f"{slug_of(given.title)[:40].strip('-') or 'source'}-{hashlib.sha256(given.reference.encode()).hexdigest()[:8]}"
    )
    record = SourceRecord(slug, given.title, given.reference, given.licence, given.retrieved)
    return slug, {f"facts/loaded/sources/{slug}.ttl": source_document(record)}


def _correction(old: str, new: str, facts: Mapping[str, Fact]) -> str:
    held, made = facts.get(old), facts.get(new)
    if held is not None and held.superseded_by == new and made is not None:
        return supersession_document(old, new)
    _check_current(old, held)
    if old == new:
        raise _refused("supersedes", "a fact cannot correct itself", "name another one")
    return supersession_document(old, new)


def _check_current(iri: str, held: Fact | None) -> None:
    if held is None:
        raise _refused("fact", f"the store has no fact {iri}", "look it up: entity { facts { id } }")
    if held.retracted_on is not None:
        raise _refused("fact", f"it was withdrawn on {held.retracted_on}: {held.retraction_reason}", "it is done")
    if held.superseded_by is not None:
        raise _refused("fact", f"{held.superseded_by} corrects it already", "correct or withdraw that one")


def _refused(where: str, what: str, remedy: str) -> KnowledgeError:
    return KnowledgeError((Finding(where, None, what, remedy, "edit"),))


def _counts(loaded: Loaded) -> RowCounts:
    report = loaded.report
    return RowCounts(report.read, report.kept, report.rejected)


def _notes(loaded: Loaded, file: str, folder: str) -> tuple[Finding, ...]:
    left_out = [
        Finding(
            item.file or file,
            item.row,
            f"{item.subject} {item.attribute} = {item.value!r}: {item.reason}",
            "correct the row, or leave it out",
            "left-out",
            "warning",
        )
        for item in (*loaded.report.rejections, *loaded.report.cells)
    ]
    return tuple(_without(folder, item) for item in (*loaded.findings, *left_out)[:MAX_NOTES])


def _without(folder: str, finding: Finding) -> Finding:
    """Name a file as the user named it: where it lay for a moment is nobody's business."""
    place = f"{folder}/"
    return replace(
        finding,
        file=finding.file.replace(place, ""),
        what=finding.what.replace(place, ""),
        remedy=finding.remedy.replace(place, ""),
    )
