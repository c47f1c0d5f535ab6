"""Triples of Turtle, N-Triples and JSON-LD: from bytes, in the format that the file's name says, within bounds.

Nothing that a file names is opened: no base address, no import, no context. RDF/XML is refused, because its entities can
grow without bounds and can name files.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath

import pyoxigraph as ox

from downstack.graph.quoted import QUOTED, quoted_triple_line
from downstack.graph.statements import line_of
from downstack.loaders.inputs import NamedBytes, decode, refuse
from downstack.loaders.sources.rdf_contexts import with_bundled_contexts
from downstack.vocabulary import OWL

FORMATS = {".ttl": ox.RdfFormat.TURTLE, ".nt": ox.RdfFormat.N_TRIPLES, ".jsonld": ox.RdfFormat.JSON_LD}
REFUSED = {
    ".rdf": "RDF/XML", ".owl": "RDF/XML", ".xml": "RDF/XML", ".trig": "TriG", ".nq": "N-Quads", ".n3": "N3",
    ".json": "JSON without a name that says what it is",
}  # fmt: skip
MAX_TRIPLES = 1_000_000
MAX_LITERAL = 100_000
"""Characters of one text."""
MAX_LINE_SEARCH = 2_000_000
"""Characters of a text in which the lines of statements are still looked up."""


@dataclass(frozen=True, slots=True)
class Triples:
    """The statements of one file."""

    name: str
    text: str
    triples: list[ox.Quad]

    def line(self, triple: ox.Quad) -> int:
        """The line of a statement, 0 where it cannot be found."""
        subject = triple.subject
        if not isinstance(subject, ox.NamedNode) or len(self.text) > MAX_LINE_SEARCH:
            return 0
        return line_of(self.text, subject.value, triple.predicate.value) or 0


def read_triples(file: NamedBytes) -> Triples:
    """Parse one file.

    Raises
    ------
    KnowledgeError
        If its format is not read, it does not parse, it imports something, or it is beyond a bound.
    """
    suffix = PurePath(file.name).suffix.lower()
    if suffix not in FORMATS:
        what = f"{REFUSED.get(suffix, 'a format that its name does not say')} is not read"
        raise refuse(file.name, None, what, "convert it to Turtle (.ttl), N-Triples (.nt) or JSON-LD (.jsonld)")
    if suffix == ".jsonld":
        data = with_bundled_contexts(file.data, file.name)
        text = ""
    else:
        text = decode(file.data, file.name)
        quoted = quoted_triple_line(text)
        if quoted is not None:
            raise refuse(file.name, quoted, QUOTED, "the vocabulary has none: remove it")
        data = text.encode()
    try:
        triples = list(islice(ox.parse(data, format=FORMATS[suffix]), MAX_TRIPLES + 1))
    except SyntaxError as error:
        line = error.lineno if text else None
        what = (error.msg or "").partition(": ")[2] or error.msg or "does not parse"
        raise refuse(file.name, line, f"not {FORMATS[suffix].name}: {what[:300]}", "correct the syntax") from None
    found = Triples(file.name, text, triples)
    if len(triples) > MAX_TRIPLES:
        raise refuse(file.name, None, f"more than {MAX_TRIPLES} triples", "load it in parts")
    for triple in triples:
        _check(triple, found)
    return found


def _check(triple: ox.Quad, found: Triples) -> None:
    if triple.predicate.value == f"{OWL}imports":
        what = "owl:imports, which is never followed"
        raise refuse(found.name, found.line(triple), what, "remove it, and load the other file as well")
    if isinstance(triple.object, ox.Literal) and len(triple.object.value) > MAX_LITERAL:
        what = f"a text longer than {MAX_LITERAL} characters"
        raise refuse(found.name, found.line(triple), what, "shorten it")
