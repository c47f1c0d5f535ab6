"""What acts late, month by month: how a change spreads in time, and whether it comes to rest.

Before month 0 everything stands where the base is settled. From month 0 on the change is made; what acts at once follows
in the same month, and a loop that takes no time is settled anew in every month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.deadline import checkpoint
from downstack.engine.bind import Mask
from downstack.engine.changes import Intervention
from downstack.engine.codes import Codes
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.lags import this_month
from downstack.engine.run import Outcome, run
from downstack.engine.trace import STATUS
from downstack.errors import UserInputError
from downstack.graph.display import shown
from downstack.performance.declare import Array
from downstack.results import Profile

MAX_MONTHS = 240
NEAR = 0.01
"""Share of the whole change that may be left when a path is said to have come to rest."""
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Recursion:
    """The path of one quantity; all arrays are rows x months, month 0 first."""

    base: Array
    """Where it stood before, one number a row."""
    values: Array
    status: Codes
    settled: Array
    """Where it comes to rest, one number a row; NaN where it does not."""

    @property
    def rest_from(self) -> npt.NDArray[np.int64]:
        """Return the month from which a path stays within a hundredth of its whole change of the end; -1 if none."""
        end = self.settled[:, None]
        room = np.maximum(NEAR * np.abs(end - self.base[:, None]), ROUNDING * np.abs(end))
        away = ~(np.abs(self.values - end) <= room)
        months = self.values.shape[1]
        last = months - np.argmax(away[:, ::-1], axis=1)
        first = np.where(away.any(axis=1), last, 0)
        return np.where(np.isnan(self.settled) | (first >= months), -1, first)


def acts_late(evaluation: Evaluation, quantity: str) -> bool:
    """Return whether anything that a quantity is computed from in a plan acts late."""
    plan = evaluation.plan
    seen, waiting = {quantity}, [quantity]
    while waiting:
        for variant in plan.by_quantity[waiting.pop()].variants:
            if variant.function.lags:
                return True
            for name, _, _ in variant.gathers:
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
    return False


def recursion(engine: Engine, evaluation: Evaluation, quantity: str, months: int) -> Recursion:
    """Follow a change month by month.

    Parameters
    ----------
    engine
        The engine that made the evaluation.
    evaluation
        Base and scenario side by side, each where it comes to rest.
    quantity
        The quantity whose path is wanted.
    months
        How far, from month 0 on.

    Raises
    ------
    UserInputError
        If there are too many months, or none.
    """
    if not 1 <= months <= MAX_MONTHS:
        raise UserInputError(
            f"{months} months are not between 1 and {MAX_MONTHS}", field="months", hint="ask for 60 to see five years"
        )
    month = this_month(evaluation.plan.steps, evaluation.plan.loops)
    plan = month.plan(evaluation.plan)
    moving = frozenset(plan.by_quantity).difference(month.late)
    moving &= engine.schema.descendants(evaluation.cells)
    rest = evaluation.outcome
    base = _base(rest)
    history: list[Outcome] = []
    before: dict[str, tuple[Array, Mask]] = {}
    for now in range(months + 1):
        checkpoint()
        late = {
            name: _then(history[now - lag], source) if now >= lag and source in moving else _then(base, source)
            for name, (source, lag) in month.late.items()
        }
        if history and all(_same(late[name], before[name]) for name in late):
            # Nothing arrives that was not there in the month before.
            history.append(history[-1])
            continue
        known = Outcome({}, {}, {}, {}, {})
        for name in plan.by_quantity:
            if name not in moving and name not in late:
                rest.copy_to(known, name)
        for name, (source, lag) in month.late.items():
            known.values[name], known.touched[name] = late[name]
            then = history[now - lag] if now >= lag and source in moving else base
            known.status[name] = then.status[source]
        history.append(run(plan, evaluation.cells, np.array([0.0, 1.0]), known, moving, reference=base))
        before = late
    columns = [item.values[quantity][:, -1] for item in history]
    codes = [item.status[quantity][:, -1] for item in history]
    ends = rest.values[quantity]
    return Recursion(ends[:, 0], np.stack(columns, axis=1), np.stack(codes, axis=1), ends[:, -1])


def _then(outcome: Outcome, source: str) -> tuple[Array, Mask]:
    return outcome.values[source], outcome.touched[source]


def _same(one: tuple[Array, Mask], other: tuple[Array, Mask]) -> bool:
    return np.array_equal(one[0], other[0], equal_nan=True) and np.array_equal(one[1], other[1])


def _base(rest: Outcome) -> Outcome:
    """Return the first column, which every month is measured against and which no change has reached."""
    return Outcome(
        values={name: array[:, :1] for name, array in rest.values.items()},
        status={name: array[:, :1] for name, array in rest.status.items()},
        touched={name: np.zeros_like(mask) for name, mask in rest.touched.items()},
        formula={name: array[:, :1] for name, array in rest.formula.items()},
        regimes={name: array[:, :1] for name, array in rest.regimes.items()},
    )


def profile_of(
    engine: Engine,
    evaluation: Evaluation,
    changes: tuple[Intervention, ...],
    quantity: str,
    row: int,
    as_of: str | None,
    months: int,
) -> Profile | None:
    """Follow one number month by month; None where nothing on the way to it acts late."""
    if not acts_late(evaluation, quantity):
        return None
    binding = evaluation.plan.binding
    roles = binding.entities(evaluation.plan.by_quantity[quantity].key, row)
    selected = {role: frozenset({binding.columns.tables[role].position[slug]}) for role, slug in roles}
    alone = engine.evaluate(engine.plan((quantity,), selected, as_of), changes)
    found = recursion(engine, alone, quantity, months)
    kind = engine.knowledge.quantities[quantity]
    rest = int(found.rest_from[0])
    return Profile(
        unit=kind.display_unit,
        base=shown(kind, float(found.base[0])),
        values=tuple(shown(kind, float(value)) for value in found.values[0]),
        statuses=tuple(STATUS[int(code)] for code in found.status[0]),
        settled=shown(kind, float(found.settled[0])),
        rest_from=None if rest < 0 else rest,
    )
