"""The door of the library: open the knowledge, ask it questions.

>>> from downstack.kg import KnowledgeGraph
>>> kg = KnowledgeGraph.open()
>>> report = kg.impact({"nvidia-h200-sxm.memory_bandwidth": "x1.4"}, targets=["decode_tokens_per_second"],
...                    where={"model": "llama-3.1-70b"})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from downstack.engine.changes import Change, Intervention, check_change, read_changes
from downstack.engine.engine import Engine
from downstack.engine.impact import impact
from downstack.engine.value import value_report
from downstack.errors import Finding, UnknownNameError, UserInputError
from downstack.graph.loading import load, validate_paths
from downstack.graph.model import Entity, Fact, Influence, Layer, QuantityKind, Relation
from downstack.graph.names import NameIndex, nearest_words, resolve_quantity
from downstack.performance import REGISTRY
from downstack.performance.declare import FunctionDeclaration, FunctionRegistry
from downstack.results import GraphInfo, ImpactReport, SearchHit, ValueReport

Where = Mapping[str, str | Sequence[str]]


class KnowledgeGraph:
    """One immutable version of the graph with its functions; every question is a method.

    Use :meth:`open`. Instances are safe to share between threads.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._knowledge = engine.knowledge
        self._names = NameIndex(self._knowledge.entities)
        self._loaded_at = datetime.now(UTC).isoformat(timespec="seconds")

    @classmethod
    def open(cls, store: str | Path | None = None, *, registry: FunctionRegistry | None = None) -> KnowledgeGraph:
        """Open the bundled knowledge, or a folder or file of Turtle in its place.

        Parameters
        ----------
        store
            None for the bundled knowledge; a folder that holds ``terms/`` is a whole ontology of its own; any other
            folder or file holds facts that are read with the bundled vocabulary.
        registry
            The functions that may be run; the shared registry unless given.

        Raises
        ------
        KnowledgeError
            If anything in the data is wrong; nothing is loaded then, and the findings name file, line and remedy.
        FunctionError
            If the data describes a function that the registry does not hold.
        """
        functions = REGISTRY if registry is None else registry
        return cls(Engine(load(store, functions), functions))

    @property
    def version(self) -> str:
        """The content hash of the graph version; every answer names it."""
        return self._knowledge.version

    @property
    def info(self) -> GraphInfo:
        """Counts of what is loaded."""
        held = self._knowledge
        return GraphInfo(
            version=held.version,
            entities=len(held.entities),
            facts=len(held.facts),
            relations=len(held.relations),
            influences=len(held.influences),
            functions=len(self._engine.functions),
            quantities=len(held.quantities),
            sources=len(held.sources),
            triples=held.triples,
            loaded_at=self._loaded_at,
        )

    @property
    def engine(self) -> Engine:
        """The engine underneath, for those who embed it."""
        return self._engine

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The seven layers, applications first."""
        return self._knowledge.layers

    @property
    def quantities(self) -> Mapping[str, QuantityKind]:
        """All kinds of quantity by identifier."""
        return self._knowledge.quantities

    @property
    def entities(self) -> Mapping[str, Entity]:
        """All entities by slug."""
        return self._knowledge.entities

    @property
    def functions(self) -> tuple[FunctionDeclaration, ...]:
        """All analytical functions by name."""
        return self._engine.functions

    @property
    def relations(self) -> tuple[Relation, ...]:
        """All cited relations."""
        return self._knowledge.relations

    @property
    def influences(self) -> tuple[Influence, ...]:
        """All qualitative influences."""
        return self._knowledge.influences

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts, every source kept."""
        return self._knowledge.facts

    def resolve(self, name: str, *, field: str = "entity") -> Entity:
        """Return the entity of a slug, IRI, CURIE (``ds:...``) or unambiguous alias.

        Raises
        ------
        UnknownNameError
            With the three nearest names.
        AmbiguousNameError
            If several entities carry the alias.
        """
        return self._names.resolve(name, field=field)

    def quantity(self, name: str, *, field: str = "quantity") -> QuantityKind:
        """Return the quantity kind of an identifier, IRI or CURIE (``dso:...``)."""
        return resolve_quantity(name, self._knowledge.quantities, field=field)

    def search(self, text: str, first: int = 10) -> tuple[SearchHit, ...]:
        """Find entities by label or alias, typo tolerant, best first."""
        return self._names.search(text, first)

    def facts_of(self, entity: str, quantity: str | None = None) -> tuple[Fact, ...]:
        """Return the facts of an entity, best source first; of one quantity when it is given."""
        slug = self.resolve(entity).id
        if quantity is None:
            return self._knowledge.facts_by_entity.get(slug, ())
        return self._knowledge.facts_by_subject.get((slug, self.quantity(quantity).id), ())

    def relations_of(self, entity: str) -> tuple[Relation, ...]:
        """Return the relations that an entity takes part in, either way."""
        return self._knowledge.relations_by_entity.get(self.resolve(entity).id, ())

    def influences_of(self, entity: str) -> tuple[Influence, ...]:
        """Return the influences that start or end at an entity."""
        return self._knowledge.influences_by_entity.get(self.resolve(entity).id, ())

    def impact(
        self,
        changes: Mapping[str, str] | Sequence[Change],
        targets: Sequence[str] | None = None,
        where: Where | None = None,
        samples: int = 0,
        as_of: str | None = None,
    ) -> ImpactReport:
        """Say what some changes do.

        Parameters
        ----------
        changes
            ``{"ENTITY.QUANTITY": "x1.4"}``, or structured changes.
        targets
            Quantities to report; all that the changes reach unless given.
        where
            Role to entity or entities (``{"model": "llama-3.1-70b"}``), and ``layer``.
        samples
            Must be 0: uncertainty is not sampled in this version.
        as_of
            Answer with the facts of that date (ISO).
        """
        _no_samples(samples)
        checked = [self._check(item) for item in read_changes(changes)]
        seen: set[tuple[str, str]] = set()
        for item in checked:
            if (item.entity, item.quantity.id) in seen:
                raise UserInputError(
                    f"{item.entity}.{item.quantity.id} is changed twice", field="changes", hint="combine the changes"
                )
            seen.add((item.entity, item.quantity.id))
        names = None if targets is None else tuple(dict.fromkeys(self._target(name) for name in targets))
        selected, layers, when = self._where(where, as_of)
        written = tuple(item.text for item in read_changes(changes))
        return impact(self._engine, tuple(checked), written, names, selected, layers, when)

    def value(
        self,
        quantity: str,
        entity: str | None = None,
        where: Where | None = None,
        samples: int = 0,
        as_of: str | None = None,
    ) -> ValueReport:
        """Return one quantity for every combination that matches, with its trace."""
        _no_samples(samples)
        target = self._target(quantity, field="quantity")
        selected, _, when = self._where(where, as_of)
        if entity is not None:
            slug = self.resolve(entity).id
            role, position = self._role_of(slug, target, when)
            already = selected.get(role)
            selected[role] = frozenset({position}) if already is None else already & {position}
        return value_report(self._engine, target, selected, when)

    def explain(self, reference: str, where: Where | None = None, as_of: str | None = None) -> ValueReport:
        """Say where a number comes from.

        Parameters
        ----------
        reference
            ``ENTITY.QUANTITY``, or a quantity alone with `where`.
        """
        text = reference.strip()
        if text in self._knowledge.quantities:
            return self.value(text, None, where, as_of=as_of)
        entity, dot, quantity = text.rpartition(".")
        if not dot:
            # A bare word is neither: let the quantity lookup name the nearest ones.
            return self.value(text, None, where, as_of=as_of)
        return self.value(quantity, entity, where, as_of=as_of)

    def validate(self, paths: Sequence[str | Path] | None = None) -> tuple[Finding, ...]:
        """Check Turtle files against the vocabulary, the units and the SHACL shapes; the bundled ones unless given."""
        return validate_paths(None if paths is None else [Path(item) for item in paths])

    def _check(self, change: Change) -> Intervention:
        entity = self.resolve(change.entity, field="changes.entity")
        quantity = self.quantity(change.quantity, field="changes.quantity")
        self._role_of(entity.id, quantity.id, None)
        return check_change(change, entity.id, quantity)

    def _target(self, name: str, *, field: str = "targets") -> str:
        quantity = self.quantity(name, field=field).id
        if quantity not in self._engine.schema.keys:
            raise UserInputError(
                f"{quantity} takes no part in any formula and belongs to no role",
                field=field,
                hint="look at its facts through the entity instead",
            )
        return quantity

    def _role_of(self, slug: str, quantity: str, as_of: str | None) -> tuple[str, int]:
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
            field="entity",
            hint=f"{quantity} belongs to {classes}",
        )

    def _where(
        self, where: Where | None, as_of: str | None
    ) -> tuple[dict[str, frozenset[int]], frozenset[int] | None, str | None]:
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
            when = _date(when)
        return selected, layers, when

    def _selection(self, role: str, names: Sequence[str]) -> frozenset[int]:
        tables = self._engine.columns().tables
        if role not in tables:
            known = (*tables, "layer", "asOf")
            raise UnknownNameError("filter", role, nearest_words(role, known) or known, field="where")
        chosen = set()
        for name in names:
            slug = self.resolve(name, field=f"where.{role}").id
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


def _date(text: str) -> str:
    """Check an ISO date; a year or a month alone is one too."""
    try:
        date.fromisoformat(text if len(text) > 7 else f"{text}-01-01"[:10])
    except ValueError as error:
        raise UserInputError(
            f"{text!r} is not a date", field="asOf", hint="write YYYY-MM-DD, YYYY-MM or YYYY"
        ) from error
    return text


def _no_samples(samples: int) -> None:
    if samples != 0:
        raise UserInputError("uncertainty is not sampled in this version", field="samples", hint="leave samples at 0")


__all__ = ["Change", "KnowledgeGraph"]
