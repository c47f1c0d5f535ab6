"""Published effects over HTTP are those of the library, and filters leave out what they should."""

from __future__ import annotations

from typing import Any

import pytest

from downstack.kg import KnowledgeGraph

ASK = """query ($f: PublishedEffectFilter, $after: String) { publishedEffects(filter: $f, first: 100, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes {
    iri influence { id iri sourceEntity targetEntity } form low high unit condition baseline computed reason gap
    changedKind { id } affectedKind { id } source { title locator } } } }"""


def nodes(ask: Any, **filter: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = ask(ASK, f=filter, after=after)["publishedEffects"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(found)
            return found
        after = page["pageInfo"]["endCursor"]


def test_every_published_effect_is_given_with_what_formulas_say(ask: Any, kg: KnowledgeGraph) -> None:
    expected = kg.published_effects()
    found = nodes(ask)
    assert [item["iri"] for item in found] == [item.effect.iri for item in expected]
    for node, item in zip(found, expected, strict=True):
        assert (node["low"], node["high"], node["unit"]) == (item.effect.low, item.effect.high, item.effect.unit)
        assert (node["computed"], node["reason"], node["gap"]) == (item.computed, item.reason, item.gap)
        assert node["form"] == item.effect.form.upper().replace(" ", "_")
        assert node["source"]["title"] == item.effect.source.title
        kinds = (item.effect.changed_kind, item.effect.affected_kind)
        assert tuple(kind and kind["id"] for kind in (node["changedKind"], node["affectedKind"])) == kinds


def test_filters_keep_what_they_name(ask: Any, kg: KnowledgeGraph) -> None:
    everything = nodes(ask)
    computed = nodes(ask, computed=True)
    assert [item for item in everything if item["computed"] is not None] == computed
    assert len(nodes(ask, computed=False)) == len(everything) - len(computed)
    one = computed[0]
    assert nodes(ask, influence=one["influence"]["id"]) == nodes(ask, influence=one["influence"]["iri"])
    assert one in nodes(ask, influence=one["influence"]["id"])
    slug = one["influence"]["targetEntity"]
    ends = [{item["influence"]["sourceEntity"], item["influence"]["targetEntity"]} for item in nodes(ask, entity=slug)]
    assert ends and all(slug in pair for pair in ends)
    kind = next(item["affectedKind"]["id"] for item in everything if item["affectedKind"])
    of_kind = nodes(ask, quantity=kind)
    assert of_kind
    assert all(kind in {(item[end] or {}).get("id") for end in ("changedKind", "affectedKind")} for item in of_kind)


@pytest.mark.parametrize(
    ("filter", "field"), [({"entity": "nobody at all"}, "filter.entity"), ({"quantity": "none"}, "filter.quantity")]
)
def test_unknown_names_are_not_found(refused: Any, filter: dict[str, str], field: str) -> None:
    extensions = refused(ASK, f=filter)["extensions"]
    assert (extensions["code"], extensions["field"]) == ("NOT_FOUND", field)
