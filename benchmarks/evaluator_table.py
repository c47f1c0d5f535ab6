"""The tables of ``evaluators.py``, from numbers alone: they are made with and without the peers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Question = dict[str, Any]

TRACED_BAR = 100e-6
BATCH_BAR = 1e6
GENZ, CONFIGURATOR = "GenZ", "aiconfigurator"
NAMES = {"genz": GENZ, "configurator": CONFIGURATOR}
ROWS = (
    ("downstack", "one deployment, every number with its status", "ours"),
    ("downstack", "the same, traced: every value, status, limit and fact is there to be read", "ours, traced"),
    ("downstack", "the same, and every step of the trace looked at", "ours, unfolded"),
    ("downstack", "the first question about a deployment: bound, compiled, run on arrays, traced", "ours, first"),
    ("downstack", "once for each kind of question that comes again: written out on plain numbers", "ours, written"),
    ("downstack", "the first of them in a process: the formulas are translated", "ours, written first"),
    ("downstack", "the instance as the graph has it, evaluated anew and traced", "ours, own"),
    ("downstack", "the instance as the graph has it once more, its numbers kept, traced", "ours, again"),
    ("downstack", "new process to first traced answer, graph read and checked", "ours, cold"),
    ("downstack", "search: what batches share is computed once for all of them", "ours, search"),
    ("downstack", "drawn configurations, nothing shared, all that an answer says", "ours, flat"),
    (GENZ, "`decode_moddeling`, another question each time", "genz"),
    (GENZ, "the same question again (nothing is kept)", "genz, again"),
    (GENZ, "new process to first answer", "genz, cold"),
    (CONFIGURATOR, "`cli_estimate`, another question each time", "configurator"),
    (CONFIGURATOR, "the same question again", "configurator, again"),
    (CONFIGURATOR, "a session that is held, another batch or layout each time", "configurator, held"),
    (CONFIGURATOR, "a session that is held, the same question again", "configurator, held again"),
    (CONFIGURATOR, "new process to first answer", "configurator, cold"),
)
BASE = "ours, traced"
"""What the ratios are held against."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as the table names it."""

    model: str
    chip: str
    chips: int
    batch: int


@dataclass(frozen=True, slots=True)
class Side:
    """What everybody answers to one question, in milliseconds; NaN or words where there is no number."""

    asked: Asked
    token: float
    step: float
    bare_step: float
    said: Mapping[str, float | str] = field(default_factory=dict)


def duration(seconds: float) -> str:
    """Return a time as a person reads it."""
    if seconds < 1e-6:
        return f"{seconds * 1e9:,.0f} ns"
    if seconds < 1e-3:
        return f"{seconds * 1e6:,.0f} µs"
    return f"{seconds * 1e3:,.1f} ms" if seconds < 1.0 else f"{seconds:,.2f} s"


def speed_table(medians: Mapping[str, float], absent: Mapping[str, str], steps: int) -> str:
    """Return the times of all ways of asking, and whether the bars are met.

    Parameters
    ----------
    medians
        Way to seconds of one configuration; ways that were not measured are left out.
    absent
        Peer to why it is not there.
    steps
        Formulas behind the number of the project.
    """
    lines = [
        "| evaluator | asked how | one configuration | in a second | beside one traced evaluation |",
        "|---|---|---|---|---|",
    ]
    for evaluator, how, name in ROWS:
        if name in medians:
            seconds = medians[name]
            lines.append(
                f"| {evaluator} | {how} | {duration(seconds)} | {_count(1.0 / seconds)} |"
                f" {_beside(seconds, medians[BASE]) if BASE in medians and name != BASE else ''} |"
            )
    lines += [f"| {NAMES[peer]} | not measured: {why} | | | |" for peer, why in absent.items()]
    traced = medians.get(BASE, math.nan)
    fastest = 1.0 / medians["ours, flat"] if "ours, flat" in medians else math.nan
    return "\n".join(
        [
            f"## Speed\n\nThe time of one output token of a deployment; {steps} formulas on the way from the facts. Medians of calls that"
            " were taken in turns; a peer's call without an answer (the weights do not fit) is not timed. A plan of twelve formulas"
            " is timed in [engine.md](engine.md).\n",
            *lines,
            "",
            f"Bar: one traced evaluation in at most {duration(TRACED_BAR)}: {duration(traced)},"
            f" {'met' if traced <= TRACED_BAR else '**not met**'}.",
            f"Bar: at least {BATCH_BAR:,.0f} configurations in a second through all formulas, nothing shared:"
            f" {fastest:,.0f}, {'met' if fastest >= BATCH_BAR else '**not met**'}.",
        ]
    )


def answer_table(sides: Sequence[Side], absent: Mapping[str, str], input_tokens: int, output_tokens: int) -> str:
    """Return what everybody answers, without any measured value."""
    ways = [way for way in ("genz", "configurator", "configurator_limit") if way.partition("_")[0] not in absent]
    titles = {
        "genz": f"{GENZ} decode step",
        "configurator": f"{CONFIGURATOR}, kernel tables",
        "configurator_limit": f"{CONFIGURATOR}, peak rates",
    }
    head = ["model", "chips", "batch", "time per output token", "decode step", "before fixed costs of layers"]
    head += [titles[way] for way in ways]
    lines = [_row(head), _row(["---"] * len(head))]
    for item in sides:
        cells = [item.asked.model, f"{item.asked.chips} {item.asked.chip}", str(item.asked.batch)]
        cells += [_number(value) for value in (item.token, item.step, item.bare_step)]
        lines.append(_row(cells + [_number(item.said.get(way, "")) for way in ways]))
    return "\n".join(
        [
            "## Answers side by side\n",
            f"Milliseconds; prompts of {input_tokens:,} and answers of {output_tokens:,} tokens, weights and cache in bf16, tensor"
            " parallel. The first three columns are downstack's: with the prefill of new arrivals, without it, and without the"
            " fixed costs of layers. No value in this table is a measurement.",
            "",
            *lines,
        ]
    )


def expert_table(found: Mapping[int, tuple[float, float, float]]) -> str:
    """Return what the reading of experts costs by three rules."""
    lines = [
        "| batch | distinct experts expected (answered) | only those of one token | all experts |",
        "|---|---|---|---|",
        *(
            f"| {batch} | {answered:.2f} | {few:.2f} ({_off(few, answered)}) | {every:.2f} ({_off(every, answered)}) |"
            for batch, (answered, few, every) in found.items()
        ),
    ]
    return "\n".join(
        [
            "## Experts that a step reads\n",
            "Milliseconds to read the weights of Mixtral-8x7B on two H100. A step reads the distinct experts that the tokens of its"
            " batch are routed to; an evaluator that takes those of one token, or all, is off at one end or the other.",
            "",
            *lines,
        ]
    )


def _off(value: float, right: float) -> str:
    factor = max(value / right, right / value)
    return "the same" if factor < 1.05 else f"{factor:.1f}x {'too long' if value > right else 'too short'}"


def _beside(seconds: float, base: float) -> str:
    factor = max(seconds / base, base / seconds)
    if factor < 1.005:
        return "1x"
    return f"{_count(factor)}x {'longer' if seconds > base else 'shorter'}"


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 100.0 else f"{value:.3g}"


def _number(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return "does not fit" if math.isnan(value) else f"{value:.2f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
