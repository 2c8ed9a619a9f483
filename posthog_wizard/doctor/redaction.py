"""What strangers and checks say, made fit to be shown: without a key, ours or another server's, and on one line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from posthog_wizard.api.replies import scrub_text
from posthog_wizard.doctor.check import Check
from posthog_wizard.doctor.context import Context
from posthog_wizard.doctor.intent import strings
from posthog_wizard.documents.masking import LONG_WORD, MARKED, SCHEME, TELLING_NAME, is_random, mask_string, mask_text
from posthog_wizard.model import Json, Secret
from posthog_wizard.printable import printable

_SHORTEST = 8  # characters; shorter values of telling names are settings, and shorter words may well be words
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Redactor:
    """Hides the secrets of one trial wherever they are repeated."""

    def __init__(self, secrets: Iterable[str]) -> None:
        bare = {re.sub(r"^(?:Bearer|Basic|Token) ", "", secret, flags=re.IGNORECASE).strip() for secret in secrets}
        hidden = {spelled for one in bare if len(one) >= _SHORTEST for spelled in (one, quote(one, safe=""))}
        self._secrets = tuple(map(Secret, sorted(hidden, key=len, reverse=True)))  # the longest first

    def line(self, text: str) -> str:
        """The text fit for a message."""
        for secret in self._secrets:
            text = text.replace(secret.reveal(), secret.masked())
        return scrub_text(mask_text(text), Secret(""))

    def lines(self, text: str, most: int) -> tuple[str, ...]:
        """The last lines that say something."""
        told = (self.line(_COLOURS.sub("", line)) for line in text.splitlines())
        return tuple(line for line in told if line)[-most:]


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables whose name says that they are secret."""
    return tuple(value for name, value in environment.items() if TELLING_NAME.search(name))


class CheckRedactor:
    """Knows the secrets of every entry on the machine; they are gone from every text that it has seen."""

    def __init__(self, context: Context) -> None:
        texts = (pair for entry in context.entries for pair in strings(entry.value))
        found = {secret for keys, text in texts for secret in _tokens(keys, text)}
        for name, value in context.machine.environment.items():  # paths aside, as of SSH_AUTH_SOCK and XAUTHORITY
            is_path = value.startswith(("/", "~")) or ":\\" in value
            found |= {value} if not is_path and _is_secret((name,), value) else set()
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


def _tokens(keys: tuple[str, ...], text: str) -> Iterable[str]:
    """The secret that a text of an entry is, without the scheme in front of it."""
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
