"""Files that several loaders write: what one of them states does not remove what another one did.

``facts/loaded/<entity>.ttl`` holds all that was loaded about an entity, whoever loaded it. A file of the same name takes
over every subject that the new text does not describe; a subject that both describe is as the new text has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyoxigraph as ox

from downstack.errors import Finding, KnowledgeError
from downstack.graph.documents import Document, digest_of, parse_document
from downstack.graph.exports.rdf import turtle_text
from downstack.graph.statements import Node, Value
from downstack.vocabulary import shorten

SHARED = re.compile(r"facts/loaded/[^/]+")
"""A loader whose files lie in a folder of its own below that replaces them as it likes."""


def joined(documents: Mapping[str, str], held: Mapping[str, Document]) -> dict[str, str]:
    """Return the documents that change something, with what the store's files of the same names state besides."""
    found = {}
    for name, text in documents.items():
        together = _join(name, held[name], text) if SHARED.fullmatch(name) and name in held else text
        if together is not None:
            found[name] = together
    return found


def check_additive(documents: Mapping[str, str], held: Mapping[str, Document]) -> None:
    """Refuse documents that say anything else of what a file of the same name describes.

    Raises
    ------
    KnowledgeError
        With the subjects.
    """
    findings: list[Finding] = []
    for name, text in documents.items():
        old = held.get(name)
        if old is None or old.digest == digest_of(text):
            continue
        new = parse_document(name, text)
        said = [
            subject
            for subject, node in new.nodes.items()
            if subject in old.nodes and _stated(old.nodes[subject]) != _stated(node)
        ]
        if not said and not SHARED.fullmatch(name):
            said = [subject for subject in old.nodes if subject not in new.nodes]
        remedy = "what was stated stays: state something new, or withdraw it first"
        findings += [
            Finding(name, None, f"the store says something else of {shorten(subject)}", remedy, "stated")
            for subject in said
        ]
    if findings:
        raise KnowledgeError(tuple(findings))


def _join(name: str, old: Document, text: str) -> str | None:
    """Return both together; None where all of the new text is known and the file stays what it is, to the letter."""
    if digest_of(text) == old.digest:
        return None
    new = parse_document(name, text)
    kept = [subject for subject in old.nodes if subject not in new.nodes]
    if not kept:
        return text
    if all(_stated(old.nodes.get(subject, {})) == _stated(node) for subject, node in new.nodes.items()):
        return None
    subjects = frozenset(kept)
    triples = sorted(
        (
            triple
            for triple in old.triples
            if not isinstance(triple.subject, ox.NamedNode) or triple.subject.value in subjects
        ),
        key=str,
    )
    return f"{text.rstrip()}\n\n# Loaded before.\n{turtle_text(triples)}"


def _stated(node: Node) -> dict[str, frozenset[Value]]:
    return {predicate: frozenset(values) for predicate, values in node.items()}
