"""What the import contracts of pyproject.toml cannot say by themselves.

import-linter checks the directions. Two things are left: that its list of rooms is the tree of folders, and that the
analytical functions import nothing but NumPy (an allow-list, where a contract can only forbid).
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
ROOTS = ("kg", "ontology", "api", "loaders")


def modules_of(root: str) -> set[str]:
    portion = CHECKOUT / root / "downstack"
    return {path.stem for path in portion.glob("*.py")} | {path.parent.name for path in portion.glob("*/__init__.py")}


def contract(identifier: str) -> dict[str, object]:
    tables = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    return next(table for table in tables if table["id"] == identifier)


def layer_names() -> list[set[str]]:
    layers = contract("rooms")["layers"]
    assert isinstance(layers, list)
    return [set(re.findall(r"\w+", line)) for line in layers]


def test_each_layer_of_the_contract_is_one_root() -> None:
    """A module listed under another root's layer would be allowed imports that its folder forbids."""
    command, loaders, service, domain, vocabulary = layer_names()
    assert modules_of("api") <= command | service
    assert modules_of("loaders") <= loaders
    assert modules_of("kg") - {"generate"} <= domain
    assert modules_of("ontology") <= vocabulary


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("downstack", include_external_packages=True, cache_dir=None)


def test_the_graph_of_imports_spans_the_four_roots(imports: grimp.ImportGraph) -> None:
    top = {f"downstack.{name}" for root in ROOTS for name in modules_of(root)}
    assert top <= imports.modules


def test_analytical_functions_import_numpy_and_their_own_room_only(imports: grimp.ImportGraph) -> None:
    room = "downstack.performance"
    modules = {room, *imports.find_descendants(room)}
    foreign = {
        f"{module} -> {imported}"
        for module in modules
        for imported in imports.find_modules_directly_imported_by(module)
        if imported not in modules and imported != "numpy" and imported not in sys.stdlib_module_names
    }
    assert foreign == set()
