"""Keys in environment variables. Pure: the environment is an argument."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from posthog_wizard.model import Secret
from posthog_wizard.net.authorization import bare_key

AUTH_HEADER_VARIABLE = "POSTHOG_AUTH_HEADER"  # "Bearer KEY": what our entries hand to the programs that they start
PERSONAL_KEY_VARIABLE = "POSTHOG_PERSONAL_API_KEY"
GENERAL_KEY_VARIABLE = "POSTHOG_API_KEY"  # applications keep their project key here
# What clients hand over as it stands where a variable is not set: `${NAME}`, `$NAME`, `{env:NAME}`, `${{ secrets.NAME }}`.
_REFERENCE = re.compile(r"\$?\{{0,2}\s*(?:env:|secrets\.)?(?P<name>[A-Za-z_]\w*)(?::-[^}]*)?\s*\}{0,2}")
_UNSET = "is not set where the client was started"


class EnvironmentKey(NamedTuple):
    """A key and the variable that holds it; `key` is None when no variable does. `notes` say what was passed over."""

    key: Secret | None
    variable: str | None = None
    notes: tuple[str, ...] = ()


def key_from_environment(environment: Mapping[str, str], *, started_by_a_client: bool = False) -> EnvironmentKey:
    """The first key found: the header of our entries (only for programs that a client starts), then the variables."""
    notes: list[str] = []
    names = (
        (AUTH_HEADER_VARIABLE, PERSONAL_KEY_VARIABLE, GENERAL_KEY_VARIABLE)
        if started_by_a_client
        else (PERSONAL_KEY_VARIABLE, GENERAL_KEY_VARIABLE)
    )
    for name in names:
        given = environment.get(name, "")
        value = bare_key(given)
        if name == AUTH_HEADER_VARIABLE:
            unset = _unset(given, value, environment)
            notes.extend(unset)
            value = "" if unset else value
        if name == GENERAL_KEY_VARIABLE and value.startswith("phc_"):
            notes.append(f"{name} holds a project key (phc_), which cannot be used here, so it was skipped")
        elif value:
            return EnvironmentKey(Secret(value), name, tuple(notes))
    return EnvironmentKey(None, None, tuple(notes))


def _unset(header: str, key: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What came in place of a key, in words: a reference to a variable, or nothing."""
    if header.strip() and not key:
        return (f"the variable that the entry names {_UNSET}",)
    named = _REFERENCE.fullmatch(key) if key.startswith(("$", "{env:")) else None
    if named and environment.get(named["name"]):
        return (f"the client handed over the name of the variable {named['name']}, not what is in it",)
    return (f"the variable {named['name']} {_UNSET}",) if named else ()
