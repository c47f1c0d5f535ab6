"""A store that is small enough to be loaded into a hundred times: the vocabulary, one company, one source."""

from __future__ import annotations

import shutil
from pathlib import Path

from downstack.vocabulary import PREFIXES, locate

HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
START = (
    HEAD
    + """
src:report a dso:Source ; dcterms:title "A report" ; dso:reference "https://example.org/report" .
ds:maker a dso:Company ; rdfs:label "Maker"@en .
ds:rival a dso:Company ; rdfs:label "Rival"@en .
"""
)


def revenue(value: int, name: str = "one", more: str = "") -> str:
    """Return a fact of the company as Turtle."""
    return (
        HEAD
        + f"""
fact:maker.revenue.{name} a dso:Fact ; dso:subject ds:maker ; dso:quantity dso:companyRevenue ;
    dso:value {value}.0e0 ; dso:literal "{value}" ; dso:unit "USD/year" ; dso:asOf "2025" ;
    dso:confidence dso:press ; dcterms:source src:report {more}.
"""
    )


FILE = "facts/loaded/maker.ttl"


def by_hand(folder: Path) -> Path:
    """Make a folder that somebody keeps by hand."""
    shutil.copytree(locate() / "terms", folder / "terms")
    (folder / "facts").mkdir()
    (folder / "facts" / "start.ttl").write_text(START, encoding="utf-8")
    return folder
