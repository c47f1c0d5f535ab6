"""Tokens of an identity provider: real keys, a real issuer on loopback, and every way in which a token is none."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.api.access.issuer import AUDIENCE, Issuer, issuing
from tests.api.letting_in import make_keys
from tests.api.serving import running

from downstack.access import Access, Role, keys
from downstack.access.fetch import MAX_BYTES
from downstack.access.oidc import IdentityProvider
from downstack.access.principal import Principal
from downstack.access.settings import AccessSettings, ProviderSettings
from downstack.access.token_file import TokenFile
from downstack.errors import UnavailableError, UserInputError
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

OTHER_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as found:
        yield found


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[Issuer, IdentityProvider]]:
    """One issuer for all that only sends tokens."""
    with issuing() as found:
        yield found, provider(found)


def provider(issuer: Issuer, **settings: Any) -> IdentityProvider:
    return IdentityProvider(ProviderSettings(issuer=issuer.url, audience=AUDIENCE, **settings))


def who(provider: IdentityProvider, token: str) -> Principal | None:
    return asyncio.run(provider.identify(token))


def test_a_token_says_who_asks_in_which_role_and_how_long(standing: tuple[Issuer, IdentityProvider]) -> None:
    issuer, checks = standing
    found = who(checks, issuer.token(roles=["downstack:write", "unknown", 3], exp=int(time.time()) + 100))
    assert found is not None
    assert (found.name, found.role) == ("oidc:ada", Role.WRITE)
    assert found.expires is not None
    assert 0 < found.expires - time.time() < 200
    assert who(checks, issuer.token(key=issuer.curve, algorithm="ES256", kid="curve")) is not None


def _unsigned(issuer: Issuer) -> str:
    return jwt.encode(issuer.claims(), "", algorithm="none", headers={"kid": "first"})


def _confused(issuer: Issuer) -> str:
    """Signed with the public key as if it were a shared secret."""
    public = issuer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = {"alg": "HS256", "kid": "first", "typ": "JWT"}
    signed = ".".join(_part(json.dumps(part).encode()) for part in (head, issuer.claims()))
    return f"{signed}.{_part(hmac.digest(public, signed.encode(), 'sha256'))}"


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _changed(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    body = json.dumps(issuer.claims(roles=["downstack:admin"])).encode()
    return f"{head}.{_part(body)}.{signature}"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda issuer: issuer.token(exp=int(time.time()) - 60), id="expired"),
        pytest.param(lambda issuer: issuer.token(exp=None), id="endless"),
        pytest.param(lambda issuer: issuer.token(nbf=int(time.time()) + 600), id="not yet"),
        pytest.param(lambda issuer: issuer.token(aud="somebody else"), id="for somebody else"),
        pytest.param(lambda issuer: issuer.token(aud=None), id="for nobody"),
        pytest.param(lambda issuer: issuer.token(iss="https://elsewhere.example"), id="of another issuer"),
        pytest.param(lambda issuer: issuer.token(iss=issuer.url + "/"), id="nearly the issuer"),
        pytest.param(lambda issuer: issuer.token(iss=None), id="of no issuer"),
        pytest.param(lambda issuer: issuer.token(sub=None), id="of nobody"),
        pytest.param(lambda issuer: issuer.token(sub="a\r\nb"), id="a name with a line break"),
        pytest.param(lambda issuer: issuer.token(sub="x" * 201), id="an endless name"),
        pytest.param(lambda issuer: issuer.token(key=OTHER_KEY), id="another key"),
        pytest.param(lambda issuer: issuer.token(kid="unknown"), id="an unknown key"),
        pytest.param(lambda issuer: issuer.token(kid=None), id="no key named, and several there"),
        pytest.param(lambda issuer: issuer.token(algorithm="RS512"), id="a signature that is not accepted"),
        pytest.param(lambda issuer: issuer.token(key="x" * 40, algorithm="HS256", kid="shared"), id="a shared secret"),
        pytest.param(_unsigned, id="unsigned"),
        pytest.param(_confused, id="the public key as a secret"),
        pytest.param(_changed, id="changed"),
        pytest.param(lambda issuer: "a.b.c", id="no token"),
        pytest.param(lambda issuer: "..", id="nothing"),
        pytest.param(lambda issuer: issuer.token()[:-4], id="cut"),
    ],
)
def test_a_token_that_does_not_hold_is_refused(standing: tuple[Issuer, IdentityProvider], make: Any) -> None:
    issuer, checks = standing
    assert who(checks, issuer.token()) is not None
    assert who(checks, make(issuer)) is None


@pytest.mark.parametrize(
    ("claim", "claims", "role"),
    [
        ("roles", {"roles": None}, None),
        ("roles", {"roles": []}, None),
        ("roles", {"roles": ["admin"]}, None),
        ("roles", {"roles": "downstack:read downstack:admin"}, Role.ADMIN),
        ("realm_access.roles", {"realm_access": {"roles": ["downstack:write"]}}, Role.WRITE),
        ("realm_access.roles", {"realm_access": "text"}, None),
        ("https://a.example/roles", {"https://a.example/roles": ["downstack:read"]}, Role.READ),
    ],
)
def test_roles_stand_where_the_settings_say(
    issuer: Issuer, claim: str, claims: dict[str, Any], role: Role | None
) -> None:
    found = who(provider(issuer, claim=claim), issuer.token(**claims))
    assert found is not None
    assert found.role is role


def test_the_keys_are_fetched_once_and_again_for_one_that_is_new_but_not_at_every_request(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = provider(issuer)
    assert all(who(checks, issuer.token()) for _ in range(5))
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]
    for place in range(5):
        assert who(checks, issuer.token(kid=f"unknown {place}")) is None
    assert len(issuer.asked) == 2
    # The provider has a new key, and the pause is over.
    monkeypatch.setattr(keys, "PAUSE", 0.0)
    issuer.key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    renewed = issuer.jwks()
    renewed["keys"][0]["kid"] = "second"
    issuer.say("/keys", renewed)
    assert who(checks, issuer.token(kid="second")) is not None
    assert len(issuer.asked) == 4
    # The old one is gone with its set.
    assert who(checks, issuer.token(kid="first")) is None


def test_old_keys_serve_while_the_provider_is_away_and_without_any_it_is_said(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    checks, later = provider(issuer), provider(issuer)
    assert who(checks, issuer.token()) is not None
    issuer.paths.clear()
    monkeypatch.setattr(keys, "LIFETIME", 0.0)
    monkeypatch.setattr(keys, "PAUSE", 0.0)
    with caplog.at_level(logging.ERROR, logger="downstack"):
        assert who(checks, issuer.token()) is not None
    assert "cannot be read" in caplog.text
    with pytest.raises(UnavailableError):
        who(later, issuer.token())


@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        ({"keys": []}, 200, {}),
        ([], 200, {}),
        (b"\xff", 200, {}),
        (b"[" * 100_000, 200, {}),
        (b" " * (MAX_BYTES + 1), 200, {}),
        ({}, 500, {}),
        ({}, 302, {"location": "/elsewhere"}),
    ],
)
def test_an_answer_that_is_no_set_of_keys_lets_nobody_in(
    issuer: Issuer, body: object, status: int, headers: dict[str, str]
) -> None:
    issuer.say("/elsewhere", issuer.jwks())
    issuer.say("/keys", body, status, **headers)
    with pytest.raises(UnavailableError):
        who(provider(issuer), issuer.token())
    assert "/elsewhere" not in issuer.asked


def test_keys_on_another_host_are_taken_only_from_whoever_runs_the_service(issuer: Issuer) -> None:
    with issuing() as other:
        other.say("/keys", issuer.jwks())
        said = {"issuer": issuer.url, "jwks_uri": f"{other.url}/keys"}
        issuer.say("/.well-known/openid-configuration", said)
        with pytest.raises(UnavailableError):
            who(provider(issuer), issuer.token())
        assert other.asked == []
        assert who(provider(issuer, keys=f"{other.url}/keys"), issuer.token()) is not None


def test_an_issuer_that_says_it_is_another_one_is_not_believed(issuer: Issuer) -> None:
    issuer.say("/.well-known/openid-configuration", {"issuer": "https://a.example", "jwks_uri": f"{issuer.url}/keys"})
    with pytest.raises(UnavailableError):
        who(provider(issuer), issuer.token())


def test_keys_may_lie_in_a_file_and_nothing_is_fetched_then(issuer: Issuer, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": issuer.jwks()["keys"][:1]}), encoding="utf-8")
    checks = provider(issuer, keys=str(file))
    assert who(checks, issuer.token()) is not None
    # There is one key only: a token need not name it.
    assert who(checks, issuer.token(kid=None)) is not None
    assert issuer.asked == []
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(UserInputError, match="no public key"):
        provider(issuer, keys=str(file))
    with pytest.raises(UserInputError, match="cannot be read"):
        provider(issuer, keys=str(tmp_path / "none"))


@pytest.mark.parametrize(
    "address",
    ["http://issuer.example", "file:///etc/passwd", "https://", "ftp://a.example", "https://u:p@a.example", "x"],
)
def test_an_issuer_that_is_no_https_address_is_refused(address: str) -> None:
    with pytest.raises(UserInputError, match="no https address"):
        IdentityProvider(ProviderSettings(issuer=address, audience=AUDIENCE))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALGORITHMS", "HS256"),
        ("ALGORITHMS", "none"),
        ("ALGORITHMS", "RS256,HS512"),
        ("ROLES", "writers"),
        ("ROLES", "writers=root"),
        ("AUDIENCE", ""),
    ],
)
def test_a_setting_that_would_let_others_in_or_means_nothing_is_refused(name: str, value: str) -> None:
    given = {"DOWNSTACK_OIDC_ISSUER": "https://a.example", "DOWNSTACK_OIDC_AUDIENCE": AUDIENCE}
    with pytest.raises(UserInputError, match=f"DOWNSTACK_OIDC_{name}"):
        AccessSettings.from_environment({**given, f"DOWNSTACK_OIDC_{name}": value})


def test_the_settings_are_read_from_the_environment() -> None:
    given = {
        "DOWNSTACK_OIDC_ISSUER": "https://a.example",
        "DOWNSTACK_OIDC_AUDIENCE": AUDIENCE,
        "DOWNSTACK_OIDC_KEYS": "keys.json",
        "DOWNSTACK_OIDC_ALGORITHMS": "ES256, EdDSA",
        "DOWNSTACK_OIDC_ROLE_CLAIM": "groups",
        "DOWNSTACK_OIDC_ROLES": "kg=editors=write, kg-readers=read",
    }
    found = AccessSettings.from_environment(given).provider
    assert found == ProviderSettings(
        issuer="https://a.example",
        audience=AUDIENCE,
        keys="keys.json",
        algorithms=("ES256", "EdDSA"),
        claim="groups",
        roles={"kg=editors": Role.WRITE, "kg-readers": Role.READ},
    )
    assert AccessSettings.from_environment({}).provider is None


def test_a_service_lets_both_kinds_of_tokens_in_and_forbids_somebody_without_a_role(
    kg: KnowledgeGraph, issuer: Issuer, tmp_path: Path
) -> None:
    own = make_keys(tmp_path)
    access = Access(TokenFile(own.file), provider(issuer))
    with running(create_app(kg, access=access)) as url, httpx.Client(base_url=url) as client:

        def status(token: str) -> tuple[int, str | None]:
            answer = client.post(
                "/graphql", json={"query": "{ layers { number } }"}, headers={"authorization": f"Bearer {token}"}
            )
            errors = answer.json().get("errors")
            return answer.status_code, errors and errors[0]["extensions"]["code"]

        assert status(own.tokens["read"]) == (200, None)
        assert status(issuer.token()) == (200, None)
        assert status(issuer.token(roles=[])) == (403, "FORBIDDEN")
        assert status(issuer.token(aud="x")) == (401, "UNAUTHENTICATED")


def test_without_keys_a_service_says_so_and_lets_nobody_in(kg: KnowledgeGraph, issuer: Issuer) -> None:
    issuer.paths.clear()
    with running(create_app(kg, access=Access(provider=provider(issuer)))) as url:
        headers = {"authorization": f"Bearer {issuer.token()}"}
        answer = httpx.post(f"{url}/graphql", json={"query": "{ layers { number } }"}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")


def test_no_token_stands_in_a_log(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    token = issuer.token(aud="somebody else")
    with caplog.at_level(logging.DEBUG, logger="downstack"):
        assert who(provider(issuer), token) is None
    assert "InvalidAudienceError" in caplog.text
    assert all(part not in caplog.text for part in token.split("."))
