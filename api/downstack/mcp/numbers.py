"""Tools that compute: a value and where it comes from, what a change does, what matters, what would be needed."""

from __future__ import annotations

import orjson

from downstack.mcp import schema
from downstack.mcp.reading import read_changes, read_scenarios, read_where
from downstack.mcp.schema import listed, told
from downstack.mcp.tool import Question, Tool
from downstack.results import Trace, ValueReport
from downstack.wire.answers import impact_json, trace_json, value_json
from downstack.wire.comparison import comparison_json
from downstack.wire.extent import MAX_LEVELS
from downstack.wire.goals import sensitivity_json, solve_json
from downstack.wire.provenance import Json

LEVELS = 2
"""How far a trace is unfolded unless a call says otherwise."""
TRACE_BYTES = 150_000
"""Of the JSON of a trace: most are ten levels deep and have two million, as a step that several read is written for each."""


def _value(question: Question) -> Json:
    found = _valued(question)[1]
    del found["trace"]
    return found


def _explain(question: Question) -> Json:
    report, found = _valued(question)
    trace = report.trace
    return {**found, "trace": None if trace is None else unfolded(trace, question.get("levels", LEVELS))}


def _valued(question: Question) -> tuple[ValueReport, Json]:
    given = question.get
    report = question.kg.value(
        question.arguments["quantity"],
        given("entity"),
        read_where(given("where")),
        given("samples", 0),
        given("asOf"),
    )
    rows = question.pages.cut("rows", report.rows)
    return report, value_json(report, rows=rows, levels=0, sources=given("sources", True))


def unfolded(trace: Trace, levels: int) -> Json:
    """Return a number unfolded so many levels deep, or as many of them as a reader takes."""
    found, size = trace_json(trace, 1), 0
    for level in range(2, levels + 1):
        deeper = trace_json(trace, level)
        grown = len(orjson.dumps(deeper))
        if grown == size or grown > TRACE_BYTES:
            break
        found, size = deeper, grown
    return found


def _impact(question: Question) -> Json:
    given = question.get
    report = question.kg.impact(
        read_changes(question.arguments["changes"]),
        given("targets"),
        read_where(given("where")),
        given("samples", 0),
        given("asOf"),
    )
    effects = question.pages.cut("effects", report.effects)
    found = impact_json(report, flows=given("flows", False), effects=effects, sources=given("sources", True))
    found["qualitative"] = question.pages.cut("qualitative", found["qualitative"])
    return found


def _compare(question: Question) -> Json:
    given = question.get
    report = question.kg.compare(
        read_scenarios(question.arguments["scenarios"]),
        question.arguments["targets"],
        read_where(given("where")),
        given("asOf"),
        given("samples", 0),
    )
    return comparison_json(report, question.pages.cut("cells", report.cells))


def _sensitivity(question: Question) -> Json:
    given = question.get
    return sensitivity_json(
        question.kg.sensitivity(
            question.arguments["target"], read_where(given("where")), given("first", 10), given("asOf")
        )
    )


def _solve(question: Question) -> Json:
    kg, given = question.kg, question.get
    vary = question.arguments["vary"]
    # Resolved here, because an IRI has dots of its own and could not be split off from an entity again.
    entity = kg.resolve(vary["entity"], field="vary.entity").id
    quantity = kg.quantity(vary["quantity"], field="vary.quantity").id
    report = kg.solve(
        question.arguments["target"],
        goal=float(question.arguments["goal"]),
        unit=given("unit"),
        vary=f"{entity}.{quantity}",
        where=read_where(given("where")),
        as_of=given("asOf"),
    )
    return solve_json(report, question.pages.cut("rows", report.rows))


_TARGETS = schema.several(
    schema.text("Identifier, IRI or CURIE of a quantity."),
    "Quantities to report, such as time_per_output_token.",
    most=200,
)
_TARGET = schema.text("A quantity (identifier, IRI or CURIE), or ENTITY.QUANTITY for one entity's.")
_ROWS = listed(
    "A row for each combination that matches: key, value, unit, status, reason, what binds, what it rests on."
)
_STATUS = told(
    "string",
    "How far the number can be trusted: OK, STALE (a fact is old), EXTRAPOLATED (outside a formula's range), INFEASIBLE, "
    "NOT_CONVERGED or MISSING_INPUT (nobody published an input: there is no number).",
)
_VALUED = {
    "quantity": told("string", "The quantity."),
    "value": told("number", "The number, when one combination matches.", maybe=True),
    "unit": told("string", "The unit of all values."),
    "status": _STATUS,
    "asOf": told("string", "The date that facts are chosen for and their age is judged on."),
    "band": told("object", "How sure the number is; null without samples.", maybe=True),
    "varianceShares": listed("What the width of the band comes from."),
    "rows": _ROWS,
    "facts": listed("The facts that the rows rest on, with their sources."),
    "oldestFact": told("object", "The oldest fact behind the first row.", maybe=True),
}
_VALUE_ARGUMENTS = {
    "quantity": schema.QUANTITY,
    "entity": schema.text("Only for this entity."),
    "where": schema.WHERE,
    "samples": schema.SAMPLES,
    "asOf": schema.AS_OF,
}

NUMBERS: tuple[Tool, ...] = (
    Tool(
        name="value",
        title="How much is it?",
        description="Say how much a quantity is, stated or computed, for every combination that matches (model, accelerator, "
        "offering, workload, framework), with unit, status and the facts it rests on.",
        arguments={**_VALUE_ARGUMENTS, "sources": schema.SOURCES, "first": schema.first(5)},
        required=("quantity",),
        gives=_VALUED,
        run=_value,
        paged=True,
    ),
    Tool(
        name="explain",
        title="Where does a number come from?",
        description="Unfold a number to its formula, inputs, facts and sources. With `where` (or `entity`) name one "
        "combination; of several the first is unfolded.",
        arguments={
            **_VALUE_ARGUMENTS,
            "levels": schema.whole(
                "How many levels of inputs to unfold; as many as fit into an answer.", 1, MAX_LEVELS, LEVELS
            ),
            "sources": schema.SOURCES,
            "first": schema.first(1, "How many combinations to list."),
        },
        required=("quantity",),
        gives={**_VALUED, "trace": told("object", "Formula, inputs and facts of the first combination.", maybe=True)},
        run=_explain,
        paged=True,
    ),
    Tool(
        name="impact",
        title="What does a change do?",
        description="Say what one or more changes do downstream, layer by layer: base, scenario and ratio of every quantity "
        "that is reached, what binds before and after, and beyond the formulas directions without numbers. Narrow it with "
        "`targets` and `where`.",
        arguments={
            "changes": schema.several(schema.CHANGE, "What changes, all at once."),
            "targets": _TARGETS,
            "where": schema.WHERE,
            "samples": schema.SAMPLES,
            "asOf": schema.AS_OF,
            "flows": schema.yes_or_no(
                "Say along which formulas each effect came about; the amounts sum to the change."
            ),
            "sources": schema.SOURCES,
            "first": schema.first(5),
        },
        required=("changes",),
        gives={
            "asOf": told("string", "The date that facts are chosen for and their age is judged on."),
            "method": told("string", "How the effects were computed."),
            "elapsedMs": told("number", "The time it took, in milliseconds."),
            "partial": told("boolean", "True when the answer is truncated."),
            "partialReason": told("string", "Why it is truncated.", maybe=True),
            "changes": listed("The changes as they were understood."),
            "interventions": listed("Of each changed quantity that a formula computes: whether its in-edges are cut."),
            "effects": listed(
                "Effects, largest relative change first: key, quantity, unit, base, scenario, ratio, status."
            ),
            "byLayer": listed("How many effects each layer has, and the largest."),
            "qualitative": listed("Directions without numbers, along influences that have no formula."),
            "findings": listed("Influences whose direction the numbers contradict."),
            "notReached": listed("Targets that nothing moves, each with the reason."),
            "facts": listed("The facts that the effects rest on, with their sources."),
            "oldestFact": told("object", "The oldest fact behind the effects that are listed.", maybe=True),
        },
        run=_impact,
        paged=True,
    ),
    Tool(
        name="compare",
        title="Which scenario is better?",
        description="Put scenarios side by side against the same base and, with samples, on the same draws.",
        arguments={
            "scenarios": schema.several(
                schema.record(
                    {
                        "name": schema.text("The name under which the answer gives its numbers.", maxLength=80),
                        "changes": schema.several(schema.CHANGE, "What changes in it."),
                    },
                    ("name", "changes"),
                ),
                "The scenarios.",
                most=100,
            ),
            "targets": _TARGETS,
            "where": schema.WHERE,
            "samples": schema.SAMPLES,
            "asOf": schema.AS_OF,
            "first": schema.first(10),
        },
        required=("scenarios", "targets"),
        gives={
            "samples": told("integer", "How often the facts were drawn."),
            "scenarios": listed("The names, in the order of values, ratios and statuses."),
            "cells": listed("A cell for each combination and quantity: base, values, ratios, statuses, unit."),
        },
        run=_compare,
        paged=True,
        work=("compare",),
    ),
    Tool(
        name="sensitivity",
        title="Which input matters most?",
        description="Say which facts matter most for one number: elasticities, and what stated ranges make of it. Name one "
        "combination with `where`.",
        arguments={
            "target": _TARGET,
            "where": schema.WHERE,
            "first": schema.first(10, "How many inputs."),
            "asOf": schema.AS_OF,
        },
        required=("target",),
        gives={
            "key": told("object", "The combination."),
            "target": told("string", "The quantity."),
            "value": told("number", "The number.", maybe=True),
            "unit": told("string", "Its unit."),
            "status": _STATUS,
            "inputs": listed("Facts with elasticities, largest first, and their sources."),
            "tornado": listed("What each uncertain input alone makes of the number."),
            "factCoverage": told("object", "How many of the facts vary at all.", maybe=True),
        },
        run=_sensitivity,
        work=("sensitivity",),
    ),
    Tool(
        name="solve",
        title="What would be needed?",
        description="Find the value of one input at which a quantity meets a goal, or say what caps it.",
        arguments={
            "target": _TARGET,
            "goal": schema.number("The value to reach."),
            "unit": schema.text("The unit of the goal; that of answers unless given.", maxLength=40),
            "vary": {**schema.REFERENCE, "description": "The input that may change."},
            "where": schema.WHERE,
            "asOf": schema.AS_OF,
            "first": schema.first(10),
        },
        required=("target", "goal", "vary"),
        gives={
            "target": told("string", "The quantity."),
            "goal": told("number", "What was to be reached."),
            "unit": told("string", "Its unit."),
            "vary": told("string", "The input."),
            "varyUnit": told("string", "Its unit."),
            "rows": listed("A row for each combination: whether it can be reached, at which value, or what caps it."),
        },
        run=_solve,
        paged=True,
        work=("solve",),
    ),
)
