"""The path templates of the clients' rows: `~`, `$NAME`, `{project}` and `*`. Pure; nothing is looked up here."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posthog_wizard.model import NOTHING, Dialect, EntrySchema, Machine, OperatingSystem, Place, UnreadLocation

_VARIABLE = re.compile(r"\$([A-Z_]+)")
# What Windows itself falls back to, where a stripped environment lacks the variable.
_WINDOWS_DEFAULTS = {"APPDATA": "~/AppData/Roaming", "LOCALAPPDATA": "~/AppData/Local"}
_USUAL = tuple(f"${name}" for name in _WINDOWS_DEFAULTS)  # a path below any other variable is an exception


def on_every_system(*templates: str) -> Mapping[OperatingSystem, tuple[str, ...]]:
    """The same path templates on all systems."""
    return {"mac": templates, "linux": templates, "windows": templates}


def below_settings(path: str) -> dict[OperatingSystem, tuple[str, ...]]:
    """A path below the folder in which programs keep the user's settings."""
    return {
        "mac": (f"~/Library/Application Support/{path}",),
        "linux": (f"$XDG_CONFIG_HOME/{path}", f"~/.config/{path}"),
        "windows": (f"$APPDATA/{path}",),
    }


def in_home(
    schema: EntrySchema, dialect: Dialect, *templates: str, container: tuple[str, ...] = ("mcpServers",), **more: Any
) -> Place:
    """The user's own file of a client, the same on all systems; `more` are further fields of the place."""
    return Place("user", on_every_system(*templates), container, dialect, schema, **more)


def in_project(place: Place, file: str) -> Place:
    """The place's counterpart in a project."""
    paths = on_every_system(f"{{project}}/{file}")
    return place._replace(scope="project", paths=paths, directories=NOTHING, merged=False, lock_ending=None)


def unread(paths: str, why: str) -> tuple[UnreadLocation, ...]:
    """Files in JSON in which entries are found that a client does not read, and why: the field `unread_locations`."""
    return (UnreadLocation(paths, why),)


def expand_path(template: str, machine: Machine, project: Path | None = None) -> Path | None:
    """The template's absolute path on this machine, `*` left in; None when it needs a variable that is not set."""
    if "{project}" in template and project is None:
        return None
    text = template.replace("{project}", str(project))
    for name in _VARIABLE.findall(template) if "$" in template else ():
        value = machine.environment.get(name)
        if not value or (
            name.startswith("XDG_") and not value.startswith(("/", "~"))
        ):  # XDG: relative ones are ignored
            value = _WINDOWS_DEFAULTS.get(name) if machine.os == "windows" else None
        if value is None:
            return None
        text = text.replace(f"${name}", value, 1)
    folder, below = (machine.home, text[2:]) if text.startswith("~/") else (machine.working_directory, text)
    return folder / below


def first_path(templates: tuple[str, ...], machine: Machine, project: Path | None = None) -> Path | None:
    """The first template whose variables are all known."""
    expanded = (expand_path(template, machine, project) for template in templates)
    return next((path for path in expanded if path is not None), None)


def usual_path(place: Place, system: OperatingSystem) -> str | None:
    r"""The usual path in that system's own notation, for another machine: `%APPDATA%\Code\User\mcp.json`."""
    usual = [one for one in place.paths.get(system, ()) if not one.startswith("$") or one.startswith(_USUAL)]
    if not usual:
        return None
    text = usual[-1].removeprefix("{project}/")
    if system != "windows":
        return text
    return _VARIABLE.sub(r"%\1%", text.replace("~", "%USERPROFILE%")).replace("/", "\\")
