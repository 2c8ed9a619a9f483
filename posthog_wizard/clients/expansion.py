"""Environment references in a client's file, expanded as that client expands them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from posthog_wizard.model import Style


def expand(style: Style, text: str, environment: Mapping[str, str]) -> str:
    """The text as the client understands it. A variable that is not set stays as it is written, without a default.

    That is what Claude Code and Gemini CLI do (seen with both); no client is known that does otherwise.
    """
    pattern = _pattern(style)
    return text if pattern is None else re.sub(pattern, lambda found: _value(found, environment), text)


def unset(style: Style, text: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that the text needs and that are not set."""
    pattern = _pattern(style)
    found = () if pattern is None else re.finditer(pattern, text)
    return tuple(name for one in found if (name := _name(one)) not in environment and _default(one) is None)


def named(style: Style, text: str) -> tuple[str, ...]:
    """The variables that the text refers to in this client's own syntax, whether they are set or not."""
    pattern = _pattern(style)
    return () if pattern is None else tuple(_name(one) for one in re.finditer(pattern, text))


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    default = _default(found)
    return environment.get(_name(found), found[0] if default is None else default)


def _name(found: re.Match[str]) -> str:
    names = found.groupdict()
    return names.get("name") or names.get("braced") or ""


def _default(found: re.Match[str]) -> str | None:
    return found.groupdict().get("default")


def _pattern(style: Style) -> str | None:
    if style.environment_pattern is not None or style.environment_reference is None:
        return style.environment_pattern
    before, after = style.environment_reference.format(name="\0").split("\0")
    return rf"{re.escape(before)}(?P<name>\w+){re.escape(after)}"
