"""Loads in processes of their own that are killed; run as a script, so that a child begins with everything imported.

The arguments are a store, the number of random moments and a seed. For each moment a child loads another value into the
store and gets SIGKILL. ``step`` moments are exact: before the child's n-th operation on a file of the store. One line of
JSON says what was found after each death.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from tests.loaders.small import FILE, revenue

from downstack.graph.releases import FOLDER, STAGING, read_history
from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store

FILE_EVENTS = (
    "open",
    "os.rename",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "os.truncate",
    "fcntl.flock",
)


def load(store: Path, value: int) -> None:
    write_store(store, {FILE: revenue(value)}, loader="test")


def count_steps(store: Path, kill_at: int | None = None) -> list[str]:
    """Note every operation on the store from now on; at a given one, die before it happens."""
    seen: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        about = event == "fcntl.flock" or any(str(store) in str(item) for item in arguments[:2])
        if event in FILE_EVENTS and about and not _reads(event, arguments):
            seen.append(event)
            if len(seen) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    return seen


def _reads(event: str, arguments: tuple[object, ...]) -> bool:
    flags = arguments[2] if event == "open" else None
    return isinstance(flags, int) and not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)


def in_child(work: object) -> tuple[int, float]:
    """Run in a child until it ends; return its exit status and how long it took."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        work()  # type: ignore[operator]
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status, time.monotonic() - started


def say(found: object) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def main(store: Path, moments: int, seed: int) -> None:
    draw = random.Random(seed)
    value = 100
    service = KnowledgeGraph.open(store)
    steps_file = store.parent / "steps.json"

    def whole(number: int) -> None:
        seen = count_steps(store)
        load(store, number)
        steps_file.write_text(json.dumps(seen), encoding="utf-8")

    status, duration = in_child(lambda: whole(value))
    steps = json.loads(steps_file.read_text(encoding="utf-8"))
    exact = [number for number, event in enumerate(steps, 1) if event == "os.rename"]
    exact += draw.sample([number for number in range(1, len(steps) + 1) if number not in exact], moments // 2)
    plans: list[tuple[str, float]] = [("step", number) for number in exact]
    plans += [("time", draw.random()) for _ in range(moments)]
    say({"status": status, "steps": steps, "exact": len(exact)})
    for kind, moment in plans:
        value += 1
        before = read_history(store)
        child = os.fork()
        if child == 0:
            if kind == "step":
                count_steps(store, int(moment))
            load(store, value)
            os._exit(0)
        if kind == "time":
            # The moment is drawn, not waited for: nothing depends on what the child has done by then.
            time.sleep(moment * duration)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if kind == "time" and status == 0:
            # The machine has become quicker: most moments shall be before the end of a load.
            duration *= moment
        after = read_history(store)
        opened = KnowledgeGraph.open(store)
        held = {item.literal for item in opened.facts_of("maker")}
        found = {
            "kind": kind,
            "moment": moment,
            "killed": status == signal.SIGKILL,
            "releases": len(after) - len(before),
            "old": opened.version == before[-1].id,
            "new": opened.version == after[-1].id and held == {str(value)} and after[:-1] == before,
            "service": [item.literal for item in service.facts_of("maker")],
            "left": len(list((store / FOLDER).iterdir())) - len({item.id for item in after}),
        }
        say(found)
    load(store, value + 1)
    left = [item.name for item in (store / FOLDER).iterdir() if item.name.startswith(STAGING)]
    extra = {item.name for item in (store / FOLDER).iterdir()} ^ {item.id for item in read_history(store)}
    say({"left": left, "extra": sorted(extra)})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
