"""What the graph holds, as plain frozen records: no RDF leaves the store adapters."""

from __future__ import annotations

from dataclasses import dataclass

LAYER_NAMES = (
    "APPLICATIONS",
    "FOUNDATION_MODELS",
    "SOFTWARE_FRAMEWORKS",
    "CLOUD_INFRASTRUCTURES",
    "PROCESSORS",
    "MEMORY_AND_INTERCONNECT",
    "SILICON_FABRICATION",
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the seven layers; `number` is 1 (applications) to 7 (silicon fabrication)."""

    number: int
    name: str
    label: str
    definition: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read."""

    iri: str
    title: str
    locator: str
    """A URL, or a repository with the commit that was read."""
    licence: str | None
    retrieved: str | None


@dataclass(frozen=True, slots=True)
class QuantityKind:
    """A kind of quantity: what its numbers mean, and in which unit they are held and shown."""

    id: str
    iri: str
    label: str
    definition: str
    unit: str
    """The base unit that formulas use, for example ``byte/s/chip``."""
    display_unit: str
    """The unit that answers use, for example ``GB/s``."""
    implied_denominator: str | None
    """A unit that sources leave out because the subject implies it (``chip`` for a property of one accelerator)."""
    subject_class: str | None
    """The class whose entities carry facts of this kind; None when it is only ever computed."""
    layer: int | None
    formula_first: bool
    """True when a published value is a rounded label, so that the formula is the base and the fact only a check."""
    age_budget: str | None = None
    """How old a fact may be before an answer says that it is stale, as an ISO 8601 duration; None for no limit."""
    non_negative: bool = False
    """True when a value below zero can only be a mistake."""
    at_most: float | None = None
    """The largest value that it can have, in the base unit."""
    varies_in_time: bool = False
    """True when facts of different dates may differ without a contradiction."""
    divides_one_whole: bool = False
    """True when it is a share of something that several entities divide among them."""
    adds_up_to: str | None = None
    """The quantity that it is a part of, together with the others that name the same one."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One cited value of one quantity of one entity, in the source's own unit and in the base unit."""

    iri: str
    entity: str
    quantity: str
    literal: str
    unit: str
    value: float
    """In the base unit of the quantity."""
    low: float | None
    high: float | None
    condition: str | None
    as_of: str | None
    valid_until: str | None
    confidence: str
    """measured, datasheet, vendor-claim, press, estimate or assumption."""
    source: Source
    locator: str | None
    note: str | None
    superseded_by: str | None
    file: str
    distribution: str | None = None
    """uniform, triangular, normal or lognormal; None where the source says no more than a range."""
    standard_deviation: float | None = None
    """Of a normal fact, in the base unit."""
    log_standard_deviation: float | None = None
    """Of the natural logarithm of a lognormal fact."""
    correlation_group: str | None = None
    """The IRI of the group of facts whose errors go together with that of this one."""
    retracted_on: str | None = None
    """The day from which on it no longer counts."""
    retraction_reason: str | None = None

    @property
    def is_current(self) -> bool:
        """True as long as nothing corrects it and nobody has withdrawn it."""
        return self.superseded_by is None and self.retracted_on is None


@dataclass(frozen=True, slots=True)
class StatedProperty:
    """One date, word or yes or no of one entity, as one source states it; no formula reads it."""

    iri: str
    entity: str
    kind: str
    """The identifier of the property kind, for example ``release_date``."""
    label: str
    """The name of the property kind for people."""
    value_type: str
    """date, text or boolean."""
    value: str
    """The date in ISO form, ``true`` or ``false``, or the words of the source."""
    as_of: str | None
    confidence: str
    source: Source
    locator: str | None
    note: str | None
    file: str
    """The file that states it."""


@dataclass(frozen=True, slots=True)
class CorrelationGroup:
    """Facts whose errors go together, because one source or one fit gave them."""

    iri: str
    label: str
    facts: tuple[str, ...]
    """The IRIs of its facts, sorted."""
    correlation: float | None
    """Of the normal scores of every pair; None where each pair has its own, or where it is unknown."""
    pairs: tuple[tuple[str, str, float], ...]
    """The correlation of each pair, sorted; none where one holds for all, or where it is unknown."""
    confidence: str
    source: Source
    note: str | None

    @property
    def is_known(self) -> bool:
        """True when the correlation of its facts is stated."""
        return self.correlation is not None or bool(self.pairs)


@dataclass(frozen=True, slots=True)
class Relation:
    """A typed, dated, cited link between two entities."""

    iri: str
    subject: str
    predicate: str
    object: str
    as_of: str | None
    source: Source
    note: str | None
    valid_until: str | None = None
    """The last date on which it held; None while it holds."""


@dataclass(frozen=True, slots=True)
class Influence:
    """A cross-layer influence: a sign and a mechanism, never a number that an answer could compute with.

    `published_effect` is the source's own sentence, kept as text.
    """

    iri: str
    source_entity: str
    target_entity: str
    sign: str
    """One of ``+``, ``-``, ``?`` and ``0``."""
    strength: str
    """weak, moderate or strong."""
    confidence: str
    """low, medium or high."""
    direction: str
    """down (towards silicon) or up (towards applications)."""
    mechanism: str
    quantity_affected: str | None
    published_effect: str | None
    source: Source
    locator: str | None
    changed_kind: str | None = None
    """The quantity whose rise the sign is said of, and which formulas know; None for most."""
    affected_kind: str | None = None
    """The quantity that it raises or lowers."""


@dataclass(frozen=True, slots=True)
class PublishedEffect:
    """What a source says that an influence amounts to: a check of formulas, never their input."""

    iri: str
    influence: str
    """The IRI of the influence."""
    form: str
    """``ratio`` (to the baseline), ``value``, or ``at most``."""
    low: float
    high: float
    unit: str
    condition: str
    baseline: str | None
    changed_kind: str | None
    """The quantity that is changed, where the vocabulary has it."""
    affected_kind: str | None
    base_case: str | None
    """The question whose answer is the baseline: ``quantity @ role=entity, ... | entity.quantity=value, ...``."""
    changed_case: str | None
    not_computed: str | None
    """Why no formula is compared with it."""
    source: Source


@dataclass(frozen=True, slots=True)
class ScenarioChange:
    """One change of a scenario, as a question takes it."""

    entity: str
    quantity: str
    operation: str
    """SCALE, ADD, SET or PERCENT."""
    amount: float
    unit: str | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A question that somebody keeps under a name; its answer is computed anew each time."""

    id: str
    iri: str
    name: str
    description: str | None
    changes: tuple[ScenarioChange, ...]
    targets: tuple[str, ...]
    """Quantities that are asked for; none for all that the changes reach."""
    where: tuple[tuple[str, tuple[str, ...]], ...]
    """Role (or ``layer``) and what is admitted in it."""
    as_of: str | None


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing of the industry: company, product, technology, model, workload..."""

    id: str
    iri: str
    label: str
    aliases: tuple[str, ...]
    type: str
    """The main class, for example ``Accelerator``."""
    classes: frozenset[str]
    """All classes, with superclasses."""
    layer: int | None
    description: str | None
    file: str
