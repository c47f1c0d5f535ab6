r"""Regenerate the committed knowledge from source tables and the curated tables.

::

    python -m downstack.loaders.harvest --facts FACTS.csv --models MODELS.csv --relations RELATIONS.csv \
        --influences INFLUENCES.csv --configs INDEX.csv --companies COMPANIES.csv --out ontology \
        --report docs/knowledge-report.md

Every path is an argument: the product keeps the Turtle, not the tables. The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.loaders import writer
from downstack.loaders.citations import Citations
from downstack.loaders.curation import Curation, read_curation
from downstack.loaders.records import EntityRecord, FactRecord, InfluenceRecord, PropertyRecord, RelationRecord
from downstack.loaders.report import Report, split
from downstack.loaders.sources import companies_csv, facts_csv, influences_csv, model_facts, relations_csv
from downstack.loaders.tables import read_table
from downstack.loaders.vocabulary import Vocabulary, read_vocabulary, vocabulary_files

CONFIG_COLUMNS = (
    "file", "org", "model", "kind", "source_repo", "source_path", "commit", "commit_date", "corroborated_by", "note",
)  # fmt: skip
FOLDERS = {
    "Application": "applications", "FoundationModel": "models", "ModelFamily": "models", "Technique": "models",
    "Workload": "workloads", "Framework": "frameworks", "ServingFramework": "frameworks", "Kernel": "frameworks",
    "Compiler": "frameworks", "Library": "frameworks", "CloudProvider": "clouds", "CloudOffering": "clouds",
    "ServiceLevelAgreement": "clouds", "Cluster": "clouds", "Accelerator": "processors", "ProcessorArchitecture": "processors",
    "MemoryTechnology": "memory", "Interconnect": "memory", "SwitchChip": "memory", "Foundry": "silicon",
    "ProcessNode": "silicon", "PackagingTechnology": "silicon", "Company": "companies",
}  # fmt: skip
TABLES = ("facts", "models", "relations", "influences", "configs", "companies")
LAYER_FOLDERS = {4: "clouds", 6: "memory", 7: "silicon"}
FUNCTIONAL = frozenset({"hasAccelerator", "offeredBy", "usesMemory", "usesInterconnect", "fabricatedOn"})


@dataclass(slots=True)
class Harvest:
    """Everything read so far, before it is written."""

    vocabulary: Vocabulary
    curation: Curation
    citations: Citations
    facts: dict[str, FactRecord] = field(default_factory=dict)
    properties: dict[str, PropertyRecord] = field(default_factory=dict)
    relations: dict[str, RelationRecord] = field(default_factory=dict)
    influences: dict[str, InfluenceRecord] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)

    def add(self, records: Sequence[object]) -> None:
        """Keep records; the same statement twice is kept once."""
        for record in records:
            if isinstance(record, FactRecord):
                self.facts.setdefault(record.key, record)
            elif isinstance(record, PropertyRecord):
                self.properties.setdefault(record.key, record)
            elif isinstance(record, RelationRecord):
                self.relations.setdefault(record.key, record)
            elif isinstance(record, InfluenceRecord):
                self.influences.setdefault(record.slug, record)

    def check(self) -> None:
        """Every end is an entity, every quantity a kind of its subject's class, every functional link is single.

        Raises
        ------
        KnowledgeError
            With one finding for each fault.
        """
        entities = {item.slug: item for item in self.curation.entities}
        faults = [
            Finding(item.key, None, f"{item.subject} cannot have {item.quantity}", "check facts.csv and the terms")
            for item in self.facts.values()
            if item.subject not in entities
            or item.quantity not in self.vocabulary.terms
            or not self.vocabulary.terms[item.quantity].applies_to & set(entities[item.subject].classes)
        ]
        ends = [(item.key, item.subject, item.object) for item in self.relations.values()]
        ends += [(item.slug, item.source_entity, item.target_entity) for item in self.influences.values()]
        faults += [
            Finding(key, None, f"{slug} is no entity", "add it to entities.csv")
            for key, *pair in ends
            for slug in pair
            if slug not in entities
        ]
        faults += [
            Finding(item.influence, None, f"{kind} is no quantity kind", "correct effects.csv")
            for item in self.curation.effects.values()
            for kind in (item.changed_kind, item.affected_kind)
            if item.influence in self.influences and kind and kind not in self.vocabulary.terms
        ]
        objects: dict[tuple[str, str], set[str]] = {}
        for link in self.relations.values():
            objects.setdefault((link.subject, link.predicate), set()).add(link.object)
        faults += [
            Finding(subject, None, f"{predicate} has {', '.join(sorted(found))}", "keep one in corrections.csv")
            for (subject, predicate), found in sorted(objects.items())
            if predicate in FUNCTIONAL and len(found) > 1
        ]
        if faults:
            raise KnowledgeError(tuple(faults))

    def documents(self) -> dict[str, str]:
        """Relative path -> Turtle, for facts, sources and influences."""
        names = {term.identifier: term.local_name for term in self.vocabulary.terms.values()}
        documents: dict[str, str] = {}
        for entity in self.curation.entities:
            documents[f"facts/{folder_of(entity)}/{entity.slug}.ttl"] = writer.entity_document(
                entity,
                [item for item in self.relations.values() if item.subject == entity.slug],
                [item for item in self.facts.values() if item.subject == entity.slug],
                names,
                stated=[item for item in self.properties.values() if item.subject == entity.slug],
            )
        for source in self.citations.records():
            documents[f"facts/sources/{source.slug}.ttl"] = writer.source_document(source)
        for influence in self.influences.values():
            documents[f"influences/{influence.slug}.ttl"] = writer.influence_document(
                influence, self.curation.effects.get(influence.slug)
            )
        return documents


def folder_of(entity: EntityRecord) -> str:
    """The folder of an entity's file: by its main class, or by its layer when the class spans layers."""
    main = entity.classes[0]
    return FOLDERS.get(main) or LAYER_FOLDERS.get(entity.layer or 0, "companies")


def harvest(
    vocabulary: Vocabulary,
    curation: Curation,
    *,
    facts: bytes | None = None,
    models: bytes | None = None,
    relations: bytes | None = None,
    influences: bytes | None = None,
    configs: bytes | None = None,
    companies: bytes | None = None,
) -> Harvest:
    """Read tables (each optional) and the curation into one checked harvest."""
    commits = {
        (cells["source_repo"].removeprefix("github.com/"), cells["source_path"]): cells["commit"]
        for _, cells in (read_table(configs, CONFIG_COLUMNS, (), "configs") if configs else [])
        if cells["commit"]
    }
    result = Harvest(vocabulary, curation, Citations(known=curation.sources, commits=commits))
    selection, citations = curation.selection, result.citations
    result.add(curation.facts(citations))
    result.add(curation.relations(citations))
    result.add(curation.influences(citations))
    if facts is not None:
        rows = facts_csv.parse(facts, "facts")
        report = Report("Facts of hardware, clouds and silicon", read=len(rows))
        result.add(split(facts_csv.to_facts(rows, vocabulary, selection, citations), report))
        result.reports.append(report)
    if models is not None:
        rows = facts_csv.parse(models, "models")
        report = Report("Facts of models, applications, frameworks and workloads", read=len(rows))
        result.add(split(model_facts.read_models(rows, vocabulary, selection, citations), report))
        result.reports.append(report)
    if relations is not None:
        links = relations_csv.parse(relations, "relations")
        report = Report("Relations", read=len(links))
        result.add(split(relations_csv.to_records(links, vocabulary, selection, citations), report))
        result.reports.append(report)
    if influences is not None:
        effects = influences_csv.parse(influences, "influences")
        report = Report("Influences", read=len(effects))
        result.add(split(influences_csv.to_influences(effects, curation.readings, citations), report))
        result.reports.append(report)
    if companies is not None:
        firms = companies_csv.parse(companies, "companies")
        report = Report(f"Companies, the cells of {len(firms)} rows", unit="cells")
        for item in companies_csv.to_properties(firms, vocabulary, selection, citations):
            if isinstance(item, PropertyRecord):
                report.keep(1)
                result.add([item])
            else:
                report.reject(item)
        result.reports.append(report)
    result.check()
    return result


def report_of(result: Harvest) -> str:
    """The report in Markdown: what there is, and for each table what was read, kept and rejected."""
    lines = [
        "# What the knowledge holds",
        "",
        "Written by `python -m downstack.loaders.harvest`; do not edit by hand.",
        "",
        "| | count |",
        "|---|---:|",
        f"| entities | {len(result.curation.entities)} |",
        f"| facts | {len(result.facts)} |",
        f"| stated properties | {len(result.properties)} |",
        f"| relations | {len(result.relations)} |",
        f"| influences | {len(result.influences)} |",
        f"| sources | {len(result.citations.found)} |",
        "",
        "| class | entities |",
        "|---|---:|",
    ]
    classes = [item.classes[0] for item in result.curation.entities]
    lines += [f"| {name} | {classes.count(name)} |" for name in sorted(set(classes))]
    lines += [
        "",
        "A row may become several statements: a link with a size is a relation and a fact.",
        "",
    ]
    return "\n".join(lines) + "\n" + "\n".join(report.to_markdown() for report in result.reports)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns 0, or 1 when the knowledge cannot be built."""
    parser = argparse.ArgumentParser(
        prog="downstack.loaders.harvest", description="Regenerate the committed knowledge."
    )
    for name in TABLES:
        parser.add_argument(f"--{name}", type=Path, help=f"the table of {name}")
    parser.add_argument("--out", type=Path, required=True, help="the ontology folder: terms are read, facts written")
    parser.add_argument("--terms", type=Path, action="append", help="files of quantity kinds (default: OUT/terms)")
    parser.add_argument("--report", type=Path, help="where to write the report")
    options = parser.parse_args(arguments)
    terms = options.terms or vocabulary_files(options.out / "terms")
    tables = {name: path.read_bytes() for name in TABLES if (path := getattr(options, name)) is not None}
    try:
        result = harvest(read_vocabulary(terms), read_curation(), **tables)
    except KnowledgeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    documents = result.documents()
    written = removed = 0
    for room in ("facts", "influences"):
        part = {name: content for name, content in documents.items() if name.startswith(f"{room}/")}
        new, stale = writer.write_documents(options.out, part, room)
        written, removed = written + new, removed + stale
    if options.report:
        options.report.write_text(report_of(result), encoding="utf-8")
    sys.stdout.write(
        f"{len(result.curation.entities)} entities, {len(result.facts)} facts, {len(result.relations)} relations, "
        f"{len(result.influences)} influences, {len(result.citations.found)} sources; "
        f"{written} files written, {removed} removed\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
