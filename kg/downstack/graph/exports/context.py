"""The JSON-LD context of the vocabulary: what the short names in a document mean.

It is generated from the vocabulary (``downstack/context.jsonld``, beside the generated terms), ships with the package, and
stands inside every document that is exported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from downstack import terms
from downstack.graph.statements import Statements
from downstack.graph.validation import Document, statements_of
from downstack.vocabulary import DSO, OWL, PREFIXES, RDF, RDFS, XSD, shorten

FILE = Path(terms.__file__).with_name("context.jsonld")


@dataclass(frozen=True, slots=True)
class Coercions:
    """What a context says of the properties of the vocabulary."""

    names: Mapping[str, str]
    """IRI to short name."""
    types: Mapping[str, str]
    """Short name to what its values are unless they say otherwise: ``@id``, or a datatype."""


def context_text(vocabulary: Sequence[Document]) -> str:
    """Return the context that some documents of a vocabulary lead to, as a JSON-LD document."""
    statements = statements_of(vocabulary)
    found: dict[str, Any] = {"@version": 1.1, **PREFIXES}
    for subject in sorted(statements.nodes):
        kinds = statements.iris(subject, RDF + "type")
        if subject.startswith(DSO) and {OWL + "ObjectProperty", OWL + "DatatypeProperty"} & set(kinds):
            name = subject.removeprefix(DSO)
            coerced = _coerced(statements, subject, kinds)
            found[name] = {"@id": shorten(subject), **({"@type": coerced} if coerced else {})}
    return json.dumps({"@context": found}, indent=2) + "\n"


def _coerced(statements: Statements, subject: str, kinds: Sequence[str]) -> str | None:
    if OWL + "ObjectProperty" in kinds:
        return "@id"
    ranges = [name for name in statements.iris(subject, RDFS + "range") if name.startswith(XSD)]
    return shorten(ranges[0]) if len(ranges) == 1 and ranges[0] != XSD + "string" else None


@cache
def context() -> Mapping[str, Any]:
    """Return the context that ships with the package."""
    found: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))["@context"]
    return found


@cache
def coercions() -> Coercions:
    """Return what the shipped context says of properties."""
    own = {name: value for name, value in context().items() if isinstance(value, dict)}
    return Coercions(
        names={DSO + value["@id"].removeprefix("dso:"): name for name, value in own.items()},
        types={name: value["@type"] for name, value in own.items() if "@type" in value},
    )
