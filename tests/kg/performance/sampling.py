"""Inputs for the property tests: the declared worked examples, and draws around them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from downstack.performance import REGISTRY
from downstack.performance.declare import FunctionDeclaration

DECLARATIONS = tuple(REGISTRY)
DRAWS = 6


def names(declarations: tuple[FunctionDeclaration, ...] = DECLARATIONS) -> list[str]:
    """Return what pytest prints for each declaration."""
    return [item.name for item in declarations]


def drawn_values(declaration: FunctionDeclaration, seed: int = 0) -> Iterator[dict[str, np.float64]]:
    """Yield the inputs of each example as they are, and moved at random by up to a factor of about two."""
    random = np.random.default_rng(seed)
    for example in declaration.examples:
        yield {name: np.float64(value) for name, value in example.inputs.items()}
        for _ in range(DRAWS):
            yield {name: np.float64(value * random.lognormal(0.0, 0.35)) for name, value in example.inputs.items()}
