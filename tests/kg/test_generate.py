"""Generated files are written once, compared without writing, and committed up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from downstack import generate
from downstack.vocabulary import locate


def test_a_missing_target_is_stale_until_it_is_written(tmp_path: Path) -> None:
    targets = (generate.Target("deep/file.txt", lambda: "text\n"),)
    assert generate.stale(targets, tmp_path) == ("deep/file.txt",)
    assert generate.write(targets, tmp_path) == ("deep/file.txt",)
    assert (tmp_path / "deep" / "file.txt").read_text(encoding="utf-8") == "text\n"
    assert generate.stale(targets, tmp_path) == ()
    assert generate.write(targets, tmp_path) == ()


def test_a_changed_target_is_stale(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("edited by hand\n", encoding="utf-8")
    assert generate.stale((generate.Target("file.txt", lambda: "text\n"),), tmp_path) == ("file.txt",)


@pytest.mark.parametrize("target", generate.TARGETS, ids=lambda target: target.path)
def test_every_generated_file_is_committed_up_to_date(target: generate.Target) -> None:
    assert generate.stale((target,), locate().parent) == ()


def test_checking_writes_nothing_and_fails_when_a_file_would_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "TARGETS", (generate.Target("never/written.txt", lambda: "text\n"),))
    assert generate.main(["--check"]) == 1
    assert "never/written.txt is not up to date: run `make generate`" in capsys.readouterr().err
    assert not (locate().parent / "never").exists()


def test_the_namespace_says_that_it_is_generated() -> None:
    assert generate.terms_module().startswith("# GENERATED from ontology/terms by `make generate`: do not edit.\n")
