"""Files that several loaders write: what one of them states does not remove what another one did.

``facts/loaded/<entity>.ttl`` holds all that was loaded about an entity, whoever loaded it. A file of the same name takes
over every subject that the new text does not describe; a subject that both describe is as the new text has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyoxigraph as ox

from downstack.errors import Finding, KnowledgeError
from downstack.graph.documents import Document, parse_document
from downstack.vocabulary import PREFIXES, shorten

SHARED = re.compile(r"facts/loaded/[^/]+")
"""A loader whose files lie in a folder of its own below that replaces them as it likes."""


def joined(documents: Mapping[str, str], held: Mapping[str, Document]) -> dict[str, str]:
    """Return the documents, with what the store's files of the same names state besides."""
    return {
        name: _join(name, held[name], text) if SHARED.fullmatch(name) and name in held else text
        for name, text in documents.items()
    }


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
        if old is None or old.text == text:
            continue
        new = parse_document(name, text)
        said = [subject for subject, node in new.nodes.items() if subject in old.nodes and old.nodes[subject] != node]
        if not said and not SHARED.fullmatch(name):
            said = [subject for subject in old.nodes if subject not in new.nodes]
        remedy = "what was stated stays: state something new, or withdraw it first"
        findings += [
            Finding(name, None, f"the store says something else of {shorten(subject)}", remedy, "stated")
            for subject in said
        ]
    if findings:
        raise KnowledgeError(tuple(findings))


def _join(name: str, old: Document, text: str) -> str:
    if text == old.text:
        return text
    new = parse_document(name, text)
    kept = [subject for subject in old.nodes if subject not in new.nodes]
    if not kept:
        return text
    same = all(old.nodes.get(subject) == node for subject, node in new.nodes.items())
    if same:
        # All of it is known: the file stays what it is, to the letter.
        return old.text
    subjects = frozenset(kept)
    triples = [
        triple.triple
        for triple in old.triples
        if not isinstance(triple.subject, ox.NamedNode) or triple.subject.value in subjects
    ]
    rest = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b""
    return f"{text.rstrip()}\n\n# Loaded before.\n{rest.decode()}"
