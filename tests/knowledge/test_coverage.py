"""What the first harvest must hold, and that every statement is cited."""

from __future__ import annotations

import pytest
from rdflib import RDF
from rdflib.namespace import DCTERMS
from tests.knowledge import knowledge

ACCELERATORS = (
    "nvidia-a100-sxm-80gb", "nvidia-h100-sxm", "nvidia-h200-sxm", "nvidia-h20", "nvidia-b200", "nvidia-gb200",
    "amd-mi300x", "amd-mi325x", "amd-mi355x", "google-tpu-v5e", "google-tpu-v5p", "google-tpu-v6e", "google-tpu-v7",
    "aws-trainium2", "intel-gaudi-3",
)  # fmt: skip
ON_CHIP = ("groq-lpu-v1", "cerebras-wse-3")
"""Processors whose weights live in static memory: they have no stacked memory to give a capacity for."""


@pytest.mark.parametrize("slug", ACCELERATORS)
def test_an_accelerator_has_capacity_bandwidth_and_a_peak(slug: str) -> None:
    for quantity in ("memoryCapacity", "memoryBandwidth", "peakFlopsBf16Dense"):
        assert knowledge.value(slug, quantity) > 0


@pytest.mark.parametrize("slug", ON_CHIP)
def test_a_processor_without_stacked_memory_has_its_static_memory(slug: str) -> None:
    assert knowledge.value(slug, "onChipMemoryCapacity") > 0


@pytest.mark.parametrize(
    "slug",
    [
        "hbm2e",
        "hbm3",
        "hbm3e",
        "hbm4",
        "nvlink-3",
        "nvlink-4",
        "nvlink-5",
        "tsmc-n7",
        "tsmc-n5",
        "tsmc-n3",
        "tsmc-cowos",
    ],
)
def test_a_technology_of_the_lower_layers_has_facts(slug: str) -> None:
    assert any(subject == slug for subject, _ in knowledge.facts())


def test_there_are_at_least_25_open_models_with_a_full_architecture() -> None:
    needed = ("numLayers", "hiddenSize", "vocabularySize", "attentionHeads", "embeddingMatrices")
    refined = [slug for slug, kinds in knowledge.classes().items() if "FoundationModel" in kinds and len(kinds) > 1]
    complete = [slug for slug in refined if all((slug, quantity) in knowledge.facts() for quantity in needed)]
    assert complete == refined
    # Models that exist to measure training were never published in any number format.
    assert sum((slug, "bytesPerParameter") in knowledge.facts() for slug in refined) >= 60


PRINTED = {"gpt-3-175b"}
"""Closed models whose layers and widths a paper printed all the same (Brown et al., arXiv 2005.14165, table 2.1)."""


@pytest.mark.parametrize("family", ["claude", "gemini", "gpt"])
def test_closed_models_have_no_architecture(family: str) -> None:
    members = [slug for slug in knowledge.classes() if family in knowledge.objects(slug, "memberOf")]
    assert members
    for slug in set(members) - PRINTED:
        assert knowledge.classes()[slug] == {"FoundationModel"}
        assert (slug, "numLayers") not in knowledge.facts()


def test_at_least_15_offerings_of_four_clouds_have_a_valid_price() -> None:
    priced = {
        slug
        for (slug, quantity), statements in knowledge.facts().items()
        if quantity == "priceOnDemand" and any(not item.valid_until for item in statements)
    }
    clouds = set.union(*(knowledge.objects(slug, "offeredBy") for slug in priced))
    assert {"aws", "google-cloud", "azure", "oracle-cloud"} <= clouds
    assert len(priced) >= 15
    assert all(len(knowledge.objects(slug, "hasAccelerator")) == 1 for slug in priced)
    assert all((slug, "acceleratorsPerInstance") in knowledge.facts() for slug in priced)


@pytest.mark.parametrize(
    "slug", ["azure-2023-code", "azure-2023-conv", "mooncake-conversation", "mooncake-toolagent", "codex-swebenchpro"]
)
def test_a_workload_can_be_served_on_paper(slug: str) -> None:
    for quantity in ("inputTokens", "outputTokens", "timePerOutputTokenTarget", "concurrentSequences"):
        assert knowledge.value(slug, quantity) > 0


def test_every_statement_names_a_source_that_is_described() -> None:
    graph, dso = knowledge.graph(), knowledge.DSO
    for kind in (dso.Fact, dso.Relation, dso.QualitativeInfluence):
        for node in graph.subjects(RDF.type, kind):
            source = graph.value(node, DCTERMS.source)
            assert graph.value(source, DCTERMS.title) and graph.value(source, dso.reference), node


def test_no_source_is_left_without_a_statement() -> None:
    graph = knowledge.graph()
    cited = set(graph.objects(predicate=DCTERMS.source))
    assert set(graph.subjects(RDF.type, knowledge.DSO.Source)) <= cited


def test_a_scenario_choice_is_an_assumption_and_says_so() -> None:
    chosen = [
        item
        for (_, quantity), statements in knowledge.facts().items()
        for item in statements
        if quantity in ("timePerOutputTokenTarget", "concurrentSequences")
    ]
    assert chosen
    assert all(item.confidence == "assumption" and "choice" in item.note for item in chosen)
