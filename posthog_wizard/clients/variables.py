"""Environment references in a client's file, expanded as that client expands them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from posthog_wizard.model import Client, EntrySchema

_BARE = r"\$(?P<name>\w+)"


def expand_variables(schema: EntrySchema, text: str, environment: Mapping[str, str]) -> str:
    """The text as the client understands it. What becomes of a variable that is not set, its row says."""
    shown, position = [], 0
    for found in _references(schema, text):
        unset_value = found[0] if schema.unset_variable == "literal" else ""
        shown += [text[position : found.start()], _value(found, environment, unset_value)]
        position = found.end()
    return "".join((*shown, text[position:]))


def unset(schema: EntrySchema, text: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that the text needs and that are not set."""
    return tuple(
        name for one in _references(schema, text) if (name := _name(one)) not in environment and _default(one) is None
    )


def variables_in(schema: EntrySchema, text: str) -> tuple[str, ...]:
    """The variables that the text refers to in this client's own syntax, whether they are set or not."""
    return tuple(_name(one) for one in _references(schema, text))


def hands_on(client: Client, name: str) -> bool:
    """Whether what the client starts gets this variable of the client's own environment."""
    if client.withholds is not None and re.search(client.withholds, name, re.IGNORECASE):
        return False
    return client.hands_over is None or bool(re.fullmatch(client.hands_over, name))


def _references(schema: EntrySchema, text: str) -> Iterator[re.Match[str]]:
    """They are looked for as far as braces are closed, or each `${` of a stranger's would be followed to the end."""
    pattern = _pattern(schema)
    if pattern is None:
        return
    closed = text.rfind("}") + 1
    yield from re.finditer(pattern, text[:closed])
    if re.fullmatch(pattern, "$NAME"):
        yield from re.compile(_BARE).finditer(text, closed)


def _value(found: re.Match[str], environment: Mapping[str, str], unset_value: str) -> str:
    default = _default(found)
    return environment.get(_name(found), unset_value if default is None else default)


def _name(found: re.Match[str]) -> str:
    names = found.groupdict()
    return names.get("name") or names.get("braced") or ""


def _default(found: re.Match[str]) -> str | None:
    return found.groupdict().get("default")


def _pattern(schema: EntrySchema) -> str | None:
    if schema.environment_pattern is not None or schema.environment_reference is None:
        return schema.environment_pattern
    before, after = schema.environment_reference.format(name="\0").split("\0")
    return rf"{re.escape(before)}(?P<name>\w+){re.escape(after)}"
