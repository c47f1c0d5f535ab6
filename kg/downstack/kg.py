"""The door of the library: open the knowledge, ask it questions.

>>> from downstack.kg import KnowledgeGraph
>>> kg = KnowledgeGraph.open()
>>> report = kg.impact({"nvidia-h200-sxm.memory_bandwidth": "x1.4"}, targets=["decode_tokens_per_second"],
...                    where={"model": "llama-3.1-70b"})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from downstack.engine.assume import assumed_facts
from downstack.engine.changes import Change, read_changes
from downstack.engine.compare import compare
from downstack.engine.deployments.platforms import Platforms
from downstack.engine.deployments.reading import DEFAULT_ACCELERATORS, read_deployments
from downstack.engine.deployments.report import report as deployments_report
from downstack.engine.describe import functions_turtle
from downstack.engine.engine import Engine
from downstack.engine.export import PlanExport, export_plan
from downstack.engine.impact import impact
from downstack.engine.sampler import Progress, check_samples
from downstack.engine.sensitivity import sensitivity
from downstack.engine.signs import compare_signs
from downstack.engine.solve import solve
from downstack.engine.value import value_report
from downstack.engine.versions import compare_versions
from downstack.errors import Finding, UserInputError
from downstack.garbage import paused_collection
from downstack.graph.ahead import Ahead
from downstack.graph.dependence.report import Dependence
from downstack.graph.diff import HEADLINES, HEADLINES_FOR, compare_knowledge
from downstack.graph.documents import Document
from downstack.graph.exports.export import Documents, export, no_documents
from downstack.graph.history import History
from downstack.graph.knowledge import Knowledge, holds_on
from downstack.graph.loading import documents_of, folder_of, load, validate_paths
from downstack.graph.model import (
    CorrelationGroup,
    Entity,
    Fact,
    Influence,
    Layer,
    QuantityKind,
    Relation,
    Scenario,
    StatedProperty,
)
from downstack.graph.names import NameIndex
from downstack.graph.selection import BY_SLUG, EntityOrdering, SelectedEntities, Selection, Selector
from downstack.graph.sparql.origin import StoreOrigin
from downstack.graph.stores.places import releases_of, split_name
from downstack.journey.report import journey
from downstack.performance import REGISTRY
from downstack.performance.declare import FunctionDeclaration, FunctionRegistry
from downstack.questions import Changes, Questions, Where
from downstack.results import (
    ComparisonReport,
    DependenceDirection,
    DependencyPath,
    DependencyReport,
    DeploymentReport,
    DiffReport,
    EffectCheck,
    EvaluationReport,
    ExportReport,
    GraphInfo,
    ImpactReport,
    JourneyReport,
    Release,
    SearchHit,
    SensitivityReport,
    ShockReport,
    SignComparison,
    SolveReport,
    ValueReport,
    VersionReport,
)
from downstack.supply.ask import DEFAULT_HORIZON, DEFAULT_MONTHS, Asking, Disruptions
from downstack.supply.disruption import Disruption
from downstack.supply.read import read_network
from downstack.supply.shock import shock


class KnowledgeGraph:
    """One immutable version of the graph with its functions; every question is a method.

    Use :meth:`open`. Instances are safe to share between threads.
    """

    def __init__(self, engine: Engine, releases: tuple[Release, ...] = ()) -> None:
        self._engine = engine
        self._releases = releases
        self._knowledge = engine.knowledge
        self._questions = Questions(engine)
        self._network = read_network(engine.knowledge.supply)
        self._asking = Asking(engine.knowledge, self._network, self._questions.names)
        self._platforms = Platforms(engine)
        self._dependence = Dependence(engine.knowledge)
        self._selector = Selector(engine.knowledge, self._questions.names)
        self._loaded_at = datetime.now(UTC).isoformat(timespec="seconds")
        self._documents: Documents = no_documents
        self._store: str | None = None
        self._history = History(None, (), REGISTRY)

    @classmethod
    def open(
        cls,
        store: str | Path | None = None,
        *,
        registry: FunctionRegistry | None = None,
        release: str | None = None,
        large: bool = False,
    ) -> KnowledgeGraph:
        """Open the bundled knowledge, or a store, a folder or a file of Turtle in its place.

        Parameters
        ----------
        store
            None for the bundled knowledge; a store that loads have written, an Oxigraph directory or the address of a
            SPARQL 1.1 endpoint that versions were copied into, of which the newest release is opened; a folder that
            holds ``terms/`` is a whole ontology of its own; any other folder or file holds facts that are read with the
            bundled vocabulary.
        registry
            The functions that may be run; the shared registry unless given.
        release
            Of a store, the release whose hash begins like this, or that answered on this date (YYYY-MM or YYYY-MM-DD);
            ``STORE@RELEASE`` says the same.
        large
            Allow files of gigabytes.

        Raises
        ------
        KnowledgeError
            If anything in the data is wrong; nothing is loaded then, and the findings name file, line and remedy.
        FunctionError
            If the data describes a function that the registry does not hold.
        """
        functions = REGISTRY if registry is None else registry
        # First the history: what is loaded meanwhile is then in the graph and not yet in the history, and not vice versa.
        releases = releases_of(store, release)
        with paused_collection():
            return cls._of(load(store, functions, release=release, large=large), functions, store, releases)

    @classmethod
    def from_ahead(cls, ahead: Ahead, store: str | None = None, releases: tuple[Release, ...] = ()) -> KnowledgeGraph:
        """Return what another process has read of a store, with its releases; read it here if that failed."""
        knowledge = ahead.knowledge()
        return cls.open(store) if knowledge is None else cls._of(knowledge, REGISTRY, store, releases)

    @classmethod
    def _of(
        cls,
        knowledge: Knowledge,
        functions: FunctionRegistry,
        store: str | Path | None,
        releases: tuple[Release, ...],
    ) -> KnowledgeGraph:
        graph = cls(Engine(knowledge, functions), releases)
        graph._store = None if store is None else str(store)
        if store is not None and releases:
            graph._store = f"{split_name(store)[0]}@{releases[-1].id}"
        graph._documents = graph._read_again
        graph._history = History(store, releases, functions)
        return graph

    def _read_again(self) -> tuple[Document, ...]:
        origin = self.origin
        return documents_of(origin.store, origin.functions, origin.version)

    @property
    def version(self) -> str:
        """The content hash of the graph version; every answer names it."""
        return self._knowledge.version

    @property
    def origin(self) -> StoreOrigin:
        """What another process needs to read this version again.

        Raises
        ------
        UserInputError
            If no files state it: a question has changed some facts.
        """
        if self._documents == no_documents:
            self._documents()
        folder = folder_of(self._store)
        functions = functions_turtle(self._engine.functions, self.quantities)
        return StoreOrigin(self.version, self._store, functions, None if folder is None else str(folder))

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
            releases=self._releases,
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

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """All questions that the store keeps."""
        return self._knowledge.scenarios

    @property
    def correlation_groups(self) -> Mapping[str, CorrelationGroup]:
        """Groups of facts whose errors go together, by IRI."""
        return self._knowledge.correlation_groups

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

    def select(self, selection: Selection | None = None, order: EntityOrdering = BY_SLUG) -> SelectedEntities:
        """Return the entities that meet some conditions, in an order.

        Parameters
        ----------
        selection
            Classes, layers, words, values of quantities with units, relations, and selections joined by and, or, not; see
            :class:`downstack.graph.selection.Selection`. All entities unless given.
        order
            By slug, label, layer or the value of a quantity, either way; what lacks it comes last.

        Raises
        ------
        UserInputError
            If a name, a class, a unit or a number means nothing, or if there are too many conditions.
        """
        return self._selector.select(selection, order)

    def facts_of(self, entity: str, quantity: str | None = None) -> tuple[Fact, ...]:
        """Return the facts of an entity, best source first; of one quantity when it is given."""
        slug = self.resolve(entity).id
        if quantity is None:
            return self._knowledge.facts_by_entity.get(slug, ())
        return self._knowledge.facts_by_subject.get((slug, self.quantity(quantity).id), ())

    def properties_of(self, entity: str, kind: str | None = None) -> tuple[StatedProperty, ...]:
        """Return the dates, words and answers of yes or no that sources state of an entity, best source first.

        Parameters
        ----------
        entity
            Its slug, IRI, CURIE or alias.
        kind
            The identifier of one property kind, for example ``release_date``; all of them unless given.
        """
        stated = self._knowledge.properties_by_entity.get(self.resolve(entity).id, ())
        return stated if kind is None else tuple(item for item in stated if item.kind == kind)

    def relations_of(self, entity: str, as_of: str | None = None) -> tuple[Relation, ...]:
        """Return the relations that an entity takes part in, either way.

        Parameters
        ----------
        entity
            Its slug, IRI, CURIE or alias.
        as_of
            Only what was stated by that date (ISO) and had not ended; what carries no date always holds.
        """
        found = self._knowledge.relations_by_entity.get(self.resolve(entity).id, ())
        when = self._questions.where(None, as_of)[2]
        return found if when is None else tuple(item for item in found if holds_on(item, when))

    def influences_of(self, entity: str) -> tuple[Influence, ...]:
        """Return the influences that start or end at an entity."""
        return self._knowledge.influences_by_entity.get(self.resolve(entity).id, ())

    def published_effects(self) -> tuple[EffectCheck, ...]:
        """Return every effect that was published of an influence, beside the same computed where a formula does."""
        return self._published

    @cached_property
    def _published(self) -> tuple[EffectCheck, ...]:
        # Only who asks for it pays for importing it.
        from downstack.evaluation.effects import Case, check_effects

        def ask(case: Case) -> tuple[float | None, str, str]:
            graph = self.with_changes(case.changes) if case.changes else self
            found = graph.value(case.quantity, where=case.where)
            return found.value, found.unit, str(found.status)

        return check_effects(self._knowledge, ask)

    def impact(
        self,
        changes: Mapping[str, str] | Sequence[Change],
        targets: Sequence[str] | None = None,
        where: Where | None = None,
        samples: int = 0,
        as_of: str | None = None,
        progress: Progress | None = None,
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
        progress
            Told, from time to time, how many of how many samples are done.
        """
        if samples != 0:
            check_samples(samples)
        checked = self._questions.interventions(changes)
        names = None if targets is None else self._questions.targets(targets)
        selected, layers, when = self._questions.where(where, as_of)
        written = tuple(item.text for item in read_changes(changes))
        return impact(self._engine, checked, written, names, selected, layers, when, samples, progress)

    def value(
        self,
        quantity: str,
        entity: str | None = None,
        where: Where | None = None,
        samples: int = 0,
        as_of: str | None = None,
    ) -> ValueReport:
        """Return one quantity for every combination that matches, with its trace.

        Parameters
        ----------
        quantity, entity
            What is asked for, and whose; for all entities unless given.
        where, as_of
            As in :meth:`impact`.
        samples
            How often the uncertain facts and the errors of formulas are drawn for a band of the number itself.
        """
        if samples != 0:
            check_samples(samples)
        target = self._questions.target(quantity, field="quantity")
        selected, _, when = self._questions.where(where, as_of)
        return value_report(self._engine, target, self._questions.narrow(selected, entity, target, when), when, samples)

    def explain(
        self, reference: str, where: Where | None = None, as_of: str | None = None, samples: int = 0
    ) -> ValueReport:
        """Say where a number comes from.

        Parameters
        ----------
        reference
            ``ENTITY.QUANTITY``, or a quantity alone with `where`.
        where, as_of, samples
            As in :meth:`value`.
        """
        entity, quantity = self._questions.split(reference)
        return self.value(quantity, entity, where, samples, as_of)

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
        samples: int = 0,
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
        samples
            How often the uncertain facts are drawn, the same for all scenarios, for the bands of ratios and differences.
        """
        if samples != 0:
            check_samples(samples)
        checked = {name: self._questions.interventions(changes) for name, changes in scenarios.items()}
        selected, layers, when = self._questions.where(where, as_of)
        names = self._questions.targets(targets)
        if layers is not None:
            names = tuple(name for name in names if self._knowledge.quantities[name].layer in layers)
        return compare(self._engine, checked, names, selected, when, samples)

    def export_plan(self, targets: Sequence[str], where: Where | None = None, as_of: str | None = None) -> PlanExport:
        """Return how some quantities are computed, as a description and arrays that run without this graph.

        Parameters
        ----------
        targets
            Quantities to compute.
        where, as_of
            As in :meth:`impact`.
        """
        names = self._questions.targets(targets)
        selected, _, when = self._questions.where(where, as_of)
        return export_plan(self._engine, self._engine.plan(names, selected, when), names)

    def export(
        self,
        format: str,
        path: str | Path | None = None,
        *,
        entity: str | None = None,
        depth: int = 1,
        tables: Sequence[str] | None = None,
        force: bool = False,
    ) -> ExportReport:
        """Write the graph in a format that other programs read.

        Parameters
        ----------
        format
            turtle, ntriples, jsonld (all triples), graphml, dot, mermaid (entities, relations and influences), csv, parquet
            (tables of entities, facts, relations, influences, sources and quantities).
        path
            A file; for several tables a folder. None to return the text as ``content``.
        entity, depth
            Only what is within `depth` relations or influences of this entity; everything unless given.
        tables
            The tables to write; one of them goes to a file. All unless given.
        force
            Replace files that are there already.

        Raises
        ------
        UserInputError
            If a name is unknown, a file is there already or cannot be written, Mermaid cannot draw that much, or Apache
            Arrow is not installed.
        """
        slug = None if entity is None else self.resolve(entity).id
        return export(
            self._knowledge, self._documents, format, path, entity=slug, depth=depth, names=tables, force=force
        )

    def with_changes(self, changes: Mapping[str, str] | Sequence[Change]) -> KnowledgeGraph:
        """Return another version of the graph, in which some facts are what the changes make of them.

        The changed facts are assumptions, and answers say so. Everything that they do not reach is shared with this
        version, computed values included: a question to the new version costs the cone of what changed.

        Parameters
        ----------
        changes
            As in :meth:`impact`, of quantities that are stated.
        """
        checked = self._questions.interventions(changes)
        written = tuple(item.text for item in read_changes(changes))
        return KnowledgeGraph(self._engine.with_facts(assumed_facts(self._engine, checked, written)))

    def compare_versions(
        self, other: KnowledgeGraph, targets: Sequence[str], where: Where | None = None, as_of: str | None = None
    ) -> VersionReport:
        """Say which numbers differ in another version of the graph, and whether facts or formulas moved them.

        Parameters
        ----------
        other
            The newer version: other facts, other functions, or both.
        targets
            Quantities to report.
        where, as_of
            As in :meth:`impact`; the names must be known in both versions.
        """
        names = self._questions.targets(targets)
        other._questions.targets(targets)

        def selection(engine: Engine) -> Mapping[str, frozenset[int]]:
            return Questions(engine).where(where, as_of)[0]

        return compare_versions(self._engine, other._engine, names, selection, self._questions.where(where, as_of)[2])

    def diff(
        self,
        other: KnowledgeGraph,
        *,
        impact: bool = False,
        targets: Sequence[str] | None = None,
        where: Where | None = None,
    ) -> DiffReport:
        """Say what a newer version of the graph states that this one does not, and the other way round.

        Parameters
        ----------
        other
            The newer version.
        impact
            Say also which answers moved, and by how much; see :meth:`compare_versions`.
        targets
            The quantities whose answers are compared; those of :data:`downstack.graph.diff.HEADLINES` unless given.
        where
            As in :meth:`impact`; that of :data:`downstack.graph.diff.HEADLINES_FOR` unless targets or a filter are given.
        """
        found = compare_knowledge(self._knowledge, other._knowledge)
        if not (impact or targets):
            return found
        both = (self, other)
        known = [name for name in HEADLINES if all(name in graph.quantities for graph in both)]
        if not (targets or where):
            where = {
                role: name for role, name in HEADLINES_FOR.items() if all(name in graph.entities for graph in both)
            }
        return replace(found, impact=self.compare_versions(other, targets or known, where))

    def diff_releases(self, before: str, after: str | None = None) -> DiffReport:
        """Say what two releases of the store that this graph was opened from state differently.

        Parameters
        ----------
        before, after
            The beginning of a release's hash, or a date (YYYY-MM or YYYY-MM-DD), which means the state of the store at its
            end; the release that answers unless the second is given.

        Raises
        ------
        UserInputError
            If there is no such release; the bundled knowledge has none.
        """
        return self._history.diff(before, after)

    def compare_signs(self, as_of: str | None = None) -> tuple[SignComparison, ...]:
        """Compare the formulas with every influence that names the two quantities it connects.

        A comparison that disagrees is a finding about the data: the formula, the reading of the source, or the condition
        under which it holds is wrong.
        """
        return compare_signs(self._engine, self._questions.where(None, as_of)[2])

    def dependencies(
        self,
        entity: str,
        direction: str = "down",
        depth: int = 3,
        as_of: str | None = None,
        hide: Sequence[str] = (),
        influences: bool = False,
    ) -> DependencyReport:
        """Say who depends on an entity, or what it depends on, without numbers but for stated shares.

        Parameters
        ----------
        entity
            Slug, IRI, CURIE or unambiguous alias.
        direction
            ``"up"`` towards applications: who depends on it; ``"down"`` towards silicon: what it depends on.
        depth
            How many steps to go, 1 to 64.
        as_of
            Leave out what was stated for a later date (ISO); what has no date always holds.
        hide
            Classes whose entities are passed through without being shown or counted, for example ``Interconnect``.
        influences
            Follow qualitative influences too.
        """
        try:
            way = DependenceDirection(direction.lower())
        except ValueError as error:
            raise UserInputError(
                f"{direction[:60]!r} is no direction", field="direction", hint="up: who depends on it; down: on what"
            ) from error
        found = self.resolve(entity)
        return self._dependence.report(
            found, way, depth, self._questions.where(None, as_of)[2], tuple(hide), influences
        )

    def paths(
        self, first: str, last: str, count: int = 5, as_of: str | None = None, influences: bool = False
    ) -> tuple[DependencyPath, ...]:
        """Return the shortest ways along dependence between two entities, whichever depends on the other.

        Parameters
        ----------
        first, last
            Slugs, IRIs, CURIEs or unambiguous aliases.
        count
            How many at most, 1 to 100; none is an answer too.
        as_of, influences
            As in :meth:`dependencies`.
        """
        start, end = self.resolve(first, field="from"), self.resolve(last, field="to")
        return self._dependence.paths(start, end, count, self._questions.where(None, as_of)[2], influences)

    def shock(
        self,
        disruptions: Disruptions,
        months: int = DEFAULT_MONTHS,
        horizon_months: int = DEFAULT_HORIZON,
        targets: Sequence[str] | None = None,
    ) -> ShockReport:
        """Say what a supply disruption does, month by month, with three bounds.

        Parameters
        ----------
        disruptions
            ``{"tsmc-cowos": "-30%"}``, or structured disruptions, each with months of its own.
        months
            How long a disruption that is written as text lasts.
        horizon_months
            How far to look, 1 to 120 months.
        targets
            Entities of the supply chain to report; all that are reached unless given.
        """
        asked = self._asking.read(disruptions, months, horizon_months, targets)
        return shock(self._knowledge, self._network, asked, self._engine.functions)

    def journey(
        self,
        application: str,
        model: str | None = None,
        accelerator: str | None = None,
        workload: str | None = None,
        as_of: str | None = None,
        samples: int = 0,
    ) -> JourneyReport:
        """Follow one prompt from its application to silicon: time, energy, cost and what binds, layer by layer.

        Parameters
        ----------
        application
            Where the prompt is written.
        model
            Which model answers; one that no source links to the application stands in for it, and all numbers that rest
            on it say so.
        accelerator
            Which chip; there is a route for each offering that rents it.
        workload
            What a request is: how many tokens in and out, how many turns.
        as_of
            Answer with the facts of that date (ISO).
        samples
            How often the uncertain facts and the errors of formulas are drawn for the bands of time, energy and cost.

        What sources do not say and the question does not name is asked for in the answer; nothing is chosen.
        """
        if samples != 0:
            check_samples(samples)
        when = self._questions.where(None, as_of)[2]
        return journey(self._engine, self._questions.names, application, model, accelerator, workload, when, samples)

    def deployments(
        self,
        model: str,
        workload: str | None = None,
        objective: str = "PARETO",
        *,
        ttft: float | None = None,
        tpot: float | None = None,
        budget: float | None = None,
        max_accelerators: int = DEFAULT_ACCELERATORS,
        weights: Sequence[str] | None = None,
        where: Where | None = None,
        samples: int = 0,
        as_of: str | None = None,
        progress: Progress | None = None,
    ) -> DeploymentReport:
        """Say what a model should run on, over all accelerators and offerings that the graph knows.

        Parameters
        ----------
        model, workload
            What is served, and for which load; a published trace of conversations unless one is named.
        objective
            PARETO (no other is both cheaper for a token and faster), COST, LATENCY (time per output token), FIRST_TOKEN,
            THROUGHPUT (for each accelerator) or ENERGY.
        ttft, tpot
            Longest time to first token and per output token, in milliseconds; the latter is the workload's own target
            unless given.
        budget
            Highest price of one copy of the model, in USD an hour.
        max_accelerators
            Most chips of one copy of the model.
        weights
            The number formats of weights to look at (published, bf16, fp8, int8, fp4); all unless given.
        where
            Only these accelerators, offerings, providers; ``framework`` when the graph knows several.
        samples
            How often the uncertain facts are drawn for the band of each answer; 0 for none.
        as_of
            Answer with the facts of that date (ISO).
        progress
            Called with the configurations done and their number, now and then.
        """
        if samples != 0:
            check_samples(samples)
        extended = self._platforms.engine
        asked, from_workload = read_deployments(
            self._questions,
            self._engine,
            extended,
            model,
            workload,
            objective,
            ttft,
            tpot,
            budget,
            max_accelerators,
            weights,
            where,
            as_of,
        )
        return deployments_report(extended, asked, samples, progress, from_workload=from_workload)

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
        # The functions with fitted constants are declared when they are needed: no other question waits for them.
        from downstack.evaluation.evaluate import evaluate

        return evaluate(self._engine, self._questions.names, path)

    def validate(
        self, paths: Sequence[str | Path] | None = None, rules: Sequence[str] | None = None
    ) -> tuple[Finding, ...]:
        """Check Turtle files against the vocabulary, the units, the SHACL shapes and the rules of plausibility.

        Parameters
        ----------
        paths
            Files and folders; the bundled ones unless given.
        rules
            Identifiers of the rules of plausibility to look at; all unless given.

        Returns
        -------
        What is found, errors first. Only an error (``finding.is_error``) keeps a graph from being loaded.
        """
        return validate_paths(None if paths is None else [Path(item) for item in paths], rules)


__all__ = ["Change", "Disruption", "KnowledgeGraph"]
