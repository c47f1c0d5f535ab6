"""Dimensions and factors of units, and the conversion of values at the border."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from downstack.errors import UnitError
from downstack.units.grammar import parse
from downstack.units.known import KNOWN

if TYPE_CHECKING:
    import pint

BASE_UNITS = (
    "byte",
    "FLOP",
    "token",
    "sequence",
    "chip",
    "USD",
    "metre",
    "kilogram",
    "second",
    "ampere",
    "kelvin",
    "mole",
    "candela",
)
"""The base dimensions by the name of their base unit, in the order in which they are shown."""

REGISTRY_FILE = Path(__file__).with_name("registry.txt")
"""All definitions."""

_INSTEAD = {
    "FLOPS": "write FLOP/s for a rate and FLOP for an amount",
    "TFLOPS": "write TFLOP/s",
    "PFLOPS": "write PFLOP/s",
    "GFLOPS": "write GFLOP/s",
    "TOPS": "write TOP/s",
    "Gbps": "write Gb/s",
    "Tbps": "write Tb/s",
    "Mbps": "write Mb/s",
    "GBps": "write GB/s",
    "KB": "write kB for 1000 bytes or KiB for 1024",
    "Kb": "write kb for 1000 bits or Kib for 1024",
    "degC": "a temperature with an offset is no multiple of a kelvin: give it in K",
    "degF": "a temperature with an offset is no multiple of a kelvin: give it in K",
}


def check(unit: str) -> None:
    """Raise UnitError unless the unit is known."""
    _resolve(unit)


def exponents(unit: str) -> dict[str, float]:
    """Return the dimension of a unit: base unit to exponent, without zeros.

    Raises
    ------
    UnitError
        If the unit is not known.

    Examples
    --------
    >>> exponents("GB/s/chip")
    {'byte': 1.0, 'chip': -1.0, 'second': -1.0}
    >>> exponents("%")
    {}
    """
    return dict(_resolve(unit)[1])


def factor(unit: str) -> float:
    """Return how many base units one `unit` is.

    Raises
    ------
    UnitError
        If the unit is not known. Units with an offset are not: a temperature in degrees Celsius is no multiple of a
        kelvin.

    Examples
    --------
    >>> factor("GiB"), factor("Gb/s"), factor("percent")
    (1073741824.0, 125000000.0, 0.01)
    """
    return _resolve(unit)[0]


def to_base(value: float, unit: str, *, base_unit: str, implied_denominator: str | None = None) -> float:
    """Convert a value to the base unit of its quantity.

    Parameters
    ----------
    value
        The number in `unit`.
    unit
        The unit as the source wrote it.
    base_unit
        The unit that formulas expect, for example ``byte/s/chip``.
    implied_denominator
        A unit that the source may leave out because its subject implies it: with ``chip``, ``GB/s`` of an accelerator
        is read as ``GB/s/chip``.

    Raises
    ------
    UnitError
        If the value is not finite, a unit is not known, or the two measure different things.

    Examples
    --------
    >>> to_base(141.0, "GB", base_unit="byte/chip", implied_denominator="chip")
    141000000000.0
    """
    return _finite(_finite(value, unit) * _ratio(unit, base_unit, implied_denominator), unit)


def from_base(value: float, unit: str, *, base_unit: str, implied_denominator: str | None = None) -> float:
    """Convert a value in the base unit of its quantity to `unit`; the inverse of :func:`to_base`.

    Raises
    ------
    UnitError
        If the value is not finite, a unit is not known, or the two measure different things.

    Examples
    --------
    >>> round(from_base(2.5e-6, "USD/Mtoken", base_unit="USD/token"), 9)
    2.5
    """
    return _finite(_finite(value, base_unit) / _ratio(unit, base_unit, implied_denominator), unit)


def commensurable(unit: str, base_unit: str, implied_denominator: str | None = None) -> bool:
    """Return whether `unit` measures the same thing as `base_unit`.

    Raises
    ------
    UnitError
        If one of the units is not known.
    """
    wanted, found = _resolve(base_unit)[1], _resolve(unit)[1]
    if found == wanted:
        return True
    return implied_denominator is not None and _resolve(f"({unit})/({implied_denominator})")[1] == wanted


def dimension_in_words(unit: str) -> str:
    """Return the dimension of a unit as a person would say it.

    Examples
    --------
    >>> dimension_in_words("GB/s/chip")
    'byte per chip per second'
    >>> dimension_in_words("%")
    'a pure number'
    """
    parts = _resolve(unit)[1]
    above = [_power(name, power) for name, power in parts.items() if power > 0]
    below = ["per " + _power(name, -power) for name, power in parts.items() if power < 0]
    return " ".join([*above, *below]) or "a pure number"


def _power(name: str, power: float) -> str:
    return name if power == 1.0 else f"{name}^{power:g}"


def _finite(value: float, unit: str) -> float:
    if not math.isfinite(value):
        raise UnitError(
            f"{value!r} {unit} is not a finite number", field="value", hint="leave a missing value out instead"
        )
    return value


@lru_cache(maxsize=4096)
def _ratio(unit: str, base_unit: str, implied_denominator: str | None) -> float:
    if not commensurable(unit, base_unit, implied_denominator):
        raise UnitError(
            f"{unit!r} measures {dimension_in_words(unit)}, but {base_unit!r} is {dimension_in_words(base_unit)}",
            field="unit",
            hint=f"give the value in a unit of {base_unit}",
        )
    return factor(unit) / factor(base_unit)


@lru_cache(maxsize=4096)
def _resolve(unit: str) -> tuple[float, Mapping[str, float]]:
    """Return factor and dimension; answers for the same text come from the cache."""
    product = parse(unit)
    scale = product.coefficient
    total: dict[str, float] = dict.fromkeys(BASE_UNITS, 0.0)
    try:
        for name, power in product.names:
            one, dimension = _named(name)
            scale *= one**power
            for base, exponent in dimension.items():
                total[base] += exponent * power
    except OverflowError:
        scale = math.inf
    if not (math.isfinite(scale) and scale > 0.0):
        raise UnitError(f"{unit!r} is too large or too small to be a unit", field="unit")
    return scale, MappingProxyType({base: exponent for base, exponent in total.items() if exponent != 0.0})


@lru_cache(maxsize=4096)
def _named(name: str) -> tuple[float, Mapping[str, float]]:
    """Look one bare name up, with its prefix or plural."""
    known = KNOWN.get(name)
    return look_up(name) if known is None else (known[0], MappingProxyType(known[1]))


def look_up(name: str) -> tuple[float, Mapping[str, float]]:
    """Return factor and dimension of one bare name as the registry of units defines it.

    Raises
    ------
    UnitError
        If it has no such name.
    """
    import pint
    from pint.util import UnitsContainer

    registry = _registry()
    try:
        # By container and not by string: pint's own parser would read "nan" as a number and "pi" as a constant.
        unit = registry.Unit(UnitsContainer({registry.get_name(name): 1.0}))
    except pint.UndefinedUnitError:
        raise UnitError(f"unknown unit {name!r}", field="unit", hint=_hint(name)) from None
    root = registry.Quantity(1.0, unit).to_root_units()
    dimension = {str(base): _real(power) for base, power in root.unit_items()}
    return _real(root.magnitude), MappingProxyType(dimension)


def _real(number: object) -> float:
    # The unit library types its numbers as anything up to a Decimal; this registry yields ints and floats only.
    if isinstance(number, int | float):
        return float(number)
    raise UnitError(
        f"{number!r} is not a real number", field="unit", hint=f"mend the definition in {REGISTRY_FILE.name}"
    )


def _hint(name: str) -> str:
    if name in _INSTEAD:
        return _INSTEAD[name]
    known = spoken_names()
    near = [item for item in known if item.lower() == name.lower()]
    near += [item for item in difflib.get_close_matches(name, known, n=3, cutoff=0.5) if item not in near]
    return f"nearest: {', '.join(near[:3])}" if near else "see the list of units in downstack/units/registry.txt"


@lru_cache(maxsize=1)
def spoken_names() -> tuple[str, ...]:
    """Return all names worth suggesting: those defined, and the common ones with a prefix."""
    defined: list[str] = []
    for line in REGISTRY_FILE.read_text(encoding="utf-8").splitlines():
        name, *others = [part.strip() for part in line.partition("#")[0].split("=")]
        if name and not name.endswith("-"):
            defined += [name, *(other for other in others[1:] if other != "_")]
    prefixed = [
        prefix + symbol
        for symbol in ("B", "b", "FLOP", "OP", "token", "W", "Hz", "s", "m", "J", "Wh", "USD")
        for prefix in ("k", "M", "G", "T", "P", "E", "m", "u", "n")
    ]
    prefixed += ["cm", "pJ", "Mbit", "Gbit", "Tbit", "Mtransistor", "Gtransistor"]
    binary = [prefix + "B" for prefix in ("Ki", "Mi", "Gi", "Ti", "Pi")]
    return tuple(dict.fromkeys([*defined, *prefixed, *binary]))


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[float]:
    # Imported here: library and registry take a fifth of a second, and what people usually write is known without them.
    import pint

    return pint.UnitRegistry(str(REGISTRY_FILE), on_redefinition="raise")
