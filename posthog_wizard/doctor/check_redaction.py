"""Take every key out of what checks say: ours and other servers', wherever a check picked it up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from posthog_wizard.doctor.check import Check
from posthog_wizard.doctor.context import Context
from posthog_wizard.documents.masking import (
    LONG_WORD,
    MARKED,
    SCHEME,
    TELLING_NAME,
    is_random,
    mask_string,
    mask_text,
)
from posthog_wizard.model import Json, Secret
from posthog_wizard.printable import printable

_SHORTEST = 8  # characters of a secret; what is shorter may well be a word


class CheckRedactor:
    """Knows the secrets of every entry on the machine; they are gone from every text that it has seen."""

    def __init__(self, context: Context) -> None:
        found = {secret for entry in context.entries for secret in _secrets((), entry.value)}
        variables = context.machine.environment.items()
        found |= {value for name, value in variables if not _is_path(value) and _is_secret((name,), value)}
        self._secrets = sorted(found, key=len, reverse=True)

    def check(self, check: Check) -> Check:
        """The check with every text in it masked."""
        return check._replace(
            title=printable(self.text(check.title)),
            cause=check.cause and printable(self.text(check.cause)),
            fix=check.fix and printable(self.text(check.fix)),
            data=self.json(check.data),
        )

    def text(self, text: str) -> str:
        """A text with every secret masked, known or marked as one, and nothing in it that a terminal acts upon."""
        for secret in self._secrets:
            text = text.replace(secret, Secret(secret).masked())
        return "\n".join(printable(line) for line in mask_text(text).split("\n"))

    def json(self, value: Json) -> Json:
        """Data with every text in it masked; names of fields stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.json(item) for item in value]
        if hasattr(value, "items"):
            return {name: self.json(item) for name, item in value.items()}
        return value


def _secrets(keys: tuple[str, ...], value: Json) -> Iterator[str]:
    """The secrets among the strings of an entry, without the scheme in front of them."""
    if isinstance(value, str):
        yield from _tokens(keys, value)
    elif isinstance(value, dict):
        yield from (secret for name, item in value.items() for secret in _secrets((*keys, str(name)), item))
    elif isinstance(value, list):
        yield from (secret for index, item in enumerate(value) for secret in _secrets((*keys, str(index)), item))


def _tokens(keys: tuple[str, ...], text: str) -> Iterable[str]:
    if mask_string(keys, text) == text:
        return ()
    found = SCHEME.fullmatch(text)
    token = found["token"] if found else text
    return (token,) if _is_secret(keys, token) else ()


def _is_secret(keys: tuple[str, ...], text: str) -> bool:
    """Long enough, and named or looking like one: `env` also holds `NODE_ENV=production`."""
    telling = bool(keys) and TELLING_NAME.search(keys[-1])
    random = LONG_WORD.fullmatch(text) and is_random(text)
    return len(text) >= _SHORTEST and bool(telling or random or MARKED.search(text))


def _is_path(text: str) -> bool:
    """SSH_AUTH_SOCK and XAUTHORITY are named like secrets."""
    return text.startswith(("/", "~")) or ":\\" in text
