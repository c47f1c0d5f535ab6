"""How many configurations of deployments are evaluated in a second, and how long the whole answer takes.

Run ``make bench``; prints a table and writes it to ``docs/benchmarks/deployments.md``. A configuration counts as evaluated
when it went through all declared functions with its statuses, limits and the Pareto front; those that fail for all batches at
once (a layout that is impossible, weights that do not fit, a fact that is missing) are settled together and counted apart. The
peer is the scalar interpreter of the same functions, one configuration at a time.
"""

from __future__ import annotations

import platform
import statistics
import time
from pathlib import Path

import numpy as np

from downstack.engine.deployments.platforms import Platforms
from downstack.engine.deployments.reading import read_deployments
from downstack.engine.deployments.search import Found, search
from downstack.engine.deployments.setting import COST, TPOT, TTFT, Setting, prepare
from downstack.engine.deployments.unfold import Unfolded
from downstack.engine.engine import Engine
from downstack.kg import KnowledgeGraph
from downstack.questions import Questions

MODELS = ("llama-3.1-70b", "deepseek-v3")
WORKLOAD = "azure-2023-conv"
REPEATS = 15
SCALAR = 40


def setting_of(kg: KnowledgeGraph, extended: Engine, model: str, max_accelerators: int) -> Setting:
    """Return the question about a model over all accelerators and offerings, made ready."""
    asked, _ = read_deployments(
        Questions(kg.engine),
        kg.engine,
        extended,
        model,
        WORKLOAD,
        "PARETO",
        None,
        None,
        None,
        max_accelerators,
        None,
        None,
        None,
    )
    return prepare(extended, asked)


def searched(setting: Setting) -> tuple[Found, float]:
    """Return what a search finds, and the median of its times in seconds."""
    found = search(setting)
    times = [search(setting).elapsed for _ in range(REPEATS)]
    return found, statistics.median(times)


def interpreted(setting: Setting) -> float:
    """Return the median seconds of one configuration in the scalar interpreter: time, first token and cost."""
    asked = setting.asked
    oracle = setting.engine.interpreter(asked.as_of)
    times = []
    for place in np.random.default_rng(1).choice(setting.space.size, SCALAR, replace=False):
        chosen = setting.space.configuration(int(place))
        roles = {"model": asked.model, "workload": asked.workload, "framework": asked.framework}
        stated = Unfolded(setting, chosen).interventions
        started = time.perf_counter()
        for quantity in (TPOT, TTFT, COST):
            oracle.evaluate(quantity, {**roles, "offering": chosen.platform}, stated)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def answered(kg: KnowledgeGraph, model: str) -> float:
    """Return the median milliseconds of the whole answer, its deployments described."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        kg.deployments(model, WORKLOAD)
        times.append(1e3 * (time.perf_counter() - started))
    return statistics.median(times)


def main() -> None:
    """Measure, print and write the table."""
    kg = KnowledgeGraph.open()
    extended = Platforms(kg.engine).engine
    lines = [
        "| model | chips up to | configurations | evaluated | search ms | evaluated/s | settled in all/s | front |"
        " scalar interpreter/s | whole answer ms |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for model, chips in ((MODELS[0], 64), (MODELS[1], 64), (MODELS[0], 1024), (MODELS[1], 1024)):
        setting = setting_of(kg, extended, model, chips)
        found, seconds = searched(setting)
        answer = f"{answered(kg, model):.0f}" if chips == 64 else ""
        lines.append(
            f"| {model} | {chips} | {setting.space.size:,} | {found.evaluated:,} | {1e3 * seconds:.0f}"
            f" | {found.evaluated / seconds:,.0f} | {setting.space.size / seconds:,.0f}"
            f" | {len(found.priced.places)} + {len(found.free.places)} without a price"
            f" | {1.0 / interpreted(setting):,.0f} | {answer} |"
        )
    table = "\n".join(
        [
            f"Graph version {kg.version}: all accelerators and offerings, workload {WORKLOAD}, its own latency target.",
            f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, one thread.",
            "",
            *lines,
            "",
            "Bar: more than 1,000,000 evaluated configurations in a second, statuses, limits and Pareto front included.",
            "Evaluated: went through all functions. Settled: also those that fail for all batches of a layout at once.",
        ]
    )
    print(table)
    target = Path(__file__).parent.parent / "docs" / "benchmarks" / "deployments.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(f"# The search for deployments\n\n`make bench` gives this table.\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
