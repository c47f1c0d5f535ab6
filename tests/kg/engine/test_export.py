"""Exported plans: the same numbers bit for bit in a process that has no graph, and a refusal when a formula is another."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from downstack.engine.engine import Engine
from downstack.engine.exported import load
from downstack.errors import FunctionError, UserInputError
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import FunctionRegistry

from .test_ages import aging, dated
from .toy import toy_knowledge, toy_registry

TARGETS = ["cost_per_million_output_tokens", "max_context_length", "energy_per_token"]
WHERE = {"model": ["llama-3.1-70b", "deepseek-v3", "gpt-oss-120b"], "workload": "codex-swebenchpro"}

RUNNER = """
import sys
import numpy as np
from downstack.engine.exported import load

numbers = load(sys.argv[1]).run()
with open(sys.argv[2], "wb") as file:
    np.savez(file, **{f"{name}.values": item.values for name, item in numbers.items()},
             **{f"{name}.codes": item.codes for name, item in numbers.items()})
opened = [name for name in sys.modules if name.startswith(("downstack.kg", "downstack.graph.store", "pyoxigraph", "rdflib"))]
assert not opened, opened
"""


def test_an_exported_plan_gives_the_same_bits_in_a_process_without_a_graph(
    bundled: KnowledgeGraph, tmp_path: Path
) -> None:
    bundled.export_plan(TARGETS, WHERE).save(tmp_path / "plan")
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(tmp_path / "plan"), str(tmp_path / "numbers.npz")],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    selected, _, when = bundled._questions.where(WHERE, None)
    plan = bundled.engine.plan(TARGETS, selected, when)
    expected = bundled.engine.evaluate(plan).outcome
    with np.load(tmp_path / "numbers.npz") as found:
        assert len(plan.steps) > 50
        for step in plan.steps:
            assert found[f"{step.quantity}.values"].tobytes() == expected.values[step.quantity][:, 0].tobytes()
            assert found[f"{step.quantity}.codes"].tobytes() == expected.status[step.quantity][:, 0].tobytes()
        assert np.isfinite(found["cost_per_million_output_tokens.values"]).sum() > 10


def test_the_description_names_formulas_units_constants_facts_and_combinations(bundled: KnowledgeGraph) -> None:
    export = bundled.export_plan(TARGETS, WHERE)
    described = json.loads(json.dumps(export.description, allow_nan=False))
    steps = {step["quantity"]: step for step in described["steps"]}
    cost = steps["cost_per_million_output_tokens"]
    (function,) = cost["functions"]
    declared = next(item for item in bundled.functions if item.name == function["name"])
    assert (function["digest"], function["formula"]) == (declared.digest, declared.formula)
    assert [item["quantity"] for item in function["inputs"]] == list(declared.input_names)
    assert cost["displayUnit"] == "USD/Mtoken"
    assert cost["displayFactor"] == pytest.approx(1e6)
    named = described["combinations"][cost["combination"]]
    assert len(named) == cost["rows"]
    assert {row["model"] for row in named} == set(WHERE["model"])
    price = steps["price_on_demand"]
    facts = {fact.iri: fact for fact in bundled.facts}
    for iri, value in zip(price["stated"]["facts"], export.arrays[price["stated"]["values"]], strict=True):
        assert (iri is None) == bool(np.isnan(value))
        assert iri is None or facts[iri].value == value
    assert any(item["constants"] for step in described["steps"] for item in step["functions"])
    assert described["graphVersion"] == bundled.version


def toy_export(tmp_path: Path) -> Path:
    kg = aging(dated("toy-offer-2", 7.2, "2024-06"))
    kg.export_plan(["toy_cost"]).save(tmp_path / "toy.json")
    return tmp_path / "toy"


def test_stale_infeasible_and_missing_numbers_keep_their_status(tmp_path: Path) -> None:
    kg = aging(dated("toy-offer-2", 7.2, "2024-06"))
    numbers = load(toy_export(tmp_path), toy_registry()).run()
    plan = kg.engine.plan(["toy_cost"], {})
    expected = kg.engine.evaluate(plan).outcome
    for step in plan.steps:
        assert numbers[step.quantity].codes.tolist() == expected.status[step.quantity][:, 0].tolist()
        assert numbers[step.quantity].values.tobytes() == expected.values[step.quantity][:, 0].tobytes()
    assert len(set(numbers["toy_cost"].codes.tolist())) >= 3


def test_a_function_of_another_digest_is_refused(tmp_path: Path) -> None:
    path = toy_export(tmp_path)
    described = json.loads(path.with_suffix(".json").read_text())
    function = described["steps"][-1]["functions"][0]
    function["digest"] = "0" * 16
    path.with_suffix(".json").write_text(json.dumps(described))
    with pytest.raises(FunctionError, match=rf"made with {function['name']} of digest 0+, the registered code has"):
        load(path, toy_registry())


def test_a_function_that_is_not_registered_is_refused(tmp_path: Path) -> None:
    path = toy_export(tmp_path)
    with pytest.raises(FunctionError, match="not registered"):
        load(path)
    with pytest.raises(FunctionError, match="not registered"):
        load(path, FunctionRegistry())


def broken(described: dict[str, Any], arrays: dict[str, Any], how: str) -> None:
    step = described["steps"][-1]
    gathered = next(part["gather"] for part in step["functions"][0]["inputs"] if part["gather"])
    if how == "another format":
        described["format"] = "downstack-plan/99"
    elif how == "an index beyond the rows":
        arrays[gathered] = arrays[gathered] + 1_000_000
    elif how == "an index of objects":
        arrays[gathered] = arrays[gathered].astype(np.float64)
    elif how == "fewer rows":
        arrays[gathered] = arrays[gathered][:-1]
    elif how == "no steps":
        del described["steps"]
    elif how == "an absent array":
        del arrays[gathered]


@pytest.mark.parametrize(
    "how",
    ["another format", "an index beyond the rows", "an index of objects", "fewer rows", "no steps", "an absent array"],
)
def test_files_that_are_no_plan_are_refused(tmp_path: Path, how: str) -> None:
    path = toy_export(tmp_path)
    described = json.loads(path.with_suffix(".json").read_text())
    with np.load(path.with_suffix(".npz")) as held:
        arrays = dict(held)
    broken(described, arrays, how)
    path.with_suffix(".json").write_text(json.dumps(described))
    np.savez(path.with_suffix(".npz"), **arrays)
    with pytest.raises(UserInputError, match="is not an exported plan"):
        load(path, toy_registry())


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="is not an exported plan"):
        load(tmp_path / "nothing")
    kg = KnowledgeGraph(Engine(toy_knowledge(), toy_registry()))
    with pytest.raises(UserInputError, match="cannot be written"):
        kg.export_plan(["toy_cost"]).save(tmp_path / "no" / "folder")
