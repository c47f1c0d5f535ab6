"""Epoch AI's tables of companies: reports of revenue, and reports of use.

Source and licence
    Data on AI Companies, https://epoch.ai/data/ai-companies, CC BY 4.0; a row a report, with its date.
What is dropped, and why (each a row or cell in the report)
    reports that Epoch AI leaves out of its own graphs because they measure something else (paying users, shares, views);
    revenue of a period that is not a year.
Confidence
    A company's own word that Epoch AI is confident of is a vendor claim, a confident report of others press, everything
    else an estimate; the words stay in the note. The oldest table of revenue has no such column: press.
"""

from __future__ import annotations

from collections.abc import Mapping

from downstack.loaders.sources.epoch_book import Book, Saying
from downstack.loaders.sources.epoch_table import EpochRow
from downstack.loaders.sources.epoch_values import MAX_NAME, addresses, confidence, note
from downstack.loaders.texts import clean

PERIODS: Mapping[str, str] = {
    "daily": "active_users_daily",
    "weekly": "active_users_weekly",
    "monthly": "active_users_monthly",
}
COUNTS: Mapping[str, str] = {"tokens": "processed_tokens", "messages": "sent_messages"}
WHOLE = ("all products", "all ai products", "full company", "whole company")
"""What the source calls everything that a company has on offer."""
NOT_A_NAME = ("api", "chat", "chatbot", "app", "assistant")
"""Products that are named only together with their company."""


def read_revenue(row: EpochRow, book: Book) -> None:
    """Say what one report of revenue means."""
    company = clean(row.text("company"))
    if not book.names_one(row, company, "company"):
        return
    scope = row.text("scope")
    whole = not scope or any(word in scope.casefold() for word in WHOLE)
    saying = Saying(
        as_of=book.day("date"),
        confidence=_confidence(row),
        condition=None if whole else f"of {clean(scope)}",
        note=note(row.text("kind"), _said(row), row.text("graph_note"), row.text("notes")),
        locator=_locator(row),
    )
    amount = "amount" if "amount" in row.cells else "amount_normalized"
    if amount in row.cells:
        for slug, _ in book.named("company", "company"):
            book.fact(slug, "company_revenue", amount, saying)
    if amount == "amount" and "amount_normalized" in row.cells:
        book.leave("amount_normalized", "the annualized amount stands beside it")
    book.end()


def read_usage(row: EpochRow, book: Book) -> None:
    """Say what one report of use means."""
    company = clean(row.text("company"))
    if not book.names_one(row, company, "company"):
        return
    book.begin(row, row.first("id", "company"))
    if row.text("excluded").casefold() in ("true", "yes", "1", "checked"):
        book.reject("Epoch AI leaves it out of its graphs: it measures something else")
        return
    product = clean(row.text("product"))
    if len(product) > MAX_NAME:
        book.reject("its product is a text, no name")
        return
    owner = book.names.take(company, "company")
    date = book.day("date")
    whole = not product or any(word in product.casefold() for word in WHOLE)
    subject = owner
    if not whole:
        called = f"{company} {product}" if product.casefold() in NOT_A_NAME else product
        subject = book.names.take(called, "application")
        book.link(owner, "develops", subject, date)
    saying = Saying(
        as_of=date,
        confidence=_confidence(row),
        note=note(_said(row), row.text("graph_note"), row.text("notes")),
        locator=_locator(row),
    )
    quantity = PERIODS.get(row.text("period").casefold())
    if quantity is not None:
        book.fact(subject, quantity, "users", saying)
    elif "users" in row.cells:
        book.leave("users", "users of no known period")
    for column, kind in COUNTS.items():
        book.fact(subject, kind, column, saying)
    book.end()


def _confidence(row: EpochRow) -> str:
    if "confidence" not in row.cells and "source_type" not in row.cells:
        return "press"
    sure = confidence(row.text("confidence"))
    return "vendorClaim" if sure == "press" and row.text("source_type").casefold() == "company disclosure" else sure


def _said(row: EpochRow) -> str:
    word, kind = row.text("confidence"), row.text("source_type")
    told = row.text("report_date")
    parts = (f"Epoch AI's confidence: {word}" if word else "", kind, f"reported {told}" if told else "")
    return "; ".join(part for part in parts if part)


def _locator(row: EpochRow) -> str | None:
    where = addresses(*(row.text(f"source_{place}") for place in range(1, 4)))
    name = row.text("id") or f"{row.text('company')}, {row.text('date')}"
    return note(name, where)
