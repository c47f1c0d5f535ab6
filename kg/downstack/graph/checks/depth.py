"""How deep a hierarchy may be: what follows links from one thing to the next must come to an end.

Every check and every reader that walks up a hierarchy costs the length of the way for each thing on it. No hierarchy that
describes an industry is a hundred levels deep; one that is comes from a mistake, or from somebody who means harm.
"""

from __future__ import annotations

from collections.abc import Iterator

from downstack.graph.checks.common import Fault, Names
from downstack.graph.statements import MAX_SUPERCLASSES
from downstack.vocabulary import DSO, RDFS, shorten

MAX_MEMBERSHIPS = 32
"""Steps of ``memberOf``, ``reachedFrom`` and the like from one thing to the last that it belongs to."""

CHAINS = ("memberOf", "reachedFrom")


def check_depth(names: Names) -> Iterator[Fault]:
    """Yield the classes that have too many superclasses, and the chains of links that are too long or run in a circle."""
    if names.statements.too_deep is not None:
        name = names.statements.too_deep
        what = f"{shorten(name)} has more than {MAX_SUPERCLASSES} superclasses"
        yield Fault(name, RDFS + "subClassOf", None, what, "flatten the hierarchy", "depth")
    for chain in CHAINS:
        yield from _long_chains(names, chain)


def _long_chains(names: Names, name: str) -> Iterator[Fault]:
    """Measure how far each thing is from the end of its chain, each once, without recursion."""
    predicate = DSO + name
    next_of = {
        subject: targets
        for subject, node in names.statements.nodes.items()
        if predicate in node and (targets := names.statements.iris(subject, predicate))
    }
    # Levels are taken off from the end: what is left after as many rounds as are allowed is too long, or a circle.
    left = set(next_of)
    for _ in range(MAX_MEMBERSHIPS):
        left = {subject for subject in left if any(target in left for target in next_of[subject])}
        if not left:
            return
    first = min(left)
    what = f"dso:{name} leads from {shorten(first)} over more than {MAX_MEMBERSHIPS} steps, or in a circle"
    yield Fault(first, predicate, None, what, "shorten the chain, or break the circle", "depth")
