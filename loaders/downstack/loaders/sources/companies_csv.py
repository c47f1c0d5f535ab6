"""Companies: country, ticker, Wikidata item and place in the layers, one row a company and one source column a cell.

Source and licence
    A table that a project keeps by hand; each cell names its own source in words, which the curated sources turn into
    one with a locator. It changes when a company enters the industry, moves or is listed.
What becomes of a cell
    A stated property. The places in the layers follow the article that names the companies, so that they cite it; a part
    without a layer says something else and is left out of them. A ticker of two exchanges with two sources is two.
Wikidata items
    Public tables disagree about them (one gives AMD an item that is not AMD's), so that a source alone is not enough: an
    item is kept when two named sources give it. The first that has a locator is cited, the note names the others.
What is dropped, and why (each a rejection with its row)
    cells without a source, or from memory only; sources without a locator; items of one source, or of sources that are not
    named; companies that the curation does not select. Names are in the curation; notes that speak of no item are for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from downstack.loaders.citations import Citations
from downstack.loaders.records import EntityRecord, PropertyRecord
from downstack.loaders.report import Rejection
from downstack.loaders.sources.facts_csv import Selection
from downstack.loaders.tables import read_table
from downstack.loaders.vocabulary import Vocabulary

COLUMNS = (
    "id", "name", "country", "roles_by_layer", "wikidata_qid", "qid_source", "ticker", "ticker_source",
    "country_source", "note",
)  # fmt: skip
ARTICLE = "seed article"
"""What the places of companies in the layers are read from."""
MEMORY = "memory"
"""The word with which the table says that nobody looked it up."""
SOURCES = {"country": "country_source", "ticker": "ticker_source", "wikidata_qid": "qid_source"}
"""Attribute -> the column that names its source."""
_ITEM = re.compile(r"Q[1-9]\d*", re.ASCII)
_ROLE = re.compile(r"L[1-7]: .+")
_UNNAMED = re.compile(r"several\b.*")


@dataclass(frozen=True, slots=True)
class Row:
    """One company in the source's own words."""

    line: int
    id: str
    name: str
    country: str
    roles_by_layer: str
    wikidata_qid: str
    qid_source: str
    ticker: str
    ticker_source: str
    country_source: str
    note: str


def parse(data: bytes, name: str = "companies") -> list[Row]:
    """Read a table of companies; an unknown column is an error that names it."""
    return [Row(line=line, **cells) for line, cells in read_table(data, COLUMNS, (), name)]


def to_properties(
    rows: Iterable[Row], vocabulary: Vocabulary, selection: Selection, citations: Citations
) -> Iterator[PropertyRecord | Rejection]:
    """One stated property or rejection for each statement that a cell makes; an empty cell makes none."""
    for row in rows:
        entity = selection.entities.get(row.id) or selection.entities.get(f"company:{row.id}")
        if entity is None or "Company" not in entity.classes:
            yield Rejection(row.line, row.id, "*", row.name, "the company is not selected")
            continue
        for attribute, stated, found in _cells(row, citations):
            kind = vocabulary.properties.get(attribute)
            if isinstance(found, str):
                yield Rejection(row.line, row.id, attribute, stated, found)
            elif kind is None:
                yield Rejection(row.line, row.id, attribute, stated, "no property kind has that source attribute")
            else:
                yield _property(entity, kind.identifier, stated, found)


@dataclass(frozen=True, slots=True)
class _Cited:
    """The source of a cell, and what its column says of it."""

    source: str
    note: str | None


def _cells(row: Row, citations: Citations) -> Iterator[tuple[str, str, _Cited | str]]:
    """Attribute, what is stated, and its source or the reason why it states nothing."""
    parts = [part.strip() for part in row.roles_by_layer.split(";")]
    places = "; ".join(part for part in parts if _ROLE.fullmatch(part))
    if places:
        note = "by layer as the article places it; names that the article does not use are the table's"
        yield "roles_by_layer", places, _cited(citations, ARTICLE, note)
    for part in parts:
        if part and not _ROLE.fullmatch(part):
            yield "roles_by_layer", part, "names no layer"
    if row.country:
        yield "country", row.country, _single(citations, row.country_source)
    for stated, source in _tickers(row):
        yield "ticker", stated, _single(citations, source)
    if row.wikidata_qid:
        yield "wikidata_qid", row.wikidata_qid, _item(row, citations)


def _tickers(row: Row) -> list[tuple[str, str]]:
    """Each ticker with its source: the sources of several tickers stand in the same order."""
    tickers = _listed(row.ticker)
    sources = _listed(row.ticker_source)
    if len(tickers) > 1 and len(tickers) == len(sources):
        return list(zip(tickers, sources, strict=True))
    return [(row.ticker, row.ticker_source)] if row.ticker else []


def _single(citations: Citations, words: str) -> _Cited | str:
    """The source of a cell that one source is enough for: the first of several that has a locator."""
    if not words:
        return "the table names no source"
    if words == MEMORY:
        return "memory only: what nobody looked up is not a fact"
    for source in _listed(words):
        found = _cited(citations, source, f"the table cites {words!r}")
        if not isinstance(found, str):
            return found
    return "the citation has no locator"


def _item(row: Row, citations: Citations) -> _Cited | str:
    """The source of a Wikidata item, or why it is not believed."""
    sources = _listed(row.qid_source)
    if not _ITEM.fullmatch(row.wikidata_qid):
        return "no item of Wikidata"
    if any(_UNNAMED.fullmatch(source) for source in sources):
        return "the sources are not named"
    if len(set(sources)) < 2:
        return "one source only: items of Wikidata in public tables are often wrong"
    for source in sources:
        others = "; ".join(item for item in sources if item != source)
        said = f"; {row.note}" if _ITEM.search(row.note) else ""
        found = _cited(citations, source, f"the same in: {others}{said}")
        if not isinstance(found, str):
            return found
    return "the citation has no locator"


def _cited(citations: Citations, words: str, note: str) -> _Cited | str:
    source = citations.cite(words, words)
    return "the citation has no locator" if source is None else _Cited(source, note)


def _property(entity: EntityRecord, kind: str, stated: str, cited: _Cited) -> PropertyRecord:
    return PropertyRecord(
        subject=entity.slug, kind=kind, stated=stated, confidence="press", source=cited.source, note=cited.note
    )


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]
