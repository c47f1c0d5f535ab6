"""Where the Turtle lies, and the namespaces it is written in.

In a checkout the folders stand in ``ontology/``, beside this package; in an installed wheel they stand in
``downstack/ontology_files/``. :func:`locate` finds both, and nothing else in downstack knows the difference.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

ONTOLOGY = "https://w3id.org/downstack/ontology"
"""The vocabulary as a whole; what every term is defined by."""

DS = "https://w3id.org/downstack/id/"
DSO = "https://w3id.org/downstack/ontology#"
FACT = "https://w3id.org/downstack/fact/"
STATED = "https://w3id.org/downstack/stated/"
REL = "https://w3id.org/downstack/relation/"
INF = "https://w3id.org/downstack/influence/"
SRC = "https://w3id.org/downstack/source/"
FN = "https://w3id.org/downstack/function/"
SUP = "https://w3id.org/downstack/supply/"
RETRACTION = "https://w3id.org/downstack/retraction/"
SCENARIO = "https://w3id.org/downstack/scenario/"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"
SH = "http://www.w3.org/ns/shacl#"
FNO = "https://w3id.org/function/ontology#"
FNOI = "https://w3id.org/function/vocabulary/implementation#"
FNOM = "https://w3id.org/function/vocabulary/mapping#"

PREFIXES = {
    "ds": DS,
    "dso": DSO,
    "fact": FACT,
    "said": STATED,
    "rel": REL,
    "inf": INF,
    "src": SRC,
    "fn": FN,
    "sup": SUP,
    "retraction": RETRACTION,
    "scenario": SCENARIO,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "prov": PROV,
    "sh": SH,
    "fno": FNO,
    "fnoi": FNOI,
    "fnom": FNOM,
}
"""The prefixes that every file and every query may use, in the order in which writers print them."""

FOLDERS = ("terms", "shapes", "facts", "influences", "uncertainty", "supply", "calibration", "questions", "functions")
"""What the ontology consists of: vocabulary, SHACL, knowledge, influences, errors, supply chains, fitted constants, questions,
functions."""

KNOWLEDGE_FOLDERS = ("terms", "facts", "influences", "uncertainty", "supply", "calibration", "functions")
"""The folders that make up a graph; shapes and questions are about it, not in it."""


@cache
def locate() -> Path:
    """Return the folder that holds the bundled Turtle, in a checkout and in an installed wheel alike.

    Raises
    ------
    FileNotFoundError
        If neither is there, which means that the installation is incomplete.
    """
    here = Path(__file__).resolve().parent
    for candidate in (here / "ontology_files", here.parent):
        if (candidate / "terms").is_dir():
            return candidate
    raise FileNotFoundError(
        f"the ontology files are missing: neither {here / 'ontology_files'} nor {here.parent / 'terms'} exists "
        "(install downstack again)"
    )


def folder(name: str) -> Path:
    """Return one folder of the bundled ontology, for example ``folder("shapes")``.

    Raises
    ------
    ValueError
        If there is no folder of that name in the plan of the ontology.
    """
    if name not in FOLDERS:
        raise ValueError(f"no ontology folder {name!r}; there are: {', '.join(FOLDERS)}")
    return locate() / name


def expand(name: str) -> str:
    """Return the IRI that a CURIE stands for; what is no CURIE of these prefixes comes back as it is.

    >>> expand("ds:nvidia-h200-sxm")
    'https://w3id.org/downstack/id/nvidia-h200-sxm'
    """
    prefix, colon, local = name.partition(":")
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else name


def shorten(iri: str) -> str:
    """Return the CURIE of an IRI with the prefix that fits best; an IRI outside them comes back as it is.

    >>> shorten("https://w3id.org/downstack/ontology#Accelerator")
    'dso:Accelerator'
    """
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and len(iri) > len(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri
