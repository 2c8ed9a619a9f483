"""What a sign-in gave, and how PostHog's own command line keeps what its sign-in gave."""

import json
from typing import Literal, NamedTuple

from posthog_wizard.api.hosts import api_base
from posthog_wizard.api.key_format import read_key
from posthog_wizard.errors import CredentialError, WrongUsage
from posthog_wizard.model import Machine, Secret

_FILE = ".posthog/credentials.json"  # https://github.com/PostHog/posthog/blob/master/cli/src/utils/auth.rs


class Obtained(NamedTuple):
    """A credential that PostHog gave. `kept` is what the store holds, `key` what requests are signed with.

    `projects` and `scopes` are what it is limited to; no projects: not limited. `expires` is a Unix time.
    """

    kept: Secret
    key: Secret
    way: Literal["device", "oauth"]
    label: str | None = None
    projects: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    expires: float | None = None


def posthog_cli_sign_in(machine: Machine, host: str) -> Obtained | None:
    """What PostHog's own command line keeps for that base URL; None where there is nothing that could be used."""
    try:
        said = json.loads((machine.home / _FILE).read_bytes())
        key = read_key(said["token"])
        return Obtained(key, key, "device") if api_base(said["host"]) == host else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, CredentialError, WrongUsage):
        return None
