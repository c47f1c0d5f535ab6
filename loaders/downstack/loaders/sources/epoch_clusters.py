"""Epoch AI's tables of installations: GPU clusters, and data centres under construction.

Source and licence
    Data on GPU Clusters, https://epoch.ai/data/gpu-clusters, and Frontier Data Centers,
    https://epoch.ai/data/data-centers, CC BY 4.0. Chinese systems are anonymous in the source and rounded to one digit:
    each row of them is a cluster of its own.
What is dropped, and why (each a cell in the report)
    columns that Epoch AI computed from chips and their rates; texts; kinds of users that are no organisation; the sum
    where a reported value stands beside it.
Confidence
    The word of the Certainty column, or the tag behind a name, stays in the note. Confirmed is press, everything else an
    estimate; what Epoch AI calculated (H100 equivalents, power and cost without a report) is an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from downstack.loaders.sources.epoch_book import Book, Saying
from downstack.loaders.sources.epoch_names import Names
from downstack.loaders.sources.epoch_table import EpochRow
from downstack.loaders.sources.epoch_values import addresses, confidence, note
from downstack.loaders.texts import clean

ANONYMOUS = "anonymized"
ENDS: Mapping[str, str] = {"owner": "ownedBy", "users": "usedBy"}
SITE_ENDS: Mapping[str, str] = {
    **ENDS,
    "investors": "fundedBy",
    "builders": "constructedBy",
    "energy": "poweredBy",
}
"""Column -> the relation of the installation to whom it names."""


def announce_installation(row: EpochRow, names: Names) -> None:
    """Make the subject of a row known to all others: what it builds upon may stand further down."""
    name = _name(row.text("name"))
    if name and not _is_anonymous(name):
        names.take(name, "cluster")


def read_cluster(row: EpochRow, book: Book) -> None:
    """Say what one row of the table of clusters means."""
    name = _name(row.text("name"))
    if not book.names_one(row, name, "cluster"):
        return
    status, country, sector = row.text("status"), row.text("country"), row.text("sector")
    where = row.first("location", "country")
    cluster = book.names.another(name, "cluster") if _is_anonymous(name) else book.names.take(name, "cluster")
    book.names.describe(cluster, note(", ".join(part for part in (status, sector.lower(), where) if part)))
    planned = status.casefold() == "planned"
    begun = None if planned else book.day("date")
    ended = book.day("ended")
    if planned and "date" in row.cells:
        book.leave("date", "a plan, no observation")
    certainty = row.text("certainty")
    remarks = [f"Epoch AI's certainty: {certainty}" if certainty else "", f"{status}, {country}".strip(", ")]
    saying = Saying(
        as_of=begun,
        confidence=confidence(certainty),
        condition="planned" if planned else None,
        note=note(*remarks, row.text("note")),
        locator=note(f"Name: {name}", addresses(*(row.text(f"source_{place}") for place in range(1, 7))) or ""),
    )
    guess = replace(saying, confidence="estimate", note=note(*remarks, "calculated by Epoch AI", row.text("note")))
    book.fact(cluster, "cluster_h100_equivalents", "h100", guess)
    _counted(row, book, cluster, saying)
    for column, quantity in (("power", "cluster_power"), ("cost", "cluster_hardware_cost")):
        if book.value(f"{column}_reported") is None:
            book.fact(cluster, quantity, column, guess)
        else:
            book.fact(cluster, quantity, f"{column}_reported", saying)
            if column in row.cells:
                book.leave(column, "the reported value stands beside it")
    for column, predicate in ENDS.items():
        for slug, _ in book.named(column, "organisation", or_dangling=column == "users"):
            book.link(cluster, predicate, slug, begun, saying.condition)
    for slug, _ in book.named("builds_upon", "cluster"):
        if slug != cluster:
            book.link(cluster, "supersedes", slug, begun)
    for slug, _ in book.named("superseded_by", "cluster"):
        if slug != cluster:
            book.link(slug, "supersedes", cluster, ended)
    for slug, _ in book.named("duplicate_of", "cluster"):
        if slug != cluster:
            book.link(cluster, "possibleDuplicateOf", slug)
    book.end()


def _name(text: str) -> str:
    """The name without the quotes that the source puts round names with commas."""
    return clean(text).strip('"').strip()


def _is_anonymous(name: str) -> bool:
    return name.casefold().startswith(ANONYMOUS)


def _counted(row: EpochRow, book: Book, cluster: str, saying: Saying) -> None:
    """Its chips: each kind a link with its number, and one number of all."""
    for chip, count in (("chip", "chip_count"), ("chip_2", "chip_count_2")):
        number = row.text(count).removesuffix(".0")
        if book.value(count) is None:
            number = ""
        for slug, _ in book.named(chip, "chip", or_dangling=True):
            words = note(f"{number} chips" if number else "", saying.condition or "")
            book.link(cluster, "containsAccelerator", slug, saying.as_of, words)
    if "chips" in row.cells:
        book.fact(cluster, "cluster_chip_count", "chips", saying)
    elif "chip_count_2" not in row.cells:
        book.fact(cluster, "cluster_chip_count", "chip_count", saying)


def read_data_center(row: EpochRow, book: Book) -> None:
    """Say what one row of the table of data centres means."""
    name = _name(row.text("name"))
    if not book.names_one(row, name, "data centre"):
        return
    where = ", ".join(part for part in (row.text("location"), row.text("country")) if part)
    site = book.names.take(name, "cluster")
    book.names.describe(site, note(f"Data centre, {where}" if where else "Data centre"), clean(row.text("title")))
    saying = Saying(
        confidence="estimate",
        condition="so far",
        note=note("0 before it runs" if row.text("h100") == "0" else "", row.text("note")),
        locator=note(f"Handle: {name}", addresses(row.text("sources"))),
    )
    book.fact(site, "cluster_h100_equivalents", "h100", saying, zero=True)
    power = "power" if "power" in row.cells else "power_it"
    book.fact(site, "cluster_power", power, saying, zero=True)
    if power == "power" and "power_it" in row.cells:
        book.leave("power_it", "the power of the whole site stands beside it")
    cost = replace(saying, note=note("in dollars of 2025", saying.note or ""))
    book.fact(site, "cluster_capital_cost", "capital", cost, zero=True)
    for column, predicate in SITE_ENDS.items():
        for slug, item in book.named(column, "organisation"):
            said = f"Epoch AI's confidence: {item.tag}" if item.tag else None
            book.link(site, predicate, slug, None, said)
    for slug, item in book.named("project", "cluster"):
        if slug != site:
            book.link(site, "memberOf", slug, None, f"Epoch AI's confidence: {item.tag}" if item.tag else None)
    book.end()
