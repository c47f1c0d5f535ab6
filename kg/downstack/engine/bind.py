"""Binding: every function on its minimal key set, by integer arithmetic instead of pattern matching per row.

The free roles form a product, the determined ones hang on it by links, so a row number is a coordinate and a join is
one array of row numbers. Filters shrink the role lists before any row exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

import numpy as np
import numpy.typing as npt

from downstack.engine.columns import Columns, Positions
from downstack.engine.schema import Key
from downstack.results import EffectKey

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Binding:
    """The rows of every key set under one filter.

    Parameters
    ----------
    columns
        The tables of the graph version.
    wanted
        Role to the positions that a question admits; a role that is absent admits all.
    """

    def __init__(self, columns: Columns, wanted: Mapping[str, frozenset[int]]) -> None:
        self.columns = columns
        self.lists = _narrow(columns, wanted)
        self._place = {role: _inverse(chosen, len(columns.tables[role].ids)) for role, chosen in self.lists.items()}
        self._shapes: dict[Key, tuple[int, ...]] = {}
        self._gathers: dict[tuple[Key, Key], Rows | None] = {}

    def with_columns(self, columns: Columns) -> Binding:
        """Return the same rows over the columns of a version that differs in facts alone."""
        other = copy(self)
        other.columns = columns
        return other

    def shape(self, key: Key) -> tuple[int, ...]:
        """Return the number of entities in each role of a key."""
        if key not in self._shapes:
            self._shapes[key] = tuple(len(self.lists[role]) for role in key)
        return self._shapes[key]

    def place(self, role: str, position: int) -> int:
        """Return where the filter puts an entity of a role's table, -1 where it leaves it out."""
        return int(self._place[role][position])

    def rows(self, key: Key) -> int:
        """Return the number of rows of a key set."""
        return int(np.prod(self.shape(key), dtype=np.int64))

    def entities(self, key: Key, row: int) -> tuple[tuple[str, str], ...]:
        """Return role and slug of one row, determined roles included."""
        named: list[tuple[str, str]] = []
        for role, index in zip(key, np.unravel_index(row, self.shape(key)), strict=True):
            named.append((role, self.columns.tables[role].ids[int(self.lists[role][index])]))
        known = dict(named)
        for role, table in self.columns.tables.items():
            parent = table.role.reached_from
            if role not in known and parent in known and table.parent_link is not None:
                place = int(table.parent_link[self.columns.tables[parent].position[known[parent]]])
                if place >= 0:
                    known[role] = table.ids[place]
                    named.append((role, table.ids[place]))
        return tuple(named)

    def key(self, key: Key, row: int) -> EffectKey:
        """Return one row as the combination that answers name."""
        return EffectKey(self.entities(key, row), len(key))

    def positions(self, key: Key, role: str) -> Rows:
        """Return, for each row of a key set, the position in the role's table, -1 where a link is missing."""
        for axis, name in enumerate(key):
            if name == role:
                return self._along(key, axis, self.lists[role].astype(np.int64))
            if name in self.columns.chain(role):
                return self._along(key, axis, self._follow(name, role, self.lists[name].astype(np.int64)))
        raise LookupError(f"role {role} is not determined by {key}")

    def gather(self, out: Key, source: Key) -> Rows | None:
        """Return the row of `source` for each row of `out`, -1 where a link is missing; None when they are the same."""
        if out == source:
            return None
        if (out, source) not in self._gathers:
            total = np.zeros(self.rows(out), dtype=np.int64)
            missing = np.zeros(self.rows(out), dtype=np.bool_)
            for role in source:
                position = self.positions(out, role)
                place = self._place[role][position]
                missing |= place < 0
                total = total * len(self.lists[role]) + place
            found = np.where(missing, -1, total)
            # Roles with a single entity add nothing to a row number.
            same = len(found) == self.rows(source) and bool((found == np.arange(len(found))).all())
            self._gathers[out, source] = None if same else found
        return self._gathers[out, source]

    def within(self, narrower: Binding, key: Key) -> Rows:
        """Return, for each row of a key set, the row of a narrower binding that is the same combination, -1 for none."""
        total = np.zeros(self.rows(key), dtype=np.int64)
        missing = np.zeros(self.rows(key), dtype=np.bool_)
        for axis, role in enumerate(key):
            place = self._along(key, axis, narrower._place[role][self.lists[role]])
            missing |= place < 0
            total = total * len(narrower.lists[role]) + place
        return np.where(missing, -1, total)

    def _follow(self, start: str, role: str, position: Rows) -> Rows:
        chain = self.columns.chain(role)
        for step in reversed((role, *chain[: chain.index(start)])):
            link = self.columns.tables[step].parent_link
            if link is None:
                raise LookupError(f"role {step} has no link to its parent")
            position = np.where(position >= 0, link[position], -1) if len(link) else np.full_like(position, -1)
        return position

    def _along(self, key: Key, axis: int, values: Rows) -> Rows:
        shape = self.shape(key)
        view = values.reshape([-1 if index == axis else 1 for index in range(len(shape))])
        return np.broadcast_to(view, shape).reshape(-1)


def _inverse(chosen: Positions, size: int) -> Rows:
    # One place more than there are entities: position -1, a missing link, reads the last one and stays -1.
    place = np.full(size + 1, -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    return place


def _narrow(columns: Columns, wanted: Mapping[str, frozenset[int]]) -> dict[str, Positions]:
    """Push filters through the links, up (offerings of that chip) and down (the chips of those offerings)."""
    masks: dict[str, Mask | None] = dict.fromkeys(columns.tables)
    for role, chosen in wanted.items():
        picked: Mask = np.zeros(len(columns.tables[role].ids), dtype=np.bool_)
        picked[sorted(chosen)] = True
        masks[role] = picked
    depth = sorted(columns.tables, key=lambda role: -len(columns.chain(role)))
    for role in depth:
        table, mask = columns.tables[role], masks[role]
        parent, link = table.role.reached_from, table.parent_link
        if mask is None or parent is None or link is None:
            continue
        keep: Mask = np.zeros(len(link), dtype=np.bool_)
        keep[link >= 0] = mask[link[link >= 0]]
        above = masks[parent]
        masks[parent] = keep if above is None else above & keep
    for role in reversed(depth):
        table = columns.tables[role]
        parent, link = table.role.reached_from, table.parent_link
        above = None if parent is None else masks[parent]
        # Only a filter on the parent narrows its children: without one, a chip that nobody offers stays in sight.
        if above is None or link is None:
            continue
        image: Mask = np.zeros(len(table.ids), dtype=np.bool_)
        reached = link[above]
        image[reached[reached >= 0]] = True
        own = masks[role]
        if own is None:
            masks[role] = image
        elif parent is not None and parent in wanted:
            masks[role] = own & image
    lists: dict[str, Positions] = {}
    for role, table in columns.tables.items():
        mask = masks[role]
        chosen_rows = np.arange(len(table.ids)) if mask is None else np.flatnonzero(mask)
        lists[role] = chosen_rows.astype(np.int32)
    return lists
