"""Declare an analytical function once, on the Python function itself.

The decorator is the single owner of what a formula is: the quantity it returns, the unit of every input, where it
holds, what can bind, its constants with their sources, and a worked example. The engine binds from this declaration,
the Function Ontology description in RDF is generated from it, and the property tests (dimensions, monotonicity) are
derived from it. This module knows NumPy and nothing else of the product.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from downstack.performance.source import parameters_of, source_of, units_of

Array = npt.NDArray[np.float64]
"""What an analytical function takes and returns: float64 arrays in SI base units that broadcast together."""

Formula = Callable[..., Any]

MAX_RELATIVE_ERROR = 3.0
"""A function that errs by a factor of twenty says nothing."""


class DeclarationError(ValueError):
    """A function cannot be declared as written; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number inside a formula, with its unit and where it comes from.

    Constants are passed to the function as keyword arguments, so that the rescaling test scales them like any input.
    """

    value: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Validity:
    """A range of one input, in the input's base unit, outside which the result is an extrapolation."""

    input: str
    low: float
    high: float
    reason: str


@dataclass(frozen=True, slots=True)
class Regimes:
    """What can bind in a ``min`` or ``max``: names, and a function of the same arguments that returns their index."""

    names: tuple[str, ...]
    index: Formula


@dataclass(frozen=True, slots=True)
class RelativeError:
    """How wrong a function is by itself, with all its inputs known.

    It becomes a factor with the median one, drawn anew for every model and framework.
    """

    value: float
    """The standard deviation of the natural logarithm of measured over computed."""
    source: str
    """The calibration that it comes from, and on what."""


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: inputs in base units, the expected output, a relative tolerance and the place it was printed."""

    inputs: Mapping[str, float]
    expected: float
    relative_tolerance: float
    source: str


@dataclass(frozen=True, slots=True)
class Input:
    """One parameter of a function: the quantity it reads and the base unit it expects."""

    name: str
    unit: str
    optional: bool


@dataclass(frozen=True, slots=True)
class FunctionDeclaration:
    """Everything that is known of one analytical function; see :func:`performance_function`."""

    name: str
    returns: str
    unit: str
    formula: str
    citation: str
    inputs: tuple[Input, ...]
    constants: Mapping[str, Constant]
    validity: tuple[Validity, ...]
    regimes: Regimes | None
    feasible: Formula | None
    infeasible_reason: str
    only_positive: bool
    """Whether `feasible` says no more than that the result is above zero."""
    assumes: tuple[str, ...]
    increasing: tuple[str, ...]
    decreasing: tuple[str, ...]
    examples: tuple[Example, ...]
    applies_to: Mapping[str, str]
    implementation: Formula = field(repr=False)
    module: str
    digest: str
    lags: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Input to the months by which it is read late; none for inputs that act at once."""
    start: float | None = None
    """Where the search begins when the result feeds back into itself and no fact states it; in the unit of the result."""
    relative_error: RelativeError | None = None
    input_names: tuple[str, ...] = field(init=False, repr=False)
    """The quantities that the function reads, in the order of its parameters."""
    _constant_values: Mapping[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "input_names", tuple(item.name for item in self.inputs))
        object.__setattr__(self, "_constant_values", {name: item.value for name, item in self.constants.items()})

    @property
    def iri(self) -> str:
        """The identifier of the function in the graph."""
        return f"https://w3id.org/downstack/function/{self.name}"

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments of one call: the given inputs and the declared constants."""
        return {**{name: values[name] for name in self.input_names}, **self._constant_values}

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Evaluate the function on inputs by quantity name."""
        return self.implementation(**self.arguments(values))


class FunctionRegistry:
    """The allow-list of implementations: only what was declared in Python can ever be run.

    A data file may describe a function, it can never name code to import.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, FunctionDeclaration] = {}

    def add(self, declaration: FunctionDeclaration) -> None:
        """Register one declaration; the same name with other code is refused."""
        known = self._by_name.get(declaration.name)
        if known is not None and known.digest != declaration.digest:
            raise DeclarationError(
                f"two different functions are declared as {declaration.name!r} "
                f"(in {known.module} and {declaration.module}): rename one"
            )
        self._by_name[declaration.name] = declaration

    def __iter__(self) -> Iterator[FunctionDeclaration]:
        return iter(sorted(self._by_name.values(), key=lambda item: item.name))

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def get(self, name: str) -> FunctionDeclaration | None:
        """Return the declaration of that name, or None."""
        return self._by_name.get(name)

    def copy(self) -> FunctionRegistry:
        """Return an independent registry with the same declarations."""
        other = FunctionRegistry()
        other._by_name.update(self._by_name)
        return other


REGISTRY = FunctionRegistry()
"""The functions that ship with downstack, and those that a program adds with :func:`performance_function`."""


def _unit(units: Mapping[str, str], name: str, where: str) -> str:
    if name not in units:
        raise DeclarationError(f"{where} needs a unit: annotate it as Annotated[Array, 'byte/s/chip']")
    return units[name]


def _digest(function: Formula, regimes: Regimes | None, feasible: Formula | None, values: object) -> str:
    """Hash the code that decides the number, so that a changed formula shows in every trace.

    The functions that a formula calls count too: a corrected helper changes the digest of all that share it.
    """
    seen: dict[str, str] = {}
    waiting = [part for part in (function, regimes.index if regimes else None, feasible) if part is not None]
    while waiting:
        part = waiting.pop()
        code = getattr(part, "__code__", None)
        name = f"{getattr(part, '__module__', '')}.{getattr(part, '__qualname__', repr(part))}"
        if code is None or name in seen:
            continue
        try:
            seen[name] = source_of(part)
        except OSError:
            seen[name] = str(code.co_code.hex())
        names = set(code.co_names) | {
            name for inner in code.co_consts if hasattr(inner, "co_names") for name in inner.co_names
        }
        called = (part.__globals__.get(item) for item in sorted(names))
        waiting += [item for item in called if inspect.isfunction(item)]
    text = "\n".join(source for _, source in sorted(seen.items()))
    return hashlib.sha256(f"{text}\n{values!r}".encode()).hexdigest()[:16]


def performance_function(
    *,
    formula: str,
    citation: str,
    returns: str | None = None,
    constants: Mapping[str, Constant] | None = None,
    validity: tuple[Validity, ...] = (),
    regimes: Regimes | None = None,
    feasible: Formula | None = None,
    infeasible_reason: str = "",
    only_positive: str = "",
    assumes: tuple[str, ...] = (),
    increasing: tuple[str, ...] = (),
    decreasing: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    examples: tuple[Example, ...] = (),
    applies_to: Mapping[str, str] | None = None,
    lags: Mapping[str, int] | None = None,
    start: float | None = None,
    relative_error: RelativeError | None = None,
    registry: FunctionRegistry | None = None,
) -> Callable[[Formula], Formula]:
    """Declare a pure function of broadcasting arrays as the formula of a quantity.

    Parameters
    ----------
    formula
        The formula as a reader would write it.
    citation
        Where it was published: authors, title or venue, year; with the locator when there is one.
    returns
        The quantity it computes; the function's own name unless given. Several functions may return one quantity when
        they apply to disjoint classes (see `applies_to`).
    constants
        Keyword-only parameters of the function that are not inputs, each with unit and source.
    validity
        Ranges outside which the result is marked EXTRAPOLATED (the value is still given).
    regimes
        The names of what can bind, and a function of the same arguments giving the index of the one that does.
    feasible, infeasible_reason
        A predicate of the same arguments; where it is false there is no value, and the reason is said.
    only_positive
        Why there is no such thing where the formula gives zero or less; in place of `feasible`.
    assumes
        What the formula leaves out, one sentence each; every answer that rests on it repeats them.
    increasing, decreasing
        Inputs in which the result never falls, or never rises: each becomes a property test.
    optional
        Inputs that may be missing: the function then receives NaN and must handle it.
    examples
        Worked examples; each becomes a golden test.
    applies_to
        Role to class of the vocabulary, for a formula that holds only for some entities
        (``{"model": "MixtureOfExpertsModel"}``).
    lags
        Inputs that act late, with the months until they do: ``{"market_price": 12}``. A feedback loop through one of them
        is a recursion in time.
    start
        Where the search for a settled answer begins when the result feeds back into itself and no fact states it; in
        the unit of the result.
    relative_error
        How wrong the function is by itself, from a calibration; it widens values and cancels in ratios.
    registry
        Where to register it; the shared registry unless given.

    Returns
    -------
    The function itself, unchanged: it can be called with arrays directly.

    Raises
    ------
    DeclarationError
        If a parameter has no unit, a name in the declaration is not a parameter, or the error is not a positive number.
    """
    target = REGISTRY if registry is None else registry
    given, late = dict(constants or {}), dict(lags or {})

    def declare(function: Formula) -> Formula:
        name = function.__name__
        if relative_error is not None and not 0.0 < relative_error.value < MAX_RELATIVE_ERROR:
            raise DeclarationError(
                f"the relative error of {name} is {relative_error.value:g}: give the standard deviation of the logarithm "
                f"of measured over computed, above 0 and below {MAX_RELATIVE_ERROR:g}"
            )
        possible, reason = feasible, infeasible_reason
        if only_positive:
            if feasible is not None:
                raise DeclarationError(f"{name} declares both feasible and only_positive: keep one")

            def gives_something(**inputs: Any) -> Any:
                return np.asarray(function(**inputs)) > 0.0

            possible, reason = gives_something, only_positive
        parameters = [item for item in parameters_of(function) if item not in given]
        units = units_of(function, [*parameters, "return"])
        inputs = tuple(
            Input(item, _unit(units, item, f"parameter {item!r} of {name}"), item in optional) for item in parameters
        )
        names = {item.name for item in inputs}
        for label, used in (
            ("increasing", increasing),
            ("decreasing", decreasing),
            ("optional", optional),
            ("validity", tuple(item.input for item in validity)),
            ("lags", tuple(late)),
        ):
            unknown = sorted(set(used) - names)
            if unknown:
                raise DeclarationError(f"{label} of {name} names {unknown}, which are not inputs of the function")
        if wrong := sorted(item for item, months in late.items() if months < 1):
            raise DeclarationError(f"lags of {name} names {wrong} without a whole number of months from one up")
        values: tuple[object, ...] = (
            sorted((key, value.value, value.unit) for key, value in given.items()),
            [(item.input, item.low, item.high) for item in validity],
            *(() if relative_error is None else (relative_error.value,)),
        )
        if late:
            values = (*values, sorted(late.items()))
        target.add(
            FunctionDeclaration(
                name=name,
                returns=returns or name,
                unit=_unit(units, "return", f"the return value of {name}"),
                formula=formula,
                citation=citation,
                inputs=inputs,
                constants=MappingProxyType(given),
                validity=validity,
                regimes=regimes,
                feasible=possible,
                infeasible_reason=reason,
                only_positive=bool(only_positive),
                assumes=assumes,
                increasing=increasing,
                decreasing=decreasing,
                examples=examples,
                applies_to=MappingProxyType(dict(applies_to or {})),
                implementation=function,
                module=function.__module__,
                digest=_digest(function, regimes, possible, values),
                lags=MappingProxyType(late),
                start=start,
                relative_error=relative_error,
            )
        )
        return function

    return declare
