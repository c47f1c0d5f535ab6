"""What is never done to an endpoint, and never believed of one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.commands import downstack_process
from tests.stores.hostile import hostile

from downstack.errors import KnowledgeError, UserInputError
from downstack.graph.stores.endpoint import Remote, connected
from downstack.graph.stores.places import is_url, split_name
from downstack.graph.stores.remote import RemoteStore
from downstack.kg import KnowledgeGraph

Seen = list[tuple[str, dict[str, str], bytes]]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Seen]]:
    with hostile() as found:
        yield found


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("redirecting", "redirects to http://127.0.0.1"),
        ("denied", "access is denied"),
        ("broken", "cannot be read"),
        ("failing", "answers with 500: a faked log line"),
        ("nesting", "triples inside triples"),
        ("busy", "answers with 503: later"),
    ],
)
def test_an_answer_that_is_none_is_an_error_that_names_the_endpoint(
    server: tuple[str, Seen], kind: str, said: str
) -> None:
    with pytest.raises(KnowledgeError) as refused:
        KnowledgeGraph.open(f"{server[0]}/{kind}")
    text = str(refused.value)
    assert f"{server[0]}/{kind}" in text and said in text
    assert len(text) < 800 and "secret" not in text and "\r" not in text
    assert [path for path, _, _ in server[1] if "stolen" in path] == []


def test_an_answer_without_an_end_is_cut_off(server: tuple[str, Seen]) -> None:
    with connected(Remote(f"{server[0]}/endless", "")) as endpoint:
        endpoint._most = 1_000_000
        with pytest.raises(KnowledgeError, match="more than 0 MiB"):
            endpoint.select("SELECT * {}")


def test_an_answer_that_does_not_come_is_not_waited_for(server: tuple[str, Seen]) -> None:
    store = RemoteStore(Remote(f"{server[0]}/silent", "", seconds=0.2))
    with pytest.raises(KnowledgeError, match="did not answer in time"), store.reading() as reading:
        reading.current()


def test_nobody_there_is_an_error_and_the_command_fails(server: tuple[str, Seen]) -> None:
    done = downstack_process("serve", "--store", "http://127.0.0.1:1/sparql")
    assert done.returncode == 1
    assert "http://127.0.0.1:1/sparql: it cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_password_goes_where_it_is_asked_for_and_into_no_message(server: tuple[str, Seen]) -> None:
    url = f"{server[0]}/denied"
    remote = Remote.from_environment(
        url, {"DOWNSTACK_REMOTE_USER": "somebody", "DOWNSTACK_REMOTE_PASSWORD": "hidden-word"}
    )
    assert "hidden-word" not in repr(remote)
    before = len(server[1])
    with pytest.raises(KnowledgeError) as refused, RemoteStore(remote).reading() as reading:
        reading.current()
    assert "hidden-word" not in str(refused.value)
    # Once without, and once more when it was asked for.
    assert [("authorization" in headers) for _, headers, _ in server[1][before:]] == [False, True]


def test_a_token_is_sent_and_never_shown(server: tuple[str, Seen]) -> None:
    remote = Remote.from_environment(f"{server[0]}/busy?key=private", {"DOWNSTACK_REMOTE_TOKEN": "hidden-token"})
    assert "hidden-token" not in repr(remote)
    with pytest.raises(KnowledgeError) as refused, RemoteStore(remote).reading() as reading:
        reading.current()
    assert server[1][-1][1]["authorization"] == "Bearer hidden-token"
    assert "hidden-token" not in str(refused.value) and "private" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://name:word@127.0.0.1/sparql", "must not hold a name or a password"),
        ("https://word@example.org/sparql", "must not hold a name or a password"),
        ("http://example.org/sparql", "is not encrypted"),
        ("http://127.0.0.1.example.org/sparql", "is not encrypted"),
        ("https:///sparql", "no address of an endpoint"),
        ("http://[::1/sparql", "no address"),
        ("http://127.0.0.1:99999/sparql", "no address"),
    ],
)
def test_an_address_that_would_give_something_away_is_refused(url: str, said: str) -> None:
    with pytest.raises(UserInputError, match=said) as refused:
        KnowledgeGraph.open(url)
    assert "word" not in refused.value.message.replace("password", "")


def test_an_unencrypted_address_is_taken_where_it_is_meant() -> None:
    assert Remote.from_environment("http://10.0.0.7/sparql", {"DOWNSTACK_REMOTE_PLAIN_HTTP": "1"}).name
    with pytest.raises(UserInputError, match="belong together"):
        Remote.from_environment("https://example.org/sparql", {"DOWNSTACK_REMOTE_USER": "somebody"})
    with pytest.raises(UserInputError, match="DOWNSTACK_REMOTE_TIMEOUT"):
        Remote.from_environment("https://example.org/sparql", {"DOWNSTACK_REMOTE_TIMEOUT": "soon"})


def test_a_release_is_named_behind_an_address_too() -> None:
    assert split_name("https://example.org/sparql@2026-05") == ("https://example.org/sparql", "2026-05")
    assert split_name("https://example.org/sparql") == ("https://example.org/sparql", None)
    assert split_name("https://example.org/a@b/sparql") == ("https://example.org/a@b/sparql", None)
    assert is_url("https://example.org/sparql") and not is_url("folder/store")
