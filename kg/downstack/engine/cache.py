"""Values kept by what they are computed from, so that a changed fact costs its cone and nothing else.

The version of a step is a hash of all that decides its numbers: the digest of its functions, the versions of the steps that
it reads, the stated values of its own column, and the entities of its rows with their links. Two graph versions that differ
in one fact share the versions of all steps that the fact does not reach, and so their values.

The idea is Hamilton's: a value is known by the version of its code and of its data.

References
----------
.. [1] Apache Hamilton, "Caching", https://hamilton.apache.org/concepts/caching/
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from downstack.engine.bind import Mask
from downstack.engine.codes import Codes
from downstack.engine.loop_settle import LoopOutcome
from downstack.engine.plan import Plan
from downstack.engine.program import evaluate
from downstack.engine.run import Outcome, run
from downstack.engine.stages import looked_up, stage
from downstack.performance.declare import Array, FunctionDeclaration

MAX_BYTES = 128_000_000
"""What the cache of one graph holds; what was asked for longest ago goes first."""
MAX_VERSIONS = 64
"""Plans whose versions are remembered."""

Version = bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    """What one step gave without any change."""

    value: Array
    status: Codes
    touched: Mask
    formula: Array | None
    regimes: Codes | None
    loop: LoopOutcome | None

    @property
    def size(self) -> int:
        arrays = (self.value, self.status, self.touched, self.formula, self.regimes)
        return sum(item.nbytes for item in arrays if item is not None)


class ValueCache:
    """The values of steps by version; shared by graph versions, safe to share between threads."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Version, _Kept] = OrderedDict()
        self._bytes = 0
        self._versions: OrderedDict[int, tuple[Plan, dict[str, Version]]] = OrderedDict()
        self._lock = threading.Lock()
        self.computed = 0
        """Steps that were computed since the cache was made; the others were known."""

    def evaluate(self, plan: Plan) -> Outcome:
        """Run a plan without changes; only what is not known yet is computed."""
        versions = self.versions(plan)
        known = Outcome({}, {}, {}, {}, {})
        missing = frozenset(name for name, version in versions.items() if not self._recall(known, name, version))
        looked_up("value", hits=len(versions) - len(missing), misses=len(missing))
        with stage("run"):
            outcome = run(plan, known=known, moving=missing) if known.values else evaluate(plan)
        with self._lock:
            self.computed += len(missing)
        for name in missing:
            self._keep(versions[name], outcome, name)
        return outcome

    def versions(self, plan: Plan) -> dict[str, Version]:
        """Return the version of every step of a plan."""
        with self._lock:
            found = self._versions.get(id(plan))
            # The plan is held, so that no other one can get its identity.
            if found is not None and found[0] is plan:
                self._versions.move_to_end(id(plan))
                return found[1]
        versions = step_versions(plan)
        with self._lock:
            self._versions[id(plan)] = (plan, versions)
            while len(self._versions) > MAX_VERSIONS:
                self._versions.popitem(last=False)
        return versions

    def _recall(self, known: Outcome, name: str, version: Version) -> bool:
        with self._lock:
            found = self._kept.get(version)
            if found is None:
                return False
            self._kept.move_to_end(version)
        known.values[name], known.status[name], known.touched[name] = found.value, found.status, found.touched
        if found.formula is not None:
            known.formula[name] = found.formula
        if found.regimes is not None:
            known.regimes[name] = found.regimes
        if found.loop is not None:
            known.loops[name] = found.loop
        return True

    def _keep(self, version: Version, outcome: Outcome, name: str) -> None:
        kept = _Kept(
            outcome.values[name],
            outcome.status[name],
            outcome.touched[name],
            outcome.formula.get(name),
            outcome.regimes.get(name),
            outcome.loops.get(name),
        )
        if kept.size > self._max_bytes // 4:
            return
        with self._lock:
            if version not in self._kept:
                self._kept[version] = kept
                self._bytes += kept.size
            while self._bytes > self._max_bytes:
                self._bytes -= self._kept.popitem(last=False)[1].size


def step_versions(plan: Plan) -> dict[str, Version]:
    """Hash what decides the numbers of each step, inputs before outputs."""
    rows = _rows_version(plan)
    versions: dict[str, Version] = {}
    for step in plan.steps:
        if step.quantity in versions:
            continue
        # The members of a loop are computed together: each depends on all that any of them reads.
        loop = plan.loop_of(step.quantity)
        members = (
            [step] if loop is None else [plan.by_quantity[name] for name in loop.members if name in plan.by_quantity]
        )
        inside = {member.quantity for member in members}
        digest = hashlib.blake2b(rows, digest_size=16)
        for member in members:
            digest.update(f"{member.quantity} {member.key} {member.rows} {member.fact_first}".encode())
            _update(digest, member.fact_values)
            _update(digest, member.fact_codes)
            for variant in member.variants:
                digest.update(_function_version(variant.function).encode())
                for name, _, _ in variant.gathers:
                    digest.update(name.encode() if name in inside else versions[name])
        for member in members:
            versions[member.quantity] = hashlib.blake2b(
                digest.digest() + member.quantity.encode(), digest_size=16
            ).digest()
    return versions


def _rows_version(plan: Plan) -> bytes:
    """Hash the entities of every role, their links and their classes: what decides rows, gathers and variants."""
    digest = hashlib.blake2b(digest_size=16)
    for role, table in plan.binding.columns.tables.items():
        digest.update(f"{role} {table.role} {table.ids}".encode())
        _update(digest, plan.binding.lists[role])
        _update(digest, table.parent_link)
        for name, members in table.classes.items():
            digest.update(name.encode())
            _update(digest, members)
    return digest.digest()


def _update(digest: hashlib.blake2b, array: np.ndarray | None) -> None:
    digest.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
    digest.update(b";")


def _function_version(function: FunctionDeclaration) -> str:
    inputs = [(item.name, item.optional) for item in function.inputs]
    constants: Mapping[str, float] = {name: item.value for name, item in function.constants.items()}
    return f"{function.name} {function.digest} {inputs} {dict(function.applies_to)} {dict(constants)}"
