"""Work in a thread that somebody follows: how far it is, then what it gives; and it ends when nobody follows any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from downstack.engine.sampler import Progress
from downstack.graphql.workers import GIVING_BACK, LONG_SECONDS

Answer = TypeVar("Answer")


class WithdrawnError(Exception):
    """Ends work that nobody waits for; it never reaches anybody."""


@dataclass(frozen=True, slots=True)
class Step:
    """How much is done."""

    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Finished(Generic[Answer]):
    """What came of it."""

    answer: Answer


async def follow(
    work: Callable[[Progress], Answer], of: int, pool: ThreadPoolExecutor
) -> AsyncGenerator[Step | Finished[Answer], None]:
    """Yield how far some work is, and at last what it gives.

    Only the newest step is kept: whoever reads slowly misses steps and holds up nothing.

    Parameters
    ----------
    work
        Is given a function to tell its progress to, which ends it when nobody follows any more.
    of
        How much there is to do, as far as is known before.
    pool
        Where it is done.
    """
    loop = asyncio.get_running_loop()
    news = asyncio.Event()
    withdrawn = threading.Event()
    latest: Step | None = None

    def told(done: int, of: int) -> None:
        nonlocal latest
        if withdrawn.is_set():
            raise WithdrawnError
        latest = Step(done, of)
        loop.call_soon_threadsafe(news.set)

    def run() -> Answer:
        told(0, of)
        with GIVING_BACK.after(LONG_SECONDS):
            return work(told)

    future = loop.run_in_executor(pool, run)
    future.add_done_callback(lambda _: news.set())
    try:
        while not future.done():
            await news.wait()
            news.clear()
            # Another thread has set it meanwhile, which a type checker cannot see.
            step: Step | None = latest
            if step is not None and not future.done():
                yield step
        yield Finished(await future)
    finally:
        withdrawn.set()
        future.cancel()
