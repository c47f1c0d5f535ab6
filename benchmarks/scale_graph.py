"""A graph of any size in the vocabulary of the product: what loading is measured on.

For each thousand thousand triples: 20,000 companies, 60,000 products, 71,000 influences as nodes of their own, and as many
cited relations and facts as are left. All names, ends and numbers are drawn: nothing here is knowledge, and a benchmark
must not change when a fact does. The same seed gives the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

MILLION = 1_000_000
COMPANIES, PRODUCTS, INFLUENCES = 20_000, 60_000, 71_000
"""For a million triples."""
RELATIONS, FACTS = 17_000, 9_000
PART = 50_000
"""Blocks of one file: the files of a folder stay small enough to be read one by one."""

PREFIXES = {
    "dcterms": "http://purl.org/dc/terms/",
    "ds": "https://w3id.org/downstack/id/",
    "dso": "https://w3id.org/downstack/ontology#",
    "fact": "https://w3id.org/downstack/fact/",
    "inf": "https://w3id.org/downstack/influence/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "rel": "https://w3id.org/downstack/relation/",
    "src": "https://w3id.org/downstack/source/",
}
KINDS = (
    "Application",
    "Framework",
    "Kernel",
    "Library",
    "Compiler",
    "ProcessorArchitecture",
    "SwitchChip",
    "ProcessNode",
)
LAYERS = {
    "Application": 1,
    "Framework": 3,
    "Kernel": 3,
    "Library": 3,
    "Compiler": 3,
    "ProcessorArchitecture": 5,
    "SwitchChip": 6,
    "ProcessNode": 7,
}
"""The class of a product to the layer that its shape asks for; classes that no formula ranges over."""
SOURCES = 500


def write_graph(target: Path, triples: int = MILLION, *, seed: int = 1, ntriples: bool = False) -> int:
    """Write a graph of about so many triples as a folder of files, and return how many it has.

    Parameters
    ----------
    target
        A folder that does not exist yet.
    triples
        How large; all counts grow with it.
    seed
        Of everything that is drawn.
    ntriples
        Write one triple a line instead of Turtle.
    """
    count = 0
    for name, blocks in _graph(triples / MILLION, random.Random(seed)):
        part, held = 0, list[str]()
        for size, block in blocks:
            count += size
            held.append(block)
            if len(held) == PART:
                _write(target / f"{name}-{part:04d}", held, ntriples)
                part, held = part + 1, []
        if held:
            _write(target / f"{name}-{part:04d}", held, ntriples)
    return count


def _write(path: Path, blocks: list[str], ntriples: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    text = head + "\n" + "\n".join(blocks) + "\n"
    if ntriples:
        import pyoxigraph as ox

        lines = ox.serialize(ox.parse(text.encode(), format=ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES)
        path.with_suffix(".nt").write_bytes(lines or b"")
    else:
        path.with_suffix(".ttl").write_text(text, encoding="utf-8")


Blocks = Iterator[tuple[int, str]]


def _graph(scale: float, draw: random.Random) -> Iterator[tuple[str, Blocks]]:
    companies, products = max(2, round(COMPANIES * scale)), max(2, round(PRODUCTS * scale))
    kinds = [draw.choice(KINDS) for _ in range(products)]
    designs: dict[int, list[int]] = {}
    for product in draw.sample(range(products), min(products, round(RELATIONS * scale))):
        designs.setdefault(draw.randrange(companies), []).append(product)
    yield "facts/sources", _sources()
    yield "facts/companies", _companies(companies, designs)
    yield "facts/products", _products(kinds)
    yield "facts/relations", _relations(designs)
    yield "facts/figures", _facts(round(FACTS * scale), companies, draw)
    yield "influences/drawn", _influences(round(INFLUENCES * scale), companies, products, draw)


def _sources() -> Blocks:
    for number in range(SOURCES):
        block = f'src:s{number} a dso:Source ;\n    dcterms:title "Report {number}" ;\n    dso:reference '
        yield 3, block + f'"https://example.org/report/{number}" .\n'


def _companies(count: int, designs: dict[int, list[int]]) -> Blocks:
    for number in range(count):
        made = designs.get(number, ())
        link = f" ;\n    dso:designs {', '.join(f'ds:product-{item}' for item in made)}" if made else ""
        yield 2 + len(made), f'ds:company-{number} a dso:Company ;\n    rdfs:label "Company {number}"@en{link} .\n'


def _products(kinds: list[str]) -> Blocks:
    for number, kind in enumerate(kinds):
        block = f'ds:product-{number} a dso:{kind} ;\n    rdfs:label "Product {number}"@en ;\n'
        yield 3, block + f"    dso:inLayer dso:layer{LAYERS[kind]} .\n"


def _relations(designs: dict[int, list[int]]) -> Blocks:
    for company, made in sorted(designs.items()):
        for product in made:
            yield (
                5,
                f"rel:company-{company}.designs.product-{product} a dso:Relation ;\n"
                f"    rdf:subject ds:company-{company} ;\n    rdf:predicate dso:designs ;\n"
                f"    rdf:object ds:product-{product} ;\n    dcterms:source src:s{product % SOURCES} .\n",
            )


def _facts(count: int, companies: int, draw: random.Random) -> Blocks:
    for number in range(count):
        value = draw.randrange(1_000_000, 1_000_000_000)
        yield (
            9,
            f"fact:f{number} a dso:Fact ;\n    dso:subject ds:company-{draw.randrange(companies)} ;\n"
            f'    dso:quantity dso:companyRevenue ;\n    dso:value {value}.0e0 ;\n    dso:literal "{value}" ;\n'
            f'    dso:unit "USD/year" ;\n    dso:asOf "20{draw.randrange(20, 26)}" ;\n    dso:confidence dso:press ;\n'
            f"    dcterms:source src:s{number % SOURCES} .\n",
        )


def _influences(count: int, companies: int, products: int, draw: random.Random) -> Blocks:
    def end() -> str:
        number = draw.randrange(companies + products)
        return f"ds:company-{number}" if number < companies else f"ds:product-{number - companies}"

    for number in range(count):
        yield (
            9,
            f"inf:i{number} a dso:QualitativeInfluence ;\n    dso:influenceSource {end()} ;\n"
            f'    dso:influenceTarget {end()} ;\n    dso:sign "{draw.choice("+-")}" ;\n'
            f"    dso:strength dso:{draw.choice(('weak', 'moderate', 'strong'))} ;\n"
            f"    dso:influenceConfidence dso:{draw.choice(('low', 'medium', 'high'))}Confidence ;\n"
            f'    dso:direction "{draw.choice(("up", "down"))}" ;\n    dso:mechanism "drawn mechanism {number}" ;\n'
            f"    dcterms:source src:s{number % SOURCES} .\n",
        )
