"""The fast checks: what every reader of a graph must be able to rely on, in plain Python over parsed statements.

Nothing about the industry is written down here: classes, quantity kinds, relations with their domains and ranges, and
the words for confidence and strength are all read from the statements themselves, that is, from the vocabulary's Turtle.

================  ==============================================================================
``common``        a fault, the names that a graph knows, and the building blocks of checks
``quantities``    quantity kinds and binding roles: units that exist and fit, names that agree
``facts``         facts: numbers that are numbers, units that fit, a source for each
``effects``       published effects: what a formula is compared with
``properties``    stated properties: dates that are dates, a source for each
``entities``      entities and relations: classes, ends that exist, at most one of a functional one
``dependence``    relations: which end needs the other
``depth``         hierarchies and chains that come to an end
``editing``       retractions of facts, scenarios that were kept
``sources``       sources, influences, and terms that the vocabulary does not have
``uncertainty``   distributions with the numbers that they need, correlations that can hold together
================  ==============================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from downstack.graph.checks.common import Fault, Names
from downstack.graph.checks.dependence import check_dependence
from downstack.graph.checks.depth import check_depth
from downstack.graph.checks.editing import check_retractions, check_scenarios
from downstack.graph.checks.effects import check_effects
from downstack.graph.checks.entities import check_entities, check_relations
from downstack.graph.checks.facts import check_facts
from downstack.graph.checks.properties import check_properties
from downstack.graph.checks.quantities import check_quantities, check_roles
from downstack.graph.checks.sources import check_influences, check_sources, check_terms
from downstack.graph.checks.supply import check_supply
from downstack.graph.checks.uncertainty import check_uncertainty
from downstack.graph.statements import Statements

__all__ = ["Fault", "check_statements"]


def check_statements(statements: Statements, today: date | None = None) -> Iterator[Fault]:
    """Yield every fault in the statements of a whole graph, its vocabulary included.

    Parameters
    ----------
    statements
        All of them together: a name is known when any file describes it.
    today
        The day after which a date is in the future; the day of the machine's clock unless given.
    """
    # A day of grace: somewhere it is tomorrow already.
    latest = (today or datetime.now(tz=UTC).date()) + timedelta(days=1)
    names = Names(statements, latest.isoformat())
    yield from check_depth(names)
    if statements.too_deep is not None:
        # Who is what is not known then, and everything else would be called wrong too.
        return
    yield from check_quantities(names)
    yield from check_roles(names)
    yield from check_sources(names)
    yield from check_entities(names)
    yield from check_facts(names)
    yield from check_properties(names)
    yield from check_uncertainty(names)
    yield from check_relations(names)
    yield from check_dependence(names)
    yield from check_influences(names)
    yield from check_effects(names)
    yield from check_supply(names)
    yield from check_retractions(names)
    yield from check_scenarios(names)
    yield from check_terms(names)
