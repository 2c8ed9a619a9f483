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
    """A key and the variable that holds it; `key` is None when no variable does. `notes` say what was passed over.

    `hint` is what to do about the first of them. Which client it is, nobody has said yet when a program reads this.
    """

    key: Secret | None
    variable: str | None = None
    notes: tuple[str, ...] = ()
    hint: str = ""


def key_from_environment(environment: Mapping[str, str], *, started_by_a_client: bool = False) -> EnvironmentKey:
    """The first key found: the header of our entries (only for programs that a client starts), then the variables."""
    passed: list[tuple[str, str]] = []
    names = (PERSONAL_KEY_VARIABLE, GENERAL_KEY_VARIABLE)
    for name in (AUTH_HEADER_VARIABLE, *names) if started_by_a_client else names:
        given = environment.get(name, "")
        value = bare_key(given)
        if name == AUTH_HEADER_VARIABLE:
            unset = _unset(given, value, environment)
            passed.extend(unset)
            value = "" if unset else value
        if name == GENERAL_KEY_VARIABLE and value.startswith("phc_"):
            told = f"{name} holds a project key (phc_), which cannot be used here, so it was skipped"
            passed.append((told, f"set {PERSONAL_KEY_VARIABLE} to a personal key"))
        elif value:
            return EnvironmentKey(Secret(value), name, *_notes(passed))
    return EnvironmentKey(None, None, *_notes(passed))


def _notes(passed: list[tuple[str, str]]) -> tuple[tuple[str, ...], str]:
    return tuple(told for told, _ in passed), passed[0][1] if passed else ""


def _unset(header: str, key: str, environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What came in place of a key, a reference to a variable, or nothing: in words, and what to do."""
    if header.strip() and not key:
        named_by = "set that variable to a personal key there, or run `posthog-wizard mcp doctor`, which names it"
        return ((f"the variable that the entry names {_UNSET}", named_by),)
    named = _REFERENCE.fullmatch(key) if key.startswith(("$", "{env:")) else None
    if not named:
        return ()
    name = named["name"]
    if environment.get(name):
        instead = "put the key itself into this server's entry, or run `posthog-wizard mcp add` again"
        return ((f"the client handed over the name of the variable {name}, not what is in it", instead),)
    return ((f"the variable {name} {_UNSET}", f"set {name} to a personal key there, then start the client again"),)
