"""What may be asked without a token, and what needs which role."""

from __future__ import annotations

from collections.abc import Collection

from downstack.access.oidc import IdentityProvider
from downstack.access.principal import Principal, Role
from downstack.access.settings import AccessSettings
from downstack.access.token_file import TokenFile
from downstack.errors import ForbiddenError, UnauthenticatedError

MAX_CREDENTIAL = 8_192
"""Characters of a token; those of an identity provider are one or two thousand."""

OPEN: tuple[str, ...] = ("/healthz", "/readyz")
"""Paths that answer without a token also where everything else needs one: what runs a service must see that it lives."""

_SAY = "send the header: authorization: Bearer TOKEN"
_MAKE = "`downstack token new NAME --role write` makes a token, `downstack serve --tokens-file FILE` lets it in"


class Access:
    """Who may do what on a service.

    Parameters
    ----------
    tokens
        The file of tokens; None where there is none.
    provider
        The identity provider whose tokens are accepted; None where there is none.
    public_read
        Whether anybody may read, token or not.
    """

    def __init__(
        self,
        tokens: TokenFile | None = None,
        provider: IdentityProvider | None = None,
        *,
        public_read: bool = False,
    ) -> None:
        self._tokens = tokens
        self._provider = provider
        self._public_read = public_read

    @classmethod
    def of(cls, settings: AccessSettings, *, public_read: bool = False) -> Access:
        """Return the policy that settings describe.

        Raises
        ------
        UserInputError
            If a file cannot be read, or a setting means nothing.
        """
        tokens = None if settings.tokens_file is None else TokenFile(settings.tokens_file)
        provider = None if settings.provider is None else IdentityProvider(settings.provider)
        return cls(tokens, provider, public_read=public_read)

    @property
    def guarded(self) -> bool:
        """True where reading needs a token."""
        return not self._public_read and self.knows_anybody

    @property
    def public_read(self) -> bool:
        """True where anybody may read because somebody said so."""
        return self._public_read

    @property
    def knows_anybody(self) -> bool:
        """True where there is a token that could be sent."""
        return self._tokens is not None or self._provider is not None

    async def identify(self, credential: str) -> Principal:
        """Return who sent a token.

        Raises
        ------
        UnauthenticatedError
            If it is none of this service. Why is not said: whoever tries tokens learns nothing from it.
        """
        if 0 < len(credential) <= MAX_CREDENTIAL and credential.isascii():
            token = None if self._tokens is None else self._tokens.find(credential)
            found = None if token is None else token.principal
            if found is None and self._provider is not None and credential.count(".") == 2:
                found = await self._provider.identify(credential)
            if found is not None and not found.expired:
                return found
        raise UnauthenticatedError("the token is not valid", hint="it is wrong, was withdrawn, or has expired")

    def still_holds(self, principal: Principal) -> bool:
        """Return whether somebody who was let in before would be let in now."""
        if principal.expired:
            return False
        return not principal.identifier or (self._tokens is not None and self._tokens.holds(principal.identifier))

    def check_read(self, principal: Principal | None) -> None:
        """Refuse who may not read.

        Raises
        ------
        UnauthenticatedError
            If it takes a token.
        ForbiddenError
            If somebody has no role.
        """
        if not self.guarded:
            return
        if principal is None:
            raise UnauthenticatedError("this service answers to those who have a token", hint=_SAY)
        if not principal.may(Role.READ):
            raise ForbiddenError(f"{principal.name} has no role here", hint="ask who runs the service for one")

    def check_write(self, principal: Principal | None) -> None:
        """Refuse who may not change anything.

        Raises
        ------
        UnauthenticatedError
            If nobody knows who asks.
        ForbiddenError
            If the role does not allow it.
        """
        if principal is None:
            raise UnauthenticatedError("changes need a token", hint=_SAY if self.knows_anybody else _MAKE)
        if not principal.may(Role.WRITE):
            role = "no role" if principal.role is None else f"the role {principal.role.word}"
            hint = "ask with a token of the role write"
            raise ForbiddenError(f"{principal.name} has {role}, which does not change anything", hint=hint)


def is_open(path: str, opened: Collection[str]) -> bool:
    """Return whether a path answers without a token; an entry that ends in a slash means all below it."""
    return any(path == item or (item.endswith("/") and path.startswith(item)) for item in opened)
