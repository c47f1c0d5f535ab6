"""The four roots stay one namespace, the text of the project names no machine, the locks name no host."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
ROOTS = ("kg", "ontology", "api", "loaders")
LOCKS = ("requirements.lock", "requirements-serve.lock")

# Written in parts, so that this file does not name what it forbids.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("py" + "pi", "org"),
        ("python" + "hosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    )
)
MACHINE_PATH = re.compile(r"(?<![\w.:/-])(?:/(?:work|tmp|root|home|Users|opt|mnt)/\w|~/\w|[A-Z]:\\Users)")

LOCKED = re.compile(r"[a-z0-9][a-z0-9._-]*==[a-z0-9.+!]+(?: ; [a-z_]+ [^/\\:@]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def project_texts() -> list[tuple[str, str]]:
    """Every text file that is, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    texts = []
    for name in filter(None, listed.stdout.split("\0")):
        path = CHECKOUT / name
        if not path.is_file():
            continue
        raw = path.read_bytes()
        if b"\0" not in raw:
            texts.append((name, raw.decode("utf-8")))
    return texts


def places(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in project_texts()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("root", ROOTS)
def test_no_root_closes_the_namespace(root: str) -> None:
    assert (CHECKOUT / root / "downstack").is_dir()
    assert not (CHECKOUT / root / "downstack" / "__init__.py").exists(), "it would hide the other three roots"
    assert not (CHECKOUT / root / "__init__.py").exists(), "the root is a folder on the path and no package"


@pytest.mark.parametrize("root", ROOTS)
def test_every_folder_with_code_is_a_package(root: str) -> None:
    portion = CHECKOUT / root / "downstack"
    folders = {path.parent for path in portion.rglob("*.py")} - {portion}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_module_has_two_homes() -> None:
    owners: dict[str, list[str]] = {}
    for root in ROOTS:
        for path in (CHECKOUT / root / "downstack").iterdir():
            if path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__"):
                owners.setdefault(path.stem, []).append(root)
    assert {name: roots for name, roots in owners.items() if len(roots) > 1} == {}


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert places(re.compile("|".join(map(re.escape, REGISTRY_HOSTS)))) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert places(MACHINE_PATH) == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_names_versions_markers_and_hashes_only(name: str) -> None:
    lines = (CHECKOUT / name).read_text(encoding="utf-8").splitlines()
    assert any(LOCKED.fullmatch(line) for line in lines)
    assert [line for line in lines if not LOCKED.fullmatch(line) and not HASH.fullmatch(line)] == []


def test_the_lock_for_serving_has_no_version_of_its_own() -> None:
    locked = {
        name: {line.rstrip("\\ ").split(" ;")[0] for line in (CHECKOUT / name).read_text().splitlines() if "==" in line}
        for name in LOCKS
    }
    assert locked["requirements-serve.lock"] - locked["requirements.lock"] == set()


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        *project["dependencies"],
        *(item for items in project["optional-dependencies"].values() for item in items),
    }
    names = {re.split(r"[\[<>=!~ ;]", item)[0].lower().replace("_", "-") for item in wanted} - {"downstack"}
    locked = {line.split("==")[0] for line in (CHECKOUT / "requirements.lock").read_text().splitlines() if "==" in line}
    assert names - locked == set(), "run `make lock`"
