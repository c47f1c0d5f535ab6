"""Answers about the bundled graph: dates, hidden kinds, influences, and questions that cannot be answered."""

from __future__ import annotations

import pytest

from downstack.errors import UnknownNameError, UserInputError
from downstack.kg import KnowledgeGraph
from downstack.results import Reliance


def names(kg: KnowledgeGraph, *question: object, **options: object) -> set[str]:
    return {node.entity.id for node in kg.dependencies(*question, **options).nodes}  # type: ignore[arg-type]


def test_a_greater_depth_only_adds_and_no_entity_comes_twice(bundled: KnowledgeGraph) -> None:
    before: set[str] = set()
    for depth in range(1, 8):
        report = bundled.dependencies("tsmc", "up", depth)
        found = [node.entity.id for node in report.nodes]
        assert len(found) == len(set(found))
        assert before <= set(found)
        assert [node.depth for node in report.nodes] == sorted(node.depth for node in report.nodes)
        before = set(found)
    assert len(before) == bundled.dependencies("tsmc", "up", 7).reached


def test_every_way_is_as_long_as_the_depth_and_joins_the_two(bundled: KnowledgeGraph) -> None:
    for direction, slug in (("up", "tsmc"), ("down", "claude-code")):
        for node in bundled.dependencies(slug, direction, 64).nodes:
            assert len(node.way) == node.depth
            here = slug
            for step in node.way:
                assert here in (step.dependent, step.provider)
                here = step.provider if step.dependent == here else step.dependent
            assert here == node.entity.id


def test_every_step_of_a_way_is_a_step_of_the_answer(bundled: KnowledgeGraph) -> None:
    report = bundled.dependencies("chatgpt", "down", 64)
    assert {step for node in report.nodes for step in node.way} <= set(report.steps)


def test_what_was_stated_later_is_left_out(bundled: KnowledgeGraph) -> None:
    now = names(bundled, "nvidia", "up", 2)
    then = names(bundled, "nvidia", "up", 2, as_of="2023-06")
    assert then < now
    assert "google-tpu-v7" not in names(bundled, "tsmc-n3", "up", 1, as_of="2026-04")
    assert "google-tpu-v7" in names(bundled, "tsmc-n3", "up", 1, as_of="2026-05-01")


def test_hidden_kinds_become_indirect_steps_that_name_what_lies_between(bundled: KnowledgeGraph) -> None:
    plain = bundled.dependencies("aws-p5en-48xlarge", "down", 64)
    hidden = bundled.dependencies("aws-p5en-48xlarge", "down", 64, hide=["Accelerator", "PackagingTechnology"])
    kinds = {node.entity.type for node in hidden.nodes}
    assert kinds.isdisjoint({"Accelerator", "PackagingTechnology"})
    expected = {n.entity.id for n in plain.nodes if n.entity.type not in ("Accelerator", "PackagingTechnology")}
    assert {n.entity.id for n in hidden.nodes} == expected
    step = next(item for item in hidden.steps if item.provider == "sk-hynix")
    assert step.dependent == "aws-p5en-48xlarge" and step.via == ("nvidia-h200-sxm",) and step.is_indirect
    found = hidden.node("sk-hynix")
    assert found is not None and found.depth == 1
    for item in hidden.steps:
        assert bundled.entities[item.dependent].type not in ("Accelerator", "PackagingTechnology")
        assert bundled.entities[item.provider].type not in ("Accelerator", "PackagingTechnology")


def test_hiding_is_the_same_seen_from_both_ends(bundled: KnowledgeGraph) -> None:
    hide = ["Accelerator", "Interconnect", "ProcessNode"]
    for slug in ("tsmc", "sk-hynix", "nvidia"):
        for node in bundled.dependencies(slug, "up", 64, hide=hide).nodes:
            if node.entity.type not in hide:
                back = bundled.dependencies(node.entity.id, "down", 64, hide=hide).node(slug)
                assert back is not None and back.depth == node.depth


def test_influences_are_followed_only_when_asked_for_and_are_never_a_need(bundled: KnowledgeGraph) -> None:
    without = bundled.dependencies("hbm", "up", 64)
    with_them = bundled.dependencies("hbm", "up", 64, influences=True)
    added = {n.entity.id for n in with_them.nodes} - {n.entity.id for n in without.nodes}
    assert "agentic-application" in added
    for node in with_them.nodes:
        assert (node.reliance is Reliance.QUALITATIVE) == (node.entity.id in added), node.entity.id
    assert all(step.relation != "influences" for node in without.nodes for step in node.way)


def test_an_entity_of_which_no_dependence_is_known_has_an_empty_answer(bundled: KnowledgeGraph) -> None:
    alone = next(slug for slug in bundled.entities if not bundled.relations_of(slug) and slug.startswith("calibration"))
    report = bundled.dependencies(alone, "down")
    assert (report.nodes, report.reached, report.steps, report.single_points, report.exposures) == ((), 0, (), (), ())


def test_what_cannot_be_asked_is_refused_with_a_hint(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UnknownNameError) as unknown:
        bundled.dependencies("tsmcc")
    assert "tsmc" in unknown.value.near
    with pytest.raises(UnknownNameError) as kind:
        bundled.dependencies("tsmc", hide=["Interconect"])
    assert "Interconnect" in kind.value.near
    for question in ({"direction": "sideways"}, {"depth": 0}, {"depth": 65}, {"as_of": "yesterday"}):
        with pytest.raises(UserInputError):
            bundled.dependencies("tsmc", **question)  # type: ignore[arg-type]
    with pytest.raises(UserInputError):
        bundled.paths("tsmc", "nvidia", 101)


def test_a_report_says_what_it_rests_on(bundled: KnowledgeGraph) -> None:
    report = bundled.dependencies("sk-hynix", "up")
    assert report.graph_version == bundled.version
    assert any("weighted by their market shares" in line for line in report.assumptions)
    assert report.unknown_shares == report.reached - len(report.exposures) > 0
