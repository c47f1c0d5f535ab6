"""Entities come in the order asked for, what lacks a value last, and a place says where one stands."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from downstack.errors import UnknownNameError, UserInputError
from downstack.graph.selection import EntityOrdering, QuantityCondition, Selection
from downstack.kg import KnowledgeGraph

CHIPS = Selection(classes=("Accelerator",))
ORDERS = [
    EntityOrdering(by, descending, "memory_bandwidth" if by == "quantity" else None)
    for by in ("slug", "label", "layer", "quantity")
    for descending in (False, True)
]


def values(kg: KnowledgeGraph, slugs: list[str]) -> list[float | None]:
    found = [kg.engine.knowledge.candidates(slug, "memory_bandwidth") for slug in slugs]
    return [facts[0].value if facts else None for facts in found]


@pytest.mark.parametrize("descending", [False, True])
def test_a_value_orders_and_what_has_none_comes_last(bundled: KnowledgeGraph, descending: bool) -> None:
    order = EntityOrdering("quantity", descending, "memory_bandwidth")
    found = values(bundled, [item.id for item in bundled.select(CHIPS, order).entities])
    known = [value for value in found if value is not None]
    assert found == known + [None] * (len(found) - len(known))
    assert known == sorted(known, reverse=descending)
    assert 0 < len(known) < len(found)


@pytest.mark.parametrize("descending", [False, True])
def test_labels_and_layers_order_too(bundled: KnowledgeGraph, descending: bool) -> None:
    labels = [item.label.casefold() for item in bundled.select(order=EntityOrdering("label", descending)).entities]
    assert labels == sorted(labels, reverse=descending)
    layers = [item.layer for item in bundled.select(order=EntityOrdering("layer", descending)).entities]
    known = [layer for layer in layers if layer is not None]
    assert layers == known + [None] * (len(layers) - len(known)), "what spans layers comes last either way"
    assert known == sorted(known, reverse=descending)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_places_rise_along_every_order_and_are_written_as_json(bundled: KnowledgeGraph, order: EntityOrdering) -> None:
    found = bundled.select(CHIPS, order)
    places = [found.place(item) for item in found.entities]
    assert all(found.rank(first) < found.rank(second) for first, second in pairwise(places))
    assert [tuple(json.loads(json.dumps(place))) for place in places] == places


def test_the_date_and_the_statements_of_the_filter_choose_the_value(bundled: KnowledgeGraph) -> None:
    order = EntityOrdering("quantity", True, "memory_bandwidth")
    wanted = Selection(classes=("Accelerator",), confidence=("datasheet",))
    first = bundled.select(wanted, order).entities[0]
    known = bundled.select(
        Selection(
            classes=("Accelerator",), quantities=(QuantityCondition("memory_bandwidth"),), confidence=("datasheet",)
        )
    )
    assert first.id in {item.id for item in known.entities}


def test_an_order_by_nothing_is_refused(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UserInputError):
        bundled.select(order=EntityOrdering("quantity"))
    with pytest.raises(UnknownNameError):
        bundled.select(order=EntityOrdering("quantity", quantity="bandwidht"))


def test_a_second_page_asks_for_the_same_list_without_looking_again(bundled: KnowledgeGraph) -> None:
    assert bundled.select(CHIPS) is bundled.select(Selection(classes=("Accelerator",)))
