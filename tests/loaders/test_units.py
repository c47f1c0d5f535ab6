"""Every spelling that the loader writes is a unit that the product knows."""

from __future__ import annotations

import doctest

import pytest

from downstack import units as registry
from downstack.loaders import citations, dates, units, writer
from downstack.loaders.sources import facts_csv


@pytest.mark.parametrize("written", sorted(set(units.SPELLINGS.values())))
def test_a_written_unit_is_known(written: str) -> None:
    registry.check(written)


def test_a_spelling_without_entry_is_unknown() -> None:
    assert units.spell("furlongs") is None


@pytest.mark.parametrize("module", [citations, dates, facts_csv, units, writer], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]  # doctest is typed for modules only
