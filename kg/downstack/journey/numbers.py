"""The values of a question: one plan over all that is reported, and facts that take part in no formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from downstack.engine.engine import Engine
from downstack.engine.regimes import regime_of
from downstack.engine.trace import STATUS
from downstack.engine.value_bands import value_bands
from downstack.graph.ages import stale_reason
from downstack.graph.display import shown
from downstack.graph.model import Fact
from downstack.journey.asking import Asked
from downstack.journey.catalogue import (
    BATCH,
    COST,
    COST_PARTS,
    ENERGY,
    ENERGY_PARTS,
    NUMBERS,
    PRICE_LIST,
    SUPPLY,
    TIME,
    TIME_PARTS,
    VALUE_PARTS,
)
from downstack.results import Band, EffectKey, JourneyNumber, Regime, Status, Trace

OVER_CLOUDS = ("offering", "provider", "framework", "calibration")
"""The roles that a question leaves open, and what they determine: there is a route for each combination."""


class Numbers:
    """The numbers of one question, looked up by quantity and combination."""

    def __init__(self, engine: Engine, asked: Asked, as_of: str | None, samples: int = 0) -> None:
        self._engine, self._as_of = engine, as_of
        self._stand_in = asked.stand_in
        columns = engine.columns(as_of)
        self.on = columns.on
        named = {"model": asked.model, "workload": asked.workload, "accelerator": asked.accelerator}
        known = {role for role, slug in named.items() if slug is not None}
        selected = {
            role: frozenset({columns.tables[role].position[slug]})
            for role, slug in named.items()
            if slug is not None and role in columns.tables
        }
        if asked.model is None and asked.members:
            # Which of them answers is not public; what is public of each is its price list.
            selected["model"] = frozenset(columns.tables["model"].position[slug] for slug in asked.members)
        if asked.accelerator is not None:
            known |= set(OVER_CLOUDS)
        wanted = [
            name
            for name in _wanted()
            if name in engine.schema.keys and self._is_known(name, known, families=bool(asked.members))
        ]
        self._plan = engine.plan(wanted, selected, as_of)
        self._evaluation = engine.base(self._plan)
        self._tracer = self._evaluation.tracer(engine.knowledge, 0)
        self._wanted = frozenset(wanted)
        self._bands: dict[str, tuple[Band | None, ...]] = {
            name: value_bands(engine, engine.plan((name,), selected, as_of), engine.knowledge.quantities[name], samples)
            for name in (TIME, ENERGY, COST)
            if samples and name in self._wanted and self._plan.by_quantity[name].rows
        }

    @property
    def offerings(self) -> tuple[str, ...]:
        """The offerings that the question admits."""
        return self._listed("offering")

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The serving frameworks that the graph knows."""
        return self._listed("framework")

    def depends_on_cloud(self, quantity: str) -> bool:
        """Return whether a quantity differs from route to route."""
        return any(role in OVER_CLOUDS for role in self._engine.schema.keys.get(quantity, ()))

    def at(self, quantity: str, roles: Mapping[str, str | None]) -> JourneyNumber | None:
        """Return a number of one combination; None where the question does not determine it."""
        row = self._row(quantity, roles)
        return None if row is None else self._number(quantity, row)

    def all(self, quantity: str) -> tuple[JourneyNumber, ...]:
        """Return the numbers of a quantity for all entities that the question admits."""
        if quantity not in self._wanted:
            return ()
        return tuple(self._number(quantity, row) for row in range(self._plan.by_quantity[quantity].rows))

    def regime(self, quantity: str, roles: Mapping[str, str | None]) -> Regime | None:
        """Return what binds a number."""
        row = self._row(quantity, roles)
        if row is None:
            return None
        return regime_of(self._engine, self._evaluation, (), quantity, row, self._as_of)

    def stated(self, entity: str, quantity: str) -> tuple[JourneyNumber, ...]:
        """Return the facts of an entity that take part in no formula: the best one under each condition."""
        facts = self._engine.knowledge.candidates(entity, quantity, self._as_of)
        best: dict[str | None, Fact] = {}
        for fact in facts:
            best.setdefault(fact.condition, fact)
        return tuple(self._stated(fact, facts) for fact in best.values())

    def _listed(self, role: str) -> tuple[str, ...]:
        binding = self._plan.binding
        if role not in binding.lists:
            return ()
        ids = binding.columns.tables[role].ids
        return tuple(ids[int(place)] for place in binding.lists[role])

    def _is_known(self, quantity: str, known: set[str], *, families: bool) -> bool:
        key = self._engine.schema.keys[quantity]
        if families and quantity in PRICE_LIST:
            return set(key) <= known | {"model"}
        return set(key) <= known

    def _row(self, quantity: str, roles: Mapping[str, str | None]) -> int | None:
        if quantity not in self._wanted:
            return None
        binding, total = self._plan.binding, 0
        for role in self._plan.by_quantity[quantity].key:
            position = self._position(role, roles)
            place = -1 if position < 0 else binding.place(role, position)
            if place < 0:
                return None
            total = total * len(binding.lists[role]) + place
        return total

    def _position(self, role: str, roles: Mapping[str, str | None]) -> int:
        """Return the position of the entity in a role, named or determined by another one; -1 for none."""
        table = self._plan.binding.columns.tables[role]
        slug = roles.get(role)
        if slug is not None:
            return table.position.get(slug, -1)
        if table.role.reached_from is None or table.parent_link is None:
            return -1
        parent = self._position(table.role.reached_from, roles)
        return -1 if parent < 0 else int(table.parent_link[parent])

    def _number(self, quantity: str, row: int) -> JourneyNumber:
        kind = self._engine.knowledge.quantities[quantity]
        outcome, tracer = self._evaluation.outcome, self._tracer
        key = self._plan.binding.key(self._plan.by_quantity[quantity].key, row)
        code = outcome.code(quantity, row, 0)
        rests = self._stand_in is not None and key.get("model") == self._stand_in
        return JourneyNumber(
            quantity=kind,
            key=key,
            value=shown(kind, outcome.value(quantity, row, 0)),
            unit=kind.display_unit,
            status=STATUS[code],
            reason=None if code == 0 else tracer.trace(quantity, row).reason,
            rests_on=(str(self._stand_in),) if rests else (),
            _trace=lambda: tracer.trace(quantity, row),
            band=self._bands[quantity][row] if quantity in self._bands else None,
        )

    def _stated(self, fact: Fact, facts: tuple[Fact, ...]) -> JourneyNumber:
        kind = self._engine.knowledge.quantities[fact.quantity]
        reason = stale_reason(kind, fact, self.on)
        trace = Trace(
            quantity=kind,
            key=EffectKey((("entity", fact.entity),)),
            value=shown(kind, fact.value),
            unit=kind.display_unit,
            status=Status.OK if reason is None else Status.STALE,
            function=None,
            inputs=(),
            own_facts=(fact, *(item for item in facts if item is not fact and item.condition == fact.condition)),
            reason=reason,
        )
        return JourneyNumber(
            quantity=kind,
            key=trace.key,
            value=trace.value,
            unit=trace.unit,
            status=trace.status,
            reason=reason,
            rests_on=(),
            _trace=lambda: trace,
        )


def _wanted() -> Iterable[str]:
    groups = [NUMBERS, TIME_PARTS, ENERGY_PARTS, COST_PARTS, VALUE_PARTS]
    named = (name for group in groups for names in group.values() for name in names)
    return dict.fromkeys([*named, TIME, ENERGY, COST, SUPPLY, BATCH])
