"""The door of the library: open the knowledge, ask it questions.

>>> from downstack.kg import KnowledgeGraph
>>> kg = KnowledgeGraph.open()
>>> report = kg.impact({"nvidia-h200-sxm.memory_bandwidth": "x1.4"}, targets=["decode_tokens_per_second"],
...                    where={"model": "llama-3.1-70b"})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from downstack.engine.changes import Change, read_changes
from downstack.engine.compare import compare
from downstack.engine.engine import Engine
from downstack.engine.impact import impact
from downstack.engine.sensitivity import sensitivity
from downstack.engine.solve import solve
from downstack.engine.uncertainty import check_samples
from downstack.engine.value import value_report
from downstack.errors import Finding, UserInputError
from downstack.graph.loading import load, validate_paths
from downstack.graph.model import Entity, Fact, Influence, Layer, QuantityKind, Relation
from downstack.graph.names import NameIndex
from downstack.performance import REGISTRY
from downstack.performance.declare import FunctionDeclaration, FunctionRegistry
from downstack.questions import Changes, Questions, Where
from downstack.results import (
    ComparisonReport,
    EvaluationReport,
    GraphInfo,
    ImpactReport,
    SearchHit,
    SensitivityReport,
    SolveReport,
    ValueReport,
)


class KnowledgeGraph:
    """One immutable version of the graph with its functions; every question is a method.

    Use :meth:`open`. Instances are safe to share between threads.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._knowledge = engine.knowledge
        self._questions = Questions(engine)
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
        return self._questions.entity(name, field=field)

    @property
    def names(self) -> NameIndex:
        """The names and aliases of all entities."""
        return self._questions.names

    def quantity(self, name: str, *, field: str = "quantity") -> QuantityKind:
        """Return the quantity kind of an identifier, IRI or CURIE (``dso:...``)."""
        return self._questions.quantity(name, field=field)

    def search(self, text: str, first: int = 10) -> tuple[SearchHit, ...]:
        """Find entities by label or alias, typo tolerant, best first."""
        return self._questions.names.search(text, first)

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
            How often the uncertain facts are drawn, up to 10,000; 0 for point answers without a band.
        as_of
            Answer with the facts of that date (ISO).
        """
        if samples != 0:
            check_samples(samples)
        checked = self._questions.interventions(changes)
        names = None if targets is None else self._questions.targets(targets)
        selected, layers, when = self._questions.where(where, as_of)
        written = tuple(item.text for item in read_changes(changes))
        return impact(self._engine, checked, written, names, selected, layers, when, samples)

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
        target = self._questions.target(quantity, field="quantity")
        selected, _, when = self._questions.where(where, as_of)
        return value_report(self._engine, target, self._questions.narrow(selected, entity, target, when), when)

    def explain(self, reference: str, where: Where | None = None, as_of: str | None = None) -> ValueReport:
        """Say where a number comes from.

        Parameters
        ----------
        reference
            ``ENTITY.QUANTITY``, or a quantity alone with `where`.
        """
        entity, quantity = self._questions.split(reference)
        return self.value(quantity, entity, where, as_of=as_of)

    def sensitivity(
        self, target: str, where: Where | None = None, first: int = 10, as_of: str | None = None
    ) -> SensitivityReport:
        """Say which facts matter most for one number.

        Parameters
        ----------
        target
            A quantity, or ``ENTITY.QUANTITY``; together with `where` it must name one combination.
        where
            Role to entity, as in :meth:`impact`.
        first
            How many facts to report, largest elasticity first.
        as_of
            Answer with the facts of that date (ISO).
        """
        entity, name = self._questions.split(target)
        quantity = self._questions.target(name, field="target")
        selected, _, when = self._questions.where(where, as_of)
        return sensitivity(
            self._engine, quantity, self._questions.narrow(selected, entity, quantity, when), when, first
        )

    def solve(
        self,
        target: str,
        goal: float | None = None,
        unit: str | None = None,
        vary: str | None = None,
        where: Where | None = None,
        as_of: str | None = None,
    ) -> SolveReport:
        """Find the value of one input at which a quantity meets a goal, in every combination that matches.

        Parameters
        ----------
        target
            A quantity; without `goal`, ``QUANTITY=VALUE[UNIT]``.
        goal, unit
            What to reach; in the unit that answers use unless one is given.
        vary
            ``ENTITY.QUANTITY``, sought between a thousandth and a thousand times what it is.
        where, as_of
            As in :meth:`impact`.
        """
        kind, wanted, shown = self._questions.goal(target, goal, unit)
        selected, _, when = self._questions.where(where, as_of)
        return solve(self._engine, kind.id, wanted, shown, self._questions.vary(vary, when), selected, when)

    def compare(
        self,
        scenarios: Mapping[str, Changes],
        targets: Sequence[str],
        where: Where | None = None,
        as_of: str | None = None,
    ) -> ComparisonReport:
        """Put several scenarios side by side against the same base.

        Parameters
        ----------
        scenarios
            Name to changes, each as in :meth:`impact`; up to a hundred.
        targets
            Quantities to report.
        where, as_of
            As in :meth:`impact`; ``layer`` keeps only the targets of that layer.
        """
        checked = {name: self._questions.interventions(changes) for name, changes in scenarios.items()}
        selected, layers, when = self._questions.where(where, as_of)
        names = self._questions.targets(targets)
        if layers is not None:
            names = tuple(name for name in names if self._knowledge.quantities[name].layer in layers)
        return compare(self._engine, checked, names, selected, when)

    def evaluate(self, path: str | Path) -> EvaluationReport:
        """Predict each row of a table of measurements, and compare with what was measured.

        Parameters
        ----------
        path
            A CSV file with the columns that :mod:`downstack.evaluation.rows` names. No prediction depends on ``value``.

        Raises
        ------
        UserInputError
            If the table cannot be read; the message names line and column.
        """
        from downstack.evaluation import evaluate

        return evaluate(self._engine, self._questions.names, path)

    def validate(self, paths: Sequence[str | Path] | None = None) -> tuple[Finding, ...]:
        """Check Turtle files against the vocabulary, the units and the SHACL shapes; the bundled ones unless given."""
        return validate_paths(None if paths is None else [Path(item) for item in paths])


def _no_samples(samples: int) -> None:
    if samples != 0:
        raise UserInputError(
            "a plain value has no band in this version",
            field="samples",
            hint="leave samples at 0, or ask for the impact of a change",
        )


__all__ = ["Change", "KnowledgeGraph"]
