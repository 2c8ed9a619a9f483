"""Profiles: which PostHog, which key and which limits, under a name, in a TOML file of ours that people may edit.

[profiles.default]
host = "https://us.posthog.com"
key = "keyring:default"
project = "2"
read_only = true
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from posthog_wizard.credentials.private_file import replace_private
from posthog_wizard.credentials.reference import KeyReference, parse_reference
from posthog_wizard.errors import Malformed, UnexpectedShape, Unreadable, WrongUsage
from posthog_wizard.model import Json, Limits, Machine
from posthog_wizard.own_files import refusal_hint

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

DEFAULT = "default"
_TABLE = "profiles"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PLACE = re.compile(r"(?P<reason>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)
_TEXTS = ("analytics_key", "mcp_url", "way", "label")  # the fields behind the limits
_REPAIR = "repair that file, or move it away; it was not changed"


class Profile(NamedTuple):
    """A named set of defaults; what is None or empty is not said. `host` is a base URL, to which the key is bound."""

    name: str = DEFAULT
    host: str | None = None
    key: KeyReference | None = None
    limits: Limits = Limits()  # without a mode
    analytics_key: str | None = None  # a project token (phc_) to which `mcp serve` reports its calls
    mcp_url: str | None = None  # another hosted endpoint that may get the key, beside PostHog's own
    way: str | None = None  # how its key came here: `device` or `oauth`; None: somebody brought it
    label: str | None = None  # what PostHog calls a key that came by a sign-in


def profiles_file(machine: Machine) -> Path:
    """Where the profiles are."""
    return machine.config_directory / "config.toml"


def profile(machine: Machine, name: str = DEFAULT) -> Profile | None:
    """The profile of that name, None where there is none. Raises ConfigError, and WrongUsage for no name."""
    check_name(name)
    return next((one for one in profiles(machine) if one.name == name), None)


def profiles(machine: Machine) -> tuple[Profile, ...]:
    """All profiles, in the file's order.

    Raises Unreadable, Malformed with line and column, UnexpectedShape for a value of the wrong kind.
    """
    path = profiles_file(machine)
    return tuple(_profile(path, name, table) for name, table in _tables(path, _text(path)).items())


def save(machine: Machine, profile: Profile) -> None:
    """Write the profile, everything else in the file as it was. What is None or empty is taken out.

    Raises the errors of `profiles`, and CredentialError where the file cannot be written.
    """
    import tomlkit  # noqa: PLC0415 - only where the file is changed

    check_name(profile.name)
    path = profiles_file(machine)
    document = _document(path)
    tables = document.setdefault(_TABLE, tomlkit.table(is_super_table=True))
    table = tables.setdefault(profile.name, tomlkit.table())
    before = _fields(_profile(path, profile.name, table.unwrap()))
    for field, value in _fields(profile).items():
        if not value:
            table.pop(field, None)
        elif value != before[field]:  # what stays keeps its spelling
            table[field] = value
    replace_private(_target(path), document.as_string().encode())


def forget_profile(machine: Machine, name: str) -> None:
    """Take the profile out of the file. Raises as `save` does."""
    path = profiles_file(machine)
    document = _document(path)
    if name in document.get(_TABLE, {}):
        document[_TABLE].pop(name)
        replace_private(_target(path), document.as_string().encode())


def check_name(name: str) -> None:
    """Raise WrongUsage for what is no name of a profile: it becomes part of commands and of the keyring's entries."""
    if not _NAME.fullmatch(name):
        raise WrongUsage("a profile's name has letters, digits, `-`, `_` and `.`", "try `--profile work`")


def profile_flag(profile: str) -> str:
    """How a command names the profile."""
    return "" if profile == DEFAULT else f" --profile {profile}"


# ------------------------------------------------------------------ reading


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as problem:
        reason = (problem.strerror or "").lower() if isinstance(problem, OSError) else "it is not text"
        hint = refusal_hint(problem, path) if isinstance(problem, OSError) else None
        raise Unreadable(f"the profiles cannot be read: {reason}", hint or _REPAIR, path=str(path)) from problem


def _tables(path: Path, text: str) -> dict[str, dict[str, Json]]:
    """By the standard library, which is fast; the file is parsed again, with its comments, where it is changed."""
    if not text:
        return {}
    import tomllib  # noqa: PLC0415 - only where there is a file

    try:
        tables = tomllib.loads(text).get(_TABLE, {})
    except (ValueError, RecursionError) as problem:
        found = _PLACE.fullmatch(str(problem))
        line, column = (found["line"], found["column"]) if found else (None, None)
        raise Malformed(
            f"the profiles are no TOML: {(found['reason'] if found else str(problem)).lower()}",
            _REPAIR,
            path=str(path),
            line=int(line) if line else len(text.splitlines()),
            column=int(column) if column else None,
        ) from problem
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise UnexpectedShape(f"`{_TABLE}` contains something other than tables", _REPAIR, path=str(path))
    return tables


def _profile(path: Path, name: str, table: dict[str, Json]) -> Profile:
    def value(field: str, *kinds: type) -> Any:
        found = table.get(field)
        if found is None or (isinstance(found, kinds) and (bool in kinds or not isinstance(found, bool))):
            return found
        raise UnexpectedShape(f"`{field}` of the profile `{name}` has the wrong type", _REPAIR, path=str(path))

    project = value("project", str, int)
    if project is not None and not str(project).isdecimal():
        raise UnexpectedShape(f"`project` of the profile `{name}` is not a project number", _REPAIR, path=str(path))
    try:
        key = parse_reference(value("key", str)) if value("key", str) else None
    except WrongUsage as problem:
        told = f"`key` of the profile `{name}`: {problem.message}"
        raise UnexpectedShape(told, problem.hint, path=str(path)) from problem
    return Profile(
        name,
        value("host", str),
        key,
        Limits(
            organization=value("organization", str),
            project=None if project is None else str(project),
            features=_names(value("features", str, list)),
            tools=_names(value("tools", str, list)),
            read_only=bool(value("read_only", bool)),
        ),
        *(value(field, str) for field in _TEXTS),
    )


def _names(value: str | list[Json] | None) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else value or ()
    return tuple(str(word).strip() for word in words if str(word).strip())


# ------------------------------------------------------------------ writing


def _document(path: Path) -> TOMLDocument:
    text = _text(path)
    _tables(path, text)  # or it is refused
    import tomlkit  # noqa: PLC0415 - only where the file is changed

    return tomlkit.parse(text)


def _fields(profile: Profile) -> dict[str, Json]:
    limits = profile.limits
    return {
        "host": profile.host,
        "key": str(profile.key) if profile.key else None,
        "organization": limits.organization,
        "project": limits.project,
        "features": list(limits.features),
        "tools": list(limits.tools),
        "read_only": limits.read_only,
        **{field: getattr(profile, field) for field in _TEXTS},
    }


def _target(path: Path) -> Path:
    """Where a link leads that the user made, for the profiles may live among the user's other settings."""
    return path.resolve() if path.is_symlink() else path
