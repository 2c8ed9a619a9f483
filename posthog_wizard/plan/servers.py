"""Which server a client is given for a wish: HTTP where it can, else a program of ours."""

import re

from posthog_wizard.api.hosted import hosted_url
from posthog_wizard.api.hosts import region_of
from posthog_wizard.clients.entries import SESSION_BUS, VARIABLES
from posthog_wizard.clients.variables import hands_on
from posthog_wizard.errors import NotSupported
from posthog_wizard.invocation import Invocation, flag_called, parse_flags
from posthog_wizard.model import (
    Client,
    DesiredServer,
    EntrySchema,
    Found,
    Key,
    Limits,
    Machine,
    Remote,
    Secret,
    Server,
    Stdio,
    Stored,
)
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.net.proxies import proxy_variable

_USUAL_BUS = re.compile(r"unix:path=/run/user/\d+/bus(?:,.*)?")
_AUTHORITY, _FOLDERS = "SSL_CERT_FILE", "XDG_CONFIG_HOME"
SHARED_LAUNCHER = ("posthog-wizard",)
"""How a file that several machines read starts our program: by its name, on each machine's own PATH."""


def server_for(client: Client, schema: EntrySchema, desired: DesiredServer) -> Server:
    """The server to write into this client's file. Raises NotSupported when the client has no way to it."""
    if desired.kind != "local" and desired.key is None and not (schema.oauth and schema.remote is not None):
        if desired.shared is None:
            own = f"{client.no_oauth}, or " if client.no_oauth else ""
            raise NotSupported(
                "it cannot sign in to a server from its file",
                f"{own}sign in once for such clients: `posthog-wizard login`",
            )
        desired = desired._replace(key=desired.shared)
    if desired.kind != "local" and schema.remote is not None and not isinstance(desired.key, Stored):
        return Remote(hosted_url(desired.address, desired.limits), desired.key)
    written = {
        name: value
        for name, value in desired.surroundings
        if not _reaches(client, name) and not _has_password(name, value)
    }
    authority, bus = written.pop(_AUTHORITY, None), written.pop(SESSION_BUS, None)
    ca_file = parse_flags("bridge", desired.flags).ca_file
    if authority is not None and ca_file is None and region_of(desired.address) != "sandbox":  # no network there
        desired = desired._replace(flags=(*desired.flags, flag_called("ca_file").spelled, authority))
    takes_names = VARIABLES in schema.stdio.values()
    if bus and not takes_names and schema.environment_reference:  # the next session changes its address
        written[SESSION_BUS] = schema.environment_reference.format(name=SESSION_BUS)
    handed_on = (SESSION_BUS,) if bus and takes_names else ()
    return own_program(desired)._replace(environment=tuple(written.items()), handed_on=handed_on)


def withheld_password(client: Client, schema: EntrySchema, desired: DesiredServer) -> str | None:
    """The variable that the client's program would need, and that is written into no file: its proxy has a password."""
    lacking = (n for n, value in desired.surroundings if _has_password(n, value) and not _reaches(client, n))
    name = next(lacking, None)
    return name if name and isinstance(server_for(client, schema, desired), Stdio) else None


def surroundings(machine: Machine, key: Key, address: str) -> tuple[tuple[str, str], ...]:
    """What of this shell's environment an entry's program needs: the extra authority, the proxy, and where the store is."""
    needed, folders = {_AUTHORITY: machine.environment.get(_AUTHORITY)}, machine.config_directory.parent
    proxy = proxy_variable(parse_address(address, allow_http=True), machine.environment)
    if proxy is not None and region_of(address) != "sandbox":
        needed[proxy] = machine.environment[proxy].strip()
    if (
        isinstance(key, Stored)
        and folders != machine.home / ".config"
        and machine.environment.get(_FOLDERS) == str(folders)
    ):
        needed[_FOLDERS] = str(folders)
    bus = machine.environment.get(SESSION_BUS, "")
    if isinstance(key, Stored) and not _USUAL_BUS.fullmatch(bus):  # the usual one is found without
        needed[SESSION_BUS] = bus
    return tuple((name, value) for name, value in needed.items() if value)


def _has_password(name: str, value: str) -> bool:
    return name.lower().endswith("_proxy") and "@" in value


def _reaches(client: Client, name: str) -> bool:
    return client.inherits_environment_of == "shell" and hands_on(client, name)


def own_program(desired: DesiredServer) -> Stdio:
    """Our program, told what to reach. A key in our store is named by its profile, and does not stand in the entry."""
    local, sandbox = desired.kind == "local", region_of(desired.address) == "sandbox"
    said = parse_flags("serve" if local else "bridge", desired.flags)._replace(
        url=None if local else desired.address,
        host=desired.address if local and not sandbox else None,
        sandbox=local and sandbox,
        profile=named_profile(desired.key),
        launcher=desired.launcher,
    )
    words = with_limits(said, desired.limits).words
    return Stdio(words[0], words[1:], None if isinstance(desired.key, Stored) else desired.key)


def with_limits(said: Invocation, limits: Limits) -> Invocation:
    """The same start of a program of ours, within these limits."""
    return said._replace(
        organization=limits.organization or None,
        project=limits.project or None,
        features=",".join(limits.features) or None,
        tools=",".join(limits.tools) or None,
        mode=limits.mode if said.program == "bridge" else None,
        read_only=limits.read_only,
    )


def named_profile(key: Key) -> str | None:
    """The profile that an entry has to name for this key; the usual one is not named."""
    return key.profile if isinstance(key, Stored) and key != Stored() else None


def launcher_in(found: Found, server: Server, launcher: tuple[str, ...]) -> tuple[str, ...]:
    """The words that start our program in this entry: a project's file without a key in it is for other machines, too."""
    program = server.command if isinstance(server, Stdio) and not isinstance(server.key, Secret) else None
    return SHARED_LAUNCHER if found.place.scope == "project" and program == SHARED_LAUNCHER[0] else launcher
