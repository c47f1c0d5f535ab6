"""Cells of Epoch AI's tables: what is a number, a date, a name, and what is not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downstack.loaders.records import EntityRecord
from downstack.loaders.sources.epoch_names import Names, slug_of
from downstack.loaders.sources.epoch_values import Refusal, day, listed, note, number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "not a finite number"),
        ("Infinity", "not a finite number"),
        ("-inf", "not a finite number"),
        ("1e400", "not a finite number"),
        ("1,000", "commas inside the number"),
        ("12 %", "a unit inside the cell"),
        ("3.5 TFLOP/s", "a unit inside the cell"),
        ("-5", "negative, and the quantity cannot be"),
        ("-0", "negative, and the quantity cannot be"),
        ("0.0", "0 stands for a value that is missing"),
        ("GPT-4o", "not a number"),
        ("0x10", "not a number"),
        ("1_000", "not a number"),
        ("\u0661\u0662", "not a number"),
        ("9" * 65, "not a number"),
    ],
)
def test_a_cell_that_is_no_number_is_refused_with_its_reason(text: str, reason: str) -> None:
    assert number(text) == Refusal(reason)


@given(st.floats(min_value=1e-300, allow_infinity=False, allow_nan=False))
def test_every_positive_number_is_read_as_it_is_printed(value: float) -> None:
    assert number(repr(value)) == value


@given(st.text(max_size=30))
def test_whatever_a_cell_holds_it_is_a_finite_number_or_a_reason(text: str) -> None:
    found = number(text, zero=True)
    assert isinstance(found, Refusal) or (math.isfinite(found) and found >= 0.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12/31/2022", "2022-12-31"),
        ("3/1/2023", "2023-03-01"),
        ("2024-07-23", "2024-07-23"),
        ("2021-07", "2021-07"),
        ("2017", "2017"),
        ("2017.0", "2017"),
        ("2026-03-18 12:56:18+00:00", "2026-03-18"),
        ("", None),
        ("31/12/2022", Refusal("not a date")),
        ("2023-02-30", Refusal("not a date")),
        ("soon", Refusal("not a date")),
        ("\u0662\u0660\u0662\u0662", Refusal("not a date")),
        ("2999-01-01", Refusal("a date to come")),
        ("12/31/2998", Refusal("a date to come")),
    ],
)
def test_dates_of_both_forms_become_iso_and_others_a_reason(text: str, expected: object) -> None:
    assert day(text) == expected


@given(st.text(max_size=40))
def test_whatever_a_cell_lists_its_names_are_visible_and_different(text: str) -> None:
    names = [item.name for item in listed(text)]
    assert all(name.strip() == name and name for name in names) and len(names) == len(set(names))


def test_a_name_has_one_form_however_it_was_typed() -> None:
    assert listed("E\u0301lectricite\u0301\u00ad de France") == listed("\u00c9lectricit\u00e9 de France\u200b")


def test_long_notes_are_cut_and_say_so() -> None:
    said = note("x" * 1000, "short")
    assert said is not None and len(said) < 420 and said.endswith("...; short")


@given(st.text(min_size=1, max_size=120))
def test_every_name_has_a_slug_that_the_shapes_accept(name: str) -> None:
    slug = slug_of(name)
    assert all(part and part.isalnum() and part.isascii() for word in slug.split("-") for part in word.split("."))


HELD = {
    item.slug: item
    for item in (
        EntityRecord("nvidia-a100-sxm-80gb", "NVIDIA A100 SXM 80GB", ("Accelerator",), 5, ("NVIDIA A100", "A100")),
        EntityRecord("nvidia-h100-sxm", "NVIDIA H100 SXM", ("Accelerator",), 5, ("NVIDIA H100-SXM5-80GB",)),
        EntityRecord("claude", "Claude", ("ModelFamily",), 2),
        EntityRecord("llama-3.1-8b", "Llama 3.1 8B", ("FoundationModel",), 2, ("Meta-Llama-3.1-8B", "Llama-3.1-8B")),
        EntityRecord("unresolved-alphacode", "Alphacode", ("UnresolvedEntity",), None),
        EntityRecord("first", "Twin", ("Company",), None),
        EntityRecord("second", "Twin", ("Company",), None),
    )
}


@pytest.mark.parametrize(
    ("name", "kind", "slug"),
    [
        ("NVIDIA H100 SXM5 80GB", "chip", "nvidia-h100-sxm"),
        ("Meta-Llama-3.1-8B", "language model", "llama-3.1-8b"),
        ("Llama 3.1-8B", "language model", "llama-3.1-8b"),
        ("Llama 3.1-8B", "model", "llama-3.1-8b"),
        # An alias of one of its variants is no join: the row is about all of them.
        ("NVIDIA A100", "chip", "nvidia-a100"),
        ("NVIDIA H100 PCIe", "chip", "nvidia-h100-pcie"),
        # A model that has the name of its family, and an unresolved name, are entities of their own.
        ("Claude", "language model", "claude-1"),
        ("AlphaCode", "model", "alphacode"),
        ("Twin", "company", "twin"),
    ],
)
def test_a_name_means_the_entity_that_has_it_or_a_new_one(name: str, kind: str, slug: str) -> None:
    names = Names("epoch-models", HELD)
    assert names.take(name, kind) == slug == names.take(name, kind)
    assert (slug in names.added) == (slug not in HELD)


def test_a_new_label_never_makes_the_name_of_something_else_ambiguous() -> None:
    names = Names("epoch-models", HELD)
    assert names.added[names.take("A100", "company")].label == "A100 (organisation)"


def test_two_unresolved_names_that_differ_in_case_stay_two() -> None:
    names = Names("epoch-models", HELD)
    assert names.dangling("AlphaCode") != "unresolved-alphacode" == names.dangling("Alphacode")
