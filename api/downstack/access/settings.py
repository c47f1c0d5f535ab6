"""What the environment says about who may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from downstack.access.principal import ROLES, Role
from downstack.errors import UserInputError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Those that need a private key. With HS256 whoever can check a token could make one, and ``none`` is no signature."""
DEFAULT_ALGORITHMS = ("RS256", "ES256")
DEFAULT_CLAIM = "roles"
DEFAULT_ROLES: Mapping[str, Role] = {f"downstack:{word}": role for word, role in ROLES.items()}
"""Words of their own: an ``admin`` of something else is no admin here."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Whose JSON Web Tokens are accepted, and what in them is a role."""

    issuer: str
    """DOWNSTACK_OIDC_ISSUER: the address of the identity provider, exactly as its tokens name it."""
    audience: str
    """DOWNSTACK_OIDC_AUDIENCE: the name of this service at the provider; tokens for others are refused."""
    keys: str | None = None
    """DOWNSTACK_OIDC_KEYS: a file with its public keys (a JWK set), or the address of one; the issuer says unless given."""
    algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS
    """DOWNSTACK_OIDC_ALGORITHMS: the signatures that are accepted, separated by commas."""
    claim: str = DEFAULT_CLAIM
    """DOWNSTACK_OIDC_ROLE_CLAIM: where in the token roles stand; dots lead inwards, as in ``realm_access.roles``."""
    roles: Mapping[str, Role] = field(default_factory=lambda: DEFAULT_ROLES)
    """DOWNSTACK_OIDC_ROLES: which words there mean which role, as in ``kg-editors=write,kg-readers=read``."""

    def to_environment(self) -> dict[str, str]:
        """Return the variables that :meth:`AccessSettings.from_environment` reads these settings from."""
        said = {
            "ISSUER": self.issuer,
            "AUDIENCE": self.audience,
            "KEYS": self.keys or "",
            "ALGORITHMS": ",".join(self.algorithms),
            "ROLE_CLAIM": self.claim,
            "ROLES": ",".join(f"{word}={role.word}" for word, role in self.roles.items()),
        }
        return {f"DOWNSTACK_OIDC_{name}": value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who may ask."""

    tokens_file: str | None = None
    """DOWNSTACK_TOKENS_FILE: the file of tokens."""
    provider: ProviderSettings | None = None
    """The DOWNSTACK_OIDC_... settings."""

    @classmethod
    def from_environment(cls, given: Mapping[str, str]) -> AccessSettings:
        """Read the settings, and refuse values that mean nothing."""
        return cls(given.get("DOWNSTACK_TOKENS_FILE") or None, _provider(given))

    def to_environment(self) -> dict[str, str]:
        """Return the variables that :meth:`from_environment` reads these settings from."""
        found = {} if self.tokens_file is None else {"DOWNSTACK_TOKENS_FILE": self.tokens_file}
        return found if self.provider is None else found | self.provider.to_environment()


def _provider(given: Mapping[str, str]) -> ProviderSettings | None:
    names = ("ISSUER", "AUDIENCE", "KEYS", "ALGORITHMS", "ROLE_CLAIM", "ROLES")
    said = {name: given.get(f"DOWNSTACK_OIDC_{name}", "").strip() for name in names}
    if not any(said.values()):
        return None
    for name in ("ISSUER", "AUDIENCE"):
        if not said[name]:
            raise UserInputError(
                f"DOWNSTACK_OIDC_{name} is not set, and other settings of an identity provider are",
                field=f"DOWNSTACK_OIDC_{name}",
                hint="see docs/authentication.md",
            )
    return ProviderSettings(
        issuer=said["ISSUER"],
        audience=said["AUDIENCE"],
        keys=said["KEYS"] or None,
        algorithms=_algorithms(said["ALGORITHMS"]),
        claim=said["ROLE_CLAIM"] or DEFAULT_CLAIM,
        roles=_roles(said["ROLES"]),
    )


def _algorithms(text: str) -> tuple[str, ...]:
    named = tuple(item.strip() for item in text.split(",") if item.strip()) or DEFAULT_ALGORITHMS
    for item in named:
        if item not in ALGORITHMS:
            raise UserInputError(
                f"DOWNSTACK_OIDC_ALGORITHMS names {item!r}",
                field="DOWNSTACK_OIDC_ALGORITHMS",
                hint=f"choose from {', '.join(ALGORITHMS)}",
            )
    return named


def _roles(text: str) -> Mapping[str, Role]:
    if not text:
        return DEFAULT_ROLES
    found: dict[str, Role] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        word, equals, role = item.rpartition("=")
        if not (equals and word.strip() and role.strip() in ROLES):
            raise UserInputError(
                f"DOWNSTACK_OIDC_ROLES has {item!r}",
                field="DOWNSTACK_OIDC_ROLES",
                hint="write WORD=ROLE,WORD=ROLE with the roles read, write and admin",
            )
        found[word.strip()] = ROLES[role.strip()]
    return found
