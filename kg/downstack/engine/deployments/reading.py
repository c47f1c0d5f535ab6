"""From what a person writes to a search for deployments: names, limits, objective and formats, checked."""

from __future__ import annotations

import math
from collections.abc import Sequence

from downstack.engine.deployments.formats import PUBLISHED, WEIGHT_FORMATS
from downstack.engine.deployments.setting import Asked, Limits, Objective
from downstack.engine.engine import Engine
from downstack.errors import UnknownNameError, UserInputError
from downstack.graph.names import nearest_words
from downstack.questions import Questions, Where

DEFAULT_WORKLOAD = "azure-2023-conv"
"""The workload of a question that names none: a published trace of conversations."""
DEFAULT_ACCELERATORS = 64
TARGET = "time_per_output_token_target"
LARGEST = 1e9


def read_deployments(
    questions: Questions,
    base: Engine,
    extended: Engine,
    model: str,
    workload: str | None,
    objective: str,
    ttft: float | None,
    tpot: float | None,
    budget: float | None,
    max_accelerators: int,
    weights: Sequence[str] | None,
    where: Where | None,
    as_of: str | None,
) -> tuple[Asked, bool]:
    """Return the question, and whether its limit on the time per output token is the workload's own target.

    Raises
    ------
    UserInputError
        If a limit is not a positive number, a name is unknown or of another kind, or it is not clear which framework or
        workload is meant.
    """
    asked = dict(where or {})
    for role, argument in (("model", model), ("workload", workload)):
        if role in asked and argument is not None:
            raise UserInputError(
                f"the {role} is given twice", field=f"where.{role}", hint=f"name the {role} once, outside of where"
            )
    names = {"model": questions.entity(model, field="model").id, **_workload(extended, asked, workload)}
    selected, _, when = questions.where({**asked, **names}, as_of)
    found = {role: _translated(base, extended, role, chosen, when) for role, chosen in selected.items()}
    found["framework"] = _framework(extended, found.get("framework"), when)
    tables = extended.columns(when).tables
    one = {role: tables[role].ids[_only(role, found[role])] for role in ("model", "workload", "framework")}
    limit = _limit("tpot", tpot, 1e-3)
    target = None
    if limit is None:
        column = extended.columns(when).facts.get(TARGET)
        value = math.nan if column is None else float(column.values[_only("workload", found["workload"])])
        target = None if math.isnan(value) else value
    limits = Limits(
        time_to_first_token=_limit("ttft", ttft, 1e-3),
        time_per_output_token=limit if limit is not None else target,
        price=_limit("budget", budget, 1.0 / 3600.0),
        accelerators=max_accelerators,
    )
    formats = None if weights is None else frozenset(_format(name) for name in weights)
    question = Asked(
        one["model"], one["workload"], one["framework"], found, _objective(objective), limits, formats, when
    )
    return question, target is not None


def _workload(extended: Engine, asked: dict[str, str | Sequence[str]], workload: str | None) -> dict[str, str]:
    if workload is not None:
        return {"workload": workload}
    if "workload" in asked:
        return {}
    ids = extended.columns().tables["workload"].ids
    if DEFAULT_WORKLOAD in ids:
        return {"workload": DEFAULT_WORKLOAD}
    if len(ids) == 1:
        return {"workload": ids[0]}
    raise UserInputError(
        "no workload is named", field="workload", hint=f"name one of {', '.join(ids[:8])}" if ids else "add one"
    )


def _translated(base: Engine, extended: Engine, role: str, chosen: frozenset[int], as_of: str | None) -> frozenset[int]:
    """Return the same entities as positions in the extended graph."""
    ids = base.columns(as_of).tables[role].ids
    position = extended.columns(as_of).tables[role].position
    return frozenset(position[ids[place]] for place in chosen)


def _framework(extended: Engine, chosen: frozenset[int] | None, as_of: str | None) -> frozenset[int]:
    ids = extended.columns(as_of).tables["framework"].ids
    if chosen is None and len(ids) == 1:
        return frozenset({0})
    if chosen is None or len(chosen) != 1:
        raise UserInputError(
            "it is not clear which framework serves the model",
            field="where.framework",
            hint=f"name one of {', '.join(ids)}" if ids else "the graph holds no serving framework",
        )
    return chosen


def _only(role: str, chosen: frozenset[int]) -> int:
    if len(chosen) != 1:
        raise UserInputError(
            f"{len(chosen)} entities are named as {role}",
            field=f"where.{role}",
            hint="name one, and ask again for others",
        )
    return next(iter(chosen))


def _limit(name: str, value: float | None, factor: float) -> float | None:
    if value is None:
        return None
    if not math.isfinite(value) or not 0.0 < value <= LARGEST:
        raise UserInputError(
            f"the limit {name} is {value:g}",
            field=f"limits.{name}",
            hint=f"give a number above zero, in {'USD/h' if name == 'budget' else 'milliseconds'}",
        )
    return value * factor


def _objective(name: str) -> Objective:
    written = name.strip().upper().replace("-", "_")
    if written not in Objective.__members__:
        known = tuple(Objective.__members__)
        raise UnknownNameError("objective", name, nearest_words(written, known) or known, field="objective")
    return Objective[written]


def _format(name: str) -> str:
    known = (PUBLISHED.name, *(item.name for item in WEIGHT_FORMATS))
    written = name.strip().lower()
    if written not in known:
        raise UnknownNameError("weight format", name, nearest_words(written, known) or known, field="limits.weights")
    return written


__all__ = ["DEFAULT_ACCELERATORS", "DEFAULT_WORKLOAD", "read_deployments"]
