"""JSON Web Tokens of an identity provider: who vouches for whom, for how long, and in which role."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from downstack.access.keys import KeySet
from downstack.access.principal import Principal, Role
from downstack.access.settings import ProviderSettings
from downstack.errors import UserInputError

LEEWAY = 30
"""Seconds by which the clocks of two machines may differ."""
MAX_NAME = 200
_REQUIRED = ("exp", "iss", "aud", "sub")

_log = logging.getLogger("downstack")


class IdentityProvider:
    """Somebody else who knows who asks.

    Raises
    ------
    UserInputError
        If the library for it is not installed, or the settings mean nothing.
    """

    def __init__(self, settings: ProviderSettings) -> None:
        try:
            import jwt.algorithms
        except ModuleNotFoundError as error:
            raise UserInputError(
                "tokens of an identity provider need another package",
                field="DOWNSTACK_OIDC_ISSUER",
                hint="install downstack[oidc]",
            ) from error
        if not jwt.algorithms.has_crypto:
            raise UserInputError(
                "signatures of an identity provider need another package",
                field="DOWNSTACK_OIDC_ISSUER",
                hint="install downstack[oidc]",
            )
        self._settings = settings
        self._keys = KeySet(settings)

    async def identify(self, text: str) -> Principal | None:
        """Return whom a token vouches for, or None where it does not hold.

        Raises
        ------
        UnavailableError
            If there are no keys to check it with.
        """
        import jwt

        settings = self._settings
        try:
            header = jwt.get_unverified_header(text)
            if header.get("alg") not in settings.algorithms:
                raise jwt.InvalidAlgorithmError("it is signed in a way that is not accepted")
            named = header.get("kid")
            key = await self._keys.find(named if isinstance(named, str) else None)
            if key is None:
                raise jwt.InvalidKeyError("it is signed with a key that the provider does not name")
            claims = jwt.decode(
                text,
                key,
                algorithms=list(settings.algorithms),
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=LEEWAY,
                options={"require": list(_REQUIRED)},
            )
            return self._principal(claims)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            # The reason is for whoever runs the service; the token stands in no log.
            _log.info("a token of the identity provider was refused: %s", type(error).__name__)
            return None

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_NAME or not subject.isprintable():
            raise ValueError("its subject is no name")
        return Principal(f"oidc:{subject}", self._role(claims), expires=float(claims["exp"]) + LEEWAY)

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        found: Any = claims
        # An address as a whole first: providers name claims https://example.org/roles.
        for part in (self._settings.claim,) if self._settings.claim in claims else self._settings.claim.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        # Scopes come as one text with spaces.
        words = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
        roles = [self._settings.roles[word] for word in words if isinstance(word, str) and word in self._settings.roles]
        return max(roles, default=None)
