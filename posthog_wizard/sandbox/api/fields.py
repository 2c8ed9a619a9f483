"""The checks of what a caller sends, with the words of PostHog's own refusals (Django REST framework's)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from posthog_wizard.sandbox.api.api_errors import ApiErrorReply, invalid

FieldCheck = Callable[[str, Any], Any]
"""Gives the value as it is kept; raises ApiErrorReply, which names the field."""


def text_field(most: int | None = None, *, blank: bool = True) -> FieldCheck:
    """A string of at most `most` characters."""

    def check(name: str, value: Any) -> Any:
        if not isinstance(value, str):
            raise invalid(name, "Not a valid string.", "invalid")
        if not blank and not value.strip():
            raise invalid(name, "This field may not be blank.", "blank")
        if most is not None and len(value) > most:
            raise invalid(name, f"Ensure this field has no more than {most} characters.", "max_length")
        return value

    return check


def boolean_field(name: str, value: Any) -> Any:
    """A truth value."""
    if not isinstance(value, bool):
        raise invalid(name, "Must be a valid boolean.", "invalid")
    return value


def number_field(least: int | None = None) -> FieldCheck:
    """A whole number of at least `least`."""

    def check(name: str, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise invalid(name, "A valid integer is required.", "invalid")
        if least is not None and value < least:
            raise invalid(name, f"Ensure this value is greater than or equal to {least}.", "min_value")
        return value

    return check


def mapping_field(name: str, value: Any) -> Any:
    """An object."""
    if not isinstance(value, dict):
        kind = type(value).__name__
        raise invalid(name, f'Expected a dictionary of items but got type "{kind}".', "not_a_dict")
    return value


def list_field(check: FieldCheck) -> FieldCheck:
    """An array, each item of which passes `check`."""

    def check_all(name: str, value: Any) -> Any:
        if not isinstance(value, list):
            kind = type(value).__name__
            raise invalid(name, f'Expected a list of items but got type "{kind}".', "not_a_list")
        return [check(f"{name}__{index}", item) for index, item in enumerate(value)]

    return check_all


def choice_field(*allowed: str) -> FieldCheck:
    """One of a few words."""

    def check(name: str, value: Any) -> Any:
        if value not in allowed:
            raise invalid(name, f'"{value}" is not a valid choice.', "invalid_choice")
        return value

    return check


def moment_field(name: str, value: Any) -> Any:
    """An ISO date, with or without a time."""
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        words = "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
        raise invalid(name, words, "invalid") from None
    return value


def or_null(check: FieldCheck) -> FieldCheck:
    """null, or what passes `check`."""
    return lambda name, value: None if value is None else check(name, value)


TAGS = list_field(text_field(255))


def check_fields(
    fields: Mapping[str, Any], checks: Mapping[str, FieldCheck], required: Collection[str] = (), *, partial: bool
) -> dict[str, Any]:
    """The known ones of the fields, as they are kept; what is not known is ignored, as PostHog does.

    `partial`: a change, which needs no field. Raises ApiErrorReply for the first fault.
    """
    missing = [] if partial else [name for name in required if name not in fields]
    for name in missing:
        raise invalid(name, "This field is required.", "required")
    return {name: _checked(check, name, fields[name]) for name, check in checks.items() if name in fields}


def _checked(check: FieldCheck, name: str, value: Any) -> Any:
    try:
        return check(name, value)
    except ApiErrorReply:
        if value is None:
            raise invalid(name, "This field may not be null.", "null") from None
        raise
