"""A client of the posthog SDK for a program of ours: it goes where the API is, and is quick to give up."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from posthog_wizard.api.hosts import ingestion_host
from posthog_wizard.net.addresses import is_loopback

if TYPE_CHECKING:
    from posthog import Posthog

_TIMEOUT: Final = 3.0  # seconds for a request
_INTERVAL: Final = 1.0  # seconds that events are collected before they are sent


class LazyClient:
    """A client that is made with its first event, since PostHog may have to be asked in which region its key is.

    `make` is called in the one thread that sends, and again with the next event where it raises.
    """

    def __init__(self, make: Callable[[], Posthog]) -> None:
        self._make = make
        self._client: Posthog | None = None

    def capture(self, event: str, **known: Any) -> None:
        """As the SDK's client does."""
        self._made().capture(event, **known)

    def flush(self, timeout_seconds: float | None = 10) -> None:
        """As the SDK's client does; nothing where none was made."""
        if self._client is not None:
            self._client.flush(timeout_seconds=timeout_seconds)

    def _set_library_identity(self, library: str, version: str) -> None:
        """Where the SDK's `posthog.mcp` names itself."""
        self._made()._set_library_identity(library, version)  # noqa: SLF001

    def _made(self) -> Posthog:
        self._client = self._client or self._make()
        return self._client


def new_client(
    key: str, base: str, ca_file: Path | None = None, environment: MutableMapping[str, str] = os.environ
) -> Posthog:
    """A client that sends to the PostHog whose API is at `base`, with the project key `key` (phc_).

    The SDK has no settings for certificates and proxies: it takes the variables of `requests`
    (https://requests.readthedocs.io/en/latest/user/advanced/), which are therefore set for this process. Events trust
    `ca_file` alone where there is one, else the system's store where that is files; loopback is never proxied.
    """
    from posthog import Posthog  # noqa: PLC0415 - a quarter of a second

    environment.update(ca_bundle_env(ca_file, environment) | no_proxy_env(base, environment))
    return Posthog(key, host=ingestion_host(base), timeout=_TIMEOUT, flush_interval=_INTERVAL, max_retries=1, gzip=True)


def ca_bundle_env(ca_file: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables by which `requests` finds authorities; what the user says about it stays."""
    system = ssl.get_default_verify_paths()
    found = ca_file or system.cafile or system.capath
    return {"REQUESTS_CA_BUNDLE": environment.get("REQUESTS_CA_BUNDLE") or str(found)} if found else {}


def no_proxy_env(base: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables by which `requests` reaches a host on this computer directly."""
    if not is_loopback(urlsplit(base).hostname or ""):
        return {}
    others = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    hosts = ",".join(filter(None, (others, urlsplit(base).hostname)))
    return {"no_proxy": hosts, "NO_PROXY": hosts}
