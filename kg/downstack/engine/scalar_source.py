"""A plan of one combination as straight-line Python on plain numbers, with a status beside every number.

Like :mod:`downstack.engine.straight`, the source consists of numbered names only (``v3 = f3(v0, v2)``): no word of the data,
of a question or of a declaration gets into it. What cannot change is worked out while it is written: links, ranges of facts
that stand still, what is missing whatever the numbers are. A status that can only be one is not computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

from downstack.engine.changes import ChangeOp
from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, OK
from downstack.engine.plan import Step, Variant
from downstack.engine.scalar_formula import on_numbers, with_arrays
from downstack.performance.declare import Formula, FunctionDeclaration

Code = str | int
"""The name of a status, or the status itself."""
NOTHING = "none"
"""The name of what is no number."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A published value for a number that a formula gives too."""

    fact: float
    code: int
    first: bool
    """Whether the published value is the base; else it only stands where the formula gives nothing."""
    touched: bool
    """Whether the change reaches an input of the formula."""
    before: float
    """What the formula gives without the change."""


class Writer:
    """Writes the steps of a plan one after the other.

    Parameters
    ----------
    still
        Number and status of what does not move, by quantity.
    inexact
        Functions whose translation to plain numbers does not give what they give on arrays.
    """

    def __init__(self, still: Mapping[str, tuple[float, int]], inexact: frozenset[str]) -> None:
        self._still = still
        self._inexact = inexact
        self._registers: dict[str, tuple[str, Code]] = {}
        self._held: dict[str, Any] = {NOTHING: math.nan, "top": max}
        self._count = 0
        self._given: list[str] = []
        self._lines: list[str] = []
        self._sure: list[str] = []
        """Numbers whose status does not say whether they are finite: the program gives up if one is not."""

    def read(self, quantity: str) -> tuple[str, Code]:
        """Return the names of a number and of its status."""
        if quantity not in self._registers:
            number, code = self._still[quantity]
            self._registers[quantity] = self._hold("c", number), code
        return self._registers[quantity]

    def begin(self, step: Step, number: float, code: int) -> None:
        """Begin with what facts state."""
        self._registers[step.quantity] = self._hold("c", number), code

    def formula(self, step: Step, variant: Variant | None, *, suspect: bool) -> str | None:
        """Write the formula of a quantity; return the name of what binds, None where nothing is looked at.

        Parameters
        ----------
        step, variant
            The quantity, and the function that holds in its only row.
        suspect
            Whether it has been seen to give no finite number.
        """
        reads, worst, asked = ({}, MISSING_INPUT, []) if variant is None else self._reads(variant)
        value, status = self._name("v"), self._name("s")
        if variant is None or worst >= INFEASIBLE:
            self._registers[step.quantity] = NOTHING, worst
            if asked and worst < MISSING_INPUT:
                self._lines.append(f"{status} = top({worst}, {', '.join(asked)})")
                self._registers[step.quantity] = NOTHING, status
            return None
        function = variant.function
        worst, doubts = self._ranges(function, reads, worst)
        compute = f"{value} = {self._call(function, function.implementation, reads)}"
        limit, look = None, list[str]()
        if function.regimes is not None:
            limit = self._name("r")
            look = [f"{limit} = {self._call(function, function.regimes.index, reads)}"]
        if not (asked or doubts or suspect or function.feasible):
            self._registers[step.quantity] = value, worst
            self._lines += [compute, *look]
            self._sure.append(value)
            return limit
        self._registers[step.quantity] = value, status
        nothing = f"not {value} > 0.0 or " if function.only_positive else ""
        inner = [
            compute,
            *(f"if {doubt}: {status} = top({status}, {EXTRAPOLATED})" for doubt in doubts),
            f"if {nothing}{value} - {value} != 0.0: {status} = {INFEASIBLE}",
            *look,
        ]
        if function.feasible is not None and not function.only_positive:
            # Where there is no such thing the formula is not asked: it may have no answer there.
            possible = self._call(function, function.feasible, reads)
            inner = [f"if not {possible}: {status} = {INFEASIBLE}", "else:", *_indented(inner)]
        if asked:
            inner = [f"if {status} < {INFEASIBLE}:", *_indented(inner)]
        self._lines += [f"{status} = {_gravest(worst, asked)}", *inner]
        self._lines.append(f"if {status} >= {INFEASIBLE}: {value} = {NOTHING}{f'; {limit} = -1' if limit else ''}")
        return limit

    def anchor(self, step: Step, anchor: Anchor) -> None:
        """Combine what a formula gave with a published value, as the run with care does."""
        value, status = self._registers[step.quantity]
        fact, after, code = self._hold("c", anchor.fact), self._name("v"), self._name("s")
        if math.isnan(anchor.fact) or (not anchor.first and anchor.touched):
            return
        if not anchor.touched and anchor.first:
            self._registers[step.quantity] = fact, anchor.code
            return
        self._lines += [f"{after} = {value}", f"{code} = {status}"]
        self._registers[step.quantity] = after, code
        if not anchor.first:
            self._lines.append(f"if {code} >= {INFEASIBLE}: {after} = {fact}; {code} = {anchor.code}")
            return
        before = self._hold("c", anchor.before)
        self._lines += [
            f"if {code} < {INFEASIBLE}: {after} = {fact} if {value} == {before} else {fact} * ({value} / {before})",
            f"{code} = top({code}, {anchor.code})",
        ]

    def change(self, step: Step, op: ChangeOp) -> None:
        """Change a quantity by what the program is given."""
        value, code = self.read(step.quantity)
        after, amount = self._name("v"), self._name("a")
        self._given.append(amount)
        moved = amount if op is ChangeOp.SET else f"{value} {'+' if op is ChangeOp.ADD else '*'} {amount}"
        # What would become negative is refused by the run with care, in words.
        self._lines += [f"{after} = {moved}", f"if {after} < 0.0: return None"]
        self._registers[step.quantity] = after, OK if op is ChangeOp.SET else code

    def program(self, results: Sequence[str]) -> Callable[..., tuple[Any, ...] | None]:
        """Return a function of what the changes amount to that returns some names, or None where it gives up."""
        check = [f"z = {' + '.join(self._sure)}", "if z - z != 0.0: return None"] if self._sure else []
        source = "\n".join(
            [
                f"def make({', '.join(self._held)}):",
                f"    def program({', '.join(self._given)}):",
                *(f"        {text}" for text in (*self._lines, *check)),
                f"        return ({''.join(f'{name}, ' for name in results)})",
                "    return program",
            ]
        )
        made: dict[str, Any] = {}
        exec(_compiled(source), made)
        program: Callable[..., tuple[Any, ...] | None] = made["make"](**self._held)
        return program

    def _reads(self, variant: Variant) -> tuple[dict[str, str], int, list[str]]:
        """Return the names of what a function reads, the gravest status that is known, and the names of the others."""
        reads: dict[str, str] = {}
        worst, asked = OK, list[str]()
        for name, index, optional in variant.gathers:
            missing = index is not None and index[0] < 0
            reads[name], code = (NOTHING, MISSING_INPUT) if missing else self.read(name)
            if isinstance(code, str):
                asked.append(f"({code} if {code} < {INFEASIBLE} else {OK})" if optional else code)
            elif code < INFEASIBLE or not optional:
                worst = max(worst, code)
        return reads, worst, list(dict.fromkeys(asked))

    def _ranges(self, function: FunctionDeclaration, reads: Mapping[str, str], worst: int) -> tuple[int, list[str]]:
        """Return the status after the ranges of what stands still, and the ranges to look at in every run."""
        doubts = []
        for check in function.validity:
            name = reads[check.input]
            number = self._held.get(name)
            if number is None:
                doubts.append(f"{name} < {self._hold('c', check.low)} or {name} > {self._hold('c', check.high)}")
            elif number < check.low or number > check.high:
                worst = max(worst, EXTRAPOLATED)
        return worst, doubts

    def _call(self, function: FunctionDeclaration, part: Formula, reads: Mapping[str, str]) -> str:
        constants = {name: constant.value for name, constant in function.constants.items()}
        make = with_arrays if function.name in self._inexact else on_numbers
        called = self._hold("f", make(part, function.input_names, constants))
        return f"{called}({', '.join(reads[name] for name in function.input_names)})"

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"

    def _hold(self, kind: str, value: object) -> str:
        name = self._name(kind)
        self._held[name] = value
        return name


def _gravest(worst: int, asked: Sequence[str]) -> str:
    if not asked:
        return str(worst)
    if len(asked) == 1 and worst == OK:
        return asked[0]
    return f"top({worst}, {', '.join(asked)}) if {' or '.join(asked)} else {worst}"


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


@lru_cache(maxsize=256)
def _compiled(source: str) -> CodeType:
    """Compile a source; deployments of one shape have the same."""
    return compile(source, "<program>", "exec")
