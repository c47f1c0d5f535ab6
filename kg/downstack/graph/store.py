"""From parsed Turtle to records: the only border between RDF and the rest of the product.

Reading is total: whatever a record needs was checked by :func:`downstack.graph.validation.structural_findings` before,
so a graph is either read whole or refused whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache, cached_property

from downstack.graph.dependence.rules import read_rules
from downstack.graph.knowledge import Knowledge, Role
from downstack.graph.model import (
    LAYER_NAMES,
    CorrelationGroup,
    Entity,
    Fact,
    Influence,
    Layer,
    PublishedEffect,
    QuantityKind,
    Relation,
    Scenario,
    ScenarioChange,
    Source,
    StatedProperty,
)
from downstack.graph.statements import Statements, Value
from downstack.graph.supply import read_supply
from downstack.units import to_base
from downstack.vocabulary import DCTERMS, DS, DSO, FNO, FNOM, RDF, RDFS, SCENARIO, SKOS


class _Triples:
    """All statements by subject and predicate, read as plain strings."""

    def __init__(self, statements: Statements) -> None:
        self.nodes = statements.nodes
        self.types = statements.by_type
        self.count = statements.count
        self._statements = statements

    @cached_property
    def file(self) -> dict[str, str]:
        """The file that first says what a subject is."""
        return self._statements.typed_in()

    def instances(self, name: str) -> list[str]:
        return sorted(set(self.types.get(DSO + name, ())))

    def one(self, subject: str, predicate: str) -> str | None:
        node = self.nodes.get(subject)
        values = None if node is None else node.get(predicate)
        if not values:
            return None
        # A store of triples keeps no order: of several values, the same one is taken wherever they come from.
        return _text(values[0]) if len(values) == 1 else min(map(_text, values))

    def need(self, subject: str, predicate: str) -> str:
        value = self.one(subject, predicate)
        if value is None:
            raise LookupError(f"{subject} has no {predicate}: the structural check should have refused it")
        return value

    def all(self, subject: str, predicate: str) -> list[str]:
        return [_text(value) for value in self.nodes.get(subject, {}).get(predicate, ())]

    def number(self, subject: str, predicate: str) -> float | None:
        value = self.one(subject, predicate)
        return None if value is None else float(value)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else value.value


def _local(iri: str) -> str:
    return iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1]


def read_knowledge(statements: Statements, *, version: str) -> Knowledge:
    """Turn checked statements into the records of one graph version."""
    triples = _Triples(statements)
    superclasses = _superclasses(triples)
    layers = tuple(
        sorted((_layer(triples, iri) for iri in triples.instances("Layer")), key=lambda item: item.number),
    )
    layer_numbers = {iri: _layer(triples, iri).number for iri in triples.instances("Layer")}
    quantities = {item.id: item for item in _quantities(triples, layer_numbers)}
    by_iri = {item.iri: item for item in quantities.values()}
    sources = {iri: _source(triples, iri) for iri in triples.instances("Source")}
    entities = _entities(triples, superclasses, layer_numbers)
    facts = tuple(_facts(triples, by_iri, sources))
    return Knowledge(
        version=version,
        layers=layers,
        roles=_ordered(_roles(triples)),
        quantities=quantities,
        entities=entities,
        facts=facts,
        relations=tuple(_relations(triples, sources)),
        influences=tuple(_influences(triples, by_iri, sources)),
        sources=sources,
        superclasses=superclasses,
        links=_links(triples, entities),
        triples=triples.count,
        correlation_groups={item.iri: item for item in _correlation_groups(triples, sources)},
        supply=read_supply(triples, facts, sources),
        properties=tuple(_properties(triples, sources)),
        effects=tuple(_effects(triples, by_iri, sources)),
        dependence=read_rules(triples),
        scenarios=tuple(_scenarios(triples, by_iri)),
    )


def described_functions(statements: Statements) -> dict[str, str | None]:
    """Return method name to code digest of every function that the data itself describes."""
    triples = _Triples(statements)
    found: dict[str, str | None] = {}
    for subject, node in statements.nodes.items():
        for mapping in node.get(FNO + "methodMapping", ()):
            name = triples.one(_text(mapping), FNOM + "method-name")
            function = triples.one(subject, FNO + "function")
            if name is not None:
                found[name] = None if function is None else triples.one(function, DSO + "codeDigest")
    return found


def read_quantities(statements: Statements) -> dict[str, QuantityKind]:
    """Return the quantity kinds alone, for what must be known before the whole graph is."""
    triples = _Triples(statements)
    layers = {iri: _layer(triples, iri).number for iri in triples.instances("Layer")}
    return {item.id: item for item in _quantities(triples, layers)}


def _superclasses(triples: _Triples) -> dict[str, frozenset[str]]:
    direct = {
        subject.removeprefix(DSO): {
            parent.removeprefix(DSO) for parent in triples.all(subject, RDFS + "subClassOf") if parent.startswith(DSO)
        }
        for subject in list(triples.nodes)
        if subject.startswith(DSO)
    }

    @cache
    def closure(name: str) -> frozenset[str]:
        found = {name}
        for parent in direct.get(name, ()):
            if parent != name:
                found |= closure(parent)
        return frozenset(found)

    return {name: closure(name) for name in direct}


def _layer(triples: _Triples, iri: str) -> Layer:

    number = int(triples.need(iri, DSO + "number"))
    return Layer(
        number=number,
        name=LAYER_NAMES[number - 1],
        label=triples.need(iri, RDFS + "label"),
        definition=triples.one(iri, SKOS + "definition") or "",
    )


def _quantities(triples: _Triples, layers: dict[str, int]) -> Iterable[QuantityKind]:
    for iri in triples.instances("QuantityKind"):
        subject_class = triples.one(iri, DSO + "appliesTo")
        layer = triples.one(iri, DSO + "inLayer")
        yield QuantityKind(
            id=triples.need(iri, DSO + "identifier"),
            iri=iri,
            label=triples.need(iri, RDFS + "label"),
            definition=triples.one(iri, SKOS + "definition") or "",
            unit=triples.need(iri, DSO + "baseUnit"),
            display_unit=triples.need(iri, DSO + "displayUnit"),
            implied_denominator=triples.one(iri, DSO + "impliedDenominator"),
            subject_class=None if subject_class is None else _local(subject_class),
            layer=None if layer is None else layers[layer],
            formula_first=triples.one(iri, DSO + "formulaFirst") == "true",
            age_budget=triples.one(iri, DSO + "ageBudget"),
            non_negative=triples.one(iri, DSO + "nonNegative") == "true",
            at_most=triples.number(iri, DSO + "atMost"),
            varies_in_time=triples.one(iri, DSO + "variesInTime") == "true",
            divides_one_whole=triples.one(iri, DSO + "dividesOneWhole") == "true",
            adds_up_to=_identifier(triples, triples.one(iri, DSO + "addsUpTo")),
        )


def _identifier(triples: _Triples, kind: str | None) -> str | None:
    return None if kind is None else triples.one(kind, DSO + "identifier")


def _roles(triples: _Triples) -> Iterable[Role]:
    for iri in triples.instances("BindingRole"):
        parent = triples.one(iri, DSO + "reachedFrom")
        via = triples.one(iri, DSO + "via")
        yield Role(
            id=triples.need(iri, DSO + "identifier"),
            entity_class=_local(triples.need(iri, DSO + "roleClass")),
            reached_from=None if parent is None else triples.need(parent, DSO + "identifier"),
            via=None if via is None else _local(via),
        )


def _ordered(roles: Iterable[Role]) -> tuple[Role, ...]:
    """Order roles as a person names a combination, free ones first and each after the one that determines it."""
    spoken = ("model", "workload", "offering", "framework")
    by_id = {role.id: role for role in roles}

    def depth(role: Role) -> int:
        steps, parent = 0, role.reached_from
        while parent is not None:
            steps, parent = steps + 1, by_id[parent].reached_from
        return steps

    def place(role: Role) -> tuple[int, int, str]:
        return depth(role), spoken.index(role.id) if role.id in spoken else len(spoken), role.id

    return tuple(sorted(by_id.values(), key=place))


def _source(triples: _Triples, iri: str) -> Source:
    return Source(
        iri=iri,
        title=triples.need(iri, DCTERMS + "title"),
        locator=triples.need(iri, DSO + "reference"),
        licence=triples.one(iri, DCTERMS + "license"),
        retrieved=triples.one(iri, DSO + "retrieved"),
    )


def _entities(triples: _Triples, superclasses: dict[str, frozenset[str]], layers: dict[str, int]) -> dict[str, Entity]:
    found: dict[str, set[str]] = defaultdict(set)
    for type_iri, subjects in triples.types.items():
        name = type_iri.removeprefix(DSO)
        closure = superclasses.get(name, frozenset())
        if "Entity" in closure:
            for subject in subjects:
                found[subject].update(closure)
    entities = {}

    @cache
    def main_class(classes: frozenset[str]) -> tuple[str, frozenset[str]]:
        # The main class is a direct child of Entity; a company that is also a foundry is a company first.
        main = sorted(
            (name for name in classes if name != "Entity" and superclasses[name] == frozenset({name, "Entity"})),
            key=lambda name: (name != "Company", name),
        )
        # The classes come back with it: equal sets of all entities are one object then.
        return main[0] if main else "Entity", classes

    for iri in sorted(found):
        slug = iri.removeprefix(DS)
        main, classes = main_class(frozenset(found[iri]))
        layer = triples.one(iri, DSO + "inLayer")
        entities[slug] = Entity(
            id=slug,
            iri=iri,
            label=triples.need(iri, RDFS + "label"),
            aliases=tuple(sorted(triples.all(iri, SKOS + "altLabel"))),
            type=main,
            classes=classes,
            layer=None if layer is None else layers[layer],
            description=triples.one(iri, SKOS + "definition") or triples.one(iri, DCTERMS + "description"),
            file=triples.file[iri],
        )
    return entities


CONFIDENCE = {"vendorClaim": "vendor-claim"}


def _facts(triples: _Triples, quantities: dict[str, QuantityKind], sources: dict[str, Source]) -> Iterable[Fact]:
    retracted = {triples.need(iri, DSO + "retracts"): iri for iri in triples.instances("Retraction")}
    for iri in triples.instances("Fact"):
        kind = quantities[triples.need(iri, DSO + "quantity")]
        unit = triples.need(iri, DSO + "unit")

        def base(value: float | None, unit: str = unit, kind: QuantityKind = kind) -> float | None:
            if value is None:
                return None
            return to_base(value, unit, base_unit=kind.unit, implied_denominator=kind.implied_denominator)

        value = base(float(triples.need(iri, DSO + "value")))
        confidence = _local(triples.need(iri, DSO + "confidence"))
        distribution = triples.one(iri, DSO + "distribution")
        retraction = retracted.get(iri)
        yield Fact(
            iri=iri,
            entity=triples.need(iri, DSO + "subject").removeprefix(DS),
            quantity=kind.id,
            literal=triples.need(iri, DSO + "literal"),
            unit=unit,
            value=0.0 if value is None else value,
            low=base(triples.number(iri, DSO + "low")),
            high=base(triples.number(iri, DSO + "high")),
            condition=triples.one(iri, DSO + "condition"),
            as_of=triples.one(iri, DSO + "asOf"),
            valid_until=triples.one(iri, DSO + "validUntil"),
            confidence=CONFIDENCE.get(confidence, confidence),
            source=sources[triples.need(iri, DCTERMS + "source")],
            locator=triples.one(iri, DSO + "locator"),
            note=triples.one(iri, DSO + "note"),
            superseded_by=triples.one(iri, DSO + "supersededBy"),
            file=triples.file[iri],
            distribution=None if distribution is None else _local(distribution),
            standard_deviation=base(triples.number(iri, DSO + "standardDeviation")),
            log_standard_deviation=triples.number(iri, DSO + "logStandardDeviation"),
            correlation_group=triples.one(iri, DSO + "correlationGroup"),
            retracted_on=None if retraction is None else triples.need(retraction, DSO + "retractedOn"),
            retraction_reason=None if retraction is None else triples.need(retraction, DSO + "retractionReason"),
        )


def _properties(triples: _Triples, sources: dict[str, Source]) -> Iterable[StatedProperty]:
    kinds = {
        iri: tuple(triples.need(iri, name) for name in (DSO + "identifier", RDFS + "label", DSO + "valueType"))
        for iri in triples.instances("PropertyKind")
    }
    for iri in triples.instances("StatedProperty"):
        kind, label, value_type = kinds[triples.need(iri, DSO + "property")]
        confidence = _local(triples.need(iri, DSO + "confidence"))
        yield StatedProperty(
            iri=iri,
            entity=triples.need(iri, DSO + "subject").removeprefix(DS),
            kind=kind,
            label=label,
            value_type=value_type,
            value=triples.need(iri, DSO + "stated"),
            as_of=triples.one(iri, DSO + "asOf"),
            confidence=CONFIDENCE.get(confidence, confidence),
            source=sources[triples.need(iri, DCTERMS + "source")],
            locator=triples.one(iri, DSO + "locator"),
            note=triples.one(iri, DSO + "note"),
            file=triples.file[iri],
        )


def _correlation_groups(triples: _Triples, sources: dict[str, Source]) -> Iterable[CorrelationGroup]:
    members: dict[str, list[str]] = defaultdict(list)
    for fact in triples.instances("Fact"):
        group = triples.one(fact, DSO + "correlationGroup")
        if group is not None:
            members[group].append(fact)
    for iri in triples.instances("CorrelationGroup"):
        pairs = []
        for pair in triples.all(iri, DSO + "hasPairCorrelation"):
            first, second = sorted(triples.all(pair, DSO + "betweenFact"))
            pairs.append((first, second, float(triples.need(pair, DSO + "correlation"))))
        confidence = _local(triples.need(iri, DSO + "confidence"))
        yield CorrelationGroup(
            iri=iri,
            label=triples.need(iri, RDFS + "label"),
            facts=tuple(sorted(members[iri])),
            correlation=triples.number(iri, DSO + "correlation"),
            pairs=tuple(sorted(pairs)),
            confidence=CONFIDENCE.get(confidence, confidence),
            source=sources[triples.need(iri, DCTERMS + "source")],
            note=triples.one(iri, DSO + "note"),
        )


def _relations(triples: _Triples, sources: dict[str, Source]) -> Iterable[Relation]:
    for iri in triples.instances("Relation"):
        yield Relation(
            iri=iri,
            subject=triples.need(iri, RDF + "subject").removeprefix(DS),
            predicate=_local(triples.need(iri, RDF + "predicate")),
            object=triples.need(iri, RDF + "object").removeprefix(DS),
            as_of=triples.one(iri, DSO + "asOf"),
            source=sources[triples.need(iri, DCTERMS + "source")],
            note=triples.one(iri, DSO + "note"),
            valid_until=triples.one(iri, DSO + "validUntil"),
        )


def _effects(
    triples: _Triples, quantities: dict[str, QuantityKind], sources: dict[str, Source]
) -> Iterable[PublishedEffect]:
    def kind(iri: str, name: str) -> str | None:
        found = triples.one(iri, DSO + name)
        return None if found is None else quantities[found].id

    for iri in triples.instances("PublishedEffect"):
        yield PublishedEffect(
            iri=iri,
            influence=triples.need(iri, DSO + "effectOf"),
            form=triples.need(iri, DSO + "effectForm"),
            low=float(triples.need(iri, DSO + "effectLow")),
            high=float(triples.need(iri, DSO + "effectHigh")),
            unit=triples.need(iri, DSO + "unit"),
            condition=triples.need(iri, DSO + "condition"),
            baseline=triples.one(iri, DSO + "baseline"),
            changed_kind=kind(iri, "effectFrom"),
            affected_kind=kind(iri, "effectOn"),
            base_case=triples.one(iri, DSO + "baseCase"),
            changed_case=triples.one(iri, DSO + "changedCase"),
            not_computed=triples.one(iri, DSO + "notComputed"),
            source=sources[triples.need(iri, DCTERMS + "source")],
        )


def _scenarios(triples: _Triples, quantities: dict[str, QuantityKind]) -> Iterable[Scenario]:
    for iri in triples.instances("Scenario"):
        filters = [
            (
                triples.need(node, DSO + "filterRole"),
                tuple(sorted(_admitted(triples, item) for item in triples.all(node, DSO + "admits"))),
            )
            for node in triples.all(iri, DSO + "hasFilter")
        ]
        yield Scenario(
            id=iri.removeprefix(SCENARIO),
            iri=iri,
            name=triples.need(iri, RDFS + "label"),
            description=triples.one(iri, SKOS + "definition"),
            changes=tuple(
                ScenarioChange(
                    entity=triples.need(node, DSO + "changesEntity").removeprefix(DS),
                    quantity=quantities[triples.need(node, DSO + "changesQuantity")].id,
                    operation=triples.need(node, DSO + "operation"),
                    amount=float(triples.need(node, DSO + "amount")),
                    unit=triples.one(node, DSO + "unit"),
                )
                for node in sorted(triples.all(iri, DSO + "hasChange"))
            ),
            targets=tuple(sorted(quantities[name].id for name in triples.all(iri, DSO + "asksFor"))),
            where=tuple(sorted(filters)),
            as_of=triples.one(iri, DSO + "asOf"),
        )


def _admitted(triples: _Triples, iri: str) -> str:
    """Return the slug of an entity, or the name of a layer."""
    number = triples.one(iri, DSO + "number") if iri.startswith(DSO) else None
    return iri.removeprefix(DS) if number is None else LAYER_NAMES[int(number) - 1]


def _influences(
    triples: _Triples, quantities: dict[str, QuantityKind], sources: dict[str, Source]
) -> Iterable[Influence]:
    def kind(iri: str, name: str) -> str | None:
        found = triples.one(iri, DSO + name)
        return None if found is None else quantities[found].id

    for iri in triples.instances("QualitativeInfluence"):
        yield Influence(
            iri=iri,
            source_entity=triples.need(iri, DSO + "influenceSource").removeprefix(DS),
            target_entity=triples.need(iri, DSO + "influenceTarget").removeprefix(DS),
            sign=triples.need(iri, DSO + "sign"),
            strength=_local(triples.need(iri, DSO + "strength")),
            confidence=_local(triples.need(iri, DSO + "influenceConfidence")).removesuffix("Confidence"),
            direction=triples.need(iri, DSO + "direction"),
            mechanism=triples.need(iri, DSO + "mechanism"),
            quantity_affected=triples.one(iri, DSO + "quantityAffected"),
            published_effect=triples.one(iri, DSO + "publishedEffect"),
            source=sources[triples.need(iri, DCTERMS + "source")],
            locator=triples.one(iri, DSO + "locator"),
            changed_kind=kind(iri, "changedKind"),
            affected_kind=kind(iri, "affectedKind"),
        )


def _links(triples: _Triples, entities: dict[str, Entity]) -> dict[str, dict[str, tuple[str, ...]]]:
    links: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for slug, entity in entities.items():
        for predicate, objects in triples.nodes[entity.iri].items():
            if not predicate.startswith(DSO):
                continue
            for item in objects:
                target = _text(item)
                if isinstance(item, str) and target.startswith(DS):
                    links[predicate.removeprefix(DSO)][slug].append(target.removeprefix(DS))
    return {name: {key: tuple(sorted(values)) for key, values in group.items()} for name, group in links.items()}
