"""Units: how a number from a source becomes a number in a formula, and back.

Formulas see floats in base units only; every other unit dies here, at the border. All definitions stand in one file,
``registry.txt``, each constant with the place it was taken from. The map of the package:

===================  ===================================================================================
``registry.txt``     the units: byte, FLOP, token, sequence, chip, USD beside the SI; prefixes; counts
``grammar``          reads a unit string from a user: names, numbers, ``* / ^ ** ( )``, nothing else
``conversion``       dimensions, factors, and the conversion of a value to base units and from them
===================  ===================================================================================

>>> from downstack.units import exponents, from_base, to_base
>>> to_base(4800.0, "GB/s", base_unit="byte/s/chip", implied_denominator="chip")
4800000000000.0
>>> from_base(3600.0, "kWh", base_unit="J")
0.001
>>> exponents("TFLOP/s")
{'FLOP': 1.0, 'second': -1.0}
"""

from __future__ import annotations

from downstack.units.conversion import (
    check,
    commensurable,
    dimension_in_words,
    exponents,
    factor,
    from_base,
    to_base,
)

__all__ = ["check", "commensurable", "dimension_in_words", "exponents", "factor", "from_base", "to_base"]
