"""The entities and cited relations of each layer: who makes, offers, supplies and fabricates what."""

from __future__ import annotations

from collections import defaultdict

from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Relation
from downstack.journey.asking import Asked, clouds_of, relations
from downstack.journey.catalogue import APPLICATION, CLOUD, FRAMEWORK, MEMORY, MODEL, PROCESSOR, SILICON

Chain = tuple[dict[int, dict[str, None]], dict[int, dict[str, Relation]]]

_OF_ACCELERATOR: tuple[tuple[str, bool, int], ...] = (
    ("designs", True, PROCESSOR),
    ("memberOf", False, PROCESSOR),
    ("partnersOnSilicon", True, PROCESSOR),
    ("usesMemory", False, MEMORY),
    ("suppliesMemoryTo", True, MEMORY),
    ("usesInterconnect", False, MEMORY),
    ("fabricatedOn", False, SILICON),
    ("fabricates", True, SILICON),
    ("packagedWith", False, SILICON),
)
"""Predicate, whether it leads to the accelerator, and the layer at which it is told."""


def chain(knowledge: Knowledge, asked: Asked, offerings: tuple[str, ...], frameworks: tuple[str, ...]) -> Chain:
    """Return the entities and the relations of each layer, in the order in which the way passes them."""
    places: dict[int, dict[str, None]] = defaultdict(dict)
    links: dict[int, dict[str, Relation]] = defaultdict(dict)

    def follow(slug: str, predicate: str, towards: bool, layer: int) -> None:
        for item in relations(knowledge, slug, predicate, towards=towards):
            places[layer][item.subject if towards else item.object] = None
            links[layer][item.iri] = item

    application = asked.application.id
    places[APPLICATION][application] = None
    if asked.workload is not None:
        places[APPLICATION][asked.workload] = None
    follow(application, "develops", True, APPLICATION)
    follow(application, "implements", False, APPLICATION)
    follow(application, "implements", True, APPLICATION)
    for company in asked.companies:
        follow(company, "ownsStakeIn", True, APPLICATION)
        follow(company, "partnersOnSilicon", True, PROCESSOR)
    follow(application, "builtOn", False, MODEL)
    if asked.model is not None:
        places[MODEL][asked.model] = None
        follow(asked.model, "develops", True, MODEL)
        follow(asked.model, "memberOf", False, MODEL)
        follow(asked.model, "usesTechnique", False, MODEL)
    for name in frameworks:
        places[FRAMEWORK][name] = None
        follow(name, "usesTechnique", False, FRAMEWORK)
        follow(name, "runsOn", False, FRAMEWORK)
    for cloud in clouds_of(knowledge, asked.companies):
        places[CLOUD][cloud] = None
        follow(cloud, "operatedBy", False, CLOUD)
    for offering in offerings:
        places[CLOUD][offering] = None
        follow(offering, "offeredBy", False, CLOUD)
    if asked.accelerator is not None:
        places[PROCESSOR][asked.accelerator] = None
        for predicate, towards, layer in _OF_ACCELERATOR:
            follow(asked.accelerator, predicate, towards, layer)
    return places, links
