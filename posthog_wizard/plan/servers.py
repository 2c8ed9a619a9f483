"""Which server a client is given for a wish: HTTP where it can, else a program of ours."""

from __future__ import annotations

from posthog_wizard.api.hosted import hosted_url
from posthog_wizard.api.hosts import region_of
from posthog_wizard.errors import NotSupported
from posthog_wizard.model import Client, Limits, Remote, Server, Stdio, Style, Wish


def server_for(client: Client, style: Style, wish: Wish) -> Server:
    """The server to write into this client's file. Raises NotSupported when the client has no way to it."""
    if wish.kind == "local":
        sandbox = region_of(wish.address) == "sandbox"
        return _program(wish, "serve", *(("--sandbox",) if sandbox else ("--host", wish.address)))
    if style.remote is not None:
        return Remote(hosted_url(wish.address, wish.limits), wish.key)
    if wish.key is None:
        raise NotSupported("it cannot sign in to a server from its file", client.no_oauth)
    return _program(wish, "bridge", "--url", wish.address)


def limit_flags(limits: Limits) -> tuple[str, ...]:
    """The limits as the flags of `mcp serve` and `mcp bridge`."""
    valued = (
        ("--organization", limits.organization),
        ("--project", limits.project),
        ("--features", ",".join(limits.features)),
        ("--tools", ",".join(limits.tools)),
        ("--mode", limits.mode),
    )
    words = [word for flag, value in valued if value for word in (flag, value)]
    return (*words, *(("--read-only",) if limits.read_only else ()))


def _program(wish: Wish, command: str, *where: str) -> Stdio:
    words = ("mcp", command, *where, *limit_flags(wish.limits), *wish.flags)
    return Stdio(wish.launcher[0], (*wish.launcher[1:], *words), wish.key)
