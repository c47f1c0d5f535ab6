"""A formula on plain numbers: the same arithmetic as on arrays, a microsecond of NumPy less for every operation.

A call of NumPy on one number costs as much as a thousand additions. The source of a formula, and of all that it calls, is
read once and written anew with what Python has in place of NumPy: a choice between two arrays becomes a choice, a minimum
a comparison. Only what is known to give the same bits is translated; a formula that does anything else is called with
arrays of one number.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from downstack.performance.declare import Formula


class _NoTranslationError(Exception):
    """The formula does something that has no translation."""


def _minimum(a: float, b: float) -> float:
    return a if a <= b or a != a else b


def _maximum(a: float, b: float) -> float:
    return a if a >= b or a != a else b


def _fmin(a: float, b: float) -> float:
    return a if a <= b or b != b else b


def _fmax(a: float, b: float) -> float:
    return a if a >= b or b != b else b


def _by_numpy(function: Callable[..., Any]) -> Callable[..., float]:
    """Return a function of NumPy's on plain numbers: the standard library's may differ in the last bit."""

    def call(*numbers: float) -> float:
        with np.errstate(all="raise", under="ignore"):
            return float(function(*numbers))

    return call


def _power(base: float, exponent: float) -> float:
    with np.errstate(all="raise", under="ignore"):
        return float((np.array([base], dtype=np.float64) ** np.array([exponent], dtype=np.float64))[0])


def _power_of_constant(base: float, exponent: float) -> float:
    # NumPy squares and takes roots where the exponent is one number for a whole array.
    with np.errstate(all="raise", under="ignore"):
        return float((np.array([base], dtype=np.float64) ** exponent)[0])


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "absolute": abs,
    "abs": abs,
    "ceil": lambda a: float(math.ceil(a)),
    "exp": _by_numpy(np.exp),
    "expm1": _by_numpy(np.expm1),
    "floor": lambda a: float(math.floor(a)),
    "fmax": _fmax,
    "fmin": _fmin,
    "isfinite": math.isfinite,
    "isnan": math.isnan,
    "log": _by_numpy(np.log),
    "log10": _by_numpy(np.log10),
    "log1p": _by_numpy(np.log1p),
    "log2": _by_numpy(np.log2),
    "maximum": _maximum,
    "minimum": _minimum,
    "sqrt": math.sqrt,
}
"""What stands for the functions of NumPy. One that raises leaves the question to the run with care."""
_NUMBERS: Mapping[str, float] = {"inf": math.inf, "nan": math.nan, "pi": math.pi}
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BitAnd, ast.BitOr)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def on_numbers(formula: Formula, names: Sequence[str], constants: Mapping[str, float]) -> Formula:
    """Return a formula as a function of plain numbers.

    Parameters
    ----------
    formula
        A pure function of arrays that broadcast together.
    names
        The inputs in the order in which they will be given.
    constants
        What is always given by name.

    Returns
    -------
    A function of as many floats, by position. It raises an arithmetic error where plain numbers have no answer.
    """
    made = _translated(formula)
    if made is None:
        return with_arrays(formula, names, constants)
    code = made.__code__
    given = code.co_varnames[: code.co_argcount]
    by_name = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    late = given[len(names) :]
    if given[: len(names)] != tuple(names) or not constants.keys() >= {*late, *by_name}:
        return _in_any_order(made, names, constants)
    bound = FunctionType(code, made.__globals__, made.__name__, tuple(constants[name] for name in late))
    bound.__kwdefaults__ = {name: constants[name] for name in by_name}
    return bound


def with_arrays(formula: Formula, names: Sequence[str], constants: Mapping[str, float]) -> Formula:
    """Return a formula as a function of plain numbers that makes an array of each."""

    def call(*numbers: float) -> float:
        arrays = {name: np.array([[number]]) for name, number in zip(names, numbers, strict=True)}
        with np.errstate(all="ignore"):
            # `item` of an array of any numbers is typed as anything; these are floats.
            return np.asarray(formula(**arrays, **constants)).item()  # type: ignore[no-any-return]

    return call


def _in_any_order(made: FunctionType, names: Sequence[str], constants: Mapping[str, float]) -> Formula:
    """Return a translated function that takes some of the inputs, in an order of its own."""
    code = made.__code__
    wanted = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    places = [(name, place) for place, name in enumerate(names) if name in wanted]
    fixed = {name: value for name, value in constants.items() if name in wanted}

    def call(*numbers: float) -> Any:
        return made(**{name: numbers[place] for name, place in places}, **fixed)

    return call


@lru_cache(maxsize=2048)
def _translated(function: Formula) -> FunctionType | None:
    """Return a function on plain numbers, None where one cannot be made."""
    try:
        return _Translation(function).made()
    except (_NoTranslationError, OSError, SyntaxError, TypeError):
        return None


class _Translation:
    """One function and its translation."""

    def __init__(self, function: Formula) -> None:
        code = getattr(function, "__code__", None)
        if not isinstance(code, CodeType) or code.co_freevars or function.__name__ == "<lambda>":
            raise _NoTranslationError
        body = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        if len(body) != 1 or not isinstance(body[0], ast.FunctionDef) or body[0].name != function.__name__:
            raise _NoTranslationError
        self._known: Mapping[str, Any] = function.__globals__
        self._tree = body[0]
        self._scalars = frozenset(item.arg for item in self._tree.args.kwonlyargs)
        self._held: dict[str, Any] = {"__builtins__": {}}

    def made(self) -> FunctionType:
        """Return the function."""
        tree, arguments = self._tree, self._tree.args
        if arguments.vararg or arguments.posonlyargs or arguments.defaults or any(arguments.kw_defaults):
            raise _NoTranslationError
        for item in (*arguments.args, *arguments.kwonlyargs):
            item.annotation = None
        # What a predicate does not look at is not given to it; it is an error to read it.
        rest, arguments.kwarg = arguments.kwarg, None
        dropped = None if rest is None else rest.arg
        self._locals = {item.arg for item in (*arguments.args, *arguments.kwonlyargs)}
        statements = [made for item in tree.body if (made := self._statement(item, dropped)) is not None]
        tree.body, tree.decorator_list, tree.returns = statements, [], None
        module = ast.fix_missing_locations(ast.Module([tree], []))
        exec(compile(module, "<formula>", "exec"), self._held)
        found: FunctionType = self._held[tree.name]
        return found

    def _statement(self, item: ast.stmt, dropped: str | None) -> ast.stmt | None:
        match item:
            case ast.Expr(ast.Constant(str())):
                return None
            case ast.Delete(targets) if all(isinstance(part, ast.Name) for part in targets):
                return None
            case ast.Return(ast.Tuple(parts)):
                return ast.Return(ast.Tuple([self._value(part) for part in parts], ast.Load()))
            case ast.Return(value) if value is not None:
                return ast.Return(self._value(value))
            case ast.Assign([target], value):
                made = self._value(value)
            case ast.AnnAssign(ast.Name() as target, _, value) if value is not None:
                made = self._value(value)
            case _:
                raise _NoTranslationError
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        for name in names:
            if not isinstance(name, ast.Name) or name.id == dropped:
                raise _NoTranslationError
            self._locals.add(name.id)
            self._scalars -= {name.id}
        return ast.Assign([target], made)

    def _value(self, item: ast.expr) -> ast.expr:
        match item:
            case ast.Constant(int() | float() as value) if math.isfinite(value):
                return item
            case ast.Name(name) if name in self._locals:
                return item
            case ast.Name(name) if _is_number(self._known.get(name)):
                return ast.Constant(self._known[name])
            case ast.Attribute(ast.Name(module), name) if self._known.get(module) is np and name in _NUMBERS:
                return self._hold(f"number_{name}", _NUMBERS[name])
            case ast.UnaryOp(ast.USub() | ast.UAdd() as operator, value):
                return ast.UnaryOp(operator, self._value(value))
            case ast.UnaryOp(ast.Invert(), value):
                return ast.UnaryOp(ast.Not(), self._value(value))
            case ast.BinOp(left, ast.Pow(), right):
                constant = isinstance(right, ast.Constant) or (
                    isinstance(right, ast.Name) and right.id in self._scalars
                )
                function = _power_of_constant if constant else _power
                called = self._hold(function.__name__, function)
                return ast.Call(called, [self._value(left), self._value(right)], [])
            case ast.BinOp(left, operator, right) if isinstance(operator, _OPERATORS):
                return ast.BinOp(self._value(left), operator, self._value(right))
            case ast.Compare(left, [operator], [right]) if isinstance(operator, _COMPARISONS):
                return ast.Compare(self._value(left), [operator], [self._value(right)])
            case ast.Call(function, arguments, keywords):
                return self._call(function, [self._value(part) for part in arguments], keywords)
            case _:
                raise _NoTranslationError

    def _call(self, function: ast.expr, given: list[ast.expr], keywords: list[ast.keyword]) -> ast.expr:
        match function:
            case ast.Attribute(ast.Name(module), name) if self._known.get(module) is np and not keywords:
                if name == "where" and len(given) == 3:
                    return ast.IfExp(*given)
                if name == "isnan" and isinstance(given[0], ast.Name):
                    return ast.Compare(given[0], [ast.NotEq()], given)
                if name in _FUNCTIONS:
                    return ast.Call(self._hold(f"numpy_{name}", _FUNCTIONS[name]), given, [])
            case ast.Name(name) if name not in self._locals and inspect.isfunction(self._known.get(name)):
                made = _translated(self._known[name])
                if made is not None and all(item.arg for item in keywords):
                    named = [ast.keyword(item.arg, self._value(item.value)) for item in keywords]
                    return ast.Call(self._hold(f"function_{name}", made), given, named)
            case _:
                pass
        raise _NoTranslationError

    def _hold(self, name: str, value: object) -> ast.Name:
        """Give a value a name that no formula has for anything else."""
        name = f"__{name}"
        self._held[name] = value
        return ast.Name(name, ast.Load())


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)
