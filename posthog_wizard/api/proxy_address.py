"""What a proxy's URL says. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from posthog_wizard.api.hosts import DEFAULT_PORTS
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Secret

PROXY_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f.]*:[0-9a-f:.]*")  # a name, or the number of IPv6


class Proxy(NamedTuple):
    """An http or https proxy, with its user and password where it wants them."""

    url: str  # scheme, host and perhaps port
    login: tuple[str, Secret] | None = None

    @property
    def place(self) -> tuple[bool, str, int]:
        """Whether it speaks TLS, its host and its port."""
        parts = urlsplit(self.url)
        return parts.scheme == "https", parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]


def proxy_at(url: str) -> Proxy:
    """The proxy that a URL names, `http` where it says no scheme. Raises WrongUsage, without user and password."""
    parts, where = _taken_apart(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise WrongUsage(
            f"the proxy `{parts.scheme}://{where}` is of a kind that cannot be used",
            "Name an http proxy in HTTPS_PROXY, or the server's host in NO_PROXY.",
        )
    login = (unquote(parts.username), Secret(unquote(parts.password or ""))) if parts.username else None
    return Proxy(f"{parts.scheme}://{where}", login)


def _taken_apart(url: str) -> tuple[SplitResult, str]:
    """A proxy's URL, and its host and port as HTTP spells them."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except ValueError:
        host, port = "", None
    if not PROXY_HOST.fullmatch(host) or port == 0:
        raise WrongUsage(
            f"the proxy `{_shown(url)}` is no address",
            "Name it like `http://proxy.example.com:3128` in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY.",
        )
    bracketed = f"[{host}]" if ":" in host else host
    return parts, bracketed if port is None else f"{bracketed}:{port}"


def _shown(url: str) -> str:
    """What may be told of a proxy's URL: what stands before an @ may be a password, and so may what an @ is missing for."""
    scheme, separator, rest = url.rpartition("@")[2].rpartition("://")
    return "".join(each if each.isprintable() else "?" for each in f"{scheme}{separator}{rest}"[:100])
