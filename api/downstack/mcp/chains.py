"""Tools that follow chains: dependence, supply, one prompt from application to silicon, deployments."""

from __future__ import annotations

from downstack.mcp import schema
from downstack.mcp.lookup import DIRECTIONS
from downstack.mcp.reading import read_disruptions, read_where
from downstack.mcp.schema import listed, told
from downstack.mcp.tool import Question, Tool
from downstack.supply.ask import DEFAULT_HORIZON
from downstack.supply.disruption import DEFAULT_MONTHS
from downstack.wire.dependencies import dependencies_json, paths_json
from downstack.wire.deployments import deployments_json
from downstack.wire.journey import journey_json
from downstack.wire.provenance import Json
from downstack.wire.shock import shock_json

OBJECTIVES = ("PARETO", "COST", "LATENCY", "FIRST_TOKEN", "THROUGHPUT", "ENERGY")
CHIPS = 64
"""Most accelerators of one copy of a model unless a call says otherwise."""


def _dependencies(question: Question) -> Json:
    given, pages = question.get, question.pages
    report = question.kg.dependencies(
        question.arguments["entity"],
        question.arguments["direction"],
        given("maxDepth", 3),
        given("asOf"),
        given("hide", ()),
        given("influences", False),
    )
    found = dependencies_json(report)
    for name in ("nodes", "singlePoints", "exposures", "steps"):
        found[name] = pages.cut(name, found[name])
    return found


def _paths(question: Question) -> Json:
    given, kg = question.get, question.kg
    found = kg.paths(
        question.arguments["from"],
        question.arguments["to"],
        given("first", 5),
        given("asOf"),
        given("influences", False),
    )
    return paths_json(found, kg.version)


def _shock(question: Question) -> Json:
    given = question.get
    report = question.kg.shock(
        read_disruptions(question.arguments["disruptions"]),
        horizon_months=given("horizonMonths", DEFAULT_HORIZON),
        targets=given("targets"),
    )
    found = shock_json(report, monthly=given("monthly", False))
    found["targets"] = question.pages.cut("targets", found["targets"])
    return found


def _journey(question: Question) -> Json:
    given = question.get
    report = question.kg.journey(
        question.arguments["application"],
        given("model"),
        given("accelerator"),
        given("workload"),
        given("asOf"),
        given("samples", 0),
    )
    found = journey_json(report, parts=given("parts", False))
    found["routes"] = question.pages.cut("routes", found["routes"])
    return found


def _deployments(question: Question) -> Json:
    given = question.get
    limits = given("limits", {})
    report = question.kg.deployments(
        question.arguments["model"],
        given("workload"),
        given("objective", "PARETO"),
        ttft=limits.get("ttft"),
        tpot=limits.get("tpot"),
        budget=limits.get("budget"),
        max_accelerators=limits.get("maxAccelerators") or CHIPS,
        weights=limits.get("weights"),
        where=read_where(given("where")),
        samples=given("samples", 0),
        as_of=given("asOf"),
    )
    shown = question.pages.cut("deployments", report.deployments)
    return deployments_json(report, shown, sources=given("sources", True))


_INFLUENCES = schema.yes_or_no("Follow qualitative influences too.")
_ELAPSED = told("number", "The time it took, in milliseconds.")
_METHOD = told("string", "How it was computed.")
_ASSUMPTIONS = listed("What is taken for granted, in words.")

CHAINS: tuple[Tool, ...] = (
    Tool(
        name="dependencies",
        title="Who depends on whom?",
        description="Say who depends on an entity (UP, towards applications) or what it depends on (DOWN, towards silicon): "
        "ways, single points of failure, stated shares, each with its source.",
        arguments={
            "entity": schema.ENTITY,
            "direction": schema.one_of("UP: who depends on it; DOWN: what it depends on.", DIRECTIONS),
            "maxDepth": schema.whole("How many steps to go.", 1, 64, 3),
            "hide": schema.several(
                schema.text("A class, such as Interconnect.", maxLength=80), "Classes to pass through unseen.", most=50
            ),
            "influences": _INFLUENCES,
            "asOf": schema.text("Leave out what was stated for a later date: YYYY-MM-DD."),
            "first": schema.first(10),
        },
        required=("entity", "direction"),
        gives={
            "entity": told("string", "The entity."),
            "direction": told("string", "Which way was followed."),
            "maxDepth": told("integer", "How far."),
            "asOf": told("string", "The date.", maybe=True),
            "hidden": listed("Classes that were passed through."),
            "influences": told("boolean", "Whether influences were followed."),
            "reached": told("integer", "How many entities there are at any depth."),
            "nodes": listed("Entities within the depth, nearest first, each with a shortest way."),
            "steps": listed("Who needs whom, who says so, and since when."),
            "singlePoints": listed("Entities that every known way leads through, and what is behind them."),
            "exposures": listed("Shares of needs, where sources state them."),
            "unknownShares": told("integer", "How many have no stated share at all."),
            "assumptions": _ASSUMPTIONS,
            "elapsedMs": _ELAPSED,
        },
        run=_dependencies,
        paged=True,
        work=("Query.dependencies",),
    ),
    Tool(
        name="paths",
        title="How are two entities connected?",
        description="List the shortest ways along dependence between two entities, whichever depends on the other. An empty "
        "list when there is none: that is an answer.",
        arguments={
            "from": schema.ENTITY,
            "to": schema.ENTITY,
            "first": schema.first(5, "How many paths."),
            "influences": _INFLUENCES,
            "asOf": schema.text("Leave out what was stated for a later date: YYYY-MM-DD."),
        },
        required=("from", "to"),
        gives={"paths": listed("Paths, shortest first; each step with its source. Empty when there is none.")},
        run=_paths,
        work=("Query.paths",),
    ),
    Tool(
        name="shock",
        title="What does a supply disruption do?",
        description="Say who is hit when places of the supply chain lose a part of their output for some months: when, by how "
        "much, for how long, with three bounds of how far suppliers replace one another.",
        arguments={
            "disruptions": schema.several(
                schema.record(
                    {
                        "entity": schema.text("A place of the supply chain, such as tsmc-cowos."),
                        "percent": schema.number("The change in per cent, from -100 to just below 0."),
                        "months": schema.whole("For how long.", 1, 120, DEFAULT_MONTHS),
                    },
                    ("entity", "percent"),
                ),
                "What is lost.",
                most=50,
            ),
            "horizonMonths": schema.whole("How far to look.", 1, 120, DEFAULT_HORIZON),
            "targets": schema.several(
                schema.ENTITY, "Places of the chain to report; all that are reached unless given."
            ),
            "monthly": schema.yes_or_no("Give flow and stock of every month."),
            "first": schema.first(10),
        },
        required=("disruptions",),
        gives={
            "method": _METHOD,
            "disruptions": listed("What is lost, as it was understood."),
            "horizonMonths": told("integer", "How far was looked."),
            "cases": told("integer", "How many cases were computed for the bounds."),
            "targets": listed("Who is hit: profiles by bound, first-order loss, inputs, facts with sources."),
            "singlePoints": listed("Suppliers that nobody can replace."),
            "notReached": listed("Targets that it does not reach, each with the reason."),
            "assumptions": _ASSUMPTIONS,
            "elapsedMs": _ELAPSED,
        },
        run=_shock,
        paged=True,
        work=("shock",),
    ),
    Tool(
        name="journey",
        title="One prompt from application to silicon",
        description="Follow one prompt through the layers: time, energy, cost and what binds, for each cloud that rents the "
        "chip. What sources do not say and the call does not name is asked back under `questions`; nothing is chosen.",
        arguments={
            "application": schema.text("Where the prompt is written, such as chatgpt."),
            "model": schema.text("Which model answers; one that no source links to the application stands in for it."),
            "accelerator": schema.text("Which chip."),
            "workload": schema.text("What a request is: tokens in and out, turns."),
            "samples": schema.SAMPLES,
            "asOf": schema.AS_OF,
            "parts": schema.yes_or_no("Give the numbers that layers and stages are made of too; there are hundreds."),
            "first": schema.first(5),
        },
        required=("application",),
        gives={
            "method": _METHOD,
            "elapsedMs": _ELAPSED,
            "asOf": told("string", "The date that facts are chosen for."),
            "application": told("string", "The application."),
            "workload": told("string", "The workload.", maybe=True),
            "model": told("string", "The model.", maybe=True),
            "accelerator": told("string", "The chip.", maybe=True),
            "choices": listed("Who chose what, and why."),
            "questions": listed("What has to be named before there is a number, with candidates."),
            "layers": listed("What takes part in each layer, with sources."),
            "routes": listed("A route for each offering: time, energy, cost, status, stage by stage."),
            "reason": told("string", "Why there is no route.", maybe=True),
            "closedModel": told("string", "What is not published of the model.", maybe=True),
            "assumptions": _ASSUMPTIONS,
        },
        run=_journey,
        paged=True,
        work=("flows",),
    ),
    Tool(
        name="deployments",
        title="What should a model run on?",
        description="List ways to serve a model (chips, parallelism, precision, cloud offering) that keep to some limits, best "
        "first, and say what rules the others out.",
        arguments={
            "model": schema.text("The model that is served, such as llama-3.1-70b."),
            "workload": schema.text("The load; a published trace of conversations unless given."),
            "objective": schema.one_of(
                "PARETO: no other is both cheaper for a token and faster; or what comes first.", OBJECTIVES, "PARETO"
            ),
            "limits": schema.record(
                {
                    "ttft": schema.number("Longest time to first token, in milliseconds."),
                    "tpot": schema.number(
                        "Longest time per output token, in milliseconds; the workload's own unless given."
                    ),
                    "budget": schema.number("Highest price of one copy of the model, in USD an hour."),
                    "maxAccelerators": schema.whole("Most accelerators of one copy.", 1, 100_000, CHIPS),
                    "weights": schema.several(
                        schema.one_of("A format.", ("published", "bf16", "fp8", "int8", "fp4")), "Formats of weights."
                    ),
                },
                (),
                "What a deployment must keep to.",
            ),
            "where": schema.WHERE,
            "samples": schema.SAMPLES,
            "asOf": schema.AS_OF,
            "sources": schema.SOURCES,
            "first": schema.first(10),
        },
        required=("model",),
        gives={
            "method": _METHOD,
            "elapsedMs": _ELAPSED,
            "partial": told("boolean", "True when the answer is truncated."),
            "partialReason": told("string", "Why it is truncated.", maybe=True),
            "model": told("string", "The model."),
            "workload": told("string", "The load."),
            "framework": told("string", "The framework."),
            "objective": told("string", "What comes first."),
            "limits": told("object", "The limits that were kept to: milliseconds, and USD an hour."),
            "configurations": told("integer", "The size of the space that was asked about."),
            "evaluated": told("integer", "Those that went through all formulas."),
            "feasible": told("integer", "Those that keep to the limits."),
            "unpriced": told("integer", "Feasible ones without a price."),
            "extrapolated": told("integer", "Feasible ones outside the range of some formula."),
            "excluded": listed("What rules the others out, with how many."),
            "nearest": told("string", "When nothing is feasible: what stands in the way.", maybe=True),
            "totalCount": told("integer", "How many deployments there are."),
            "deployments": listed(
                "Deployments, best first. Times in ms, cost in USD for a million output tokens, price in USD an hour, memory "
                "in GB, energy in joule for a token."
            ),
            "facts": listed("The facts that the costs rest on, with their sources."),
        },
        run=_deployments,
        paged=True,
        work=("Query.deployments",),
    ),
)
