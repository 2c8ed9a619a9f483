"""The checks of what a caller sends, with the words of PostHog's own refusals (Django REST framework's)."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from posthog_wizard.sandbox.api.http_messages import ApiErrorReply, invalid

FieldCheck = Callable[[str, Any], Any]
"""Gives the value as it is kept; raises ApiErrorReply, which names the field."""


def _of(kind: type, value: Any, name: str, words: str, code: str = "invalid") -> Any:
    """The value, which must be of that type; a truth value is no number."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise invalid(name, words.format(type(value).__name__), code)
    return value


def text(most: int | None = None, *, blank: bool = True) -> FieldCheck:
    """A string of at most `most` characters."""

    def check(name: str, value: Any) -> Any:
        if not _of(str, value, name, "Not a valid string.").strip() and not blank:
            raise invalid(name, "This field may not be blank.", "blank")
        if most is not None and len(value) > most:
            raise invalid(name, f"Ensure this field has no more than {most} characters.", "max_length")
        return value

    return check


def boolean(name: str, value: Any) -> Any:
    """A truth value."""
    return _of(bool, value, name, "Must be a valid boolean.")


def number(least: int | None = None, most: int | None = None) -> FieldCheck:
    """A whole number of at least `least` and at most `most`."""

    def check(name: str, value: Any) -> Any:
        _of(int, value, name, "A valid integer is required.")
        if least is not None and value < least:
            raise invalid(name, f"Ensure this value is greater than or equal to {least}.", "min_value")
        if most is not None and value > most:
            raise invalid(name, f"Ensure this value is less than or equal to {most}.", "max_value")
        return value

    return check


def mapping(name: str, value: Any) -> Any:
    """An object."""
    return _of(dict, value, name, 'Expected a dictionary of items but got type "{}".', "not_a_dict")


def list_of(check: FieldCheck) -> FieldCheck:
    """An array, each item of which passes `check`."""

    def check_all(name: str, value: Any) -> Any:
        items = _of(list, value, name, 'Expected a list of items but got type "{}".', "not_a_list")
        return [check(f"{name}__{index}", item) for index, item in enumerate(items)]

    return check_all


def one_of(*allowed: str) -> FieldCheck:
    """One of a few words."""

    def check(name: str, value: Any) -> Any:
        if value not in allowed:
            raise invalid(name, f'"{value}" is not a valid choice.', "invalid_choice")
        return value

    return check


def unplayed(name: str, value: Any) -> Any:
    """Nothing: what PostHog takes, and is not played here."""
    if value:
        raise invalid(name, f"The sandbox does not play `{name}`.", "invalid_input")
    return value


def iso_date(name: str, value: Any) -> Any:
    """An ISO date, with or without a time."""
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        words = "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
        raise invalid(name, words) from None
    return value


def or_null(check: FieldCheck) -> FieldCheck:
    """null, or what passes `check`."""
    return lambda name, value: None if value is None else check(name, value)


TAGS = list_of(text(255))


def check_fields(
    fields: Mapping[str, Any], checks: Mapping[str, FieldCheck], required: Collection[str] = ()
) -> dict[str, Any]:
    """The known ones of the fields, as they are kept; what is not known is ignored, as PostHog does.

    Raises ApiErrorReply for the first fault.
    """
    for name in checks:  # in their order: the first that is missing is named
        if name in required and name not in fields:
            raise invalid(name, "This field is required.", "required")
    kept = {}
    for name in (name for name in checks if name in fields):
        try:
            kept[name] = checks[name](name, fields[name])
        except ApiErrorReply:
            if fields[name] is None:
                raise invalid(name, "This field may not be null.", "null") from None
            raise
    return kept
