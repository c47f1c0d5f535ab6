"""One deployment at a time and millions at once, beside GenZ and aiconfigurator asked the same in the same run.

Run ``make bench``; prints the tables and writes them to ``docs/benchmarks/evaluators.md``. The peers are installed into an
environment of their own (``--peers-environment FOLDER``, used again when it is there), never into the project's. All are asked
in turns; a ratio is one of two medians of the same run. A peer that cannot be installed is left out, and the table says why.

The second table puts the answers side by side. It holds no measured value: it shows where the evaluators disagree.
"""

from __future__ import annotations

import argparse
import math
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from evaluator_environment import PINNED, Environment, Worker, environment, own_python
from evaluator_ours import OVERHEAD, STEP, TPOT, Ours
from evaluator_table import Asked, Question, Side, answer_table, expert_table, speed_table

INPUT, OUTPUT = 1024, 1024
ROUNDS = 7
COLD_ROUNDS = 3
LLAMA, MIXTRAL = "llama-3.1-70b", "mixtral-8x7b"
SHOWN = (
    (LLAMA, "H100", 2, 1),
    (LLAMA, "H100", 4, 1),
    (LLAMA, "H100", 4, 32),
    (LLAMA, "H100", 8, 1),
    (LLAMA, "H100", 8, 32),
    (LLAMA, "H100", 8, 256),
    (LLAMA, "H200", 1, 1),
    (LLAMA, "H200", 2, 32),
    (LLAMA, "H200", 4, 64),
    (LLAMA, "H200", 8, 256),
    (MIXTRAL, "H100", 2, 1),
    (MIXTRAL, "H100", 2, 32),
)
OWN = Path(__file__).with_name("evaluator_ours.py")
WRONG_BY = 1e-9


def question(model: str, chip: str, tensor_parallel: int, batch: int) -> Question:
    """Return one question: a model on so many chips of a kind, with a batch of one prompt and answer length."""
    return {
        "model": model,
        "chip": chip,
        "tensor_parallel": tensor_parallel,
        "batch": batch,
        "input_tokens": INPUT,
        "output_tokens": OUTPUT,
    }


def grid() -> list[Question]:
    """Return the questions that are timed, in an order in which neighbours differ in everything."""
    every = [
        question(LLAMA, chip, tensor, batch)
        for chip in ("H100", "H200")
        for tensor in (1, 2, 4, 8)
        for batch in (1, 2, 4, 8, 16, 32, 64, 128, 256)
    ]
    return [every[place] for place in np.random.default_rng(3).permutation(len(every))]


def each(ask: Callable[[Question], object], questions: Iterable[Question]) -> list[float]:
    """Return the seconds of each question."""
    seconds = []
    for item in questions:
        started = time.perf_counter()
        ask(item)
        seconds.append(time.perf_counter() - started)
    return seconds


def peer_times(worker: Worker, way: str, questions: Sequence[Question]) -> list[float]:
    """Return the seconds of each call of a peer that it answered."""
    return [item["seconds"] for item in worker.ask(way, questions) if "milliseconds" in item]


def cold(python: Path, program: Path | None, way: str) -> float:
    """Return the seconds from the start of a process to its first answer."""
    started = time.perf_counter()
    worker = Worker(python) if program is None else Worker(python, program)
    worker.ask(way, [question(LLAMA, "H100", 8, 32)])
    seconds = time.perf_counter() - started
    worker.close()
    return seconds


def measured(ours: Ours, peers: Environment, worker: Worker) -> dict[str, list[float]]:
    """Ask everybody in turns and return the seconds of all calls."""
    questions = grid()
    same = [question(LLAMA, "H100", 8, 32)]
    seconds: dict[str, list[float]] = {}

    def note(name: str, found: Iterable[float]) -> None:
        seconds.setdefault(name, []).extend(found)

    for warm in (ours.evaluated, ours.traced, ours.unfolded, ours.own_instance, ours.again):
        each(warm, questions)
    ours.searched()
    ours.flat()
    for way in ("genz", "configurator", "configurator_held"):
        if peers.has(way):
            # What a peer loads for its first answers is in the cold row; each layout is prepared once.
            worker.ask(way, questions[:1] if way != "configurator_held" else questions)
    for turn in range(ROUNDS):
        some = questions[turn * 8 : turn * 8 + 8]
        note("ours", each(ours.evaluated, questions))
        note("ours, traced", each(ours.traced, questions))
        note("ours, unfolded", each(ours.unfolded, questions))
        note("ours, first", [ours.first(item) for item in some[:3]])
        note("ours, written", [ours.written(item) for item in some[:3]])
        note("ours, own", each(ours.own_instance, same * 50))
        note("ours, again", each(ours.again, same * 50))
        for name, batch in (("ours, search", ours.searched), ("ours, flat", ours.flat)):
            number, elapsed = batch()
            note(name, [elapsed / number])
        if peers.has("genz"):
            note("genz", peer_times(worker, "genz", some))
            note("genz, again", peer_times(worker, "genz", same * 3))
        if peers.has("configurator"):
            note("configurator", peer_times(worker, "configurator", some[:3]))
            note("configurator, again", peer_times(worker, "configurator", same * 2))
            note("configurator, held", peer_times(worker, "configurator_held", questions))
            note("configurator, held again", peer_times(worker, "configurator_held", same * 50))
    for _ in range(COLD_ROUNDS):
        note("ours, cold", [cold(own_python(), OWN, "ours")])
        for way in ("genz", "configurator"):
            if peers.has(way):
                note(f"{way}, cold", [cold(peers.python, None, way)])
    return seconds


def checked(ours: Ours) -> None:
    """Refuse to measure a batch that does not give what one evaluation gives."""
    for item in grid():
        single, batched = ours.numbers(item, TPOT)[0], ours.in_batch(item)
        if not math.isclose(single, batched, rel_tol=WRONG_BY) and not (math.isnan(single) and math.isnan(batched)):
            raise AssertionError(f"{item}: {single} alone, {batched} in the batch")


def side(ours: Ours, peers: Environment, worker: Worker, shown: tuple[str, str, int, int]) -> Side:
    """Return what everybody answers to one question, in milliseconds."""
    asked = question(*shown)
    tpot, step, overhead = (1e3 * number for number in ours.numbers(asked, TPOT, STEP, OVERHEAD))
    said: dict[str, float | str] = {}
    for way in ("genz", "configurator", "configurator_limit"):
        if peers.has(way):
            found = worker.ask(way, [asked])[0]
            said[way] = found.get("milliseconds", found.get("why", ""))
    return Side(Asked(*shown), tpot, step, step - overhead, said)


def experts(ours: Ours) -> Mapping[int, tuple[float, float, float]]:
    """Return, by batch, the milliseconds to read the weights of Mixtral: as answered, with k experts and with all."""
    found = {}
    for batch in (1, 4, 32):
        asked = question(MIXTRAL, "H100", 2, batch)
        read, dense, routed, chosen, every = ours.numbers(
            asked,
            "weight_read_time",
            "dense_weight_read_time",
            "expert_weight_read_time",
            "experts_per_token",
            "routed_experts",
        )
        found[batch] = (1e3 * read, 1e3 * (dense + routed * chosen / every), 1e3 * (dense + routed))
    return found


def surroundings(kg_version: str) -> str:
    """Return the versions."""
    packages = ", ".join(package for group in PINNED.values() for package in group)
    return (
        f"Graph version {kg_version}. Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, one thread."
        f" Peers: {packages}."
    )


@contextmanager
def peers_folder(given: Path | None) -> Generator[Path]:
    """Return the folder of the peers' environment; one that nobody named is removed in the end."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="downstack-peers-") as folder:
        yield Path(folder)


def document(text: str) -> str:
    """Return the page."""
    command = "python benchmarks/evaluators.py --peers-environment FOLDER"
    return f"# One evaluation, and millions, beside other evaluators\n\n`make bench` (`{command}`) gives this page.\n\n{text}\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--peers-environment", type=Path, help="where the peers are installed, used again when it is there"
    )
    given: Any = parser.parse_args(arguments)
    with peers_folder(given.peers_environment) as folder:
        peers = environment(folder)
        ours, worker = Ours(INPUT, OUTPUT), Worker(peers.python)
        # Nothing has been translated yet in this process.
        translated = ours.written(question(LLAMA, "H100", 8, 32))
        checked(ours)
        seconds = measured(ours, peers, worker) | {"ours, written first": [translated]}
        sides = [side(ours, peers, worker, shown) for shown in SHOWN]
        worker.close()
    medians = {name: statistics.median(found) for name, found in seconds.items() if found}
    text = "\n\n".join(
        [
            surroundings(ours.kg.version),
            speed_table(medians, peers.absent, steps=ours.steps(question(LLAMA, "H100", 8, 32))),
            answer_table(sides, peers.absent, INPUT, OUTPUT),
            expert_table(experts(ours)),
        ]
    )
    print(text)
    target = Path(__file__).parent.parent / "docs" / "benchmarks" / "evaluators.md"
    target.write_text(document(text), encoding="utf-8")


if __name__ == "__main__":
    main()
