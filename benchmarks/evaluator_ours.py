"""What this project answers to the questions of ``evaluators.py``: one at a time, traced, and millions in one call.

As a program it answers the requests of :mod:`evaluator_environment` like the peers do, so that its first answer in a new process
is timed in the same way.
"""

from __future__ import annotations

import json
import sys
import time
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from downstack.engine.bind import Rows
from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.deployments.evaluate import Numbers
from downstack.engine.deployments.platforms import Platforms
from downstack.engine.deployments.reading import read_deployments
from downstack.engine.deployments.rows import describe
from downstack.engine.deployments.search import search
from downstack.engine.deployments.setting import BATCH, TPOT, Setting, prepare
from downstack.engine.deployments.space import axis
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.plan import Plan
from downstack.engine.program import evaluate
from downstack.engine.run import BASE_AND_SCENARIO, place_interventions, run
from downstack.engine.scalar_program import compile_scalar
from downstack.kg import KnowledgeGraph
from downstack.questions import Questions
from downstack.results import Trace

Question = dict[str, Any]

WORKLOAD, FRAMEWORK = "azure-2023-conv", "vllm"
OFFERINGS = {"H100": "aws-p5-48xlarge", "H200": "aws-p5en-48xlarge"}
"""An instance with eight of the chips; prices play no part in the time of a token."""
CHIPS = ["nvidia-h100-sxm", "nvidia-h200-sxm"]
STEP, OVERHEAD = "decode_step_time", "step_overhead_time"
LARGEST_BATCH = 4096
BLOCK = 8_192
"""Configurations whose arrays stay in the cache when nothing is shared between them."""
FLAT = 1_048_576


class Ours:
    """The graph with the workload of the questions: its prompts and answers have one length."""

    def __init__(self, input_tokens: int, output_tokens: int) -> None:
        lengths = {"input_tokens": input_tokens, "output_tokens": output_tokens}
        changes = {f"{WORKLOAD}.{name}": f"{tokens}token" for name, tokens in lengths.items()}
        self.kg = KnowledgeGraph.open().with_changes(changes)
        self._engine = self.kg.engine

    def plan(self, question: Question, quantity: str = TPOT) -> Plan:
        """Return the compiled plan of the model on the instance; it is compiled once."""
        tables = self._engine.columns().tables
        named = {
            "model": question["model"],
            "workload": WORKLOAD,
            "framework": FRAMEWORK,
            "offering": OFFERINGS[question["chip"]],
        }
        selected = {role: frozenset({tables[role].position[slug]}) for role, slug in named.items()}
        return self._engine.plan((quantity,), selected)

    def stated(self, question: Question) -> tuple[Intervention, ...]:
        """Return what a question states: the layout and the batch."""
        offering, kinds = OFFERINGS[question["chip"]], self._engine.knowledge.quantities
        stated = (
            (offering, "stated_layout", 1.0),
            (offering, "tensor_parallel", float(question["tensor_parallel"])),
            (offering, "pipeline_parallel", 1.0),
            (offering, "expert_parallel", 1.0),
            (WORKLOAD, BATCH, float(question["batch"])),
        )
        return tuple(Intervention(entity, kinds[name], ChangeOp.SET, amount) for entity, name, amount in stated)

    def evaluated(self, question: Question) -> Evaluation:
        """Return one evaluation, each number with its status."""
        return self._engine.evaluate(self.plan(question), self.stated(question))

    def traced(self, question: Question) -> Trace:
        """Return one evaluation, unfolded to formulas and facts."""
        return self.evaluated(question).tracer(self._engine.knowledge, 1).trace(TPOT, 0)

    def unfolded(self, question: Question) -> int:
        """Return how many steps the trace of one evaluation has, all of them put in place."""
        return sum(1 for _ in self.traced(question).walk())

    def first(self, question: Question) -> float:
        """Return the seconds of one evaluation that nothing was kept for: bound, compiled, run on arrays and traced."""
        fresh = copy(self)
        fresh._engine = Engine(self.kg.engine.knowledge, self.kg.engine.functions)
        fresh._engine.columns()
        started = time.perf_counter()
        fresh.traced(question)
        return time.perf_counter() - started

    def written(self, question: Question) -> float:
        """Return the seconds that it takes to write one kind of question out on plain numbers."""
        plan = self.plan(question)
        base, cells = self._engine.base(plan).outcome, place_interventions(plan, self.stated(question))
        moving = self._engine.schema.descendants(cells)
        careful = run(plan, cells, BASE_AND_SCENARIO, base, moving, reference=base)
        started = time.perf_counter()
        program = compile_scalar(plan, moving, cells, careful, base)
        seconds = time.perf_counter() - started
        if program is None:
            raise AssertionError(f"{question} is not answered on plain numbers")
        return seconds

    def own_instance(self, question: Question) -> Trace:
        """Return the instance as the graph has it, evaluated anew and traced."""
        plan = self.plan(question)
        return Evaluation(plan, evaluate(plan), {}).tracer(self._engine.knowledge, 0).trace(TPOT, 0)

    def again(self, question: Question) -> Trace:
        """Return the trace of the instance as the graph has it, whose numbers are kept."""
        return self._engine.base(self.plan(question)).tracer(self._engine.knowledge, 0).trace(TPOT, 0)

    def steps(self, question: Question) -> int:
        """Return how many formulas are on the way to the time of a token."""
        return sum(1 for step in self.plan(question).steps if step.variants)

    def numbers(self, question: Question, *quantities: str) -> list[float]:
        """Return some quantities of one deployment in base units, NaN where there is no number."""
        outcomes = (self._engine.evaluate(self.plan(question, name), self.stated(question)) for name in quantities)
        return [found.outcome.value(name, 0, 1) for name, found in zip(quantities, outcomes, strict=True)]

    @cached_property
    def setting(self) -> Setting:
        """The search for deployments of the model on both chips, made ready, with every batch up to the largest."""
        extended = Platforms(self._engine).engine
        asked, _ = read_deployments(
            Questions(self._engine),
            self._engine,
            extended,
            "llama-3.1-70b",
            WORKLOAD,
            "PARETO",
            None,
            None,
            None,
            8,
            None,
            {"accelerator": CHIPS},
            None,
        )
        ready = prepare(extended, asked)
        batches = tuple(range(1, LARGEST_BATCH + 1))
        known = {**ready.known, BATCH: Numbers(axis(np.array(batches, dtype=np.float64), 4))}
        return replace(ready, space=replace(ready.space, batches=batches), known=known)

    def searched(self) -> tuple[int, float]:
        """Return how many configurations went through all formulas, and the seconds that it took."""
        found = search(self.setting)
        return found.evaluated, found.elapsed

    @cached_property
    def places(self) -> Rows:
        """Configurations drawn from the whole space."""
        return np.random.default_rng(7).integers(0, self.setting.space.size, FLAT)

    def flat(self) -> tuple[int, float]:
        """Send drawn configurations through every formula, nothing shared between them; return their number and seconds."""
        started = time.perf_counter()
        for first in range(0, FLAT, BLOCK):
            describe(self.setting, self.places[first : first + BLOCK])
        return FLAT, time.perf_counter() - started

    def in_batch(self, question: Question) -> float:
        """Return the time of a token of one question from the batch, in seconds."""
        space = self.setting.space
        layout = next(
            place
            for place, item in enumerate(space.layouts)
            if (item.tensor_parallel, item.accelerators) == (question["tensor_parallel"],) * 2
        )
        own = [item.name for item in space.weights].index("bf16"), [item.name for item in space.caches].index("bf16")
        platform = space.platforms.index(OFFERINGS[question["chip"]])
        place = np.ravel_multi_index((platform, layout, *own, space.batches.index(question["batch"])), space.shape)
        return float(describe(self.setting, np.array([place]))[TPOT].value[0])


def main() -> None:
    """Answer requests until the input ends."""
    held: Ours | None = None
    for line in sys.stdin:
        answers = []
        for question in json.loads(line)["questions"]:
            started = time.perf_counter()
            held = Ours(question["input_tokens"], question["output_tokens"]) if held is None else held
            value = held.traced(question).value
            answers.append({"seconds": time.perf_counter() - started, "milliseconds": value})
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main()
