r"""How far suppliers of one substitution group replace one another: a mean of what is at hand.

With weights that sum to one and what is at hand as a ratio to the base, the constant elasticity of substitution is a
power mean (Arrow, Chenery, Minhas, Solow 1961, doi:10.2307/1927286):

.. math::

    y = \left(\sum_i w_i x_i^p\right)^{1/p}, \quad p = (\sigma - 1) / \sigma

:math:`\sigma = 0` is the minimum (Leontief), 1 the geometric mean, without limit the plain mean.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


TRACE = 1e-12
"""Less than this of a month's use is nothing: it would only blow up in the powers."""


def group_output(at_hand: Array, weights: Array, elasticity: Array) -> Array:
    """Return the output that a group of suppliers allows.

    Parameters
    ----------
    at_hand
        What is at hand of each member against its own base, shape (members, cases), not negative.
    weights
        Of each member in the group at the base, shape (members, cases); each column sums to one.
    elasticity
        Elasticity of substitution, shape (cases,), 0 to infinity.

    Returns
    -------
    The output against the base, shape (cases,); never more than the weighted mean of what is at hand.

    Examples
    --------
    >>> import numpy as np
    >>> column = lambda *values: np.array(values)[:, np.newaxis]
    >>> at_hand, weights = column(0.5, 1.0), column(0.5, 0.5)
    >>> [round(float(group_output(at_hand, weights, np.array([sigma]))[0]), 4) for sigma in (0.0, 1.0, np.inf)]
    [0.5, 0.7071, 0.75]
    """
    used = weights > 0.0
    at_hand = np.where(at_hand < TRACE, 0.0, at_hand)
    low = np.min(np.where(used, at_hand, np.inf), axis=0)
    high = np.max(np.where(used, at_hand, -np.inf), axis=0)
    # Written as a distance from the smallest, so that equal members give exactly what each of them gives.
    mean = low + np.sum(weights * np.where(used, at_hand - low, 0.0), axis=0)
    output = np.where(np.isinf(elasticity), mean, low)
    between = (elasticity > 0.0) & np.isfinite(elasticity) & (high > low) & (low > 0.0)
    if between.any():
        output[between] = _power_mean(
            at_hand[:, between], weights[:, between], elasticity[between], low[between], mean[between]
        )
    # With nothing of one member, only an elasticity above one leaves anything.
    bare = (elasticity > 1.0) & np.isfinite(elasticity) & (high > 0.0) & (low == 0.0)
    if bare.any():
        power = (elasticity[bare] - 1.0) / elasticity[bare]
        parts = np.where(used[:, bare], weights[:, bare] * at_hand[:, bare] ** power, 0.0)
        output[bare] = np.sum(parts, axis=0) ** (1.0 / power)
    return np.asarray(np.minimum(output, mean))


def _power_mean(at_hand: Array, weights: Array, elasticity: Array, low: Array, mean: Array) -> Array:
    power = (elasticity - 1.0) / elasticity
    logs = np.where(weights > 0.0, np.log(np.where(weights > 0.0, at_hand, low) / low), 0.0)
    # Near p = 0 the power mean is the geometric one; the exponent is bounded because a tiny elasticity is a minimum.
    flat = np.abs(power) < 1e-9
    safe = np.where(flat, 1.0, np.maximum(power, -1e6))
    geometric = np.sum(weights * logs, axis=0)
    curved = np.log(np.maximum(np.sum(weights * np.exp(safe * logs), axis=0), np.finfo(float).tiny)) / safe
    return np.asarray(np.clip(low * np.exp(np.where(flat, geometric, curved)), low, mean))
