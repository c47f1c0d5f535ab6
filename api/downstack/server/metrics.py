"""What ``/metrics`` tells Prometheus: how long answers take, what they cost, what failed, what was cached, which graph answers.

Every label has a bounded set of values: routes are those of the application, operations are root fields of the schema and tools, codes
are those of the errors; what a client writes is never a label.

With several worker processes each writes its numbers to files in a folder that they share
(``PROMETHEUS_MULTIPROC_DIR``, which :mod:`downstack.server.workers` sets), and whichever is asked adds them up.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from downstack.graphql.observing import Observation
from downstack.kg import KnowledgeGraph

CONTENT_TYPE = CONTENT_TYPE_LATEST
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
COSTS = (10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 150_000)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SEVERAL, INTROSPECTION, OTHER = "several", "introspection", "other"
_CODE = re.compile(r"[A-Z_]{1,40}")
_MEMORY_EVERY = 5.0


class ServiceMetrics:
    """The metrics of one application, in a registry of its own.

    Parameters
    ----------
    root_fields
        The root fields of the schema, and the tools: what an operation may be called in a label.
    """

    def __init__(self, root_fields: Collection[str]) -> None:
        self._root_fields = frozenset(root_fields)
        self.shared = SHARED_FOLDER in os.environ
        """Whether other processes tell these numbers too, so that what holds now must be written down before it is asked for."""
        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "downstack_requests", "Requests answered.", ("route", "method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "downstack_request_seconds",
            "Time from a request to the end of its answer; operation is the root field of a GraphQL document, or the tool.",
            ("route", "operation"),
            buckets=SECONDS,
            registry=registry,
        )
        self._running = Gauge(
            "downstack_requests_in_progress",
            "Requests being answered.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._cost = Histogram(
            "downstack_document_cost",
            "Values that the answer to a GraphQL document is estimated to hold.",
            ("operation",),
            buckets=COSTS,
            registry=registry,
        )
        self._errors = Counter("downstack_errors", "Errors in answers, by code.", ("code",), registry=registry)
        self._cut = Counter(
            "downstack_answers_cut",
            "Answers that were cut off after they had begun, by route and reason: time, size, failed.",
            ("route", "reason"),
            registry=registry,
        )
        self._lookups = Counter(
            "downstack_cache_lookups", "Look-ups in caches, by result.", ("cache", "result"), registry=registry
        )
        self._stages = Histogram(
            "downstack_stage_seconds",
            "Time that a request spent in a stage of the engine: columns, bind, plan, run, sample.",
            ("stage",),
            buckets=SECONDS,
            registry=registry,
        )
        self._graph = Gauge(
            "downstack_graph_info",
            "1 for the graph version that answers.",
            ("version",),
            multiprocess_mode="livemax",
            registry=registry,
        )
        self._loaded = Gauge(
            "downstack_graph_loaded_timestamp_seconds",
            "When the graph version that answers was loaded.",
            multiprocess_mode="livemax",
            registry=registry,
        )
        self._draining = Gauge(
            "downstack_draining",
            "1 while the service finishes what it was asked and takes nothing new.",
            multiprocess_mode="livemax",
            registry=registry,
        )
        # The collector of the process cannot be added up over processes, so each worker writes its memory itself.
        self._memory = None
        if self.shared:
            self._memory = Gauge(
                "downstack_resident_memory_bytes",
                "Memory of each worker process.",
                multiprocess_mode="liveall",
                registry=registry,
            )
        else:
            ProcessCollector(registry=registry)
        # To find a child by its labels takes longer than to count.
        self._children: dict[tuple[str, str, int, str], tuple[Counter, Histogram]] = {}
        self._measured = 0.0
        self._known: KnowledgeGraph | None = None
        self._lock = threading.Lock()

    def serves(self, kg: KnowledgeGraph) -> None:
        """Note which graph answers."""
        if kg is self._known:
            return
        with self._lock:
            before, self._known = self._known, kg
            if before is not None and before.version != kg.version:
                # A child cannot be taken out of the shared files; there the old version stays with 0.
                self._graph.labels(before.version).set(0)
                if not self.shared:
                    self._graph.remove(before.version)
            self._graph.labels(kg.version).set(1)
            self._loaded.set(datetime.fromisoformat(kg.info.loaded_at).timestamp())

    def begin(self) -> None:
        """Note that a request came in."""
        self._running.inc()

    def end(self, seen: Observation, route: str, method: str, status: int, seconds: float) -> None:
        """Note how a request ended."""
        self._running.dec()
        operation = self.operation(seen)
        key = route, method, status, operation
        found = self._children.get(key)
        if found is None:
            verb = method if method in METHODS else OTHER
            found = self._requests.labels(route, verb, str(status)), self._seconds.labels(route, operation)
            # A method may be any word: what is kept by it is bounded, as what is counted by it is.
            if verb is not OTHER:
                self._children[key] = found
        found[0].inc()
        found[1].observe(seconds)
        if seen.cost is not None:
            self._cost.labels(operation).observe(seen.cost)
        for code in seen.codes:
            self._errors.labels(code if _CODE.fullmatch(code) else OTHER).inc()
        if seen.cut:
            self._cut.labels(route, seen.cut).inc()
        for (cache, hit), times in seen.lookups.items():
            self._lookups.labels(cache, "hit" if hit else "miss").inc(times)
        for stage, taken in seen.seconds.items():
            self._stages.labels(stage).observe(taken)
        self._measure()

    def operation(self, seen: Observation) -> str:
        """Return the label of what was asked: a root field, or how several, unknown ones or none are called."""
        roots = seen.roots
        if not roots:
            return ""
        if all(name.startswith("__") for name in roots):
            return INTROSPECTION
        if not self._root_fields.issuperset(name for name in roots if not name.startswith("__")):
            return OTHER
        return roots[0] if len(roots) == 1 else SEVERAL

    def text(self, *, draining: bool) -> bytes:
        """Return all metrics in the format of Prometheus."""
        self._draining.set(int(draining))
        self._measured = 0.0
        self._measure()
        if not self.shared:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # it has no annotations
        return generate_latest(together)

    def _measure(self) -> None:
        now = time.monotonic()
        if self._memory is not None and now - self._measured >= _MEMORY_EVERY:
            self._measured = now
            self._memory.set(_resident_memory())


def _resident_memory() -> int:
    if not sys.platform.startswith("linux"):
        return 0
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
