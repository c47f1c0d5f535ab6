"""A backup holds all releases, is checked on its way out and in, and goes back into the kind of store it came from."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tests.commands import downstack
from tests.loaders.small import FILE, revenue
from tests.stores.conftest import revenue_in

from downstack.errors import KnowledgeError, UserInputError
from downstack.graph.releases import read_history, release_folder
from downstack.graph.stores.backup import back_up, restore
from downstack.graph.stores.places import history_of
from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store


@pytest.fixture
def two_releases(directory: Path) -> Path:
    write_store(directory, {FILE: revenue(2)}, loader="test")
    return directory


def test_all_releases_of_a_directory_come_back(two_releases: Path, tmp_path: Path) -> None:
    file, again = tmp_path / "backup.nq.gz", tmp_path / "again"
    kept = back_up(str(two_releases), file)
    assert len(kept.releases) == 2
    assert restore(file, str(again)) == kept
    assert history_of(again) == history_of(two_releases) == kept.releases
    assert (revenue_in(again), revenue_in(f"{again}@{kept.releases[0].id}")) == ("2", "1")
    assert KnowledgeGraph.open(again).version == KnowledgeGraph.open(two_releases).version
    assert restore(file, str(again)) == kept


def test_all_releases_of_turtle_come_back(turtle: Path, tmp_path: Path) -> None:
    file, again = tmp_path / "backup.tar.gz", tmp_path / "again"
    kept = back_up(str(turtle), file)
    assert restore(file, str(again)).releases == kept.releases == read_history(turtle)
    assert KnowledgeGraph.open(again).version == KnowledgeGraph.open(turtle).version
    with pytest.raises(UserInputError, match="is not empty"):
        restore(file, str(again))
    assert write_store(again, {FILE: revenue(2)}, loader="test").release is not None


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
@pytest.mark.parametrize("kind", ["turtle", "directory"])
def test_a_file_that_was_cut_off_restores_nothing(
    kind: str, share: float, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    file, again = tmp_path / "backup", tmp_path / "again"
    back_up(str(request.getfixturevalue(kind)), file)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(KnowledgeError, match=str(file)):
        restore(file, str(again))
    assert not again.exists()


def test_a_file_that_was_changed_restores_nothing(directory: Path, tmp_path: Path) -> None:
    file, again = tmp_path / "backup", tmp_path / "again"
    back_up(str(directory), file)
    text = gzip.decompress(file.read_bytes()).decode()
    lines = text.splitlines(keepends=True)
    changes = {
        "not what was written": text.replace('"USD/year"', '"EUR/year"'),
        "ends too early": "".join(lines[:-1]),
        "in no part": text + "<https://example.org/a> <https://example.org/b> <https://example.org/c> .\n",
        "triples inside triples": text + "<https://example.org/a> <https://example.org/b> " + "<<( " * 100_000 + " .\n",
        "is no backup": text + "<https://example.org/a> nonsense",
    }
    for said, changed in changes.items():
        assert changed != text
        file.write_bytes(gzip.compress(changed.encode()))
        with pytest.raises(KnowledgeError, match=said):
            restore(file, str(again))
        assert not again.exists()


def test_a_damaged_store_is_not_backed_up_as_if_it_were_whole(turtle: Path, tmp_path: Path) -> None:
    file = next(release_folder(turtle, read_history(turtle)[0]).rglob("start.ttl"))
    file.chmod(0o644)
    file.write_text(file.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="it was changed"):
        back_up(str(turtle), tmp_path / "backup")
    assert not list(tmp_path.glob("backup*"))


def test_releases_that_a_backup_does_not_know_are_not_lost_by_accident(two_releases: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    back_up(str(two_releases), file)
    write_store(two_releases, {FILE: revenue(3)}, loader="test")
    with pytest.raises(UserInputError, match="a release that is not in the backup"):
        restore(file, str(two_releases))
    assert revenue_in(two_releases) == "3"
    restore(file, str(two_releases), force=True)
    assert revenue_in(two_releases) == "2"


def test_a_file_that_is_there_is_kept(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_bytes(b"precious")
    with pytest.raises(UserInputError, match="is there already"):
        back_up(str(directory), file)
    assert file.read_bytes() == b"precious"
    back_up(str(directory), file, force=True)
    assert restore(file, str(tmp_path / "again")).releases


def test_no_backup_is_said(tmp_path: Path) -> None:
    assert (done := downstack("restore", str(tmp_path / "none"), str(tmp_path / "store"))).returncode == 1
    assert "cannot be read" in done.stderr
    assert (done := downstack("backup", str(tmp_path / "none"), str(tmp_path / "file"))).returncode == 1
    assert "has no releases" in done.stderr
