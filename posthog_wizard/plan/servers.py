"""Which server a client is given for a wish: HTTP where it can, else a program of ours."""

from __future__ import annotations

from posthog_wizard.api.hosted import hosted_url
from posthog_wizard.api.hosts import region_of
from posthog_wizard.errors import NotSupported
from posthog_wizard.invocation import parse_flags
from posthog_wizard.model import Client, DesiredServer, EntrySchema, Found, Key, Remote, Server, Stdio, Stored

SHARED_LAUNCHER = ("posthog-wizard",)
"""How a file that several machines read starts our program: by its name, on each machine's own PATH."""


def server_for(client: Client, schema: EntrySchema, desired: DesiredServer) -> Server:
    """The server to write into this client's file. Raises NotSupported when the client has no way to it."""
    if desired.kind != "local" and desired.key is None and not (schema.oauth and schema.remote is not None):
        if desired.shared is not None:
            return own_program(desired._replace(key=desired.shared))
        own = f"{client.no_oauth}, or " if client.no_oauth else ""
        raise NotSupported(
            "it cannot sign in to a server from its file", f"{own}sign in once for such clients: `posthog-wizard login`"
        )
    if desired.kind != "local" and schema.remote is not None and not isinstance(desired.key, Stored):
        return Remote(hosted_url(desired.address, desired.limits), desired.key)
    return own_program(desired)


def own_program(desired: DesiredServer) -> Stdio:
    """Our program, told what to reach. A key in our store is named by its profile, and does not stand in the entry."""
    stored, limits = isinstance(desired.key, Stored), desired.limits
    local, sandbox = desired.kind == "local", region_of(desired.address) == "sandbox"
    said = parse_flags("serve" if local else "bridge", desired.flags)._replace(
        url=None if local else desired.address,
        host=desired.address if local and not sandbox else None,
        sandbox=local and sandbox,
        organization=limits.organization or None,
        project=limits.project or None,
        features=",".join(limits.features) or None,
        tools=",".join(limits.tools) or None,
        mode=limits.mode,
        read_only=limits.read_only,
        profile=named_profile(desired.key),
        launcher=desired.launcher,
    )
    return Stdio(said.words[0], said.words[1:], None if stored else desired.key)


def named_profile(key: Key) -> str | None:
    """The profile that an entry has to name for this key; the usual one is not named."""
    return key.profile if isinstance(key, Stored) and key != Stored() else None


def launcher_in(found: Found, server: Server, launcher: tuple[str, ...]) -> tuple[str, ...]:
    """The words that start our program in this entry: a project's file without a key is for other machines, too."""
    program = server.command if isinstance(server, Stdio) and server.key is None else None
    return SHARED_LAUNCHER if found.place.scope == "project" and program == SHARED_LAUNCHER[0] else launcher
