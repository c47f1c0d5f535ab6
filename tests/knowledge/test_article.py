"""Everything that the article names is an entity of the layer in which it names it."""

from __future__ import annotations

import pytest
from tests.bundled import bundled_graph
from tests.knowledge import knowledge

AMBIGUOUS = {
    "claude": {"claude", "claude-app"},
    "deepseek": {"deepseek", "deepseek-models"},
    "gemini": {"gemini", "gemini-app"},
}
"""Names that the article itself uses for two things: a model family, and an application or a company."""


@pytest.mark.parametrize("row", knowledge.table("article_names.csv"), ids=lambda row: f"{row['name']}-{row['layer']}")
def test_a_name_of_the_article_is_one_entity_of_its_layer(row: dict[str, str]) -> None:
    found = {
        slug
        for slug in knowledge.names()[knowledge.normalise(row["name"])]
        if knowledge.layer(slug) == int(row["layer"])
    }
    if knowledge.normalise(row["name"]) == "deepseek":
        found -= {"deepseek"}  # the company has the name of its models, in the same layer
    assert found == {row["slug"]}


@pytest.mark.parametrize(
    ("name", "slug", "layer"), [("Service Level Agreement", "service-level-agreement", 4), ("VRAM", "vram", 6)]
)
def test_search_finds_what_the_article_only_mentions_in_its_layer(name: str, slug: str, layer: int) -> None:
    first = bundled_graph().search(name)[0]
    assert (first.entity.id, first.entity.layer, first.score) == (slug, layer, 1.0)


def test_only_known_names_are_shared() -> None:
    shared = {name: set(slugs) for name, slugs in knowledge.names().items() if len(slugs) > 1}
    assert shared == AMBIGUOUS


@pytest.mark.parametrize("row", knowledge.table("aliases.csv"), ids=lambda row: row["name"])
def test_a_thing_with_many_names_is_one_entity(row: dict[str, str]) -> None:
    assert knowledge.names()[knowledge.normalise(row["name"])] == {row["slug"]}


@pytest.mark.parametrize(
    ("subject", "predicate", "object_"),
    [
        ("anthropic", "develops", "claude-code"),
        ("anysphere", "develops", "cursor"),
        ("aws", "operatedBy", "amazon"),
        ("azure", "operatedBy", "microsoft"),
        ("broadcom", "partnersOnSilicon", "meta"),
        ("marvell", "partnersOnSilicon", "amazon"),
        ("google-tpu", "implements", "systolic-array"),
        ("flash-attention", "implements", "attention"),
        ("flash-attention", "runsOn", "nvidia-gpu"),
        ("hbm", "usesTechnique", "through-silicon-via"),
        ("sk-hynix", "designs", "hbm"),
        ("nvidia", "designs", "nvlink"),
        ("intel", "competesWith", "tsmc"),
    ],
)
def test_a_relation_of_the_article_is_there(subject: str, predicate: str, object_: str) -> None:
    assert object_ in knowledge.objects(subject, predicate)


def test_the_cross_layer_chain_of_the_article_can_be_walked() -> None:
    graph, dso, ds = knowledge.graph(), knowledge.DSO, knowledge.DS
    edges = {
        (
            str(graph.value(node, dso.influenceSource)).removeprefix(ds),
            str(graph.value(node, dso.influenceTarget)).removeprefix(ds),
        )
        for node in graph.subjects(predicate=dso.influenceSource)
    }
    assert {
        ("attention", "flash-attention"),
        ("flash-attention", "nvidia-gpu"),
        ("nvidia-gpu", "deepseek-models"),
        ("hbm", "data-center"),
        ("data-center", "agentic-application"),
    } <= edges
