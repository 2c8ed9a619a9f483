"""Which strings of a configuration file are secrets, and what is shown in their place. Pure.

A file of a client holds other people's keys too. What stands under `env` or `headers` is never shown as it is; elsewhere
a value is masked when its name or its look says that it is a key.

A pattern for strangers' texts begins where a word begins and gives nothing back (`++`): anything else is quadratic
for somebody who wants it to be (`tests/attacks/test_masking.py`).
"""

import re
from collections.abc import Sequence

from posthog_wizard.model import Secret

_HOLDERS = {
    "env", "envvars", "environment", "environmentvariables", "envs", "headers", "http_headers", "env_http_headers",
    "requestoptions",
}  # fmt: skip
_WORDS = {"args", "command"}  # lists of words
_TELLING = r"key(?!ring)|token|secret|pass(?:w|phr|code|\b)|_pwd|auth|credential|cookie|bearer|private|signature"
TELLING_NAME = re.compile(_TELLING, re.IGNORECASE)
_TELLING_WORD = rf"(?=[\w.-]*?(?:{_TELLING}))[\w.-]++"
# Prefixes by which services mark their keys: PostHog, OpenAI, Stripe, GitHub, GitLab, Slack, AWS, Google, JWT, npm, ...
# What stands before them may be an escape of JSON or of an address, and anything where the key is long.
MARKED = re.compile(
    r"(?=[psrgxAehndl])(?:(?:\b|(?<=\\[nrtbf])|(?<=\\u[\da-fA-F]{4})|(?<=%[\da-fA-F]{2}))"
    r"(?:ph[a-z]_|sk-|sk_|pk_|rk_|gh[a-z]_|github_pat_|glpat-|xox[a-z]-|AKIA|AIza|eyJ|npm_|hf_|dop_v1_|lin_api_|secret_|ntn_)"
    r"[\w.+/=-]{6,}|(?:ph[a-z]_|gh[a-z]_|github_pat_|glpat-|AKIA|eyJ)[A-Za-z\d]{16,}[\w.+/=-]*)"
)
# `${NAME:-default}` is none: the default may be the key.
REFERENCE = re.compile(
    r"(?:Bearer |Basic |Token )?(?:\$\{[\w.]+(?::\w[^}]*)?\}|\{(?:env|file):[^}]*\}|\$\w+|\$\{\{\s*+[\w.]+\s*+\}\}|\{[A-Z_]+\}|<[^>]*>)"
)
LONG_WORD = re.compile(r"[\w+/=~-]{20,}")
_DIGIT_AND_LETTER = (re.compile(r"\d"), re.compile(r"[A-Za-z]"))
_IN_ADDRESS = re.compile(
    rf"(?<=://)[^/?#\s]+(?=@)|(?<=[?&])((?=[\w.-]*?(?:{_TELLING}|sig))[\w.-]++=)[^&#\s]+", re.IGNORECASE
)
# Some services' addresses are their keys, as in https://mcp.zapier.com/api/mcp/s/KEY/mcp
_PATH = re.compile(r"(?<=://)[^/?#\s\"']++/[^?#\s\"']++", re.IGNORECASE)
_SEGMENT = re.compile(r"(?<=/)[\w+=~-]{20,}")
_MIXED = (re.compile(r"\d"), re.compile(r"[a-z]"), re.compile(r"[A-Z]"))  # a title in an address has small letters
_SCHEMED = re.compile(r"(?P<name>\b(?:Bearer|Basic|Token)\s++)(?P<value>[\w.+/=~-]{20,})", re.IGNORECASE)
_NAMED = re.compile(  # in a comment: "apiKey": "value", PASSWORD=value, "--token", "value"
    rf"""(?P<name>(?<![\w.-])(?:(?=-){_TELLING_WORD}["']?[\s,=:]++|{_TELLING_WORD}["']?\s*+[:=]\s*+)["']?
    (?:(?:Bearer|Basic|Token)\s++)?)(?P<value>[^\s"',]{{4,}})""",
    re.VERBOSE | re.IGNORECASE,
)
_QUOTED = re.compile(r"""(?<=["'])[\w.+/=~-]{20,}(?=["'])""")
SCHEME = re.compile(r"(?P<scheme>(?:[\w-]+:\s*)?(?:Bearer|Basic|Token)\s+)?(?P<token>.*)", re.DOTALL | re.IGNORECASE)


def mask_string(keys: Sequence[str], text: str) -> str:
    """What is shown for the string at these keys of a document; the text itself when it is no secret."""
    if REFERENCE.fullmatch(text) or not text:
        return mask_text(text)
    own_name = next((key for key in reversed(keys) if not key.isdigit()), "")
    if any(key.lower() in _HOLDERS for key in keys) or TELLING_NAME.search(own_name):
        return mask_whole(text)
    # A path or an address is long, but no key; keys inside an address are found by `mask_text`.
    is_place = text.startswith(("/", "./", "~", "http://", "https://", "@")) or re.match(r"[A-Za-z]:\\", text)
    if _WORDS & set(keys[:-1]) and not is_place and (is_random(text) or TELLING_NAME.search(text)):
        return _mask_argument(text)
    return mask_text(_mask_words(text) if keys and keys[-1] == "command" else text)


def mask_text(text: str) -> str:
    """Any text, with what is marked as a key masked wherever it stands."""
    marked = MARKED.sub(lambda match: Secret(match[0]).masked(), text)
    addresses = _PATH.sub(lambda match: _SEGMENT.sub(_mask_segment, match[0]), marked)
    return _SCHEMED.sub(_mask_random, _IN_ADDRESS.sub(lambda match: f"{match[1] or ''}…", addresses))


def is_random(text: str) -> bool:
    """Whether a word of it looks like a key: long, from there on with a digit and a letter."""
    for word in text.split():
        found = LONG_WORD.search(word)
        if found and all(kind.search(word, found.start()) for kind in _DIGIT_AND_LETTER):
            return True
    return False


def mask_comments(text: str, comment: str) -> str:
    """The text between the strings of a document, with what looks like a key masked: old entries live on in comments.

    `comment`: the pattern of its format, see `formats`.
    """
    return mask_text(re.sub(comment, lambda found: _mask_words(found[0]), text, flags=re.DOTALL))


def _mask_words(text: str) -> str:
    return _QUOTED.sub(_mask_random, _NAMED.sub(_mask_named, text))


def _mask_segment(found: re.Match[str]) -> str:
    return Secret(found[0]).masked() if all(kind.search(found[0]) for kind in _MIXED) else found[0]


def _mask_random(found: re.Match[str]) -> str:
    name, value = (found["name"], found["value"]) if found.re is _SCHEMED else ("", found[0])
    return f"{name}{Secret(value).masked()}" if is_random(value) else found[0]


def _mask_named(found: re.Match[str]) -> str:
    return found[0] if REFERENCE.match(found["value"]) else f"{found['name']}{Secret(found['value']).masked()}"


def is_secret_flag(text: str) -> bool:
    """Whether a command's argument says that the next one is a secret: `--api-key`."""
    return text.startswith("-") and "=" not in text and bool(TELLING_NAME.search(text))


def mask_whole(text: str) -> str:
    """A secret with its scheme: `Bearer …abcd`."""
    found = SCHEME.fullmatch(text)
    scheme, token = (found["scheme"] or "", found["token"]) if found else ("", text)
    return f"{scheme}{Secret(token).masked()}"


def _mask_argument(text: str) -> str:
    """`--token=abc`, `Authorization: Bearer abc` or a bare token; a reference behind the name stays readable."""
    found = re.match(r"(-{0,2}[A-Za-z][\w-]*\s*[=:]\s*)(?!//)(.+)", text, re.DOTALL)
    if not found:
        return mask_whole(text) if is_random(text) else mask_text(_mask_words(text))
    return mask_text(text) if REFERENCE.fullmatch(found[2].strip()) else f"{found[1]}{mask_whole(found[2])}"
