"""Turtle in one canonical order: one file per subject, so that a diff reads as a sentence.

The same records give the same bytes whatever their order; statements are sorted by their local names, the values of
one property alphabetically. Names that Turtle's grammar would not allow after a prefix are written as full IRIs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from downstack.graph.checks.quantities import camel_case
from downstack.loaders.records import (
    EffectRecord,
    EntityRecord,
    FactRecord,
    InfluenceRecord,
    PropertyRecord,
    RelationRecord,
    SourceRecord,
)

PREFIXES: Mapping[str, str] = {
    "dcterms": "http://purl.org/dc/terms/",
    "ds": "https://w3id.org/downstack/id/",
    "dso": "https://w3id.org/downstack/ontology#",
    "effect": "https://w3id.org/downstack/effect/",
    "fact": "https://w3id.org/downstack/fact/",
    "inf": "https://w3id.org/downstack/influence/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "rel": "https://w3id.org/downstack/relation/",
    "retraction": "https://w3id.org/downstack/retraction/",
    "scenario": "https://w3id.org/downstack/scenario/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "src": "https://w3id.org/downstack/source/",
    "said": "https://w3id.org/downstack/stated/",
}
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_NOT_IN_IRI = re.compile(r"[\x00-\x20<>\"{}|^`\\]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}

Pairs = list[tuple[str, str]]


def name(prefix: str, local: str) -> str:
    """A prefixed name, or the full IRI when the local part needs one."""
    if _LOCAL.fullmatch(local):
        return f"{prefix}:{local}"
    # What may not stand in an IRI is escaped: a name must never end the statement that it stands in.
    return f"<{PREFIXES[prefix]}{_NOT_IN_IRI.sub(lambda found: quote(found[0]), local)}>"


def text(value: str, language: str | None = None) -> str:
    r"""A string literal on one line.

    Examples
    --------
    >>> text('5" tall')
    '"5\\" tall"'
    """
    body = "".join(_ESCAPES.get(char, char if ord(char) >= 0x20 else f"\\u{ord(char):04X}") for char in value)
    return f'"{body}"' + (f"@{language}" if language else "")


def double(value: float) -> str:
    """An xsd:double that reads back as exactly the same number.

    Examples
    --------
    >>> double(4800), double(0.105)
    ('4800.0e0', '0.105e0')
    """
    shown = repr(float(value))
    return shown if "e" in shown else f"{shown}e0"


def statement(subject: str, pairs: Pairs) -> str:
    """What is said of one subject."""
    body = " ;\n    ".join(f"{predicate} {value}" for predicate, value in pairs)
    return f"{subject} {body} .\n"


def document(statements: Iterable[str]) -> str:
    """A file of statements, with the prefixes that they use."""
    bodies = list(statements)
    used = [prefix for prefix in PREFIXES if any(f"{prefix}:" in body for body in bodies)]
    header = "".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n" for prefix in used)
    return header + "\n" + "\n".join(bodies)


def _optional(pairs: Pairs, *options: tuple[str, str | None]) -> None:
    pairs.extend((predicate, text(value)) for predicate, value in options if value)


def entity_document(
    entity: EntityRecord,
    relations: Iterable[RelationRecord],
    facts: Iterable[FactRecord],
    quantity_names: Mapping[str, str],
    properties: Iterable[tuple[str, str]] = (),
    stated: Iterable[PropertyRecord] = (),
) -> str:
    """The file of one entity: what it is, its relations, its facts, its stated properties.

    Parameters
    ----------
    quantity_names
        Quantity identifier -> local name of its term.
    properties
        Predicate and text of what else the source says of it; of ``dcterms:source``, ``src:`` and the source's slug.
    stated
        Dates, words, and yes or no, each with its own source.
    """
    links = sorted(relations, key=lambda item: item.key)
    statements = [_entity(entity, links, properties)]
    statements += [_relation(item) for item in links]
    statements += [_fact(item, quantity_names) for item in sorted(facts, key=lambda item: item.key)]
    statements += [_property(item) for item in sorted(stated, key=lambda item: item.key)]
    return document(statements)


def addition_document(
    slug: str,
    relations: Iterable[RelationRecord],
    facts: Iterable[FactRecord],
    quantity_names: Mapping[str, str],
    properties: Iterable[tuple[str, str]] = (),
    stated: Iterable[PropertyRecord] = (),
) -> str:
    """What one source adds to an entity that another file describes: properties, relations and facts."""
    links = sorted(relations, key=lambda item: item.key)
    pairs = _said(properties) + _direct(links)
    statements = [statement(name("ds", slug), pairs)] if pairs else []
    statements += [_relation(item) for item in links]
    statements += [_fact(item, quantity_names) for item in sorted(facts, key=lambda item: item.key)]
    statements += [_property(item) for item in sorted(stated, key=lambda item: item.key)]
    return document(statements)


def table_document(
    source: SourceRecord,
    entities: Iterable[EntityRecord],
    relations: Iterable[RelationRecord],
    facts: Iterable[FactRecord],
    quantity_names: Mapping[str, str],
) -> str:
    """The file of everything that one table says: its source, the entities that it adds, their links and facts.

    Subjects of links may be described elsewhere: only the links themselves stand here then.
    """
    links: dict[str, list[RelationRecord]] = {}
    for item in sorted(relations, key=lambda item: item.key):
        links.setdefault(item.subject, []).append(item)
    added = sorted(entities, key=lambda item: item.slug)
    described = {item.slug for item in added}
    statements = [_source(source)]
    statements += [_entity(item, links.get(item.slug, ())) for item in added]
    statements += [statement(name("ds", slug), _direct(links[slug])) for slug in sorted(links) if slug not in described]
    statements += [_relation(item) for slug in sorted(links) for item in links[slug]]
    statements += [_fact(item, quantity_names) for item in sorted(facts, key=lambda item: item.key)]
    return document(statements)


def _entity(entity: EntityRecord, links: Iterable[RelationRecord], properties: Iterable[tuple[str, str]] = ()) -> str:
    pairs: Pairs = [
        ("a", ", ".join(f"dso:{item}" for item in entity.classes)),
        ("rdfs:label", text(entity.label, "en")),
    ]
    if entity.aliases:
        pairs.append(("skos:altLabel", ", ".join(text(item) for item in sorted(set(entity.aliases)))))
    if entity.description:
        pairs.append(("skos:definition", text(entity.description, "en")))
    if entity.layer is not None:
        pairs.append(("dso:inLayer", f"dso:layer{entity.layer}"))
    return statement(name("ds", entity.slug), pairs + _said(properties) + _direct(links))


def _said(properties: Iterable[tuple[str, str]]) -> Pairs:
    return [
        (predicate, name("src", value.removeprefix("src:")) if predicate == "dcterms:source" else text(value))
        for predicate, value in properties
    ]


def _direct(links: Iterable[RelationRecord]) -> Pairs:
    """The links of one subject as direct triples."""
    objects: dict[str, set[str]] = {}
    for item in links:
        objects.setdefault(item.predicate, set()).add(name("ds", item.object))
    return [(f"dso:{predicate}", ", ".join(sorted(objects[predicate]))) for predicate in sorted(objects)]


def facts_document(
    facts: Iterable[FactRecord], quantity_names: Mapping[str, str], properties: Iterable[PropertyRecord] = ()
) -> str:
    """A file of facts and stated properties alone, about entities that are described elsewhere."""
    statements = [_fact(item, quantity_names) for item in sorted(facts, key=lambda item: item.key)]
    return document(statements + [_property(item) for item in sorted(properties, key=lambda item: item.key)])


def _property(item: PropertyRecord) -> str:
    pairs: Pairs = [
        ("a", "dso:StatedProperty"),
        ("dso:subject", name("ds", item.subject)),
        ("dso:property", f"dso:{camel_case(item.kind)}"),
        ("dso:stated", text(item.stated)),
    ]
    _optional(pairs, ("dso:asOf", item.as_of))
    pairs.append(("dso:confidence", f"dso:{item.confidence}"))
    _optional(pairs, ("dso:note", item.note))
    pairs.append(("dcterms:source", name("src", item.source)))
    _optional(pairs, ("dso:locator", item.locator))
    return statement(name("said", item.key), pairs)


def _relation(item: RelationRecord) -> str:
    pairs: Pairs = [
        ("a", "dso:Relation"),
        ("rdf:subject", name("ds", item.subject)),
        ("rdf:predicate", f"dso:{item.predicate}"),
        ("rdf:object", name("ds", item.object)),
    ]
    _optional(pairs, ("dso:asOf", item.as_of), ("dso:note", item.note))
    pairs.append(("dcterms:source", name("src", item.source)))
    return statement(name("rel", item.key), pairs)


def _fact(item: FactRecord, quantity_names: Mapping[str, str]) -> str:
    pairs: Pairs = [
        ("a", "dso:Fact"),
        ("dso:subject", name("ds", item.subject)),
        ("dso:quantity", f"dso:{quantity_names[item.quantity]}"),
        ("dso:value", double(item.value)),
        ("dso:literal", text(item.literal)),
        ("dso:unit", text(item.unit)),
    ]
    pairs.extend(
        (predicate, double(bound))
        for predicate, bound in (("dso:low", item.low), ("dso:high", item.high))
        if bound is not None
    )
    _optional(pairs, ("dso:condition", item.condition), ("dso:asOf", item.as_of), ("dso:validUntil", item.valid_until))
    pairs.append(("dso:confidence", f"dso:{item.confidence}"))
    _optional(pairs, ("dso:note", item.note))
    pairs.append(("dcterms:source", name("src", item.source)))
    _optional(pairs, ("dso:locator", item.locator))
    return statement(name("fact", item.key), pairs)


def source_document(source: SourceRecord) -> str:
    """The file of one source."""
    return document([_source(source)])


def _source(source: SourceRecord) -> str:
    pairs: Pairs = [("a", "dso:Source")]
    _optional(
        pairs,
        ("dcterms:title", source.title),
        ("dso:reference", source.reference),
        ("dcterms:license", source.licence),
        ("dso:retrieved", source.retrieved),
    )
    return statement(name("src", source.slug), pairs)


def influence_document(item: InfluenceRecord, effect: EffectRecord | None = None) -> str:
    """The file of one influence, and of its published effect where that is typed."""
    pairs: Pairs = [
        ("a", "dso:QualitativeInfluence"),
        ("dso:influenceSource", name("ds", item.source_entity)),
        ("dso:influenceTarget", name("ds", item.target_entity)),
        ("dso:sign", text(item.sign)),
        ("dso:strength", f"dso:{item.strength}"),
        ("dso:influenceConfidence", f"dso:{item.confidence}Confidence"),
        ("dso:direction", text(item.direction)),
        ("dso:mechanism", text(item.mechanism)),
    ]
    _optional(pairs, ("dso:quantityAffected", item.quantity_affected))
    kinds = (("dso:changedKind", item.changed_kind), ("dso:affectedKind", item.affected_kind))
    pairs += [(predicate, f"dso:{camel_case(kind)}") for predicate, kind in kinds if kind]
    _optional(pairs, ("dso:publishedEffect", item.published_effect))
    pairs.append(("dcterms:source", name("src", item.source)))
    _optional(pairs, ("dso:locator", item.locator))
    statements = [statement(name("inf", item.slug), pairs)]
    return document([*statements, _effect(item, effect)] if effect else statements)


def _effect(item: InfluenceRecord, effect: EffectRecord) -> str:
    pairs: Pairs = [
        ("a", "dso:PublishedEffect"),
        ("dso:effectOf", name("inf", item.slug)),
        ("dso:effectForm", text(effect.form)),
    ]
    kinds = (("dso:effectFrom", effect.changed_kind), ("dso:effectOn", effect.affected_kind))
    pairs += [(predicate, f"dso:{camel_case(kind)}") for predicate, kind in kinds if kind]
    pairs += [("dso:effectLow", double(effect.low)), ("dso:effectHigh", double(effect.high))]
    pairs.append(("dso:unit", text(effect.unit)))
    _optional(pairs, ("dso:baseline", effect.baseline), ("dso:condition", effect.condition))
    _optional(pairs, ("dso:baseCase", effect.base_case), ("dso:changedCase", effect.changed_case))
    _optional(pairs, ("dso:notComputed", effect.not_computed))
    pairs.append(("dcterms:source", name("src", item.source)))
    return statement(name("effect", item.slug), pairs)


def write_documents(root: Path, documents: Mapping[str, str], folder: str) -> tuple[int, int]:
    """Make the Turtle files in `folder` below `root` exactly `documents` (path relative to `root` -> content).

    Returns
    -------
    tuple
        How many files were written (new or changed), and how many that no longer exist were removed.
    """
    wanted = {root / relative: content for relative, content in documents.items()}
    stale = [path for path in sorted((root / folder).rglob("*.ttl")) if path not in wanted]
    for path in stale:
        path.unlink()
    written = 0
    for path, content in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            written += 1
    return written, len(stale)
