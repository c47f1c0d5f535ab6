"""The error that a formula has by itself: one factor more, drawn as facts are, by the name of what it belongs to.

The factor belongs to a function on one model and one framework. A calibration shows why: the residuals of a model have
one sign over chips and workloads, and other models have another. The same function on the same combination has the same
factor in base and scenario, so that it cancels in their ratio and widens the numbers themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from downstack.engine.bind import Rows
from downstack.engine.draws import scores
from downstack.engine.plan import Plan, Step, Variant
from downstack.performance.declare import Array, Formula, FunctionDeclaration

ROLES = ("model", "framework")
"""What the error of a function belongs to beside the function itself."""


def error_name(function: FunctionDeclaration, roles: Mapping[str, str]) -> str:
    """Return what the draws of an error are keyed by: the function, and the model and framework it is evaluated for."""
    return " ".join((function.iri, *(f"{role}={roles[role]}" for role in ROLES if role in roles)))


def error_factors(function: FunctionDeclaration, roles: Mapping[str, str], samples: int, seed: int) -> Array:
    """Return the factor by which a function errs in every sample; its median is one."""
    if function.relative_error is None:
        return np.ones(samples)
    return np.exp(function.relative_error.value * scores(error_name(function, roles), samples, seed))


def errs(step: Step) -> bool:
    """Return whether a formula of a step declares an error of its own."""
    return any(variant.function.relative_error is not None for variant in step.variants)


def with_sampled_errors(plan: Plan, step: Step, samples: int, seed: int, part: slice) -> Step:
    """Return a step whose formulas err by the factors of some samples, one column each."""
    if not errs(step):
        return step
    return replace(
        step, variants=tuple(_sampled(plan, step, variant, samples, seed, part) for variant in step.variants)
    )


def scaled(variant: Variant, factors: Array) -> Variant:
    """Return a variant whose result is multiplied, by one factor a row and column."""
    formula = variant.function.implementation

    def erring(**inputs: Array) -> Array:
        result: Array = np.asarray(formula(**inputs)) * factors
        return result

    return replace(variant, function=replace(variant.function, implementation=_named(erring, formula)))


def _named(erring: Formula, formula: Formula) -> Formula:
    erring.__name__ = getattr(formula, "__name__", "erring")
    return erring


def _sampled(plan: Plan, step: Step, variant: Variant, samples: int, seed: int, part: slice) -> Variant:
    if variant.function.relative_error is None:
        return variant
    rows = np.arange(step.rows) if variant.rows is None else variant.rows
    which, named = _combinations(plan, step, rows)
    width = len(range(*part.indices(samples)))
    table = np.empty((len(named), width))
    for place, roles in enumerate(named):
        table[place] = error_factors(variant.function, roles, samples, seed)[part]
    return scaled(variant, table[which])


def _combinations(plan: Plan, step: Step, rows: Rows) -> tuple[Rows, list[dict[str, str]]]:
    """Return, for each row, the number of its model and framework, and these by number."""
    columns = plan.binding.columns
    places = {
        role: plan.binding.positions(step.key, role)[rows]
        for role in ROLES
        if role in columns.tables and any(name in step.key for name in (role, *columns.chain(role)))
    }
    if not places or not len(rows):
        return np.zeros(len(rows), dtype=np.int64), [{}]
    listed, which = np.unique(np.stack(list(places.values()), axis=1), axis=0, return_inverse=True)
    named = [
        {role: columns.tables[role].ids[int(place)] for role, place in zip(places, line, strict=True) if place >= 0}
        for line in listed
    ]
    return which.reshape(-1), named
