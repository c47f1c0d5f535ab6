"""An uncertain fact: how its values are spread and with which other facts they go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from downstack.engine.distributions import Distribution, distribution_of
from downstack.engine.draws import correlated_draws, draws
from downstack.graph.model import CorrelationGroup, Fact, QuantityKind
from downstack.performance.declare import Array

Directions = Mapping[str, int]
"""Facts of groups with unknown correlation that move together: with their group (1) or against it (-1), by IRI."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A chosen fact that is not a point."""

    fact: Fact
    distribution: Distribution
    group: CorrelationGroup | None

    @property
    def correlation_is_unknown(self) -> bool:
        """True when other facts are known to go together with it, and nobody says how strongly."""
        return self.group is not None and len(self.group.facts) > 1 and not self.group.is_known

    def places(self, samples: int, seed: int, directions: Directions | None = None) -> Array:
        """Return the place of the fact in its distribution in every sample."""
        if self.group is None:
            return draws(self.fact.iri, samples, seed)
        direction = 0 if directions is None else directions.get(self.fact.iri, 0)
        if direction:
            shared = draws(self.group.iri, samples, seed)
            return shared if direction > 0 else 1.0 - shared
        return correlated_draws(self.fact.iri, self.group, samples, seed)

    def values(self, samples: int, seed: int, directions: Directions | None = None) -> Array:
        """Return the value of the fact in every sample, in the base unit."""
        return self.distribution.quantile(self.places(samples, seed, directions))


def spread_of(facts: tuple[Fact, ...], kind: QuantityKind, groups: Mapping[str, CorrelationGroup]) -> Spread | None:
    """Return the spread of a chosen fact (the first of several), or None when it is a point."""
    found = distribution_of(facts, kind)
    if found is None:
        return None
    group = facts[0].correlation_group
    return Spread(facts[0], found, None if group is None else groups[group])
