"""What the endpoint says about itself, in the vocabulary of SPARQL 1.1 Service Description."""

from __future__ import annotations

import json
from urllib.parse import quote

SD = "http://www.w3.org/ns/sparql-service-description#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
FORMATS = "http://www.w3.org/ns/formats/"

_IRI_CHARACTERS = ":/?#[]@!$&()*+,;=%"

LANGUAGE = f"{SD}SPARQL11Query"
RESULTS = tuple(
    f"{FORMATS}{name}"
    for name in (
        "SPARQL_Results_JSON",
        "SPARQL_Results_XML",
        "SPARQL_Results_CSV",
        "SPARQL_Results_TSV",
        "Turtle",
        "N-Triples",
        "JSON-LD",
        "RDF_XML",
    )
)


def statements(endpoint: str) -> list[tuple[str, str, str]]:
    """Return the description as triples; a name that begins with ``_:`` has no IRI."""
    service, dataset, graph = "_:service", "_:dataset", "_:graph"
    return [
        (service, RDF_TYPE, f"{SD}Service"),
        (service, f"{SD}endpoint", endpoint),
        (service, f"{SD}supportedLanguage", LANGUAGE),
        *((service, f"{SD}resultFormat", item) for item in RESULTS),
        (service, f"{SD}defaultDataset", dataset),
        (dataset, RDF_TYPE, f"{SD}Dataset"),
        (dataset, f"{SD}defaultGraph", graph),
        (graph, RDF_TYPE, f"{SD}Graph"),
    ]


def described(endpoint: str, format: str) -> str:
    """Return the description, written in a format of graphs."""
    # The host is what a request says it is: nothing of it may end an IRI.
    triples = statements(quote(endpoint, safe=_IRI_CHARACTERS))
    if format == "jsonld":
        nodes = [{"@id": subject, predicate: [{"@id": object}]} for subject, predicate, object in triples]
        return json.dumps(nodes, indent=1) + "\n"
    if format == "rdfxml":
        return _rdfxml(triples)
    # N-Triples are Turtle.
    return "".join(f"{_term(subject)} {_term(predicate)} {_term(object)} .\n" for subject, predicate, object in triples)


def _term(name: str) -> str:
    return name if name.startswith("_:") else f"<{name}>"


def _rdfxml(triples: list[tuple[str, str, str]]) -> str:
    def place(name: str, of: str) -> str:
        return f'rdf:nodeID="{name[2:]}"' if name.startswith("_:") else f'rdf:{of}="{_escaped(name)}"'

    def element(predicate: str) -> str:
        return "rdf:type" if predicate == RDF_TYPE else f"sd:{predicate.removeprefix(SD)}"

    lines = [
        f"  <rdf:Description {place(subject, 'about')}><{element(predicate)} {place(object, 'resource')}/></rdf:Description>"
        for subject, predicate, object in triples
    ]
    head = f'<rdf:RDF xmlns:rdf="{RDF_TYPE.removesuffix("type")}" xmlns:sd="{SD}">'
    return "\n".join(('<?xml version="1.0" encoding="utf-8"?>', head, *lines, "</rdf:RDF>")) + "\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
