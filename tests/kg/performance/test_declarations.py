"""What every declared function owes its reader: a citation, a formula, units, an example that reproduces."""

from __future__ import annotations

import importlib
import itertools

import numpy as np
import pytest
from tests.kg.performance.sampling import DECLARATIONS, drawn_values, names

from downstack import performance
from downstack.performance import REGISTRY
from downstack.performance.declare import FunctionDeclaration
from downstack.units import exponents

EXAMPLES = [(item, example) for item in DECLARATIONS for example in item.examples]

every = pytest.mark.parametrize("declaration", DECLARATIONS, ids=names())


@pytest.mark.parametrize(
    ("declaration", "example"), EXAMPLES, ids=[f"{item.name}-{place}" for place, (item, _) in enumerate(EXAMPLES)]
)
def test_every_example_reproduces_its_number(declaration, example):
    result = declaration({name: np.float64(value) for name, value in example.inputs.items()})
    assert result == pytest.approx(example.expected, rel=example.relative_tolerance, abs=0.0)
    assert example.source


@every
def test_every_function_says_who_published_it_and_what_it_computes(declaration):
    assert len(declaration.citation) >= 12
    assert declaration.formula
    assert declaration.examples
    assert declaration.implementation.__doc__
    for constant in declaration.constants.values():
        assert constant.source
    for unit in (declaration.unit, *(item.unit for item in declaration.inputs)):
        exponents(unit)
    assert (declaration.feasible is None) == (declaration.infeasible_reason == "")


@every
def test_every_module_docstring_holds_the_formula(declaration):
    document = importlib.import_module(declaration.module).__doc__
    assert document is not None
    assert ".. math::" in document


@every
def test_no_function_reads_more_than_eight_quantities(declaration):
    assert 1 <= len(declaration.inputs) <= 8


@every
def test_every_example_gives_exactly_the_inputs_of_its_function(declaration):
    for example in declaration.examples:
        assert set(example.inputs) == set(declaration.input_names)


@every
def test_arrays_of_rows_and_samples_give_what_scalars_give(declaration):
    values = list(itertools.islice(drawn_values(declaration, seed=3), 6))
    singles = [declaration(value) for value in values]
    table = {name: np.array([float(value[name]) for value in values]).reshape(3, 2) for name in declaration.input_names}
    np.testing.assert_allclose(declaration(table), np.array(singles).reshape(3, 2), rtol=1e-12)


@every
def test_a_column_of_rows_broadcasts_against_a_row_of_samples(declaration):
    base = dict(declaration.examples[0].inputs)
    first, *others = declaration.input_names
    columns = {name: np.full((3, 1), base[name]) for name in others}
    columns[first] = np.full((1, 4), base[first])
    expected = (3, 4) if others else (1, 4)
    assert np.shape(declaration(columns)) == expected


@every
def test_a_missing_required_input_gives_nan_and_no_warning(declaration):
    base = dict(declaration.examples[0].inputs)
    for item in declaration.inputs:
        if item.optional:
            continue
        result = declaration({name: np.float64(value) for name, value in (base | {item.name: np.nan}).items()})
        assert np.isnan(result), f"{declaration.name} answers {result} without {item.name}"


def test_functions_of_one_quantity_apply_to_different_classes_and_agree_on_the_unit():
    by_quantity: dict[str, list[FunctionDeclaration]] = {}
    for item in REGISTRY:
        by_quantity.setdefault(item.returns, []).append(item)
    for quantity, declared in by_quantity.items():
        assert len({item.unit for item in declared}) == 1, quantity
        if len(declared) > 1:
            classes = [tuple(sorted(item.applies_to.items())) for item in declared]
            assert all(classes), quantity
            assert len(set(classes)) == len(classes), quantity


def test_every_module_of_the_package_is_listed_and_declares_something():
    declared = {item.module for item in REGISTRY if item.module.startswith("downstack.performance.")}
    assert declared == {module.__name__ for module in performance.MODULES}


def test_a_quantity_has_one_unit_wherever_it_is_read_or_returned():
    units: dict[str, set[str]] = {}
    for item in REGISTRY:
        units.setdefault(item.returns, set()).add(item.unit)
        for read in item.inputs:
            units.setdefault(read.name, set()).add(read.unit)
    assert {name: unit for name, unit in units.items() if len(unit) > 1} == {}
