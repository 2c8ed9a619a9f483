"""A key in the journal's texts, replaced by a token that an undo can turn back while a store still holds that very key.

`{"veil": token, "reference": where the key is kept, "host", "salt", "sha256": of salt and key, "spelling"}` is the line
of a run that tells of one; see `journal` for the other lines. The salted hash proves a key and does not give it away: keys are
random and long. `spelling` is null, or has a digit for every character of the key (see _FORMS): JSON can be written in
many ways, and an undo gives back every byte.
"""

import json
import os
import re
from collections.abc import Callable
from typing import NamedTuple

from posthog_wizard.install.journal import sealed, unsealed, value_of
from posthog_wizard.model import Json, Secret

_FORMS = ("{0}", "\\u{1:04x}", "\\u{1:04X}", "\\{0}")  # how JSON may write a character: a digit of `spelling` each
_PLAIN = "0"
_DAMAGED = b"damaged"  # in place of a line that cannot be read; it cannot be, either
VEILED = "posthog-wizard-key-"  # how every token begins


class KeyPlaceholder(NamedTuple):
    """What stands in a key's place, and how the key is found and recognised again."""

    token: str
    reference: str  # as `credentials.reference.parse_reference` takes it
    host: str  # the base URL to which the key is bound
    salt: str
    sha256: str
    spelling: str | None = None

    def line(self) -> Json:
        """The line of the journal that tells of it."""
        fields = self._asdict()
        return {"veil": fields.pop("token"), **fields}

    def fits(self, key: Secret) -> bool:
        """Whether this is the key behind it."""
        return self.sha256 == _digest(self.salt, key)


def placeholder_of(line: Json) -> KeyPlaceholder:
    """The placeholder that a line of the journal tells of. Raises KeyError."""
    return KeyPlaceholder(line["veil"], *(line[name] for name in KeyPlaceholder._fields[1:]))


def redact(data: bytes, key: Secret, reference: str, host: str) -> bytes:
    """A run's file with a token wherever the key stood, and lines that tell of the tokens.

    A line that a crash tore goes, and of one that is damaged only this stays: a piece of the key may be in them.
    """
    placeholders: dict[bytes, KeyPlaceholder] = {}

    def token(found: re.Match[bytes]) -> bytes:
        if found[0] not in placeholders:
            placeholders[found[0]] = _placeholder(json.loads(f'"{found[0].decode()}"'), key, reference, host)
        return placeholders[found[0]].token.encode()

    # The key in a run's file, which has texts as JSON strings: `_` may stand there as `\\\\u005f`.
    pattern = re.compile("".join(map(_either, key.reveal())).encode())
    covered = [_covered(line, lambda text: pattern.sub(token, text)) for line in data.split(b"\n")[:-1]]
    told = [sealed(json.dumps(placeholder.line()).encode()) for placeholder in placeholders.values()]
    return b"".join(line + b"\n" for line in (*covered, *told))


def _covered(line: bytes, cover: Callable[[bytes], bytes]) -> bytes:
    """The line with another text, and a sum of its own if it had one; never a new sum over what is damaged."""
    try:
        has_sum = bool(line) and "crc" in value_of(line)
    except ValueError:
        return _DAMAGED
    return sealed(cover(unsealed(line))) if has_sum else cover(line)


def mask_key(data: bytes, key: Secret) -> bytes:
    """Any text with the key masked for good."""
    return data.replace(key.reveal().encode(), key.masked().encode())


def restore(data: bytes, placeholder: KeyPlaceholder, key: Secret) -> bytes:
    """The text with the key in its place again, as it was spelled."""
    spelling = placeholder.spelling or _PLAIN * len(key.reveal())
    return data.replace(placeholder.token.encode(), "".join(map(_spelled, key.reveal(), spelling)).encode())


def is_covered(data: bytes) -> bool:
    """Whether a token stands in the text."""
    return re.search(rb"%s[0-9a-f]{32}" % VEILED.encode(), data) is not None


def _placeholder(spelled: str, key: Secret, reference: str, host: str) -> KeyPlaceholder:
    salt, spelling, rest = os.urandom(16).hex(), "", spelled
    for character in key.reveal():
        form = next(form for form in "0123" if rest.startswith(_spelled(character, form)))
        rest = rest.removeprefix(_spelled(character, form))
        spelling += form
    told = spelling if spelling.strip(_PLAIN) else None
    return KeyPlaceholder(f"{VEILED}{os.urandom(16).hex()}", reference, host, salt, _digest(salt, key), told)


def _digest(salt: str, key: Secret) -> str:
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which few runs need

    return hashlib.sha256(f"{salt}{key.reveal()}".encode()).hexdigest()


def _either(character: str) -> str:
    # A slash is the one of a key's characters that JSON may write behind a backslash.
    literal = r"(?:\\\\)?/" if character == "/" else re.escape(character)
    return rf"(?:{literal}|\\\\u(?i:{ord(character):04x}))"


def _spelled(character: str, form: str) -> str:
    return _FORMS[int(form)].format(character, ord(character))
