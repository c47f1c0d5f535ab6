"""An answer as RDF: every number with the execution that gave it and the facts that it was derived from.

PROV-O says what was derived from what, the Function Ontology which function was executed on what. The text is Turtle in a
canonical order; what it names (facts, functions, quantities) has the same identifiers as in the graph.

References
----------
.. [1] "PROV-O: The PROV Ontology", W3C Recommendation, 2013.
.. [2] B. De Meester et al., "The Function Ontology", Unofficial Draft, https://fno.io/spec/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from downstack.graph.model import Fact
from downstack.results.effects import Effect
from downstack.results.trace import Trace

PREFIXES = """\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix fno: <https://w3id.org/function/ontology#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

Pairs = list[tuple[str, str]]


def impact_turtle(version: str, as_of: str, changes: Sequence[str], effects: Iterable[Effect]) -> str:
    """Return an answer about changes as Turtle.

    Parameters
    ----------
    version, as_of
        The graph version that answered, and the date that it answered for.
    changes
        The changes as they were understood.
    effects
        What they do.
    """
    writer = _Writer()
    writer.node(
        "_:question",
        [
            ("a", "prov:Activity"),
            ("rdfs:label", _text("; ".join(changes))),
            ("prov:used", f"<urn:downstack:graph:{version}>"),
            ("dso:asOf", _text(as_of)),
        ],
    )
    for number, effect in enumerate(effects, start=1):
        base, scenario = f"_:effect{number}_base", writer.step(effect.trace)
        writer.node(
            f"_:effect{number}",
            [
                ("a", "prov:Collection"),
                ("rdfs:label", _text(f"{effect.quantity.id} of {effect.key}")),
                ("prov:wasGeneratedBy", "_:question"),
                ("prov:hadMember", f"{base}, {scenario}"),
            ],
        )
        writer.node(base, _number("base", effect.quantity.iri, effect.base, effect.unit))
    return PREFIXES + "\n" + "\n".join(writer.blocks)


class _Writer:
    """Writes each step, execution and fact once."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._names: dict[int, str] = {}
        self._facts: set[str] = set()

    def node(self, name: str, pairs: Pairs) -> None:
        """Add one subject with its statements."""
        self.blocks.append(f"{name} " + " ;\n    ".join(f"{key} {value}" for key, value in pairs) + " .\n")

    def step(self, trace: Trace) -> str:
        """Add a number with all that it rests on, inputs first; return its name."""
        waiting = [trace]
        while waiting:
            item = waiting[-1]
            missing = [below for below in item.inputs if id(below) not in self._names]
            if id(item) in self._names or not missing:
                waiting.pop()
                self._add(item)
            else:
                waiting.extend(reversed(missing))
        return self._names[id(trace)]

    def _add(self, trace: Trace) -> None:
        if id(trace) in self._names:
            return
        name = self._names[id(trace)] = f"_:number{len(self._names) + 1}"
        pairs = _number(f"{trace.quantity.id} of {trace.key}", trace.quantity.iri, trace.value, trace.unit)
        pairs.append(("rdfs:comment", _text(f"{trace.status}: {trace.reason}" if trace.reason else str(trace.status))))
        if trace.intervention:
            pairs += [("rdfs:comment", _text(trace.intervention)), ("prov:wasInfluencedBy", "_:question")]
        sources = [f"<{fact.iri}>" for fact in trace.own_facts[:1]]
        sources += list(dict.fromkeys(self._names[id(item)] for item in trace.inputs))
        if sources:
            pairs.append(("prov:wasDerivedFrom", ", ".join(sources)))
        if trace.function is not None:
            pairs.append(("prov:wasGeneratedBy", f"{name}_execution"))
        self.node(name, pairs)
        if trace.function is not None:
            self.node(f"{name}_execution", self._execution(trace, trace.function.iri, name))
        for fact in trace.own_facts[:1]:
            self._fact(fact)

    def _execution(self, trace: Trace, function: str, name: str) -> Pairs:
        pairs: Pairs = [("a", "fno:Execution, prov:Activity"), ("fno:executes", f"<{function}>")]
        # A parameter's predicate is its quantity; the value is the number that was read, with its unit.
        pairs += [(f"<{item.quantity.iri}>", self._names[id(item)]) for item in trace.inputs]
        used = list(dict.fromkeys(self._names[id(item)] for item in trace.inputs))
        if used:
            pairs.append(("prov:used", ", ".join(used)))
        pairs.append((f"<{trace.quantity.iri}>", name))
        return pairs

    def _fact(self, fact: Fact) -> None:
        if fact.iri not in self._facts:
            self._facts.add(fact.iri)
            self.node(
                f"<{fact.iri}>",
                [
                    ("a", "dso:Fact, prov:Entity"),
                    ("dso:literal", _text(fact.literal)),
                    ("dso:unit", _text(fact.unit)),
                    ("prov:hadPrimarySource", f"<{fact.source.iri}>"),
                    ("dcterms:source", f"<{fact.source.iri}>"),
                ],
            )


def _number(label: str, quantity: str, value: float | None, unit: str) -> Pairs:
    pairs = [
        ("a", "prov:Entity"),
        ("rdfs:label", _text(label)),
        ("dso:quantity", f"<{quantity}>"),
        ("dso:unit", _text(unit)),
    ]
    if value is not None:
        pairs.append(("prov:value", f'"{value!r}"^^xsd:double'))
    return pairs


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
