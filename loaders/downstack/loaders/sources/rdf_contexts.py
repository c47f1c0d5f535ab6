"""JSON-LD with the product's own context and no other: what a document names by address is never fetched.

An address in ``@context`` is either that of the bundled context, which takes its place, or an error. The bundled context
is made from the vocabulary's Turtle, so that it has every relation and no term twice.
"""

from __future__ import annotations

import json
import math
from functools import cache
from typing import Any

from rdflib import OWL, RDF, Graph

from downstack.errors import KnowledgeError
from downstack.loaders.inputs import decode, refuse
from downstack.vocabulary import DCTERMS, DSO, PREFIXES, RDFS, SKOS, XSD, locate

CONTEXT = "https://w3id.org/downstack/context.jsonld"
"""The address that documents write in ``@context`` to mean the bundled context."""
MAX_DEPTH = 64
"""Of lists and objects; the parser behind works by recursion and would end the process at some thousand."""


@cache
def bundled_context() -> dict[str, Any]:
    """The context of the vocabulary: prefixes, names without prefix for its terms, links where terms are links."""
    graph = Graph()
    for path in sorted((locate() / "terms").glob("*.ttl")):
        graph.parse(path, format="turtle")
    links = sorted(str(item) for item in graph.subjects(RDF.type, OWL.ObjectProperty) if str(item).startswith(DSO))
    return {
        **PREFIXES,
        "@vocab": DSO,
        "label": {"@id": f"{RDFS}label", "@language": "en"},
        "altLabel": f"{SKOS}altLabel",
        "definition": {"@id": f"{SKOS}definition", "@language": "en"},
        "title": f"{DCTERMS}title",
        "license": f"{DCTERMS}license",
        "source": {"@id": f"{DCTERMS}source", "@type": "@id"},
        **{f"rdf:{part}": {"@type": "@id"} for part in ("subject", "predicate", "object")},
        **{name: {"@type": f"{XSD}double"} for name in ("value", "low", "high")},
        **{item.removeprefix(DSO): {"@type": "@id"} for item in links},
    }


def with_bundled_contexts(data: bytes, name: str) -> bytes:
    """A JSON-LD document in which every context stands in the document itself.

    Raises
    ------
    KnowledgeError
        If it is not JSON, has a key twice or a number that is none, is nested too deeply, or names another context.
    """
    try:
        document = json.loads(
            decode(data, name), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except RecursionError:
        raise _deep(name) from None
    except json.JSONDecodeError as error:
        raise refuse(name, error.lineno, f"not JSON: {error.msg}", "correct the syntax") from None
    except ValueError as error:
        raise refuse(name, None, f"not JSON: {error}", "correct the document") from None
    _inline(document, name)
    return json.dumps(document).encode()


def _inline(document: Any, name: str) -> None:
    waiting = [(document, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise _deep(name)
        if isinstance(node, dict):
            if "@import" in node:
                raise refuse(name, None, "a context that imports another", f"write it out, or use {CONTEXT}")
            if "@context" in node:
                node["@context"] = _context(node["@context"], name)
            waiting += [(value, depth + 1) for value in node.values() if isinstance(value, dict | list)]
        elif isinstance(node, list):
            waiting += [(value, depth + 1) for value in node if isinstance(value, dict | list)]


def _context(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_context(item, name) if isinstance(item, str) else item for item in value]
    if not isinstance(value, str):
        return value
    if value != CONTEXT:
        what = f"the context {value[:200]!r} is not bundled, and nothing is fetched"
        raise refuse(name, None, what, f"write it out, or use {CONTEXT}")
    return bundled_context()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:80]!r} twice")
        found[key] = value
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:40]} is too large")
    return number


def _deep(name: str) -> KnowledgeError:
    return refuse(name, None, f"nested deeper than {MAX_DEPTH} levels", "flatten it")
