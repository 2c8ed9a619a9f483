"""What stands in an entry where a key belongs: a key, a placeholder, or nothing."""

from __future__ import annotations

from collections.abc import Iterator

from posthog_wizard.api.key_format import PREFIX as PERSONAL
from posthog_wizard.api.key_format import read_key
from posthog_wizard.doctor.client_files.environment_checks import ANY_REFERENCE, INPUT, bearer
from posthog_wizard.doctor.context import Context, Entry
from posthog_wizard.errors import CredentialError
from posthog_wizard.net.authorization import PLACEHOLDERS
from posthog_wizard.plan.inline_keys import inline_key
from posthog_wizard.sandbox.api.known_keys import KEYS, SANDBOX_KEY_PREFIX


def keys_of(context: Context) -> Iterator[tuple[Entry, str]]:
    """The entries with what stands in them as a key, references left out: a key, a placeholder, or nothing."""
    for entry in context.our_entries:
        text = bearer(entry)
        if text is None:
            spelled = inline_key(entry.found.place.schema, entry.value)  # among the words of a command
            text = spelled.reveal() if spelled is not None else None
        if text is not None and not ANY_REFERENCE.fullmatch(text) and not INPUT.fullmatch(text):
            yield entry, text


def of_sandbox(text: str) -> bool:
    """Whether it is a key of an embedded sandbox, of no use anywhere else."""
    return text.startswith(SANDBOX_KEY_PREFIX)


def is_documented(text: str) -> bool:
    """Whether it is one of the sandbox's documented keys, which are no secret."""
    return any(text == key.value for key in KEYS)


def is_placeholder(text: str) -> bool:
    """Whether somebody was to put a key there."""
    return not text or bool(PLACEHOLDERS.match(text.removeprefix(PERSONAL)))


def defect(entry: Entry, text: str) -> str | None:
    """What is wrong with a key by its looks. OAuth tokens expire, but are accepted for a while."""
    try:
        read_key(text, hosted=entry.origin == "hosted")
    except CredentialError as problem:
        return problem.message
    return None
