"""What strangers say, made fit to be shown: without a key that they were given, on one line, not too long. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from posthog_wizard.api.replies import scrub_text
from posthog_wizard.documents.masking import TELLING_NAME, mask_text
from posthog_wizard.model import Secret

_SHORTEST = 8  # characters; shorter values of telling names are settings, not secrets
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SCHEMES = ("Bearer ", "Basic ", "Token ")


class Redactor:
    """Hides the secrets of one trial wherever they are repeated."""

    def __init__(self, secrets: Iterable[str]) -> None:
        bare = {_bare(secret) for secret in secrets}
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


def _bare(secret: str) -> str:
    scheme = next((scheme for scheme in _SCHEMES if secret.lower().startswith(scheme.lower())), "")
    return secret[len(scheme) :].strip()
