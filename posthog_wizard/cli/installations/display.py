"""How installations are shown: a table, one with all its fields, or the JSON document. Strangers wrote their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from posthog_wizard.cli import output
from posthog_wizard.documents.masking import mask_text
from posthog_wizard.model import Json

if TYPE_CHECKING:
    from posthog_wizard.api.installation import Installation

_HEADINGS = ("name", "URL", "auth", "enabled", "sign-in", "shared", "id")
_AUTH = {"api_key": "key", "oauth": "oauth", "none": "none"}


def installations_document(found: Sequence[Installation], **more: Json) -> None:
    """The JSON document: the fields as PostHog sends them."""
    rows = [_masked(each.fields) for each in found]
    output.json_document(output.SCHEMAS["installations"], installations=rows, **more)


def show_table(found: Sequence[Installation]) -> None:
    """One line an installation."""
    lines = [_HEADINGS, *(_row(each) for each in found)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        output.result("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def only(installation: Installation) -> int:
    """The JSON document of one. The exit code."""
    installations_document([installation])
    return 0


def show_one(installation: Installation) -> int:
    """Every field, one a line. The exit code."""
    width = max(map(len, installation.fields), default=0)
    for name, value in installation.fields.items():
        output.result(f"{line(name).ljust(width)}  {_word(value)}")
    return 0


def line(text: str) -> str:
    """A text of PostHog's in one line: no key, no control characters."""
    return mask_text("".join(character if character.isprintable() else " " for character in text))


def _masked(value: Json) -> Json:
    """A document with what is marked as a key masked: an address may hold one."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {name: _masked(each) for name, each in value.items()}
    return [_masked(each) for each in value] if isinstance(value, list) else value


def _row(each: Installation) -> tuple[str, ...]:
    return (
        line(each.name),
        line(each.url),
        _AUTH.get(each.auth_type, line(each.auth_type)),
        _word(each.enabled),
        "needed" if each.needs_sign_in else "",
        _word(each.shared),
        line(each.id),
    )


def _word(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else line(str(value))
