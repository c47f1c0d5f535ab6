"""Who gets what when orders exceed production."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from downstack.supply.substitution import Array

ROUNDING = 1e-12


def ration(production: Array, orders: Array, mass: Array, tiers: Sequence[int]) -> Array:
    """Divide production among customers: tier after tier, within a tier in proportion to what was ordered.

    Parameters
    ----------
    production
        What there is, against the base, shape (cases,).
    orders
        What each customer orders, against its own base, shape (customers, cases).
    mass
        The part of the base that each customer takes, shape (customers,).
    tiers
        The tier of each customer; with a single tier all are cut in proportion.

    Returns
    -------
    What each customer gets, against its own base, shape (customers, cases); never more than it ordered.

    Examples
    --------
    >>> import numpy as np
    >>> orders, mass = np.ones((2, 1)), np.array([0.5, 0.5])
    >>> ration(np.array([0.7]), orders, mass, (0, 0))[:, 0].round(3).tolist()
    [0.7, 0.7]
    >>> ration(np.array([0.7]), orders, mass, (0, 1))[:, 0].round(3).tolist()
    [1.0, 0.4]
    """
    given = np.zeros_like(orders)
    left = production.copy()
    for tier in sorted(set(tiers)):
        members = np.array([item == tier for item in tiers])
        # As a distance from one, so that orders at the base sum to exactly the base.
        whole = float(mass[members].sum())
        need = whole + np.sum(mass[members, np.newaxis] * (orders[members] - 1.0), axis=0)
        # What is left after other tiers carries their rounding, which is no shortage.
        served = np.divide(left, need, out=np.ones_like(left), where=need > left + ROUNDING)
        given[members] = orders[members] * served
        left = np.maximum(left - served * need, 0.0)
    return given
