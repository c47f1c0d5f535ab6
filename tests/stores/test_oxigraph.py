"""An Oxigraph directory: versions go in whole, come out as they went in, and whatever happens to the disk is said."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.conftest import require
from tests.loaders.small import FILE, revenue
from tests.stores.conftest import revenue_in

from downstack.errors import KnowledgeError, UserInputError
from downstack.graph.stores.copying import copy_version
from downstack.graph.stores.places import history_of
from downstack.kg import KnowledgeGraph
from downstack.loaders import transaction
from downstack.loaders.transaction import write_store

ROOT = Path(__file__).parents[2]
VALUE = "https://w3id.org/downstack/ontology#value"
WRITER = """
import sys
from tests.loaders.small import FILE, revenue
from downstack.loaders.transaction import write_store
print("ready", flush=True)
write_store(sys.argv[1], {FILE: revenue(int(sys.argv[2]))}, loader="test")
"""


def in_python(program: str, *words: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_a_copy_keeps_version_and_record(turtle: Path, directory: Path) -> None:
    one, other = KnowledgeGraph.open(turtle), KnowledgeGraph.open(directory)
    assert one.version == other.version
    assert other.info.releases == one.info.releases[-1:]
    assert not copy_version(str(turtle), str(directory)).written


def test_the_same_load_makes_the_same_version_in_both_kinds_of_store(turtle: Path, directory: Path) -> None:
    more = {FILE: revenue(7, "two")}
    outcomes = [write_store(store, more, loader="test") for store in (turtle, directory)]
    releases = [item.release for item in outcomes]
    assert releases[0] is not None and releases[1] is not None
    assert releases[0].id == releases[1].id
    assert outcomes[0].diff == outcomes[1].diff
    assert {item.literal for item in KnowledgeGraph.open(directory).facts_of("maker")} == {"1", "7"}
    assert write_store(directory, more, loader="test").release is None
    assert revenue_in(f"{directory}@{history_of(directory)[0].id[:8]}") == "1"


def test_what_is_refused_or_only_tried_leaves_the_directory_as_it_was(directory: Path) -> None:
    before = history_of(directory)
    assert write_store(directory, {FILE: revenue(2)}, dry_run=True).changed
    with pytest.raises(KnowledgeError):
        write_store(directory, {FILE: revenue(2).replace("src:report", "src:nobody")})
    assert history_of(directory) == before


@pytest.mark.parametrize("change", ["5.0e0", '"one"', "1.0000000001e0"])
def test_an_edited_triple_is_refused_by_name(directory: Path, change: str) -> None:
    store = ox.Store(directory)
    store.update(f"DELETE {{ GRAPH ?g {{ ?s <{VALUE}> ?o }} }} INSERT {{ GRAPH ?g {{ ?s <{VALUE}> {change} }} }} "
                 f"WHERE {{ GRAPH ?g {{ ?s <{VALUE}> ?o }} }}")  # fmt: skip
    store.flush()
    del store
    with pytest.raises(KnowledgeError, match="not those that were written"):
        KnowledgeGraph.open(directory)


def test_a_directory_that_holds_no_version_says_what_to_do(tmp_path: Path) -> None:
    store = ox.Store(tmp_path / "empty")
    store.flush()
    del store
    with pytest.raises(KnowledgeError, match="downstack copy bundled STORE"):
        KnowledgeGraph.open(tmp_path / "empty")


def test_a_directory_of_turtle_is_not_overwritten(turtle: Path) -> None:
    with pytest.raises(UserInputError, match="holds Turtle"):
        copy_version("bundled", str(turtle))


def test_another_program_that_writes_is_noticed(directory: Path) -> None:
    held = subprocess.Popen(
        [sys.executable, "-c", "import sys, pyoxigraph as ox; s = ox.Store(sys.argv[1]); print(1, flush=True); input()",
         str(directory)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert held.stdout is not None and held.stdout.readline() == "1\n"
    with pytest.raises(KnowledgeError, match="another program has opened it for writing"):
        KnowledgeGraph.open(directory)
    held.communicate("\n")
    assert revenue_in(directory) == "1"


DAMAGE = """
import shutil, sys
from pathlib import Path
from downstack.errors import KnowledgeError
from tests.stores.conftest import revenue_in

source, copied = Path(sys.argv[1]), Path(sys.argv[2])
for place, name in enumerate(sorted(item.name for item in source.iterdir())):
    content = (source / name).read_bytes()
    half = content[: len(content) // 2]
    for damage, left in {"gone": None, "empty": b"", "half": half, "noise": half + bytes(len(content) - len(half))}.items():
        if name.endswith(".sst") and damage != ("gone", "empty", "half", "noise")[place % 4]:
            continue
        shutil.copytree(source, copied)
        (copied / name).unlink() if left is None else (copied / name).write_bytes(left)
        try:
            said = revenue_in(copied)
        except KnowledgeError as error:
            said = " ".join(str(error).split())
        print(name, damage, said, sep="\\t")
        shutil.rmtree(copied)
"""


def test_a_damaged_file_is_an_error_with_a_remedy_or_does_no_harm(directory: Path, tmp_path: Path) -> None:
    # In a process of its own: what the database does with a broken file must not end anything else.
    done = in_python(DAMAGE, directory, tmp_path / "damaged")
    assert done.returncode == 0, done.stderr
    found = [line.split("\t") for line in done.stdout.splitlines()]
    for name, damage, said in found:
        assert said == "1" or (str(tmp_path / "damaged") in said and "downstack restore" in said), (name, damage, said)
    # Some tables hold what is not needed to read a version; the others and the list of tables are.
    tables = [said for name, _, said in found if name.endswith(".sst")]
    assert sum(said != "1" for said in tables) > len(tables) / 2
    assert all(said != "1" for name, _, said in found if name.startswith("MANIFEST") or name == "CURRENT")


@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_the_old_version_or_the_new_one(directory: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    for number, share in enumerate((0.3, 0.8), start=2):
        before = revenue_in(directory)
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(directory), str(number)], stdout=subprocess.PIPE, env=environment
        )
        assert writer.stdout is not None and writer.stdout.readline() == b"ready\n"
        # A moment that is drawn, not waited for: nothing depends on how far the writer has come.
        try:
            writer.wait(timeout=share * 2)
        except subprocess.TimeoutExpired:
            writer.send_signal(signal.SIGKILL)
        writer.communicate()
        assert revenue_in(directory) in (before, str(number))
    write_store(directory, {FILE: revenue(99)}, loader="test")
    assert revenue_in(directory) == "99"


def test_a_reader_sees_one_version_while_another_is_written(directory: Path) -> None:
    found: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            found.append(revenue_in(directory))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in (2, 3):
            write_store(directory, {FILE: revenue(number)}, loader="test")
    finally:
        done.set()
        reader.join()
    assert found and set(found) <= {"1", "2", "3"}
    assert found == sorted(found)
    assert revenue_in(directory) == "3"


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of six megabytes."""
    require(hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("mount"), "only root can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)], check=False)
    require(mounted.returncode == 0, "this machine mounts no disks")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_said_and_the_version_before_answers(directory: Path, small_disk: Path) -> None:
    store = small_disk / "store"
    shutil.copytree(directory, store)
    before = history_of(store)
    filler = small_disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4_096)):
            pass
    with pytest.raises(KnowledgeError, match=r"cannot be (written|opened)"):
        write_store(store, {FILE: revenue(2)}, loader="test")
    assert revenue_in(store) == "1"
    filler.unlink()
    assert history_of(store) == before
    assert write_store(store, {FILE: revenue(2)}, loader="test").release is not None
    assert revenue_in(store) == "2"


def test_a_new_directory_on_a_full_disk_is_not_there_afterwards(turtle: Path, small_disk: Path) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(5_900_000))
    with pytest.raises(KnowledgeError, match=r"cannot be (written|opened)"):
        copy_version(str(turtle), str(small_disk / "store"))
    assert [item.name for item in small_disk.iterdir()] == ["filler"]


def test_releases_are_in_the_order_of_their_writing_whatever_the_clock_says(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Earlier(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(1999, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(transaction, "datetime", Earlier)
    write_store(directory, {FILE: revenue(2)}, loader="test")
    assert [item.created[:4] for item in history_of(directory)][-1] == "1999"
    assert revenue_in(directory) == "2"
