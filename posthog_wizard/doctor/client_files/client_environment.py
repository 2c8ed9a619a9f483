"""In which environment a client starts its servers: a desktop program does not see what the shell's profile sets.

macOS gives programs of the Dock launchd's PATH. On Linux the session gets what PAM, systemd and the login shell's
`~/.profile` set, never `~/.bashrc` or `~/.zshrc`. On Windows everybody gets the same, but for what PowerShell's own
profile sets. https://wiki.archlinux.org/title/Environment_variables,
https://www.freedesktop.org/software/systemd/man/latest/environment.d.html

VS Code asks the login shell, so a variable of the shell's profile reaches it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress

from posthog_wizard.clients.paths import expand_path
from posthog_wizard.clients.variables import hands_on
from posthog_wizard.model import Client, Machine, OperatingSystem

_PATHS: Mapping[OperatingSystem, str] = {
    "mac": "/usr/bin:/bin:/usr/sbin:/sbin",
    "linux": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games:/snap/bin",
}
# Files whose variables reach programs of the desktop, later ones over earlier ones; `*` as in a client's paths.
_SESSION: Mapping[OperatingSystem, tuple[str, ...]] = {
    "mac": (),
    "linux": (
        "/etc/environment",
        "~/.pam_environment",
        "~/.config/environment.d/*.conf",
        "~/.profile",
        "~/.xprofile",
        "~/.xsessionrc",
    ),
}
# Files whose variables reach the shell only.
_POWERSHELL = ("~/Documents/PowerShell/*profile.ps1", "~/Documents/WindowsPowerShell/*profile.ps1")
# What the session itself hands on, whatever the shell does.
_HANDED_ON = re.compile(
    r"HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TMPDIR|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_\w+|DBUS_SESSION_BUS_ADDRESS"
    r"|SSH_AUTH_SOCK"
)
_ASSIGNMENT = re.compile(
    r"""^[^\S\n]*+(?:export\s+|\$env:)?(?P<name>[A-Za-z_]\w*)\s*(?:=|DEFAULT=)\s*(?P<quote>["']?)(?P<value>.*?)(?P=quote)\s*$""",
    re.MULTILINE | re.IGNORECASE,
)
_REFERENCE = re.compile(r"\$\{?(\w+)\}?")


def client_environment(client: Client, machine: Machine) -> Mapping[str, str]:
    """The environment in which this client itself runs."""
    return machine.environment if client.inherits_environment_of == "shell" else of_the_desktop(machine)


def handed_over(client: Client, machine: Machine, named: Collection[str] = ()) -> Mapping[str, str]:
    """What of it the servers get that this client starts; `named`: what an entry has it hand on beside."""
    own = client_environment(client, machine)
    return {name: value for name, value in own.items() if hands_on(client, name) or name in named}


def of_the_desktop(machine: Machine) -> Mapping[str, str]:
    """The environment of a program that is started from the Dock, the menu or the Start button."""
    if machine.os == "windows":
        own = {name.upper() for name, _ in _assigned(_POWERSHELL, machine)}
        return {name: value for name, value in machine.environment.items() if name.upper() not in own}
    environment = {name: value for name, value in machine.environment.items() if _HANDED_ON.fullmatch(name)}
    environment["PATH"] = _PATHS[machine.os]

    def known(reference: re.Match[str]) -> str:
        return {"HOME": str(machine.home), **environment}.get(reference[1], "")

    for name, value in _assigned(_SESSION[machine.os], machine):
        environment[name] = _REFERENCE.sub(known, value)
    return environment


def how_to_set(name: str, system: OperatingSystem) -> str:
    """The command or sentence that sets a variable for programs of the desktop."""
    return {
        "mac": f'`launchctl setenv {name} "${name}"`, then restart the client',
        "linux": f"put `{name}=...` into `~/.config/environment.d/posthog.conf` (`chmod 600` it), then sign in again",
        "windows": f'set {name} in Windows\' "Edit environment variables for your account", then restart the client',
    }[system]


def _assigned(templates: tuple[str, ...], machine: Machine) -> Iterator[tuple[str, str]]:
    for path in (path for template in templates if (path := expand_path(template, machine)) is not None):
        for file in sorted(path.parent.glob(path.name)) if "*" in path.name else [path]:
            with suppress(OSError):  # it is not there, or not for us
                text = file.read_text(encoding="utf-8", errors="replace")
                yield from ((found["name"], found["value"]) for found in _ASSIGNMENT.finditer(text))
