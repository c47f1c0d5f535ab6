"""Epoch AI's tables of models: notable, frontier, large-scale, or all of them; one row a model and its training run.

Source and licence
    Data on AI Models, https://epoch.ai/data/ai-models, CC BY 4.0; updated daily. Columns are renamed now and then.
What is dropped, and why (each a cell in the report)
    columns that Epoch AI computed from others; texts (abstracts, authors, criteria); prices in free text; names of
    datasets that name none.
Confidence
    The word of the Confidence column stays in the note. Confident is press, everything else an estimate; compute that
    was not reported, cost and power are Epoch AI's estimates whatever the word.
Which class
    A row whose domains include language is a FoundationModel, every other row a TrainedModel: a model of Go positions
    predicts no token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from downstack.loaders.sources.epoch_book import Book, Saying
from downstack.loaders.sources.epoch_names import Names
from downstack.loaders.sources.epoch_table import EpochRow
from downstack.loaders.sources.epoch_values import addresses, confidence, listed, note
from downstack.loaders.texts import clean

PUBLISHED: Mapping[str, tuple[str, str]] = {
    "parameters": ("published_total_parameters", "parameters_notes"),
    "time": ("published_training_time", "time_notes"),
    "quantity": ("training_accelerators", ""),
    "chip_hours": ("training_accelerator_time", ""),
    "epochs": ("training_epochs", ""),
    "batch": ("training_batch_size", "batch_notes"),
}
"""Column -> quantity and the column of its notes, as sure as the row."""
SHARES: Mapping[str, str] = {"mfu": "published_training_mfu", "hfu": "published_training_hfu"}
ESTIMATED: Mapping[str, tuple[str, str, str | None]] = {
    "cost": ("training_cost", "cost_notes", "in dollars of 2023"),
    "cost_cloud": ("training_cost_rented", "cost_notes", None),
    "cost_hardware": ("training_hardware_cost", "cost_notes", None),
    "power": ("training_power", "", None),
    "finetune": ("finetuning_compute", "finetune_notes", None),
    "post": ("post_training_compute", "post_notes", None),
}
"""Column -> quantity, the column of its notes, and its condition; Epoch AI's own estimates."""
SIZES = ("dataset_size", "dataset_size_old", "dataset_size_loose")
"""Columns with the size of the training data, the one to be believed first; the last has names of models in one release."""
LANGUAGE = frozenset({"language", "multimodal"})
NOT_TOKENS = frozenset(
    {"vision", "speech", "audio", "image generation", "video", "biology", "games", "robotics", "driving"}
)


def announce_model(row: EpochRow, names: Names) -> None:
    """Make the subject of a row known to all others: a base model may stand further down."""
    if name := clean(row.text("name")):
        names.take(name, _kind(row))


def _domains(row: EpochRow) -> frozenset[str]:
    return frozenset(item.name.casefold() for item in listed(row.text("domain")))


def _kind(row: EpochRow) -> str:
    return "language model" if _domains(row) & LANGUAGE else "model"


def read_model(row: EpochRow, book: Book) -> None:
    """Say what one row means."""
    name = clean(row.text("name"))
    if not book.names_one(row, name, "model"):
        return
    domains, access = _domains(row), row.text("accessibility")
    model = book.names.take(name, _kind(row))
    words = (f"Domain: {row.text('domain')}" if domains else "", f"access: {access}" if access else "")
    book.names.describe(model, note(*words))
    date = book.day("date")
    word = row.text("confidence")
    said = f"Epoch AI's confidence: {word}" if word else "Epoch AI states no confidence"
    saying = Saying(
        as_of=date,
        confidence=confidence(word),
        locator=note(f"Model: {name}", addresses(row.text("link"))),
    )
    for column, (quantity, notes) in PUBLISHED.items():
        remark = note(said, row.text(notes) if notes else "")
        book.fact(model, quantity, column, replace(saying, note=remark))
    for column, quantity in SHARES.items():
        remark = note(said, row.text("utilization_notes"))
        book.fact(model, quantity, column, replace(saying, note=remark), most=1.0)
    for column, (quantity, notes, condition) in ESTIMATED.items():
        remark = note(said, row.text(notes) if notes else "")
        book.fact(model, quantity, column, replace(saying, confidence="estimate", note=remark, condition=condition))
    if "cost_2020" in row.cells:
        year = f"under the column {row.cells['cost_2020'].column.header!r}"
        remark = note(said, row.text("cost_notes"))
        book.fact(
            model, "training_cost", "cost_2020", replace(saying, confidence="estimate", note=remark, condition=year)
        )
    _compute(row, book, model, saying, said)
    _data(row, book, model, saying, said, domains)
    _ends(row, book, model, date)
    book.end()


def _compute(row: EpochRow, book: Book, model: str, saying: Saying, said: str) -> None:
    """Training compute: reported by the developer, or estimated by Epoch AI by a method that the note names."""
    method = row.text("method")
    reported = {item.name.casefold() for item in listed(method)} == {"reported"}
    sure = saying.confidence if reported else "estimate"
    remark = note(said, f"method: {method}" if method else "", row.text("compute_notes"))
    bounds = (book.value("compute_low"), book.value("compute_high"))
    book.fact(model, "training_compute", "compute", replace(saying, confidence=sure, note=remark), bounds=bounds)


def _data(row: EpochRow, book: Book, model: str, saying: Saying, said: str, domains: frozenset[str]) -> None:
    """What the model was trained on: tokens where the model knows nothing but language, data points elsewhere."""
    remark = note(said, row.text("dataset_size_notes"))
    tokens = "language" in domains and not domains & NOT_TOKENS and "multimodal" not in domains
    stated = [column for column in SIZES if book.value(column) is not None]
    for column in stated[:1]:
        kind, unit = ("training_tokens", "token") if tokens and column != SIZES[-1] else ("training_dataset_size", None)
        book.fact(model, kind, column, replace(saying, note=remark), unit=unit)
    for column in stated[1:]:
        book.leave(column, "the size stands in another column")
    for slug, _ in book.named("dataset", "dataset"):
        book.link(model, "trainedWithData", slug, saying.as_of)


def _ends(row: EpochRow, book: Book, model: str, date: str | None) -> None:
    """Who made the model, on what and from what."""
    for slug, item in book.named("organization", "company"):
        book.link(slug, "develops", model, date, None if book.names.carries(slug, item.name) else f"as {item.name}")
    count = row.text("quantity").removesuffix(".0")
    for slug, _ in book.named("hardware", "chip", or_dangling=True):
        book.link(model, "trainedOn", slug, date, note(f"{count} of all kinds" if count else ""))
    for slug, _ in book.named("base", "model", or_dangling=True):
        if slug != model:
            book.link(model, "derivedFrom", slug, date)
    center = clean(row.text("center"))
    if center:
        # The column is prose more often than a name: only a cluster that is known is meant for sure.
        known = book.names.decided(center, "cluster") or book.names.find(center, "cluster")
        if known:
            book.link(model, "trainedIn", book.names.take(center, "cluster"), date)
        else:
            book.leave("center", "names no cluster that is known")
