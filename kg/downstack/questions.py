"""From what a person writes to what the engine reads: names, roles, filters, dates and goals, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from downstack.engine.changes import Change, ChangeOp, Intervention, check_change, read_changes
from downstack.engine.engine import Engine
from downstack.errors import UnknownNameError, UserInputError
from downstack.graph.ages import check_date
from downstack.graph.model import Entity, QuantityKind
from downstack.graph.names import NameIndex, nearest_words, resolve_quantity
from downstack.units import to_base

Where = Mapping[str, str | Sequence[str]]
Changes = Mapping[str, str] | Sequence[Change]


class Questions:
    """Reads the parts of a question against one graph version."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._knowledge = engine.knowledge
        self.names = NameIndex(self._knowledge.entities)

    def entity(self, name: str, *, field: str = "entity") -> Entity:
        """Return the entity of a slug, IRI, CURIE or unambiguous alias."""
        return self.names.resolve(name, field=field)

    def quantity(self, name: str, *, field: str = "quantity") -> QuantityKind:
        """Return the quantity kind of an identifier, IRI or CURIE."""
        return resolve_quantity(name, self._knowledge.quantities, field=field)

    def interventions(self, changes: Changes) -> tuple[Intervention, ...]:
        """Check the changes of a question; the same quantity may be changed once."""
        checked = tuple(self.check(item) for item in read_changes(changes))
        seen: set[tuple[str, str]] = set()
        for item in checked:
            if (item.entity, item.quantity.id) in seen:
                raise UserInputError(
                    f"{item.entity}.{item.quantity.id} is changed twice", field="changes", hint="combine the changes"
                )
            seen.add((item.entity, item.quantity.id))
        return checked

    def check(self, change: Change) -> Intervention:
        """Resolve the names of a change and check its size and unit."""
        entity = self.entity(change.entity, field="changes.entity")
        quantity = self.quantity(change.quantity, field="changes.quantity")
        self.role_of(entity.id, quantity.id, None)
        return check_change(change, entity.id, quantity)

    def target(self, name: str, *, field: str = "targets") -> str:
        """Return the identifier of a quantity that formulas compute or read."""
        quantity = self.quantity(name, field=field).id
        if quantity not in self._engine.schema.keys:
            raise UserInputError(
                f"{quantity} takes no part in any formula and belongs to no role",
                field=field,
                hint="look at its facts through the entity instead",
            )
        return quantity

    def targets(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the identifiers of several, each once."""
        return tuple(dict.fromkeys(self.target(name) for name in names))

    def split(self, text: str) -> tuple[str | None, str]:
        """Return the entity, where one is named, and the quantity of ``ENTITY.QUANTITY`` or ``QUANTITY``."""
        written = text.strip()
        if written in self._knowledge.quantities:
            return None, written
        entity, dot, quantity = written.rpartition(".")
        # A bare word is neither: the quantity lookup then names the nearest ones.
        return (entity, quantity) if dot else (None, written)

    def vary(self, reference: str | None, as_of: str | None) -> tuple[str, str, QuantityKind]:
        """Return role, entity and quantity of the input that is sought."""
        entity, name = (None, "") if reference is None else self.split(reference)
        if not entity or not name:
            raise UserInputError(
                "nothing is varied" if not reference else f"{reference[:120]!r} does not name what to vary",
                field="vary",
                hint="write ENTITY.QUANTITY, for example nvidia-h200-sxm.memory_bandwidth",
            )
        slug = self.entity(entity, field="vary").id
        quantity = self.quantity(self.target(name, field="vary"), field="vary")
        return self.role_of(slug, quantity.id, as_of, field="vary")[0], slug, quantity

    def goal(self, target: str, goal: float | None, unit: str | None) -> tuple[QuantityKind, float, str]:
        """Return what ``QUANTITY`` with a goal, or ``QUANTITY=VALUE[UNIT]`` alone, asks for, the goal in base units."""
        name, written, text = target.partition("=")
        if bool(written) == (goal is not None):
            raise UserInputError(
                "the goal is given twice" if written else "there is no goal",
                field="goal",
                hint="give a number, or write QUANTITY=VALUE[UNIT]",
            )
        kind = self.quantity(self.target(name.strip(), field="target"), field="target")
        if goal is None:
            read = Change.parse(f"goal.{kind.id}", text)
            if read.op is not ChangeOp.SET or (read.unit is not None and unit is not None):
                raise UserInputError(
                    f"{text.strip()[:60]!r} is not a goal",
                    field="goal",
                    hint="write a value and its unit, as in 50token/s",
                )
            goal, unit = read.value, read.unit or unit
        if not math.isfinite(goal) or goal <= 0.0:
            raise UserInputError(f"the goal is {goal:g}", field="goal", hint="give a finite number above zero")
        shown = unit or kind.display_unit
        return kind, to_base(goal, shown, base_unit=kind.unit, implied_denominator=kind.implied_denominator), shown

    def role_of(self, slug: str, quantity: str, as_of: str | None, *, field: str = "entity") -> tuple[str, int]:
        """Return the role in which an entity takes part in a quantity, and its position there."""
        columns = self._engine.columns(as_of)
        key = self._engine.schema.keys.get(quantity, ())
        roles = [role for role in columns.tables if role in key or any(up in key for up in columns.chain(role))]
        for role in roles:
            position = columns.tables[role].position.get(slug)
            if position is not None:
                return role, position
        classes = ", ".join(columns.tables[role].role.entity_class for role in key) or "no role"
        raise UserInputError(
            f"{slug} is a {self._knowledge.entities[slug].type}: it has no {quantity}",
            field=field,
            hint=f"{quantity} belongs to {classes}",
        )

    def where(
        self, where: Where | None, as_of: str | None
    ) -> tuple[dict[str, frozenset[int]], frozenset[int] | None, str | None]:
        """Return the admitted positions by role, the layers, and the date of a filter."""
        selected: dict[str, frozenset[int]] = {}
        layers: frozenset[int] | None = None
        when = as_of
        for key, given in (where or {}).items():
            names = [given] if isinstance(given, str) else list(given)
            if key in ("asOf", "as_of"):
                when = names[0] if names else when
            elif key == "layer":
                layers = frozenset(self._layer(name) for name in names)
            else:
                selected[key] = self._selection(key, names)
        if when is not None:
            when = check_date(when)
        return selected, layers, when

    def narrow(
        self, selected: dict[str, frozenset[int]], entity: str | None, quantity: str, as_of: str | None
    ) -> dict[str, frozenset[int]]:
        """Admit only one entity, when one is named, in the role in which it takes part in a quantity."""
        if entity is None:
            return selected
        role, position = self.role_of(self.entity(entity).id, quantity, as_of)
        already = selected.get(role)
        return {**selected, role: frozenset({position}) if already is None else already & {position}}

    def _selection(self, role: str, names: Sequence[str]) -> frozenset[int]:
        tables = self._engine.columns().tables
        if role not in tables:
            known = (*tables, "layer", "asOf")
            raise UnknownNameError("filter", role, nearest_words(role, known) or known, field="where")
        chosen = set()
        for name in names:
            slug = self.entity(name, field=f"where.{role}").id
            position = tables[role].position.get(slug)
            if position is None:
                raise UserInputError(
                    f"{slug} is a {self._knowledge.entities[slug].type}, not a {tables[role].role.entity_class}",
                    field=f"where.{role}",
                    hint=f"name a {tables[role].role.entity_class}",
                )
            chosen.add(position)
        return frozenset(chosen)

    def _layer(self, name: str) -> int:
        for layer in self._knowledge.layers:
            if name in (layer.name, layer.label, str(layer.number)):
                return layer.number
        known = tuple(layer.name for layer in self._knowledge.layers)
        raise UnknownNameError("layer", name, nearest_words(name.upper(), known), field="where.layer")
