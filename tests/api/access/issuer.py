"""An identity provider on loopback, with real keys."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "downstack-tests"


class Issuer:
    """Signs tokens and says with which keys they are checked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.paths: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self.curve = ec.generate_private_key(ec.SECP256R1())

    def jwks(self) -> dict[str, Any]:
        rsa_key = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        ec_key = json.loads(ECAlgorithm.to_jwk(self.curve.public_key()))
        return {
            "keys": [
                {**rsa_key, "kid": "first", "use": "sig", "alg": "RS256"},
                {**ec_key, "kid": "curve", "use": "sig"},
                {"kty": "oct", "kid": "shared", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"},
                {"kty": "new kind", "kid": "other"},
            ]
        }

    def say(self, path: str, body: object, status: int = 200, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.paths[path] = status, data, headers

    def claims(self, **other: Any) -> dict[str, Any]:
        now = int(time.time())
        given = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ada",
            "iat": now,
            "exp": now + 600,
            "roles": ["downstack:read"],
            **other,
        }
        return {name: value for name, value in given.items() if value is not None}

    def token(self, *, key: Any = None, algorithm: str = "RS256", kid: str | None = "first", **claims: Any) -> str:
        headers = None if kid is None else {"kid": kid}
        return jwt.encode(self.claims(**claims), key or self.key, algorithm=algorithm, headers=headers)


@contextmanager
def issuing() -> Generator[Issuer]:
    """Run an identity provider as long as a test needs it."""
    issuer = Issuer()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            status, data, headers = issuer.paths.get(self.path, (404, b"{}", {}))
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    issuer.say("/keys", issuer.jwks())
    issuer.say("/.well-known/openid-configuration", {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"})
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
