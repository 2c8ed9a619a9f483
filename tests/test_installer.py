"""How a program was installed, by what its installer leaves, and the commands of that way alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.installer import LASTING, Installer, Way, installer_of
from tests.support.machines import lay
from tests.support.sentences import sentences

VENV = "home/.venv"


@pytest.mark.parametrize(
    ("way", "prefix", "marks", "code"),
    [
        ("pipx", "home/.local/share/pipx/venvs/posthog-wizard", ("pipx_metadata.json=",), "lib"),
        ("pipx run", "home/.cache/pipx/2ef9a6445d30825", ("pipx_metadata.json=",), "lib"),
        ("pipx run", "p/.cache/2ef9a6445d30825", ("pipx_metadata.json=",), "lib"),
        ("uv tool", "home/.local/share/uv/tools/posthog-wizard", ("uv-receipt.toml=",), "lib"),
        ("uvx", "home/.cache/uv/archive-v0/abc", (), "lib"),
        ("conda", "home/miniconda3/envs/tools", ("conda-meta/",), "lib"),
        ("venv", VENV, (), "lib"),
        ("editable", VENV, (), "sources"),
        ("user", "usr", (), "home/.local/lib/python3.11/site-packages"),
        ("system", "usr", (), "usr/lib/python3/dist-packages"),
    ],
)
def test_the_installer_is_known_by_its_marks(
    way: Way, prefix: str, marks: tuple[str, ...], code: str, tmp_path: Path
) -> None:
    lay(tmp_path, f"{prefix}/", "usr/", *(f"{prefix}/{mark}" for mark in marks), "sources/pyproject.toml=")
    user = tmp_path / "home/.local/lib/python3.11/site-packages"
    found = installer_of(tmp_path / prefix, tmp_path / "usr", tmp_path / code, user, managed=False)
    assert found.way == way


def made(way: Way, **more: Any) -> Installer:
    """An installer of that way."""
    return Installer(way, "/v", **{"python": "/v/bin/python", "source": "/src", **more})


@pytest.mark.parametrize(
    ("installer", "install", "upgrade", "remove"),
    [
        (made("pipx"), "pipx install --force 'posthog-wizard[sandbox]'", "pipx upgrade", "pipx uninstall"),
        (made("uv tool"), "uv tool install 'posthog-wizard[sandbox]'", "uv tool upgrade", "uv tool uninstall"),
        (made("uvx"), "uv tool install 'posthog-wizard[sandbox]'", "uvx posthog-wizard@latest", "uv tool uninstall"),
        (made("pipx run"), "pipx install 'posthog-wizard[sandbox]'", "pipx run --no-cache", "pipx uninstall"),
        (made("venv"), "/v/bin/python -m pip install 'posthog-wizard[sandbox]'", "/v/bin/python -m pip install -U", "/v/bin/python -m pip uninstall"),
        (made("venv", has_pip=False), "uv pip install --python /v/bin/python 'posthog-wizard[sandbox]'", "uv pip install", "uv pip uninstall"),
        (made("pipx", has_pip=False), "pipx install --force 'posthog-wizard[sandbox]'", "pipx upgrade", "pipx uninstall"),
        (made("conda"), "/v/bin/python -m pip install 'posthog-wizard[sandbox]'", "/v/bin/python -m pip", "/v/bin/python -m pip"),
        (made("user"), "/v/bin/python -m pip install --user 'posthog-wizard[sandbox]'", "/v/bin/python -m pip", "/v/bin/python -m pip"),
        (made("user", managed=True), "pipx install --force 'posthog-wizard[sandbox]'", "pipx upgrade", "pipx uninstall"),
        (made("system"), "/v/bin/python -m pip install 'posthog-wizard[sandbox]'", "/v/bin/python -m pip", "/v/bin/python -m pip"),
        (made("system", managed=True), "pipx install --force 'posthog-wizard[sandbox]'", "pipx upgrade", "pipx uninstall"),
        (made("editable"), "/v/bin/python -m pip install -e '/src[sandbox]'", "git -C /src pull", "/v/bin/python -m pip"),
        (made("editable", extras=("socks",)), "/v/bin/python -m pip install -e '/src[sandbox,socks]'", "git -C /src pull", "/v/bin/python -m pip"),
        (made("venv", python="/a b/python"), "'/a b/python' -m pip install 'posthog-wizard[sandbox]'", "'/a b/python' -m", "'/a b/python' -m"),
    ],
)  # fmt: skip
def test_each_way_has_its_own_commands(installer: Installer, install: str, upgrade: str, remove: str) -> None:
    assert installer.install("sandbox") == install
    assert installer.commands.upgrade.startswith(upgrade)
    assert installer.commands.remove.startswith(remove)


def test_extras_that_are_there_stay() -> None:
    """`pipx install --force` makes the environment anew."""
    assert made("pipx", extras=("socks",)).install("sandbox") == "pipx install --force 'posthog-wizard[sandbox,socks]'"


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("uvx", "`uv tool install posthog-wizard`"),
        ("pipx run", "`pipx install posthog-wizard`"),
        ("venv", LASTING),
        ("editable", LASTING),
    ],
)
def test_what_was_not_to_stay_is_installed_to_stay_by_what_is_here(way: Way, told: str) -> None:
    assert made(way).lasting == told


COMMAND = re.compile(r"\b(?:pip|pipx|uv|uv tool|uv pip|conda) (?:install|upgrade|uninstall|run)\b|\buvx \w")


def test_no_other_module_spells_a_command_that_installs() -> None:
    assert COMMAND.search("install it with `pip install 'posthog-wizard[sandbox]'`")
    assert [one for one in sentences() if COMMAND.search(one.text) and one.file != "installer.py"] == []
