"""What programs of the desktop get to see, on all three systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.doctor.client_files.client_environment import (
    client_environment,
    handed_over,
    how_to_set,
    of_the_desktop,
)
from posthog_wizard.model import Machine, OperatingSystem
from tests.support.machines import lay, machine

SHELL = {"PATH": "/home/max/.nvm/bin:/usr/bin", "HOME": "/home/max", "LANG": "C.UTF-8", "MY_KEY": "here"}


def described(root: Path, system: OperatingSystem, *files: str) -> Machine:
    """A machine whose shell has more than its desktop."""
    lay(root, *files)
    return machine(root, system, environment=SHELL)


@pytest.mark.parametrize(
    ("system", "files", "variable", "expected"),
    [
        ("mac", (), "PATH", "/usr/bin:/bin:/usr/sbin:/sbin"),
        ("mac", ("home/.zshrc=export MY_KEY=x",), "MY_KEY", None),
        ("mac", ("home/.profile=export MY_KEY=x",), "MY_KEY", None),
        ("mac", (), "LANG", "C.UTF-8"),
        ("linux", (), "MY_KEY", None),
        ("linux", ("home/.bashrc=export MY_KEY=x",), "MY_KEY", None),
        ("linux", ("home/.profile=export MY_KEY=x",), "MY_KEY", "x"),
        ("linux", ("home/.profile=export MY_KEY='x y'\n",), "MY_KEY", "x y"),
        ("linux", ('home/.profile=  MY_KEY="$HOME/x"\n',), "MY_KEY", "/home/max/x"),
        ("linux", ("home/.profile=# MY_KEY=x\n",), "MY_KEY", None),
        ("linux", ("home/.config/environment.d/10-a.conf=MY_KEY=a", "home/.config/environment.d/20-b.conf=MY_KEY=b"), "MY_KEY", "b"),
        ("linux", ("home/.pam_environment=MY_KEY DEFAULT=x",), "MY_KEY", "x"),
        ("linux", ("home/.profile/",), "MY_KEY", None),
        ("windows", (), "PATH", SHELL["PATH"]),
        ("windows", (), "MY_KEY", "here"),
        ("windows", ("home/Documents/PowerShell/profile.ps1=$env:my_key = 'x'",), "MY_KEY", None),
    ],
)  # fmt: skip
def test_a_desktop_program_sees(
    system: OperatingSystem, files: tuple[str, ...], variable: str, expected: str | None, tmp_path: Path
) -> None:
    assert of_the_desktop(described(tmp_path, system, *files)).get(variable) == expected


def test_the_session_s_path_is_put_before_the_usual_one(tmp_path: Path) -> None:
    seen = of_the_desktop(described(tmp_path, "linux", 'home/.profile=PATH="$HOME/.local/bin:$PATH"\n'))["PATH"]
    assert seen.startswith("/home/max/.local/bin:/usr/local/sbin:")


@pytest.mark.parametrize(
    ("client", "sees"), [("claude-code", "here"), ("vscode", "here"), ("cursor", None), ("zed", None)]
)
def test_a_client_of_the_terminal_sees_what_the_shell_sees(client: str, sees: str | None, tmp_path: Path) -> None:
    assert client_environment(CLIENTS[client], described(tmp_path, "linux")).get("MY_KEY") == sees


# client, variable -> whether what it starts gets it from its own environment
HANDED = [
    ("claude-code", "SSL_CERT_FILE", True),
    ("gemini-cli", "SSL_CERT_FILE", False),
    ("gemini-cli", "POSTHOG_PERSONAL_API_KEY", False),
    ("gemini-cli", "my_key", False),
    ("gemini-cli", "HTTPS_PROXY", True),
    ("codex", "SSL_CERT_FILE", True),
    ("codex", "XDG_CONFIG_HOME", False),
    ("codex", "HTTPS_PROXY", False),
    ("openclaw", "PATH", True),
    ("openclaw", "LANG", False),
    ("hermes", "XDG_CONFIG_HOME", True),
    ("hermes", "SSL_CERT_FILE", False),
    ("mistral-vibe", "HOME", True),
    ("qoder", "POSTHOG_AUTH_HEADER", False),
]


@pytest.mark.parametrize(("client", "variable", "gets"), HANDED)
def test_what_a_client_hands_over(client: str, variable: str, gets: bool, tmp_path: Path) -> None:
    here = machine(tmp_path, environment={variable: "x"})
    assert (variable in handed_over(CLIENTS[client], here)) is gets
    assert variable in handed_over(CLIENTS[client], here, (variable,))


@pytest.mark.parametrize(
    ("system", "told"),
    [("mac", "launchctl setenv KEY"), ("linux", "environment.d"), ("windows", "Edit environment variables")],
)
def test_how_a_variable_is_set_for_the_desktop(system: OperatingSystem, told: str) -> None:
    assert told in how_to_set("KEY", system)
