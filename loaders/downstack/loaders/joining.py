"""Files that several loaders write: what one of them states does not remove what another one did.

``facts/loaded/<entity>.ttl`` holds all that was loaded about an entity, whoever loaded it. A file of the same name takes
over every subject that the new text does not describe; a subject that both describe is as the new text has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyoxigraph as ox

from downstack.graph.documents import Document, parse_document
from downstack.vocabulary import PREFIXES

SHARED = re.compile(r"facts/loaded/[^/]+")
"""A loader whose files lie in a folder of its own below that replaces them as it likes."""


def joined(documents: Mapping[str, str], held: Mapping[str, Document]) -> dict[str, str]:
    """Return the documents, with what the store's files of the same names state besides."""
    return {
        name: _join(name, held[name], text) if SHARED.fullmatch(name) and name in held else text
        for name, text in documents.items()
    }


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
