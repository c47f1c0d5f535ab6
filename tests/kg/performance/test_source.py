"""The text and the units of formulas are read quickly, and are what Python's own tools read slowly."""

from __future__ import annotations

import inspect
import linecache
import sys
import textwrap
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest

from downstack.performance import REGISTRY
from downstack.performance.declare import Array
from downstack.performance.source import parameters_of, source_of, units_of

FUNCTIONS = {
    f"{module.__name__}.{name}": part
    for module in list(sys.modules.values())
    if getattr(module, "__name__", "").startswith("downstack.performance.")
    for name, part in vars(module).items()
    if inspect.isfunction(part) and part.__module__ == module.__name__
}
"""All functions of the room: formulas, what they call, and predicates."""


def test_the_text_of_every_function_is_what_inspect_gives() -> None:
    assert len(FUNCTIONS) > len(list(REGISTRY))
    for name, part in FUNCTIONS.items():
        assert source_of(part) == textwrap.dedent(inspect.getsource(part)), name


def test_the_text_of_every_predicate_is_what_inspect_gives() -> None:
    parts = [part for item in REGISTRY for part in (item.feasible, item.regimes and item.regimes.index) if part]
    assert parts
    for part in parts:
        assert source_of(part) == textwrap.dedent(inspect.getsource(part))


def test_parameters_and_units_are_what_the_annotations_say() -> None:
    for item in REGISTRY:
        names = parameters_of(item.implementation)
        assert names == tuple(inspect.signature(item.implementation).parameters)
        hints = typing.get_type_hints(item.implementation, include_extras=True)
        said = {name: typing.get_args(hint)[1] for name, hint in hints.items() if typing.get_origin(hint) is Annotated}
        assert units_of(item.implementation, hints) == said


FORMS = '''\
import numpy as np
def brackets(x):
    return (
        x +
        1
    )
    # said behind the end

# not part of it
@staticmethod
def decorated(
    x,
):
    """Text
at the margin."""
    def inner(y):
        if y:
            return [
                y,
            ]
    return inner
class Inside:
    def method(self):
        return 1

def last(x): return x
anonymous = lambda x: (
    x)
'''


@pytest.fixture
def forms(tmp_path: Path) -> Iterator[types.ModuleType]:
    path = tmp_path / "forms.py"
    path.write_text(FORMS, encoding="utf-8")
    module = types.ModuleType("forms")
    module.__file__ = str(path)
    exec(compile(FORMS, str(path), "exec"), vars(module))
    sys.modules["forms"] = module
    try:
        yield module
    finally:
        del sys.modules["forms"]
        linecache.clearcache()


@pytest.mark.parametrize("name", ["brackets", "decorated", "Inside.method", "last", "anonymous"])
def test_whatever_a_function_looks_like_its_text_is_what_inspect_gives(forms: types.ModuleType, name: str) -> None:
    part = forms
    for step in name.split("."):
        part = getattr(part, step)
    assert source_of(part) == textwrap.dedent(inspect.getsource(part))


def test_a_function_without_a_text_is_said_to_have_none() -> None:
    space: dict[str, typing.Any] = {}
    exec("def typed(x): return x", space)
    with pytest.raises(OSError, match="source"):
        source_of(space["typed"])


def test_a_unit_is_found_in_whatever_form_it_is_annotated() -> None:
    def one(x: typing.Annotated[Array, "byte"], y: Annotated[Array, 1, "token"], *rest: float) -> float: ...

    assert units_of(one, ["x", "y", "rest", "return"]) == {"x": "byte", "y": "token"}
    assert parameters_of(one) == ("x", "y", "rest")


def test_a_name_that_means_something_else_is_evaluated() -> None:
    space: dict[str, typing.Any] = {"Other": typing.Annotated[float, "second"], "Array": float, "Annotated": dict}
    exec("def odd(x: \"Annotated[Array, 'byte']\", y: 'Other'): ...", space)
    with pytest.raises(NameError):
        units_of(space["odd"], ["x"])
    space["byte"] = float
    assert units_of(space["odd"], ["x", "y"]) == {"y": "second"}
