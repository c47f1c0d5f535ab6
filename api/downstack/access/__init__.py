"""Who asks, and what they may: tokens from a file of hashes, tokens of an identity provider, and what each role allows.

::

    principal.py     who asks, with a role: read, write or admin
    tokens.py        how a token looks and how the file says which ones hold
    token_file.py    the file as it is now, and what `downstack token` writes into it
    oidc.py          JSON Web Tokens of an identity provider; keys.py the keys that they are checked with
    fetch.py         the one request that this service ever makes by itself: for these keys
    policy.py        what may be asked without a token, and what needs which role
    settings.py      what the environment says about all of it
    middleware.py    finds out who asks before anything else is done
"""

from downstack.access.policy import OPEN, Access
from downstack.access.principal import Principal, Role

__all__ = ["OPEN", "Access", "Principal", "Role"]
