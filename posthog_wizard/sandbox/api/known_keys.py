"""The keys that the sandbox knows, and which of them a request brings.

Each store makes a key of its own: on a shared machine everybody reaches the port. The documented ones are public, and
count only where somebody asked for them.

A store's key stays through `--reset`, which is about rows: entries that hold it should go on working.
"""

import json
import secrets
import string
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from posthog_wizard.api.scopes import satisfied
from posthog_wizard.sandbox.api.http_messages import HttpRequest, bad_key, no_key
from posthog_wizard.sandbox.sample import catalog

SANDBOX_KEY_PREFIX = "phx_sandbox_"  # of every key of a sandbox
ALPHABET, LENGTH = string.ascii_letters + string.digits, 43  # 256 bits
READING = ("action:read", "dashboard:read", "error_tracking:read", "event_definition:read", "experiment:read",
           "feature_flag:read", "insight:read", "organization:read", "project:read", "property_definition:read",
           "query:read", "survey:read", "user:read")  # fmt: skip


class SandboxKey(NamedTuple):
    """A personal API key. `teams` and `organizations` limit it where they are not empty.

    `throttled`: every request is answered with 429 and this Retry-After, in seconds.
    """

    value: str
    scopes: tuple[str, ...] = ("*",)
    teams: tuple[int, ...] = ()
    organizations: tuple[str, ...] = ()
    throttled: int | None = None
    label: str = "Sandbox"

    def may(self, scope: str) -> bool:
        """`*` satisfies all, `:write` satisfies `:read`."""
        return satisfied(scope, self.scopes)


ANYBODY = SandboxKey("", ())  # who asks what needs no key
KEYS: tuple[SandboxKey, ...] = (  # the documented ones
    SandboxKey(catalog.SAMPLE_KEY, label="Everything"),
    SandboxKey("phx_sandbox_readonly_0000000000000000", READING, label="Read only"),
    SandboxKey("phx_sandbox_dashboards_00000000000000", ("dashboard:write", "insight:read"), label="Dashboards only"),
    SandboxKey("phx_sandbox_project_000000000000000000", teams=(catalog.PROJECT_ID,), label="One project"),
    SandboxKey(
        "phx_sandbox_organization_0000000000000", organizations=(catalog.ORGANIZATION_ID,), label="One organization"
    ),
    SandboxKey("phx_sandbox_throttled_0000000000000000", throttled=30, label="Too many requests"),
)


def made(prefix: str) -> str:
    """A new secret that nobody can guess."""
    return prefix + random_text(ALPHABET, LENGTH)


def random_text(letters: str, length: int) -> str:
    """A text of some of these letters that nobody can guess."""
    return "".join(secrets.choice(letters) for _ in range(length))


def key_of(
    request: HttpRequest, keys: tuple[SandboxKey, ...], granted: Callable[[str], SandboxKey | None]
) -> SandboxKey:
    """The key that a request brings, in its header, its body or its query, in this order. Raises ApiErrorReply.

    `granted` knows the keys and tokens that people got by signing in.
    """
    source, value = _brought(request)
    if value is None:
        raise no_key()
    brought = value.encode("utf-8", "surrogatepass")
    found = [key for key in keys if secrets.compare_digest(key.value.encode(), brought)]  # each, in the same time
    known = found[0] if found else granted(value)
    if known is None:
        raise bad_key(source)
    return known


def _brought(request: HttpRequest) -> tuple[str, str | None]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return "request Authorization header", value.strip()
    if b"personal_api_key" in request.body:
        with suppress(ValueError, RecursionError):
            document = json.loads(request.body)
            found = document.get("personal_api_key") if isinstance(document, dict) else None
            if isinstance(found, str):
                return "body", found
    return "query string", request.query.get("personal_api_key")
