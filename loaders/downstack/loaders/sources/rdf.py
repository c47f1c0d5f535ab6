"""Statements in Turtle, N-Triples or JSON-LD, in this vocabulary or in another one that a table maps to it.

Source and licence
    Whatever the files are; what is loaded stands under their licence.
What becomes of a triple
    In this vocabulary it stays as it is, and has to hold what the vocabulary asks for: a fact has its source, a relation
    its citation. Of another vocabulary, mapped names and terms take the place of theirs; a mapped number becomes a fact,
    and a mapped link a relation, that cite the file.
What is dropped, and why
    statements about the vocabulary itself (data does not change what words mean), nodes without a name, and terms that
    neither this vocabulary nor the table has.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

import pyoxigraph as ox

from downstack.errors import Finding, KnowledgeError
from downstack.graph.validation import parse_document
from downstack.loaders import writer
from downstack.loaders.gathering import own_folder, product_vocabulary
from downstack.loaders.inputs import NamedBytes, read_files
from downstack.loaders.records import FactRecord, RelationRecord, SourceRecord
from downstack.loaders.registry import Loaded, LoadRequest
from downstack.loaders.report import Rejection, Report
from downstack.loaders.sources.rdf_mapping import Mapping, read_mapping
from downstack.loaders.sources.rdf_reading import FORMATS, REFUSED, Triples, read_triples
from downstack.loaders.sources.rdf_terms import Terms, Translated, translate
from downstack.loaders.texts import clean, entity_slug
from downstack.vocabulary import DS, PREFIXES, RDF

NAME = "rdf"
MAX_PLACED = 200
"""Rejections whose line is looked up; of the others only the file is named."""


class Statements:
    """Any statements, in this vocabulary or in one that a table maps to it."""

    name = NAME
    title = "Turtle (.ttl), N-Triples (.nt) or JSON-LD (.jsonld) files, and at most one mapping of terms (.csv)"
    licence = "as stated by the files"

    def read(self, request: LoadRequest) -> Loaded:
        """Read files; see the module for what becomes of their statements."""
        files = read_files(request.paths, (*FORMATS, *REFUSED, ".csv"))
        tables = [file for file in files if file.name.endswith(".csv")]
        if len(tables) > 1:
            what = f"two mappings: {tables[0].name} and {tables[1].name}"
            raise KnowledgeError((Finding(tables[1].name, None, what, "write one table", "file"),))
        mapping = read_mapping(tables[0]) if tables else Mapping()
        return _load(request, [file for file in files if file not in tables], mapping)


def _load(request: LoadRequest, files: Sequence[NamedBytes], mapping: Mapping) -> Loaded:
    terms = Terms.read()
    report = Report("Statements")
    documents: dict[str, str] = {}
    entities: set[str] = set()
    facts = 0
    for file in files:
        found = read_triples(file)
        place = f"{own_folder(NAME)}{entity_slug(file.name)}.ttl"
        if place in documents:
            raise KnowledgeError((Finding(file.name, None, "two files of this name", "rename one", "file"),))
        source = _source(file)
        kept: dict[ox.Triple, None] = {}
        cites = False
        for done, (triple, made) in enumerate(_translated(found, terms, mapping, source), start=1):
            if isinstance(made, str):
                report.reject(_rejection(found, triple, made, len(report.rejections)))
            else:
                kept.update(dict.fromkeys(made.triples))
                cites |= made.cites
                report.keep(len(made.triples))
            if request.progress is not None:
                request.progress(done, len(found.triples))
        if kept:
            documents[place] = _turtle(kept)
        if cites:
            documents[f"facts/loaded/sources/{source.slug}.ttl"] = writer.source_document(source)
        described = [item.subject.value for item in kept if isinstance(item.subject, ox.NamedNode)]
        entities.update(iri.removeprefix(DS) for iri in described if iri.startswith(DS))
        facts += Counter(item.object for item in kept if item.predicate.value == f"{RDF}type")[terms.fact]
    return Loaded(documents, tuple(sorted(entities)), facts, report)


def _translated(
    found: Triples, terms: Terms, mapping: Mapping, source: SourceRecord
) -> Iterator[tuple[ox.Quad, Translated | str]]:
    labelled: set[str] = set()
    names = {term.identifier: term.local_name for term in product_vocabulary().terms.values()}
    for triple in found.triples:
        made = translate(triple, terms, mapping, source.slug, labelled)
        if isinstance(made, FactRecord | RelationRecord):
            yield triple, Translated(tuple(_stated(made, names)), cites=True)
        else:
            yield triple, made


def _stated(record: FactRecord | RelationRecord, names: dict[str, str]) -> list[ox.Triple]:
    """The triples of a record, as every other loader would write it."""
    links = [record] if isinstance(record, RelationRecord) else []
    facts = [record] if isinstance(record, FactRecord) else []
    text = writer.addition_document(record.subject, links, facts, names)
    return [ox.Triple(item.subject, item.predicate, item.object) for item in parse_document("", text).triples]


def _source(file: NamedBytes) -> SourceRecord:
    digest = hashlib.sha256(file.data).hexdigest()
    return SourceRecord(f"{entity_slug(file.name)}-{digest[:8]}", clean(file.name), f"urn:sha256:{digest}")


def _rejection(found: Triples, triple: ox.Quad, reason: str, before: int) -> Rejection:
    line = found.line(triple) if before < MAX_PLACED else 0
    parts = (
        "[]" if isinstance(part, ox.BlankNode) else str(part)
        for part in (triple.subject, triple.predicate, triple.object)
    )
    subject, predicate, value = (clean(part, 120) for part in parts)
    return Rejection(line, subject, predicate, value, reason, found.name)


def _turtle(triples: dict[ox.Triple, None]) -> str:
    """Turtle in one order: by subject, its classes first."""

    def order(item: ox.Triple) -> tuple[str, bool, str, str]:
        return str(item.subject), item.predicate.value != f"{RDF}type", str(item.predicate), str(item.object)

    made = ox.serialize(sorted(triples, key=order), format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b""
    # The serializer declares all prefixes, each time in another order.
    body = "".join(line for line in made.decode().splitlines(keepends=True) if not line.startswith("@prefix "))
    used = [f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items() if f"{name}:" in body]
    return "".join(used) + "\n" + body
