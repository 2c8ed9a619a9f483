"""Which server a client is given for a wish: HTTP where it can, else a program of ours."""

from __future__ import annotations

from posthog_wizard.api.hosted import hosted_url
from posthog_wizard.api.hosts import region_of
from posthog_wizard.errors import NotSupported
from posthog_wizard.model import Client, DesiredServer, EntrySchema, Found, Limits, Remote, Server, Stdio, Stored

SHARED_LAUNCHER = ("posthog-wizard",)
"""How a file that several machines read starts our program: by its name, on each machine's own PATH."""


def server_for(client: Client, schema: EntrySchema, desired: DesiredServer) -> Server:
    """The server to write into this client's file. Raises NotSupported when the client has no way to it."""
    if desired.kind != "local" and desired.key is None and not (schema.oauth and schema.remote is not None):
        raise NotSupported("it cannot sign in to a server from its file", client.no_oauth)
    if desired.kind != "local" and schema.remote is not None and not isinstance(desired.key, Stored):
        return Remote(hosted_url(desired.address, desired.limits), desired.key)
    return own_program(desired)


def own_program(desired: DesiredServer) -> Stdio:
    """Our program, told what to reach. A key in our store is named by its profile, and does not stand in the entry."""
    words = (*desired.launcher[1:], "mcp", *_command(desired), *_limit_flags(desired.limits), *desired.flags)
    if isinstance(desired.key, Stored):
        return Stdio(desired.launcher[0], (*words, *profile_flags(desired.key.profile)), None)
    return Stdio(desired.launcher[0], words, desired.key)


def _command(desired: DesiredServer) -> tuple[str, ...]:
    if desired.kind != "local":
        return ("bridge", "--url", desired.address)
    return ("serve", "--sandbox") if region_of(desired.address) == "sandbox" else ("serve", "--host", desired.address)


def profile_flags(profile: str) -> tuple[str, ...]:
    """The flag that names a profile; the usual one is not named."""
    return () if profile == Stored().profile else ("--profile", profile)


def launcher_in(found: Found, server: Server, launcher: tuple[str, ...]) -> tuple[str, ...]:
    """The words that start our program in this entry: a project's file without a key is for other machines, too."""
    program = server.command if isinstance(server, Stdio) and server.key is None else None
    return SHARED_LAUNCHER if found.place.scope == "project" and program == SHARED_LAUNCHER[0] else launcher


def _limit_flags(limits: Limits) -> tuple[str, ...]:
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
