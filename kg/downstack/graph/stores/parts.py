"""Named graphs whose name is the hash of what they state.

A file's triples are cut into parts of at most :data:`MOST` and each part is a named graph called by its digest, so releases share
what they have in common, whoever reads a part can tell that it is whole, and no answer of a store is ever large.

Stores keep values, not spellings: ``4800.0e0`` comes back as ``4800``, ``true`` as ``1``, eighteen months as a year and a half, and
a text without the blanks around it. What a store would respell is therefore kept beside the part as text, in a graph of its own, and takes the place of what
came back where both mean the same. Where they do not, somebody changed the triples, and the part is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyoxigraph as ox

from downstack.errors import Finding, KnowledgeError
from downstack.graph.quoted import quoted_triple_line
from downstack.graph.stores.adapter import Part
from downstack.vocabulary import RDF, XSD

MOST = 2_000
"""Triples of a part."""
BLOCK = 8_000
"""Characters of one literal that keeps spellings: stores differ in how long a literal may be."""
GRAPH = "https://w3id.org/downstack/graph/"
SPELLING = "#spelling"
"""Behind the name of a part: the graph that keeps how some of its literals are spelled."""
SPELLED = "https://w3id.org/downstack/store#spelled"
ANONYMOUS = "https://w3id.org/downstack/.well-known/genid/"
"""A node without a name is given one in a store, and loses it again when it is read."""

_EXACT = frozenset({XSD + "string", RDF + "langString"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def named(triples: Iterable[ox.Triple], home: str) -> Iterator[ox.Triple]:
    """Give nodes without a name one that no other file has, by the order of their first use."""
    names: dict[str, ox.NamedNode] = {}

    def name(node: ox.BlankNode) -> ox.NamedNode:
        return names.setdefault(node.value, ox.NamedNode(f"{ANONYMOUS}{home[:32]}-{len(names) + 1}"))

    for triple in triples:
        subject, value = triple.subject, triple.object
        if isinstance(subject, ox.BlankNode) or isinstance(value, ox.BlankNode):
            yield ox.Triple(
                name(subject) if isinstance(subject, ox.BlankNode) else subject,
                triple.predicate,
                name(value) if isinstance(value, ox.BlankNode) else value,
            )
        else:
            yield triple


def anonymous(triple: ox.Triple) -> ox.Triple:
    """Take the names away that :func:`named` gave."""

    def node(term: object) -> ox.BlankNode | None:
        if isinstance(term, ox.NamedNode) and term.value.startswith(ANONYMOUS):
            return ox.BlankNode("n" + term.value.removeprefix(ANONYMOUS).replace("-", "x"))
        return None

    subject, value = node(triple.subject), node(triple.object)
    if subject is None and value is None:
        return triple
    return ox.Triple(subject or triple.subject, triple.predicate, value or triple.object)


def cut(triples: Iterable[ox.Triple]) -> Iterator[Part]:
    """Cut triples into parts, in one order whatever theirs is; each triple stands in one of them, once."""
    lines = {str(triple): triple for triple in triples}
    listed = sorted(lines)
    for start in range(0, len(listed), MOST):
        chosen = listed[start : start + MOST]
        yield GRAPH + digest(chosen), [lines[line] for line in chosen]


def digest(lines: Iterable[str]) -> str:
    """Return the hash of some statements, each in canonical N-Triples without its full stop."""
    found = hashlib.sha256()
    for line in sorted(lines):
        found.update(line.encode() + b" .\n")
    return found.hexdigest()


def spelling(part: Part) -> Part | None:
    """Return the graph that keeps the spellings of a part, of all literals that a store could respell; None without one."""
    name, triples = part
    # Beside one that would come back as it is, another may come back as the same: both are kept then.
    unsure = {f"{triple.subject} {triple.predicate}" for triple in triples if _can_change(triple.object)}
    kept = [str(triple) for triple in triples if f"{triple.subject} {triple.predicate}" in unsure]
    if not kept:
        return None
    blocks = [""]
    for line in kept:
        if len(blocks[-1]) > BLOCK:
            blocks.append("")
        blocks[-1] += _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04X}", line) + " .\n"
    subject, predicate = ox.NamedNode(name), ox.NamedNode(SPELLED)
    return name + SPELLING, [ox.Triple(subject, predicate, ox.Literal(block)) for block in blocks]


def whole(part: Part, kept: Sequence[ox.Triple], store: str, digits: int) -> list[ox.Triple]:
    """Return the triples of a part as they were written, in their one order.

    Parameters
    ----------
    part
        What a store gave back.
    kept
        The graph of its spellings.
    store
        The name of the store, for what is refused.
    digits
        How many digits of a number the store gives back for certain.

    Raises
    ------
    KnowledgeError
        If it is not what was written.
    """
    name, triples = part
    found = {str(triple): triple for triple in triples}
    wanted = name.removeprefix(GRAPH)
    if kept and digest(found) != wanted:
        found = _respelled(found, kept, digits)
    if digest(found) != wanted:
        raise changed(store, name, "its triples are not those that were written" if found else "it is not there")
    return [found[line] for line in sorted(found)]


def changed(store: str, graph: str, what: str) -> KnowledgeError:
    """Return the error about a graph that is not what was written."""
    remedy = "releases are never edited: restore a backup (downstack restore FILE STORE)"
    return KnowledgeError((Finding(f"{store} <{graph}>", None, what, remedy, "release"),))


def _respelled(found: Mapping[str, ox.Triple], kept: Sequence[ox.Triple], digits: int) -> dict[str, ox.Triple]:
    """Put literals back as they were spelled, where the store's mean the same."""
    texts = "\n".join(str(block.object.value) for block in kept if isinstance(block.object, ox.Literal))
    if quoted_triple_line(texts) is not None:
        return dict(found)
    try:
        spelled = [quad.triple for quad in ox.parse(texts.encode(), format=ox.RdfFormat.N_TRIPLES)]
    except SyntaxError:
        return dict(found)
    given: dict[str, list[ox.Triple]] = defaultdict(list)
    for triple in found.values():
        given[f"{triple.subject} {triple.predicate}"].append(triple)
    right = {str(triple) for triple in spelled}
    result = dict(found)
    for triple in spelled:
        # Two spellings of one value are one triple in a store: what was respelled may stand for several.
        for item in given[f"{triple.subject} {triple.predicate}"]:
            if str(triple) not in result and means_the_same(item.object, triple.object, digits):
                result[str(triple)] = triple
                if str(item) not in right:
                    result.pop(str(item), None)
    return result


def _can_change(term: object) -> bool:
    if not isinstance(term, ox.Literal):
        return False
    if term.value != printable(term.value).strip():
        return True
    if term.language is not None:
        return term.language != term.language.lower()
    return term.datatype.value not in _EXACT


def printable(text: str) -> str:
    """Return a text without the characters that XML has no way to write."""
    return _CONTROL.sub("\ufffd", text)


def means_the_same(given: object, written: object, digits: int) -> bool:
    """Return whether what a store gives back is the literal that was written, as far as it keeps digits."""
    if not isinstance(given, ox.Literal) or not isinstance(written, ox.Literal):
        return False
    if (given.language or "").lower() != (written.language or "").lower():
        return False
    if given.value.strip() == printable(written.value).strip():
        return True
    if given.language is not None:
        return False
    try:
        first, second = (float(_BOOLEANS.get(item.value, item.value)) for item in (given, written))
    except ValueError:
        return _value(given) == _value(written)
    # What is printed with more digits than the store promises is meant so.
    size = max(digits, _significant(given.value)) - 1
    return first == second or f"{first:.{size}e}" == f"{second:.{size}e}"


def _significant(text: str) -> int:
    number = text.lower().partition("e")[0]
    return sum(char.isdigit() for char in (number.rstrip("0") if "." in number else number).lstrip("+-0."))


_BOOLEANS = {"true": "1", "false": "0"}


def _value(literal: ox.Literal) -> tuple[str, str]:
    if literal.datatype.value.startswith(XSD):
        # Durations and dates: what Oxigraph makes of both spellings is the same when the values are.
        store = ox.Store()
        node = ox.NamedNode(GRAPH)
        store.add(ox.Quad(node, node, literal))
        (kept,) = (quad.object for quad in store)
        if isinstance(kept, ox.Literal):
            return kept.value, kept.datatype.value
    return literal.value, literal.datatype.value
