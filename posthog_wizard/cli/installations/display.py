"""How installations are shown: a table, one with all its fields, or the JSON document. Strangers wrote their texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from posthog_wizard.cli import output
from posthog_wizard.model import Json
from posthog_wizard.operations.installations.project_access import masked_line

if TYPE_CHECKING:
    from posthog_wizard.api.installations import Installation

_AUTH = {"api_key": "key", "oauth": "oauth", "none": "none"}


def installations_document(found: Sequence[Installation], **more: Json) -> None:
    """The JSON document: the fields as PostHog sends them."""
    rows = [output.masked_values(each.fields) for each in found]
    output.json_document(output.SCHEMAS["installations"], installations=rows, **more)


def show_table(found: Sequence[Installation]) -> None:
    """One line an installation."""
    rows = [
        (
            masked_line(each.name),
            masked_line(each.url),
            _AUTH.get(each.auth_type, masked_line(each.auth_type)),
            _word(each.enabled),
            "needed" if each.needs_sign_in else "",
            _word(each.shared),
            masked_line(each.id),
        )
        for each in found
    ]
    output.show_columns([("name", "URL", "auth", "enabled", "sign-in", "shared", "id"), *rows])


def show_one(installation: Installation) -> None:
    """Every field, one a line."""
    width = max(map(len, installation.fields), default=0)
    for name, value in installation.fields.items():
        output.result(f"{masked_line(name).ljust(width)}  {_word(value)}")


def _word(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else masked_line(str(value))
