"""The graph as columns: one float64 array a quantity, one int32 array a link; built once per version and date.

Everything an evaluation reads is here, in SI base units, with the fact behind every number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.engine.codes import OK, STALE, Codes
from downstack.engine.spread import Spread, spread_of
from downstack.graph.ages import is_stale
from downstack.graph.knowledge import Knowledge, Role
from downstack.graph.model import Fact, QuantityKind
from downstack.performance.declare import Array

Positions = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class RoleTable:
    """The entities one role ranges over, in the order of their slugs."""

    role: Role
    ids: tuple[str, ...]
    position: Mapping[str, int]
    parent_link: Positions | None
    """For a determined role: position in this table for each row of the parent role's table, -1 where unknown."""
    classes: Mapping[str, npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class FactColumn:
    """The chosen fact of one quantity for every entity of its role; NaN where there is none."""

    role: str
    values: Array
    facts: tuple[tuple[Fact, ...], ...]
    """Per entity: the chosen fact first, then what other sources say."""
    codes: Codes | None
    """Per entity: STALE or OK for the chosen fact; None where no fact is stale."""
    spreads: tuple[Spread | None, ...]
    """Per entity: how the chosen fact is spread; None where it is a point or missing."""
    varies: bool
    """True when any of the facts is uncertain."""


@dataclass(frozen=True, slots=True)
class Columns:
    """All tables of one graph version as seen on one date."""

    version: str
    as_of: str | None
    on: str
    """The date that the age of facts is judged on: that of the question, or the newest that any fact carries."""
    tables: Mapping[str, RoleTable]
    facts: Mapping[str, FactColumn]

    def chain(self, role: str) -> tuple[str, ...]:
        """Return the roles that determine a role, nearest first: memory is reached from accelerator, from offering."""
        found: list[str] = []
        parent = self.tables[role].role.reached_from
        while parent is not None:
            found.append(parent)
            parent = self.tables[parent].role.reached_from
        return tuple(found)


def build_columns(knowledge: Knowledge, as_of: str | None = None) -> Columns:
    """Arrange the facts that hold on a date (now unless given) as columns."""
    members = {role.id: knowledge.members(role.entity_class) for role in knowledge.roles}
    position = {role: {slug: index for index, slug in enumerate(ids)} for role, ids in members.items()}
    tables = {}
    for role in knowledge.roles:
        ids = members[role.id]
        link: Positions | None = None
        if role.reached_from is not None and role.via is not None:
            targets = knowledge.links.get(role.via, {})
            link = np.array(
                [
                    next((position[role.id].get(target, -1) for target in targets.get(slug, ())), -1)
                    for slug in members[role.reached_from]
                ],
                dtype=np.int32,
            )
        names = sorted({name for slug in ids for name in knowledge.entities[slug].classes})
        classes = {
            name: np.array([name in knowledge.entities[slug].classes for slug in ids], dtype=np.bool_) for name in names
        }
        tables[role.id] = RoleTable(role, ids, position[role.id], link, classes)
    facts = {}
    for quantity in knowledge.quantities.values():
        role_id = role_of_class(knowledge, quantity.subject_class)
        if role_id is None:
            continue
        facts[quantity.id] = fact_column(knowledge, quantity, role_id, members[role_id], as_of)
    return Columns(knowledge.version, as_of, as_of or knowledge.today, tables, facts)


def changed_columns(knowledge: Knowledge, old: Columns, quantities: frozenset[str]) -> Columns:
    """Return the columns of a version that differs from another one in the facts of some quantities only.

    Tables, and the columns of all other quantities, are the same objects, unless the date that ages are judged on moved.
    """
    if old.on != (old.as_of or knowledge.today):
        return build_columns(knowledge, old.as_of)
    facts = dict(old.facts)
    for name in quantities & facts.keys():
        role = facts[name].role
        facts[name] = fact_column(knowledge, knowledge.quantities[name], role, old.tables[role].ids, old.as_of)
    return Columns(knowledge.version, old.as_of, old.on, old.tables, facts)


def fact_column(
    knowledge: Knowledge, quantity: QuantityKind, role: str, members: tuple[str, ...], as_of: str | None
) -> FactColumn:
    """Choose the fact of one quantity for every entity of a role, as seen on a date."""
    on = as_of or knowledge.today
    chosen = tuple(knowledge.candidates(slug, quantity.id, as_of) for slug in members)
    values = np.array([group[0].value if group else np.nan for group in chosen], dtype=np.float64)
    values.setflags(write=False)
    old = np.array([bool(group) and is_stale(quantity, group[0], on) for group in chosen], dtype=np.bool_)
    codes = np.where(old, STALE, OK).astype(np.int8) if old.any() else None
    spreads = tuple(spread_of(group, quantity, knowledge.correlation_groups) for group in chosen)
    return FactColumn(role, values, chosen, codes, spreads, any(spread is not None for spread in spreads))


def role_of_class(knowledge: Knowledge, entity_class: str | None) -> str | None:
    """Return the role whose entities carry facts of a class (the class itself or one below the role's), or None."""
    if entity_class is None:
        return None
    ancestors = knowledge.superclasses.get(entity_class, frozenset())
    return next((role.id for role in knowledge.roles if role.entity_class in ancestors), None)
