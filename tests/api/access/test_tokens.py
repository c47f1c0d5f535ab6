"""Tokens: made once, kept as hashes, compared in constant time, and read again when the file changes."""

from __future__ import annotations

import hmac
import logging
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.api.letting_in import TODAY, make_keys

from downstack.access import Role, policy, tokens
from downstack.access.token_file import HEADER, TokenFile, add_token, read_token_file, remove_token
from downstack.access.tokens import TOKEN, Token, matching, new_token, read_tokens, token_section
from downstack.errors import UserInputError

ENTRY = '[tokens.one]\nid = "0123456789ab"\nrole = "read"\nsha256 = "' + "0" * 64 + '"\n'


def test_a_token_says_nothing_of_its_holder_and_is_never_the_same() -> None:
    made = {new_token("one", Role.READ, TODAY)[0] for _ in range(50)}
    assert len(made) == 50
    assert all(TOKEN.fullmatch(text) for text in made)


def test_the_file_holds_the_hash_and_not_the_token(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    text = keys.file.read_text(encoding="utf-8")
    assert text.startswith(HEADER)
    for token in keys.tokens.values():
        # The secret may itself hold the character that the parts are joined by.
        _, _, secret = token.split("_", 2)
        assert len(secret) == 43
        assert secret not in text
        assert tokens.digest_of(token) in text


def test_only_the_owner_may_read_the_file_and_no_draft_of_it_is_left(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    remove_token(keys.file, "read")
    assert stat.S_IMODE(keys.file.stat().st_mode) == 0o600
    assert [item.name for item in tmp_path.iterdir()] == [keys.file.name]


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    text, token = new_token("one", Role.WRITE, TODAY, TODAY + timedelta(days=90))
    add_token(file, token)
    assert read_token_file(file) == {token.identifier: token}
    assert TokenFile(file).find(text) == token


def test_every_token_is_compared_in_constant_time_whether_there_is_such_an_entry_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[str, str]] = []
    real = hmac.compare_digest

    def watched(first: str, second: str) -> bool:
        compared.append((first, second))
        return real(first, second)

    keys = make_keys(tmp_path)
    held = read_token_file(keys.file)
    monkeypatch.setattr(hmac, "compare_digest", watched)
    right = keys.tokens["read"]
    nearly = right[:-1] + ("A" if right[-1] != "A" else "B")
    absent = new_token("two", Role.READ, TODAY)[0]
    assert [matching(text, held) is not None for text in (right, nearly, absent, "nothing like it")] == [
        True,
        False,
        False,
        False,
    ]
    assert len(compared) == 4
    assert {len(text) for pair in compared for text in pair} == {64}


def test_a_token_is_withdrawn_by_name_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    keys.file.write_text(keys.file.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    assert remove_token(keys.file, "write").name == "write"
    assert {item.name for item in read_token_file(keys.file).values()} == {"read", "admin"}
    with pytest.raises(UserInputError, match="has no token write"):
        remove_token(keys.file, "write")


def test_a_name_is_given_once(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    with pytest.raises(UserInputError, match="already"):
        add_token(keys.file, new_token("read", Role.ADMIN, TODAY)[1])


@pytest.mark.parametrize("name", ["", "two words", "a" * 65, "x\ny", "é", "a.b", "]"])
def test_a_name_that_could_mean_something_else_in_the_file_is_refused(name: str) -> None:
    with pytest.raises(UserInputError, match="no name of a token"):
        new_token(name, Role.READ, TODAY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tokens.one", "is not TOML"),
        ("[other.one]\n", "other at its top"),
        ("tokens = 3\n", "tokens at its top"),
        (ENTRY.replace('"read"', '"root"'), "no role of read, write, admin"),
        (ENTRY.replace("0123456789ab", "0123456789AB"), "no id"),
        (ENTRY.replace("0" * 64, "0" * 63), "no sha256"),
        (ENTRY + 'secret = "x"\n', "says secret of one"),
        (ENTRY + 'expires = "2027-01-01"\n', "says expires of one"),
        (ENTRY + ENTRY.replace("one", "two"), "the id of one"),
        (ENTRY + ENTRY, "is not TOML"),
    ],
)
def test_a_file_that_is_wrong_says_what_is_wrong_in_it(text: str, said: str) -> None:
    with pytest.raises(UserInputError, match=said) as caught:
        read_tokens(text, "tokens.toml")
    assert "docs/authentication.md" in caught.value.hint


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    keys = make_keys(tmp_path)
    keys.file.chmod(mode)
    with pytest.raises(UserInputError, match="others may write"):
        TokenFile(keys.file)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="cannot be read"):
        TokenFile(tmp_path / "none")
    with pytest.raises(UserInputError, match="cannot be written"):
        add_token(tmp_path / "none" / "tokens", new_token("one", Role.READ, TODAY)[1])


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    file = TokenFile(keys.file, interval=0.0)
    text, token = new_token("later", Role.READ, TODAY)
    assert file.find(text) is None
    add_token(keys.file, token)
    assert file.find(text) == token
    remove_token(keys.file, "later")
    assert file.find(text) is None


def _spoil(file: Path) -> None:
    file.write_text("[tokens.one\n", encoding="utf-8")


def _open_to_all(file: Path) -> None:
    # A new file, as an editor writes it; a mode alone changes nothing that a look would notice.
    text = file.read_text(encoding="utf-8")
    file.unlink()
    file.write_text(text, encoding="utf-8")
    file.chmod(0o666)


@pytest.mark.parametrize("spoil", [_spoil, _open_to_all, Path.unlink])
def test_a_file_that_became_unreadable_keeps_the_old_tokens_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], Any]
) -> None:
    keys = make_keys(tmp_path)
    file = TokenFile(keys.file, interval=0.0)
    spoil(keys.file)
    with caplog.at_level(logging.ERROR, logger="downstack"):
        assert file.find(keys.tokens["read"]) is not None
    assert "the tokens stay what they were" in caplog.text
    assert all(token not in caplog.text for token in keys.tokens.values())


def test_the_file_is_looked_at_no_more_often_than_it_should_be(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    file = TokenFile(keys.file, interval=1e6)
    remove_token(keys.file, "read")
    assert file.find(keys.tokens["read"]) is not None


def test_a_token_holds_to_the_end_of_its_last_day() -> None:
    token = Token("one", "0123456789ab", Role.READ, "0" * 64, TODAY, TODAY)
    assert not token.principal.expired
    assert Token("one", "0123456789ab", Role.READ, "0" * 64, None, TODAY - timedelta(days=1)).principal.expired
    assert read_tokens(token_section(token), "here") == {"0123456789ab": token}


def test_a_higher_role_may_do_what_a_lower_one_may() -> None:
    assert [role.word for role in sorted(Role)] == ["read", "write", "admin"]
    admin = Token("one", "0123456789ab", Role.ADMIN, "0" * 64).principal
    assert all(admin.may(role) for role in Role)


def test_an_open_path_is_one_that_is_named() -> None:
    opened = ("/healthz", "/static/")
    assert [policy.is_open(path, opened) for path in ("/healthz", "/static/a.js", "/healthz/x", "/static", "/")] == [
        True,
        True,
        False,
        False,
        False,
    ]
