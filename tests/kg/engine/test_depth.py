"""Questions and schemas of absurd size: answered, or refused with the reason, and never an overflow of the stack."""

from __future__ import annotations

import json
import sys
from io import StringIO
from itertools import count, repeat

import pytest
from rich.console import Console

from downstack.cli.trees import print_value
from downstack.engine.engine import Engine
from downstack.engine.schema import MAX_FUNCTIONS
from downstack.errors import FunctionError, KnowledgeError, UserInputError
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import FunctionDeclaration, FunctionRegistry
from downstack.wire.answers import dump, value_json

from .chains import START, chain
from .toy import FACTS, PREFIXES, entity, toy_knowledge, toy_registry

LENGTH = 5_000
"""Five times as deep as Python calls functions in functions."""
LAST = f"q{LENGTH}"
WHERE = {"model": "toy-model-1"}


@pytest.fixture(scope="module")
def deep() -> KnowledgeGraph:
    return KnowledgeGraph(Engine(*chain(LENGTH)))


def test_a_chain_of_five_thousand_functions_is_evaluated_and_unfolded_to_its_fact(deep: KnowledgeGraph) -> None:
    assert sys.getrecursionlimit() < LENGTH
    report = deep.value(LAST, where=WHERE)
    assert report.value == 40e9
    trace = report.trace
    assert trace is not None
    steps = list(trace.walk())
    assert len(steps) == LENGTH + 1
    assert (steps[-1].quantity.id, steps[-1].value) == (START, 40e9)
    assert [fact.entity for fact in trace.facts] == ["toy-model-1"]
    assert trace.oldest_fact == trace.facts[0]
    assert trace.assumptions == ()
    assert LAST in repr(trace)


def test_an_effect_over_that_chain_is_attributed_to_its_only_path(deep: KnowledgeGraph) -> None:
    report = deep.impact({f"toy-model-1.{START}": "x2"}, targets=[LAST], where=WHERE)
    (effect,) = report.effects
    found = effect.attribution
    assert effect.ratio == 2.0
    assert effect.regime is None
    assert found is not None and len(found.flows) == LENGTH
    (path,) = found.paths
    assert (path.steps[0], path.steps[-1], len(path.steps)) == (START, LAST, LENGTH + 1)
    assert path.amount == pytest.approx(40e9, rel=1e-9)


def test_every_number_of_a_deep_chain_that_is_missing_says_why(deep: KnowledgeGraph) -> None:
    report = deep.value(LAST, where={"model": "toy-model-closed"})
    assert report.value is None
    assert report.rows[0].reason == f"no fact for {START} of toy-model-closed"


def test_other_questions_over_that_chain_are_answered_too(deep: KnowledgeGraph) -> None:
    report = deep.sensitivity(LAST, where=WHERE)
    assert [item.elasticity for item in report.inputs] == [pytest.approx(1.0)]
    (row,) = deep.solve(LAST, goal=80e9, vary=f"toy-model-1.{START}", where=WHERE).rows
    assert row.factor == pytest.approx(2.0)


def test_what_is_printed_and_written_of_a_deep_trace_ends_and_says_so(deep: KnowledgeGraph) -> None:
    report = deep.value(LAST, where=WHERE)
    document = json.loads(dump(value_json(report)))
    level, trace = 0, document["trace"]
    while trace["inputs"]:
        level, trace = level + 1, trace["inputs"][0]
    assert level < 100
    assert trace["partial"] is True
    assert f"explain q{LENGTH - level}" in trace["partialReason"]
    printed = StringIO()
    print_value(Console(width=400, file=printed), report)
    assert f"left out: explain q{LENGTH - level}" in printed.getvalue()


def test_a_million_functions_are_refused_before_any_of_them_is_looked_at() -> None:
    one = next(iter(toy_registry()))
    with pytest.raises(FunctionError, match=f"more than {MAX_FUNCTIONS:,} functions"):
        Engine(toy_knowledge(), repeat(one, 1_000_000))
    looked_at = count()

    def endless() -> FunctionDeclaration:
        next(looked_at)
        return one

    with pytest.raises(FunctionError, match="one function"):
        Engine(toy_knowledge(), iter(endless, None))
    assert next(looked_at) == MAX_FUNCTIONS + 1


def test_a_registry_of_too_many_functions_is_refused_when_a_graph_is_opened() -> None:
    registry = FunctionRegistry()
    for function in chain(MAX_FUNCTIONS + 1)[1]:
        registry.add(function)
    with pytest.raises(FunctionError, match="more than"):
        KnowledgeGraph.open(registry=registry)


def test_a_chain_of_classes_without_end_is_refused_with_its_name() -> None:
    deep = "".join(f"dso:C{index} a owl:Class ; rdfs:subClassOf dso:C{index + 1} .\n" for index in range(LENGTH))
    with pytest.raises(KnowledgeError, match=r"dso:C0 has more than 64 superclasses") as refused:
        toy_knowledge(FACTS + PREFIXES + deep)
    assert [finding.rule for finding in refused.value.findings] == ["depth"]


@pytest.mark.parametrize("length", [LENGTH, 3])
def test_a_chain_of_memberships_that_is_endless_or_a_circle_is_refused(length: int) -> None:
    circle = length == 3
    members = "".join(
        entity(f"toy-m{index}", "dso:Technique", (("memberOf", f"toy-m{index + 1}"),)) for index in range(length)
    )
    last = entity(f"toy-m{length}", "dso:Technique", (("memberOf", "toy-m0"),) if circle else ())
    with pytest.raises(KnowledgeError, match=r"dso:memberOf leads from ds:toy-m0 over more than 32 steps") as refused:
        toy_knowledge(FACTS + members + last)
    assert [finding.rule for finding in refused.value.findings] == ["depth"]


def test_ten_thousand_changes_are_refused_and_a_billion_samples_too(deep: KnowledgeGraph) -> None:
    changes = {f"toy-model-1.q{index}": "x2" for index in range(1, 10_001)}
    with pytest.raises(UserInputError, match=r"10,000 changes are more than the 1,000"):
        deep.impact(changes, targets=[LAST])
    with pytest.raises(UserInputError, match="1000000000 samples"):
        deep.impact({f"toy-model-1.{START}": "x2"}, targets=[LAST], samples=10**9)


def test_a_loop_of_thousands_of_functions_is_named_in_part() -> None:
    from dataclasses import replace

    knowledge, functions = chain(5_000)
    first = replace(functions[0], inputs=(replace(functions[0].inputs[0], name="q5000"),))
    with pytest.raises(FunctionError) as refused:
        Engine(knowledge, (first, *functions[1:]))
    assert len(str(refused.value)) < 1_000
