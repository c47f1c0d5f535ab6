"""What the engine costs, beside hand-written NumPy, OpenMDAO, Apache Hamilton and SPARQL doing the same in the same run.

Run ``make bench``; prints a table and writes it to ``docs/benchmarks/engine.md``. A bar is a ratio of two medians that
were taken in turns, so that it does not depend on the machine. All results are first checked against each other. A peer
that is not installed is left out, and the table says so (``pip install 'downstack[bench]'`` brings both).
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import peers
from workload import (
    FORMULAS,
    INPUTS,
    OUTPUTS,
    TARGETS,
    Size,
    Workload,
    expanded,
    factored_inputs,
    flat_inputs,
    hand_written,
    workload,
)

from downstack.engine.attribution import attribute
from downstack.engine.bind import Binding
from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.engine import Evaluation
from downstack.engine.plan import Plan, compile_plan
from downstack.engine.program import Program, evaluate
from downstack.engine.run import Outcome, place_interventions, run
from downstack.engine.sampling import sampled_plan
from downstack.engine.uncertainty import BLOCK_BYTES
from downstack.performance.declare import Array

SMALL = Size(models=7, offerings=12, chips=4)
LARGE = Size(models=70, offerings=120, chips=12)
SAMPLES = 10_000
TOLERANCE = 1e-9
CACHED_BLOCK = 100
"""Samples of 84 bindings whose arrays stay in the second-level cache."""
BLOCK = BLOCK_BYTES // (64 * SMALL.bindings * len(FORMULAS))
"""About the samples that a question with a band takes at once."""

WARM = "warm plan, one scenario, 1,008 nodes"

Job = tuple[Callable[[], object], int]
"""A call and how often it is repeated in one turn, so that a turn is not shorter than the clock is fine."""


def interleaved(jobs: Mapping[str, Job], turns: int) -> dict[str, float]:
    """Time all jobs in turns and return the median seconds of one call of each."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for call, _ in jobs.values():
        call()
    for _ in range(turns):
        for name, (call, repeats) in jobs.items():
            started = time.perf_counter()
            for _ in range(repeats):
                call()
            seconds[name].append((time.perf_counter() - started) / repeats)
    return {name: statistics.median(found) for name, found in seconds.items()}


@dataclass(slots=True)
class Table:
    """The lines of the result."""

    lines: list[str] = field(default_factory=list)

    def bar(self, what: str, ours: float, other: float, must: float, *, faster: bool) -> None:
        """Add a comparison: at least `must` times faster than the other, or at most `must` times its time."""
        ratio = other / ours if faster else ours / other
        met = ratio >= must if faster else ratio <= must
        bar = f"at least {must:,g}x faster" if faster else f"at most {must:,g}x its time"
        self.add(what, ours, other, bar, _times(ratio), "yes" if met else "**no**")

    def note(self, what: str, ours: float, other: float) -> None:
        """Add a comparison that no bar is set for."""
        seen = f"{_times(other / ours)} faster" if other >= ours else f"{_times(ours / other)} its time"
        self.add(what, ours, other, "", seen, "")

    def add(self, what: str, ours: float, other: float | None, bar: str, seen: str, met: str) -> None:
        """Add one line."""
        beside = "" if other is None else _duration(other)
        self.lines.append(f"| {what} | {_duration(ours)} | {beside} | {bar} | {seen} | {met} |")

    def absent(self, what: str) -> None:
        """Add a line for a peer that is not installed."""
        self.lines.append(f"| {what} | | | | not installed, not measured | |")

    def text(self) -> str:
        """Return the table as Markdown."""
        head = ["| what, and beside what | engine | other | bar | seen | met |", "|---|---|---|---|---|---|"]
        return "\n".join([*head, *self.lines])


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}x" if ratio >= 100.0 else f"{ratio:.3g}x"


def _duration(seconds: float) -> str:
    return f"{seconds * 1e6:,.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.2f} ms"


def check_equal(what: str, expected: Mapping[str, Array], found: Mapping[str, Array]) -> None:
    """Refuse to measure two things that do not give the same numbers."""
    for name in OUTPUTS:
        left, right = np.broadcast_arrays(found[name], expected[name])
        np.testing.assert_allclose(left, right, rtol=TOLERANCE, atol=0.0, err_msg=f"{what}: {name}")


def of_engine(plan: Plan, outcome: Outcome) -> dict[str, Array]:
    """Return the engine's numbers with one row a binding."""
    return {name: expanded(plan, name, outcome.values[name]) for name in OUTPUTS}


def change(made: Workload, entity: str, quantity: str, factor: float) -> tuple[Intervention, ...]:
    """Return one change: a quantity of an entity times a factor."""
    return (Intervention(entity, made.engine.knowledge.quantities[quantity], ChangeOp.SCALE, factor),)


def warm_plan(made: Workload, table: Table) -> None:
    """Measure one scenario on a compiled plan."""
    plan = made.plan()
    inputs = {name: values[:, 0].copy() for name, values in flat_inputs(plan).items()}
    expected = hand_written(inputs)
    factored = factored_inputs(plan)
    check_equal("engine", expected, {name: values[:, 0] for name, values in of_engine(plan, evaluate(plan)).items()})
    check_equal(
        "hand-written, minimal rows",
        expected,
        {
            name: np.broadcast_to(values, (SMALL.models, SMALL.offerings, 1)).reshape(-1)
            for name, values in hand_written(factored).items()
        },
    )
    jobs: dict[str, Job] = {
        "engine": (lambda: evaluate(plan), 40),
        "flat": (lambda: hand_written(inputs), 400),
        "factored": (lambda: hand_written(factored), 400),
    }
    for peer, module, build in (
        ("OpenMDAO", "openmdao", peers.openmdao_peers),
        ("Hamilton", "hamilton", peers.hamilton_peers),
    ):
        if not peers.installed(module):
            table.absent(peer)
            continue
        for layout, (call, numbers) in build(inputs).items():
            call()
            check_equal(f"{peer}, {layout}", expected, numbers())
            jobs[f"{peer}, {layout}"] = (call, 40 if layout == "arrays" else 1)
    seen = interleaved(jobs, 25)
    ours = seen["engine"]
    for peer, must in (("OpenMDAO", 1000.0), ("Hamilton", 500.0)):
        layouts = sorted(
            (item for item in seen if item.startswith(peer) and "arrays" not in item), key=seen.__getitem__
        )
        for place, layout in enumerate(layouts):
            what = f"{WARM}; {layout}"
            if place == 0:
                table.bar(what, ours, seen[layout], must, faster=True)
            else:
                table.note(what, ours, seen[layout])
        if layouts:
            table.note(f"{WARM}; {peer} with 12 nodes over arrays of 84", ours, seen[f"{peer}, arrays"])
    table.bar(f"{WARM}; hand-written NumPy, 12 calls on 84 rows", ours, seen["flat"], 2.0, faster=False)
    table.note(f"{WARM}; hand-written NumPy, rows as few as the engine's", ours, seen["factored"])


def sampled(made: Workload, table: Table) -> None:
    """Measure all samples of all nodes, in one piece and in blocks."""
    plan = made.plan()
    wide = sampled_plan(plan, SAMPLES)
    inputs = flat_inputs(wide)
    factored = factored_inputs(wide)
    check_equal("samples", hand_written(inputs), of_engine(wide, evaluate(wide)))

    def ours_in_blocks(block: int) -> Callable[[], None]:
        plans = [sampled_plan(plan, SAMPLES, 0, start, start + block) for start in range(0, SAMPLES, block)]

        def call() -> None:
            for part in plans:
                evaluate(part)

        return call

    def hand_in_blocks(block: int, given: Mapping[str, Array]) -> Callable[[], None]:
        parts = [
            {name: values[..., start : start + block] for name, values in given.items()}
            for start in range(0, SAMPLES, block)
        ]

        def call() -> None:
            for part in parts:
                hand_written(part)

        return call

    seen = interleaved(
        {
            "engine": (lambda: evaluate(wide), 1),
            "engine, blocks": (ours_in_blocks(BLOCK), 1),
            "engine, cached": (ours_in_blocks(CACHED_BLOCK), 1),
            "flat": (lambda: hand_written(inputs), 1),
            "flat, cached": (hand_in_blocks(CACHED_BLOCK, inputs), 1),
            "factored": (lambda: hand_written(factored), 1),
            "factored, cached": (hand_in_blocks(CACHED_BLOCK, factored), 1),
        },
        9,
    )
    what = f"{SAMPLES:,} samples x 1,008 nodes"
    table.bar(f"{what}, in one piece; hand-written NumPy in one piece", seen["engine"], seen["flat"], 1.3, faster=False)
    best = min(seen["engine, blocks"], seen["engine, cached"])
    smallest = "flat, cached" if seen["flat, cached"] < seen["flat"] else "flat"
    table.bar(f"{what}, in blocks; hand-written NumPy, its faster way", best, seen[smallest], 1.3, faster=False)
    table.note(f"{what}, in blocks of {BLOCK}; the same", seen["engine, blocks"], seen[smallest])
    table.note(f"{what}, in blocks of {CACHED_BLOCK}; the same", seen["engine, cached"], seen[smallest])
    least = min(seen["factored"], seen["factored, cached"])
    table.note(f"{what}, in blocks; hand-written NumPy, rows as few as the engine's", best, least)


def cold_compile(made: Workload, table: Table) -> None:
    """Measure the compilation of all twelve functions, beside the join it stands for."""
    engine = made.engine
    columns = engine.columns()

    def compiled() -> Plan:
        return compile_plan(engine.knowledge, engine.schema, columns, Binding(columns, {}), TARGETS)

    stores = {
        (name, numbers): make(made.triples, query)
        for name, make in (("rdflib", peers.rdflib_join), ("Oxigraph", peers.oxigraph_join))
        for numbers, query in ((True, peers.JOIN), (False, peers.BARE_JOIN))
    }
    bindings = made.size.bindings
    for place, joined in stores.items():
        if joined() != bindings:
            raise AssertionError(f"{place} does not find the {bindings} bindings")
    inputs = flat_inputs(compiled())
    check_equal("large", hand_written(inputs), of_engine(compiled(), evaluate(compiled())))
    jobs: dict[str, Job] = {
        "engine": (compiled, 10),
        "engine, evaluated": (lambda: evaluate(compiled()), 10),
        "Oxigraph": (stores["Oxigraph", True], 1),
        "Oxigraph, bare": (stores["Oxigraph", False], 1),
        "rdflib": (stores["rdflib", True], 1),
        "rdflib, bare": (stores["rdflib", False], 1),
    }
    seen = interleaved(jobs, 7)
    what = f"cold compile, {bindings:,} bindings"
    for peer, must in (("rdflib", 100.0), ("Oxigraph", 5.0)):
        table.bar(f"{what}; {peer}, join with the 14 numbers", seen["engine"], seen[peer], must, faster=True)
        table.note(f"{what}, and first evaluation; {peer}, the same", seen["engine, evaluated"], seen[peer])
        table.note(f"{what}; {peer}, join without any number", seen["engine"], seen[f"{peer}, bare"])


def everything(made: Workload, factor: float) -> tuple[Intervention, ...]:
    """Return a change that reaches all twelve formulas: one entity's number of every quantity."""
    members = made.engine.knowledge.members
    return tuple(item for name, (_, role, _) in INPUTS.items() for item in change(made, members(role)[0], name, factor))


def small_change(small: Workload, large: Workload, table: Table) -> None:
    """Measure a change that reaches two of the twelve formulas beside one that reaches all."""
    for made in (small, large):
        plan, engine = made.plan(), made.engine
        cheaper, all_of_it = change(made, "offer-0", "offer_price", 0.8), everything(made, 0.8)
        check_change(made, plan, cheaper)
        check_change(made, plan, all_of_it)
        seen = interleaved(
            {
                "full": (lambda e=engine, p=plan, c=all_of_it: e.evaluate(p, c), 20),
                "part": (lambda e=engine, p=plan, c=cheaper: e.evaluate(p, c), 20),
            },
            25,
        )
        what = f"change that reaches 2 of 12 formulas, {made.size.bindings:,} bindings; one that reaches all 12"
        table.bar(what, seen["part"], seen["full"], 10.0, faster=True)
    plan, engine = sampled_plan(small.plan(), SAMPLES), small.engine
    jobs: dict[str, Job] = {}
    # As long as one another, so that each meets the memory that the other has left behind.
    repeats = {"part": 10, "full": 1}
    for name, changes in (("part", change(small, "offer-0", "offer_price", 0.8)), ("full", everything(small, 0.8))):
        cells = place_interventions(plan, changes)
        program = Program(plan, evaluate(plan), engine.schema.descendants(cells))
        jobs[name] = (lambda p=program, c=cells: p.run(c, np.ones(1)), repeats[name])
    seen = interleaved(jobs, 9)
    what = f"the same, {SAMPLES:,} samples x 84 bindings; one that reaches all 12"
    table.bar(what, seen["part"], seen["full"], 10.0, faster=True)


def check_change(made: Workload, plan: Plan, changes: tuple[Intervention, ...]) -> None:
    """Refuse to measure a change whose answer differs from that of the plan run step by step."""
    cells = place_interventions(plan, changes)
    expected, found = run(plan, cells, np.array([0.0, 1.0])), made.engine.evaluate(plan, changes).outcome
    for name in OUTPUTS:
        left, right = np.broadcast_arrays(found.values[name], expected.values[name])
        np.testing.assert_allclose(left, right, rtol=TOLERANCE)


def explained(made: Workload, table: Table) -> None:
    """Measure an attribution and a traced evaluation of one deployment."""
    engine = made.engine
    tables = engine.columns().tables
    one = {
        "model": frozenset({tables["model"].position["model-0"]}),
        "offering": frozenset({tables["offering"].position["offer-0"]}),
    }
    plan = engine.plan(TARGETS, one)
    doubled = change(made, "offer-0", "offer_chips", 2.0)
    evaluation = engine.evaluate(plan, doubled)
    found = attribute(engine, evaluation, "token_price", 0, segments=32)
    if found is None or not found.flows:
        raise AssertionError("the change has no attribution")

    cells = place_interventions(plan, doubled)
    on_arrays = Program(plan, evaluate(plan), engine.schema.descendants(cells))

    def traced() -> object:
        return Evaluation(plan, evaluate(plan), {}).tracer(engine.knowledge, 0).trace("token_price", 0)

    seen = interleaved(
        {
            "evaluation": (lambda: engine.evaluate(plan, doubled), 40),
            "arrays": (lambda: on_arrays.run(cells), 20),
            "attribution": (lambda: attribute(engine, evaluation, "token_price", 0, segments=32), 10),
            "one": (lambda: evaluate(plan), 40),
            "traced": (traced, 40),
        },
        25,
    )
    table.bar(
        f"attribution, K = 32, of a change with {len(found.flows)} flows; one evaluation of that deployment on arrays",
        seen["attribution"],
        seen["arrays"],
        100.0,
        faster=False,
    )
    table.note("the same; one evaluation on plain numbers", seen["attribution"], seen["evaluation"])
    met = "yes" if seen["traced"] <= 1e-4 else "**no**"
    table.add(
        "one deployment, evaluated and traced to its facts; evaluated only",
        seen["traced"],
        seen["one"],
        "at most 100 µs",
        _duration(seen["traced"]),
        met,
    )


def surroundings() -> str:
    """Return the machine and the versions."""

    def version(name: str) -> str:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return "not installed"

    information = Path("/proc/cpuinfo")
    models = [
        line.partition(":")[2].strip()
        for line in (information.read_text(encoding="utf-8").splitlines() if information.exists() else ())
        if line.startswith("model name")
    ]
    names = ("numpy", "openmdao", "sf-hamilton", "pyoxigraph", "rdflib")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    processor = models[0] if models else platform.processor() or "processor unknown"
    return (
        f"{platform.system()} {platform.machine()}, {processor}, {os.cpu_count()} cores. "
        f"Python {platform.python_version()}, {versions}."
    )


def main() -> None:
    """Measure, print and write the table."""
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        # OpenMDAO writes a folder a problem beside whoever calls it.
        os.environ["OPENMDAO_WORKDIR"] = folder
        small, large = workload(SMALL), workload(LARGE)
        warm_plan(small, table)
        sampled(small, table)
        cold_compile(large, table)
        small_change(small, large, table)
        explained(small, table)
    rows = sum(step.rows for step in small.plan().steps if step.variants)
    text = "\n".join(
        [
            surroundings(),
            "",
            f"{len(FORMULAS)} formulas over {len(INPUTS)} quantities; {SMALL.models} models x {SMALL.offerings} offerings "
            f"are {SMALL.bindings} bindings and {SMALL.bindings * len(FORMULAS):,} nodes. The engine computes each formula "
            f"on its own minimal rows ({rows} in all). All results equal to {TOLERANCE:g}. Medians, taken in turns; where a "
            "peer was measured in two layouts, the bar is held against the faster. Lines without a bar are for comparison.",
            "",
            table.text(),
        ]
    )
    print(text)
    target = Path(__file__).parent.parent / "docs" / "benchmarks" / "engine.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(
        f"# The engine beside its peers\n\n`make bench` (`python benchmarks/engine.py`) gives this table.\n\n{text}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
