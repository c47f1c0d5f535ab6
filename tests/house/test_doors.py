"""A room has one public door, and the door says exactly what is behind it."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
ROOTS = ("kg", "ontology", "api", "loaders")

DOORS = ("downstack.performance", "downstack.units")
"""Packages that users import from: these must declare `__all__`."""

ROOMS = sorted(
    f"downstack.{path.parent.name}" for root in ROOTS for path in (CHECKOUT / root / "downstack").glob("*/__init__.py")
)


def visible(module: ModuleType) -> set[str]:
    """The names that a reader of ``dir(module)`` would take for public; submodules are doors of their own."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }


@pytest.mark.parametrize("name", DOORS)
def test_a_public_door_declares_what_it_offers(name: str) -> None:
    assert importlib.import_module(name).__all__


@pytest.mark.parametrize("name", ROOMS)
def test_what_a_door_declares_is_what_is_visible(name: str) -> None:
    door = importlib.import_module(name)
    declared = getattr(door, "__all__", None)
    if declared is None:
        assert visible(door) == set(), f"{name} shows names without an __all__"
    else:
        assert len(declared) == len(set(declared))
        assert set(declared) == visible(door)
