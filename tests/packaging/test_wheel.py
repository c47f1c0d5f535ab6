"""The built wheel, alone in an empty environment, beside an application that has an `api` package of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.packaging, pytest.mark.slow]

CHECKOUT = Path(__file__).resolve().parents[2]
ROOTS = ("kg", "ontology", "api", "loaders")
KNOWLEDGE = ("terms", "shapes", "facts", "influences", "uncertainty", "questions", "functions")
LEFT_BEHIND = {"__pycache__", ".mypy_cache", ".ruff_cache"}

QUESTION = """
import json, sys
import api
import downstack
from downstack.kg import KnowledgeGraph

kg = KnowledgeGraph.open()
report = kg.impact(
    {"nvidia-h200-sxm.memory_bandwidth": "x1.4"},
    targets=["decode_tokens_per_second"],
    where={"model": "llama-3.1-70b"},
)
loaded = [m.__file__ for n, m in sys.modules.items() if n.startswith("downstack.") and getattr(m, "__file__", None)]
print(json.dumps({
    "api": api.OWNER,
    "effects": len(report.effects),
    "ratios": [effect.ratio for effect in report.effects],
    "roots": list(downstack.__path__),
    "loaded": loaded,
}))
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment that holds the wheel, and the folder of the application that embeds it."""

    python: Path
    packages: Path
    application: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the environment's Python in the application's folder, with no path from outside."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=self.application,
            env=inherited,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the backend that is installed here: no isolation, so no network."""
    folder = tmp_path_factory.mktemp("dist")
    build = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(CHECKOUT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    (built,) = folder.glob("downstack-*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An environment with the wheel in it; third-party packages are lent by the environment that runs the tests.

    They are lent one by one, all but downstack itself: an editable install leaves a folder of that name beside them.
    """
    home = tmp_path_factory.mktemp("clean")
    environment = home / "environment"
    venv.create(environment, with_pip=False, symlinks=os.name != "nt")
    scheme = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "venv", scheme))
    python = Path(sysconfig.get_path("scripts", "venv", scheme)) / Path(sys.executable).name
    install = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert install.returncode == 0, install.stdout + install.stderr
    lent = home / "lent"
    lent.mkdir()
    for outer in dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))):
        for item in Path(outer).iterdir():
            if "downstack" not in item.name and item.suffix != ".pth":
                (lent / item.name).symlink_to(item)
    (packages / "lent.pth").write_text(f"{lent}\n", encoding="utf-8")

    application = home / "application"
    (application / "api").mkdir(parents=True)
    (application / "api" / "__init__.py").write_text('OWNER = "the embedding application"\n', encoding="utf-8")
    return Installed(python, packages, application)


def test_the_wheel_holds_every_file_of_the_four_packages(contents: set[str]) -> None:
    expected = {
        path.relative_to(CHECKOUT / root).as_posix()
        for root in ROOTS
        for path in (CHECKOUT / root / "downstack").rglob("*")
        if path.is_file() and not LEFT_BEHIND.intersection(path.parts)
    }
    assert expected - contents == set()


def test_the_wheel_holds_the_whole_knowledge(contents: set[str]) -> None:
    expected = {
        f"downstack/ontology_files/{path.relative_to(CHECKOUT / 'ontology').as_posix()}"
        for folder in KNOWLEDGE
        for path in (CHECKOUT / "ontology" / folder).rglob("*")
        if path.suffix in {".ttl", ".rq"}
    }
    assert {Path(name).parts[2] for name in expected} >= {"terms", "facts"}
    assert expected - contents == set()


def test_the_wheel_holds_no_tests_and_no_second_top_level_name(contents: set[str]) -> None:
    top = {name.split("/")[0] for name in contents}
    assert {name for name in top if not name.endswith(".dist-info")} == {"downstack"}
    assert not {name for name in contents if "tests" in name.split("/") or name.rsplit("/", 1)[-1].startswith("test_")}


def test_the_wheel_leaves_the_namespace_open_and_says_that_it_is_typed(contents: set[str]) -> None:
    assert "downstack/__init__.py" not in contents
    assert "downstack/py.typed" in contents


def test_the_wheel_carries_both_licences(contents: set[str]) -> None:
    licences = {name.split("/licenses/")[1] for name in contents if "/licenses/" in name}
    assert {"LICENSE", "ontology/LICENSE"} <= licences


def test_an_embedding_application_asks_one_question_and_keeps_its_own_api_package(installed: Installed) -> None:
    asked = installed.run("-c", QUESTION)
    assert asked.returncode == 0, asked.stderr
    answer = json.loads(asked.stdout)

    assert answer["api"] == "the embedding application"
    assert answer["effects"] > 0
    # Offerings of which too little is known have no ratio.
    ratios = [ratio for ratio in answer["ratios"] if ratio is not None]
    assert ratios
    assert all(1.0 <= ratio <= 1.4 for ratio in ratios), "decode gains at most what the bandwidth gains"
    assert answer["roots"] == [str(installed.packages / "downstack")]
    outside = [path for path in answer["loaded"] if not Path(path).is_relative_to(installed.packages)]
    assert answer["loaded"]
    assert outside == []


def test_the_command_of_the_wheel_starts(installed: Installed) -> None:
    command = installed.python.parent / "downstack"
    asked = installed.run(str(command), "--help")
    assert asked.returncode == 0, asked.stderr
    assert "impact" in asked.stdout


def test_an_installation_that_somebody_edited_is_checked_again(installed: Installed) -> None:
    file = next((installed.packages / "downstack" / "ontology_files" / "facts").rglob("nvidia-h200-sxm.ttl"))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("dso:confidence dso:", "dso:confidence dso:un", 1), encoding="utf-8")
    try:
        asked = installed.run(str(installed.python.parent / "downstack"), "dependencies", "nvidia-h200-sxm")
    finally:
        file.write_text(text, encoding="utf-8")
    assert asked.returncode == 1
    assert "nvidia-h200-sxm.ttl" in asked.stderr
    assert "unknown confidence" in asked.stderr
