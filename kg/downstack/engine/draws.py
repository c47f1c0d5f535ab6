"""Draws that belong to a name: the place of a fact in its distribution in every sample, alone or with its group.

The generator is counter-based and keyed by a hash of the name and the seed, so that nothing else has a say: the number
that a fact has in sample 17 is the same on every path, in every combination and scenario and in any order.

Facts of a correlation group get their independent draws in another order, that of normal scores which have the stated
correlation (a Gaussian copula, by the reordering of Iman and Conover): a fact has exactly the values that it would have
alone, and only which of them meet in a sample is different.

References
----------
R. L. Iman, W. J. Conover, "A distribution-free approach to inducing rank correlation among input variables",
Communications in Statistics B 11 (1982).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from downstack.engine.normal import normal_quantile
from downstack.graph.model import CorrelationGroup
from downstack.performance.declare import Array


@lru_cache(maxsize=512)
def draws(name: str, samples: int, seed: int) -> Array:
    """Return the place of a fact in its distribution in every sample, uniform in (0, 1).

    The samples are stratified: each of as many equal slices holds exactly one, in an order that is drawn from the same
    key.
    """
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    generator = np.random.Generator(np.random.Philox(key=np.frombuffer(digest[:16], dtype=np.uint64)))
    strata = generator.permutation(samples)
    drawn = (strata + generator.random(samples)) / samples
    tiny = float(np.finfo(np.float64).eps)
    drawn = np.clip(drawn, tiny, 1.0 - tiny)
    drawn.setflags(write=False)
    return drawn


@lru_cache(maxsize=256)
def scores(name: str, samples: int, seed: int) -> Array:
    """Return the draws of a name as standard normal numbers."""
    found = normal_quantile(draws(name, samples, seed))
    found.setflags(write=False)
    return found


@lru_cache(maxsize=256)
def correlated_draws(fact: str, group: CorrelationGroup, samples: int, seed: int) -> Array:
    """Return the draws of a fact in the order that the correlation of its group gives them.

    With one correlation that is not negative the group has a common factor that is keyed by the group, so that the
    draws of a fact do not depend on which other facts belong to it. Otherwise they are mixed by the symmetric root of
    the matrix of correlations, over all facts of the group, whether a question reads them or not.
    """
    own = draws(fact, samples, seed)
    if group.correlation is not None and group.correlation >= 0.0:
        common = scores(group.iri, samples, seed)
        order = np.sqrt(group.correlation) * common + np.sqrt(1.0 - group.correlation) * scores(fact, samples, seed)
        if group.correlation == 1.0:
            order = common
    elif group.is_known:
        weights = _root(group)[group.facts.index(fact)]
        order = sum(
            (weight * scores(name, samples, seed) for name, weight in zip(group.facts, weights, strict=True)),
            np.zeros(samples),
        )
    else:
        return own
    drawn = np.sort(own)[np.argsort(np.argsort(order, kind="stable"), kind="stable")]
    drawn.setflags(write=False)
    return drawn


@lru_cache(maxsize=64)
def _root(group: CorrelationGroup) -> Array:
    """Return the symmetric root of the matrix of correlations, which has no order of facts in it as a triangle has."""
    values, vectors = np.linalg.eigh(correlation_matrix(group))
    root: Array = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return root


def correlation_matrix(group: CorrelationGroup) -> Array:
    """Return the correlations of the normal scores of the facts of a group, in the order of its facts."""
    matrix = np.eye(len(group.facts))
    if group.correlation is not None:
        matrix[~np.eye(len(group.facts), dtype=np.bool_)] = group.correlation
    place = {name: index for index, name in enumerate(group.facts)}
    for first, second, value in group.pairs:
        matrix[place[first], place[second]] = matrix[place[second], place[first]] = value
    return matrix
