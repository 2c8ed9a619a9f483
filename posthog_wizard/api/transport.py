"""The HTTP connection below the client: certificates, proxies, timeouts, pool."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from posthog_wizard import __version__
from posthog_wizard.api.hosts import is_loopback
from posthog_wizard.errors import Unreachable, WrongUsage

CONNECT_TIMEOUT = 10.0  # seconds
CONNECTIONS = 20  # open at once; further requests wait their turn
USER_AGENT = f"posthog-wizard/{__version__}"


def open_http(base: str, *, transport: httpx.AsyncBaseTransport | None, ca_file: Path | None) -> httpx.AsyncClient:
    """An httpx client for one PostHog. Proxies come from the environment, but loopback is never proxied.

    Raises WrongUsage for an unusable certificate file, Unreachable for proxy settings that httpx cannot follow.
    """
    url = httpx.URL(base)
    verify = certificates(ca_file) if url.scheme == "https" and transport is None else False
    try:
        return httpx.AsyncClient(
            transport=transport,
            verify=verify,
            trust_env=not is_loopback(url.host),
            timeout=httpx.Timeout(CONNECT_TIMEOUT, pool=None),
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise Unreachable(
            f"the proxy settings of the environment cannot be used: {error}",
            "Correct HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or NO_PROXY.",
        ) from error


def certificates(ca_file: Path | None) -> ssl.SSLContext:
    """What is trusted: the system's own certificate store, and those in `ca_file` (PEM) beside it."""
    import truststore  # noqa: PLC0415 - plain http to loopback needs none of it

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if ca_file is not None:
            context.load_verify_locations(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise WrongUsage(
            f"`{ca_file}` holds no certificates: {error.strerror or error}", "Pass a PEM file with --ca-file."
        ) from error
    return context
