"""A program without a doubt in it, written out as one Python function: no loop, no look-up, nothing but the formulas.

The source that is compiled here consists of numbered names only (``v3 = f1(v0, v2)``): no word of the data, of a question or
of a declaration gets into it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from downstack.engine.apply import take_rows
from downstack.engine.bind import Rows
from downstack.performance.declare import Array, Formula


@dataclass(frozen=True, slots=True)
class Line:
    """One formula: the places it reads, the place it fills, and the places its result is gathered to."""

    place: int
    formula: Formula
    inputs: tuple[int, ...]
    fills: tuple[tuple[int, Rows], ...]


def write_out(
    given: Sequence[int], gathered: Sequence[tuple[int, int, Rows]], lines: Sequence[Line], *, single: bool
) -> Callable[..., tuple[Array, ...]]:
    """Return a function of the given places that returns the result of every line.

    Parameters
    ----------
    given
        The places that the function takes, in the order of its parameters.
    gathered
        What is gathered before the first line: place, source, rows.
    lines
        The formulas in the order of evaluation.
    single
        Whether every array has a single column.
    """
    held: dict[str, Any] = {"take": take_rows}

    def gather(place: int, source: int, rows: Rows) -> str:
        held[f"i{place}"] = rows
        return f"v{place} = " + (f"v{source}.take(i{place}, 0)" if single else f"take(v{source}, i{place})")

    body = [gather(place, source, rows) for place, source, rows in gathered]
    for number, line in enumerate(lines):
        held[f"f{number}"] = line.formula
        body.append(f"v{line.place} = f{number}({', '.join(f'v{place}' for place in line.inputs)})")
        body += [gather(place, line.place, rows) for place, rows in line.fills]
    results = "".join(f"v{line.place}, " for line in lines)
    source = "\n".join(
        [
            f"def make({', '.join(held)}):",
            f"    def program({', '.join(f'v{place}' for place in given)}):",
            *(f"        {text}" for text in body),
            f"        return ({results})",
            "    return program",
        ]
    )
    made: dict[str, Any] = {}
    exec(compile(source, "<program>", "exec"), made)
    program: Callable[..., tuple[Array, ...]] = made["make"](**held)
    return program
