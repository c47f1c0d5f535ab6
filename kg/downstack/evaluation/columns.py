"""The declared functions on a table of rows: each row its own model, chip, load and number format.

The engine binds functions to entities of the graph; here the load and the format come from a row. What a row gives
stands in for the fact of that name, and whatever depends on it is computed again by the same declared functions; all
else is read from the graph. Nothing is computed here that no declared function computes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.engine.engine import Engine
from downstack.evaluation.functions import CALIBRATED
from downstack.performance.declare import Array

Indices = npt.NDArray[np.int64]
_ROLES = ("model", "accelerator")


@dataclass(frozen=True, slots=True)
class Roles:
    """Which entities the rows are about: positions in the engine's tables of models and accelerators, -1 for none."""

    model: Indices
    accelerator: Indices


def place(engine: Engine, models: Sequence[str | None], chips: Sequence[str | None]) -> Roles:
    """Return the positions of entities by slug; -1 where a row names none."""
    tables = engine.columns().tables
    where = {role: tables[role].position for role in _ROLES}

    def positions(role: str, slugs: Sequence[str | None]) -> Indices:
        return np.array([-1 if slug is None else where[role].get(slug, -1) for slug in slugs], dtype=np.int64)

    return Roles(positions("model", models), positions("accelerator", chips))


class Columns:
    """Quantities of a table of rows by name, computed when they are asked for."""

    def __init__(self, engine: Engine, roles: Roles, given: Mapping[str, Array]) -> None:
        self._engine = engine
        self._roles = roles
        self._known: dict[str, Array] = dict(given)
        self._given = dict(given)
        self._moved = engine.schema.descendants(given)
        self._facts = {
            role: _of_role(engine, role, frozenset(given)) for role in _ROLES
        }  # every quantity of one entity that no row changes

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self._roles.model)

    def with_given(self, given: Mapping[str, Array]) -> Columns:
        """Return the same rows with more quantities given, or others in place of some."""
        return Columns(self._engine, self._roles, {**self._given, **given})

    def has_class(self, name: str) -> npt.NDArray[np.bool_]:
        """Return which rows have a model of a class."""
        classes = self._engine.columns().tables["model"].classes
        member = classes.get(name)
        if member is None:
            return np.zeros(self.rows, dtype=np.bool_)
        return (self._roles.model >= 0) & member[self._roles.model]

    def __getitem__(self, quantity: str) -> Array:
        """Return a quantity of every row in base units, NaN where it is unknown.

        Raises
        ------
        KeyError
            If neither facts of models or accelerators nor functions of what is given lead to the quantity.
        """
        if quantity not in self._known:
            self._known[quantity] = self._find(quantity)
        return self._known[quantity]

    def _find(self, quantity: str) -> Array:
        schema = self._engine.schema
        fitted = tuple(item for item in CALIBRATED if item.returns == quantity)
        key = schema.keys.get(quantity, ())
        if not fitted and quantity not in self._moved and len(key) == 1 and key[0] in _ROLES:
            values = self._facts[key[0]][quantity]
            index = getattr(self._roles, key[0])
            return np.where(index >= 0, values[index], np.nan)
        producers = fitted or schema.producers.get(quantity)
        if producers is None:
            raise KeyError(quantity)
        result: Array = np.full(self.rows, np.nan)
        for declaration in producers:
            applies = np.ones(self.rows, dtype=np.bool_)
            for role, name in declaration.applies_to.items():
                if role != "model":
                    raise KeyError(quantity)
                applies &= self.has_class(name)
            if applies.any():
                with np.errstate(all="ignore"):
                    value = declaration({name: self[name] for name in declaration.input_names})
                result = np.where(applies, value, result)
        return result


def _of_role(engine: Engine, role: str, given: frozenset[str]) -> dict[str, Array]:
    """Evaluate, once for all entities of a role, every quantity that only they decide."""
    names = tuple(name for name, key in engine.schema.keys.items() if key == (role,) and name not in given)
    outcome = engine.evaluate(engine.plan(names, {})).outcome
    return {name: outcome.values[name][:, 0] for name in names if name in outcome.values}
