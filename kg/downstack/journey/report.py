"""The whole answer: the chain, the routes, and what is not known."""

from __future__ import annotations

import time

from downstack.engine.engine import Engine
from downstack.graph.knowledge import Knowledge
from downstack.graph.names import NameIndex
from downstack.journey.asking import Asked, read_journey
from downstack.journey.catalogue import (
    APPLICATION,
    CLOUD,
    DEPTH,
    FRAMEWORK,
    MODEL,
    NUMBERS,
    PROCESSOR,
    SILICON,
    STATED,
    SUPPLY,
)
from downstack.journey.chain import chain
from downstack.journey.numbers import Numbers
from downstack.journey.routes import Roles, routes, said
from downstack.results import JourneyLayer, JourneyNumber, JourneyReport, JourneyRoute, Status

METHOD = (
    "cited relations from the application down, as far as sources go; declared functions at the workload's reference load; "
    "time, energy and cost of one request are sums over the layers: time as its user waits, energy and cost by the time "
    "that it takes chips up"
)
_NO_QUEUE = "how full the cloud is, and how requests arrive, is not known: nobody waits for a free place, and idle chips are not paid"
_NO_TIME = "takes no time of its own; what making the worn part of the chips cost is a part of the rent"
_NO_SUPPLY = (
    "which of wafers, packaging and memory binds its supply is not known: no source states what is set aside for it"
)
_NO_EMBODIED = "no source states the electricity of making the chips: it is in no sum"


def journey(
    engine: Engine,
    names: NameIndex,
    application: str,
    model: str | None = None,
    accelerator: str | None = None,
    workload: str | None = None,
    as_of: str | None = None,
    samples: int = 0,
) -> JourneyReport:
    """Follow one prompt from its application to silicon.

    Parameters
    ----------
    engine, names
        The engine of the graph, and the index that resolves names.
    application, model, accelerator, workload
        Slugs, IRIs, CURIEs or unambiguous aliases; what is not named is not chosen.
    as_of
        Answer with the facts of that date (ISO).
    samples
        How often the uncertain facts and the errors of formulas are drawn for the bands of the totals; 0 for none.

    Raises
    ------
    UserInputError
        If a name is unknown, ambiguous or of another kind.
    """
    started = time.perf_counter()
    knowledge = engine.knowledge
    asked = read_journey(knowledge, names, application, model, accelerator, workload)
    numbers = Numbers(engine, asked, as_of, samples)
    found = routes(knowledge, asked, numbers)
    return JourneyReport(
        graph_version=knowledge.version,
        method=METHOD,
        as_of=numbers.on,
        application=asked.application.id,
        workload=asked.workload,
        model=asked.model,
        accelerator=asked.accelerator,
        choices=asked.choices,
        questions=asked.questions,
        layers=_layers(knowledge, asked, numbers, found),
        routes=found,
        reason=_reason(asked, found),
        closed_model=_closed(knowledge, asked.model),
        elapsed_ms=(time.perf_counter() - started) * 1e3,
    )


def _reason(asked: Asked, found: tuple[JourneyRoute, ...]) -> str | None:
    if asked.accelerator is None:
        return "no accelerator is named, and no source says which one answers: there is no way down to count along"
    if not found:
        return (
            f"no offering of the graph rents {asked.accelerator}: how many chips serve the model together, and their "
            "price, is not known"
        )
    return None


def _closed(knowledge: Knowledge, model: str | None) -> str | None:
    """Return the model when no source states its architecture."""
    return None if model is None or (model, DEPTH) in knowledge.facts_by_subject else model


def _layers(
    knowledge: Knowledge, asked: Asked, numbers: Numbers, found: tuple[JourneyRoute, ...]
) -> tuple[JourneyLayer, ...]:
    offerings = tuple(dict.fromkeys(route.offering for route in found))
    frameworks = tuple(dict.fromkeys(route.framework for route in found))
    closed = _closed(knowledge, asked.model)
    places, links = chain(knowledge, asked, offerings, frameworks)
    return tuple(
        JourneyLayer(
            layer=layer,
            entities=tuple(places[layer.number]),
            links=tuple(links[layer.number].values()),
            numbers=_numbers(asked, numbers, layer.number),
            notes=tuple(_notes(asked, numbers, layer.number, frameworks, closed)),
        )
        for layer in knowledge.layers
    )


def _numbers(asked: Asked, numbers: Numbers, layer: int) -> tuple[JourneyNumber, ...]:
    roles: Roles = {"model": asked.model, "workload": asked.workload, "accelerator": asked.accelerator}
    owners = (asked.application.id,) if layer == APPLICATION else asked.companies
    listed = [item for name in STATED.get(layer, ()) for owner in owners for item in numbers.stated(owner, name)]
    for name in NUMBERS.get(layer, ()):
        if numbers.depends_on_cloud(name):
            continue
        if layer == MODEL and asked.model is None:
            listed += [item for item in numbers.all(name) if item.status is not Status.MISSING_INPUT]
            continue
        item = numbers.at(name, roles)
        if item is not None and said(item, numbers, roles):
            listed.append(item)
    return tuple(listed)


def _notes(asked: Asked, numbers: Numbers, layer: int, frameworks: tuple[str, ...], closed: str | None) -> list[str]:
    roles: Roles = {"model": asked.model, "workload": asked.workload, "accelerator": asked.accelerator}
    if layer == APPLICATION and asked.workload is not None:
        turns = numbers.at("turns_per_session", roles)
        if turns is None or turns.value is None:
            return [f"no source states how many requests a task of {asked.workload} takes: one request is followed"]
        return ["a session takes every turn as this request: where contexts grow to it turn by turn, an upper bound"]
    if layer == MODEL:
        return _model_notes(asked, numbers, roles, closed)
    if layer == FRAMEWORK:
        if not frameworks:
            return ["no source says which framework serves the requests"]
        return [
            f"no source says which framework serves the requests; {', '.join(frameworks)} "
            + (
                "is the one whose constants are known"
                if len(frameworks) == 1
                else "are those whose constants are known"
            )
        ]
    if layer == CLOUD and asked.accelerator is not None:
        return [_NO_QUEUE]
    if layer == PROCESSOR and asked.accelerator is not None:
        return ["chips at their thermal design power all the time; hosts and network are left out"]
    if layer == SILICON and asked.accelerator is not None:
        supply = numbers.at(SUPPLY, roles)
        unknown = supply is None or supply.value is None
        return [*([_NO_SUPPLY] if unknown else []), _NO_TIME, _NO_EMBODIED]
    return []


def _model_notes(asked: Asked, numbers: Numbers, roles: Roles, closed: str | None) -> list[str]:
    if asked.model is None:
        return ["which model answers, and its architecture, is not public: no arithmetic and no bytes"]
    if closed is not None:
        return [
            f"no source states the architecture of {closed}: what a request multiplies and reads is not known; name an "
            "open model to stand in for it"
        ]
    weights = numbers.at("weight_bytes", roles)
    if weights is not None and weights.value is None:
        return [f"what {asked.model} weighs is not known: {weights.reason}"]
    if asked.stand_in is not None:
        built = ", ".join(asked.families) or f"the unknown model of {asked.application.id}"
        return [f"{asked.model} stands in for {built}: all that rests on it says nothing of {built} itself"]
    return []
