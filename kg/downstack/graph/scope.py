"""What the shapes must be asked about when a part of a graph changed and all the rest is known to conform.

A shape that looks at one node, at what it states and at the classes of what it names can only judge differently where the
node changed, or where something that it names did. So these are asked about, with as much of the graph around them as the
shape can see. A shape with a query sees further: it is asked about all that it is for, with every statement that has a
predicate of the query; or, where the query goes from thing to thing, about what such statements link to a change. Where
that cannot be said for certain, nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from downstack.graph.documents import Document
from downstack.graph.statements import RDF_TYPE, SUBCLASS_OF, Node, Statements, Text
from downstack.vocabulary import DSO, RDF, SH

TARGET = SH + "targetClass"
_SAID = {SH + name for name in ("message", "severity", "name", "description", "order", "group", "deactivated")}
_LOCAL = _SAID | {
    SH + name
    for name in (
        "path", "minCount", "maxCount", "datatype", "class", "nodeKind", "pattern", "flags", "minLength", "maxLength",
        "in", "hasValue", "minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "lessThan",
        "lessThanOrEquals", "equals", "disjoint", "uniqueLang", "languageIn", "closed", "ignoredProperties",
    )
}  # fmt: skip
"""Constraints that see a node, its statements and the classes of their objects, and nothing else."""
_INNER = {SH + name for name in ("not", "and", "or", "xone")}
_DESCRIBED = {RDF_TYPE, TARGET, DSO + "note"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a query in a shape reads of a graph."""

    predicates: frozenset[str]
    """Of all statements that it looks at."""
    linked: bool
    """Whether it looks at nothing but what such statements link to the node that it is asked about, thing by thing."""

    def __or__(self, other: Reading) -> Reading:
        """Return what two queries read together."""
        return Reading(self.predicates | other.predicates, self.linked and other.linked)


NOTHING = Reading(frozenset(), True)


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a graph that gives the same verdict as the whole."""

    focus: tuple[str, ...]
    """The nodes that are asked about."""
    nodes: Mapping[str, Node]
    """What the shapes see of the graph."""


def scope_of_change(
    before: Statements, after: Statements, shapes: Sequence[Document], queried: Mapping[str, Reading | None]
) -> Scope | None:
    """Return what to ask about, or None where the whole graph must be.

    Parameters
    ----------
    before
        A graph that conforms to the shapes.
    after
        The graph that is to be judged.
    shapes
        The shapes.
    queried
        Text of each query in the shapes to what it reads; None where that could be anything.
    """
    changed = {subject for subject, node in after.nodes.items() if before.nodes.get(subject) is not node}
    changed = {subject for subject in changed if before.nodes.get(subject) != after.nodes[subject]}
    changed |= before.nodes.keys() - after.nodes.keys()
    if not changed:
        return Scope((), {})
    if any(_is_vocabulary(graph, subject) for graph in (before, after) for subject in changed):
        return None
    wide = _wide_shapes(Statements(shapes), queried)
    if wide is None:
        return None
    focus = {subject for subject in changed if subject in after.nodes}
    focus |= {
        subject
        for subject, node in after.nodes.items()
        if subject not in focus and not changed.isdisjoint(_named(node))
    }
    below = after.superclasses()
    everywhere = frozenset[str]().union(*(item.predicates for item in wide.values() if not item.linked))
    along = frozenset[str]().union(*(item.predicates for item in wide.values() if item.linked))
    near = _linked(before, after, focus | changed, along)
    for target, reading in wide.items():
        for name in {target} | {name for name, closure in below.items() if target in closure}:
            members = after.by_type.get(name, ())
            focus.update((subject for subject in members if subject in near) if reading.linked else members)
    if any(subject.startswith("_:") for subject in focus):
        return None
    kept = _around(after, focus, everywhere)
    for subject in near:
        node = after.nodes.get(subject, {})
        seen = {name: node[name] for name in along if name in node}
        if seen:
            kept[subject] = kept.get(subject, {}) | seen
    return Scope(tuple(sorted(focus)), kept | {subject: after.nodes[subject] for subject in focus})


def _linked(before: Statements, after: Statements, seeds: set[str], predicates: frozenset[str]) -> set[str]:
    """Return all things that statements of some predicates lead to from some nodes, either way and over any distance."""
    links: dict[str, list[str]] = {}
    for graph in (before, after):
        for subject, node in graph.nodes.items():
            if graph is before and after.nodes.get(subject) is node:
                continue
            for predicate in predicates:
                for value in node.get(predicate, ()):
                    if isinstance(value, str):
                        links.setdefault(subject, []).append(value)
                        links.setdefault(value, []).append(subject)
    found, waiting = set(seeds), list(seeds)
    while waiting:
        for name in links.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def _is_vocabulary(graph: Statements, subject: str) -> bool:
    node = graph.nodes.get(subject, {})
    return subject.startswith((DSO, "_:")) or SUBCLASS_OF in node


def _named(node: Node) -> Iterable[str]:
    return (value for values in node.values() for value in values if isinstance(value, str))


def _around(graph: Statements, focus: set[str], predicates: frozenset[str]) -> dict[str, Node]:
    """Return what is stated of some nodes, the classes of all that they name, and all statements of some predicates."""
    kept: dict[str, Node] = {}
    for subject, node in graph.nodes.items():
        seen = predicates & node.keys()
        if SUBCLASS_OF in node:
            seen |= {RDF_TYPE, SUBCLASS_OF}
        if seen:
            kept[subject] = {name: node[name] for name in seen if name in node}
    for subject in focus:
        for name in _named(graph.nodes[subject]):
            types = graph.nodes.get(name, {}).get(RDF_TYPE)
            if types:
                kept.setdefault(name, {})[RDF_TYPE] = types
    return kept


def _wide_shapes(shapes: Statements, queried: Mapping[str, Reading | None]) -> dict[str, Reading] | None:
    """Return the class of each shape that sees further than a node, with what it reads."""
    wide: dict[str, Reading] = {}
    for subject, node in shapes.nodes.items():
        if any(name.startswith(SH + "target") and name != TARGET for name in node):
            return None
        if TARGET not in node:
            continue
        read = _reads(shapes, node, queried, inside=False)
        if read is None:
            return None
        if read.predicates:
            for target in shapes.iris(subject, TARGET):
                wide[target] = wide.get(target, NOTHING) | read
    return wide


def _reads(shapes: Statements, node: Node, queried: Mapping[str, Reading | None], *, inside: bool) -> Reading | None:
    """Return what a shape reads beyond the node, nothing for a local one; None where it may read anything."""
    found = NOTHING
    for name, values in node.items():
        if name in _LOCAL:
            if name == SH + "path" and any(isinstance(value, Text) or value.startswith("_:") for value in values):
                return None
            continue
        if name in _DESCRIBED:
            continue
        for value in values:
            part: Reading | None = None
            if name == SH + "sparql" and isinstance(value, str):
                part = _queries(shapes, value, queried)
            elif isinstance(value, str) and (name in _INNER or (name == SH + "property" and not inside)):
                part = NOTHING
                for item in _members(shapes, value):
                    more = _reads(shapes, shapes.nodes.get(item, {}), queried, inside=inside or name == SH + "property")
                    if more is None:
                        return None
                    part |= more
            if part is None:
                return None
            found |= part
    return found


def _queries(shapes: Statements, constraint: str, queried: Mapping[str, Reading | None]) -> Reading | None:
    text = shapes.text(constraint, SH + "select")
    others = shapes.nodes.get(constraint, {}).keys() - _SAID - {SH + "select", RDF_TYPE}
    return None if text is None or others else queried.get(text)


def _members(shapes: Statements, node: str) -> Iterable[str]:
    """Yield a shape, or the shapes of a list of them."""
    while RDF + "first" in shapes.nodes.get(node, {}):
        yield from shapes.iris(node, RDF + "first")
        rest = shapes.iris(node, RDF + "rest")
        node = rest[0] if rest else ""
        if node in ("", RDF + "nil"):
            return
    yield node
