"""What an entry would have its client do, in words that hide nothing: strangers write them, and a terminal shows them. Pure."""

import re
import shlex
from collections.abc import Iterator, Mapping

from posthog_wizard.clients.entries import EntryFields
from posthog_wizard.clients.recognise import is_our_program
from posthog_wizard.credentials.environment import AUTH_HEADER_VARIABLE, GENERAL_KEY_VARIABLE, PERSONAL_KEY_VARIABLE
from posthog_wizard.doctor.context import Entry
from posthog_wizard.documents.masking import REFERENCE, mask_text
from posthog_wizard.invocation import flag_called
from posthog_wizard.model import NOTHING, Json
from posthog_wizard.printable import printable
from posthog_wizard.settings import HOST, ORGANIZATION, PROJECT

# A variable in any client's way of naming one.
NAMED = re.compile(
    r"\$\{(?:env:)?([A-Za-z_]\w*)(?=\}|:[-=?+])|\{env:([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)|\$env:([A-Za-z_]\w*)|%([A-Za-z_]\w*)%"
)
_PLAIN = frozenset({"type", "enabled", "disabled"})  # fields of which nobody needs to be told
DOCUMENTED = {AUTH_HEADER_VARIABLE, PERSONAL_KEY_VARIABLE, GENERAL_KEY_VARIABLE, HOST, ORGANIZATION, PROJECT}
# Flags that lead a key, or a file of the user's, astray.
_BENDING = tuple(flag_called(name).spelled for name in ("ca_file", "log_file", "allow_http"))
_FOLDERS = ("cwd", "envFile")  # fields with which an entry brings more along


def plain_text(text: str) -> str:
    """The text in ASCII, where letters that look like others matter: commands and addresses of strangers."""
    told = printable(text).split("…")  # as the masks of keys have it
    return "…".join(part.encode("ascii", "backslashreplace").decode() for part in told)


def bends(entry: EntryFields, environment: Mapping[str, str] = NOTHING) -> Iterator[str]:
    """What bends how the program gets at a key, or where it takes it; what `environment_checks` says anyway does not."""
    words = entry.words
    ours = is_our_program(words)
    for name, text in entry.environment.items():
        handed_on = not ours and isinstance(text, str) and REFERENCE.fullmatch(text)  # as `mcp-remote` was documented
        if name not in DOCUMENTED and text != environment.get(name) and not handed_on:
            yield name
    yield from (flag for flag in _BENDING if any(word == flag or word.startswith(f"{flag}=") for word in words))
    yield from (field for field in _FOLDERS if field in entry.others)


def _shown(words: tuple[str, ...]) -> str:
    """A command as a shell would take it, keys masked."""
    return shlex.join(plain_text(mask_text(word)) for word in words)


def references(value: Json) -> tuple[str, ...]:
    """The names of all variables that a value refers to, wherever it does."""
    found = (match.groups() for _, text in strings(value) for match in NAMED.finditer(text))
    return tuple(dict.fromkeys(next(filter(None, names)) for names in found))


def would(entry: Entry) -> str:
    """What it would do, as a piece of a sentence: "start `...` with PATH and ask ..."."""
    words, url = entry.fields.words, entry.fields.url
    deeds = [f"start `{_shown(words)}`"] if words else []
    deeds += [f"ask `{plain_text(mask_text(url))}`"] if url is not None else []
    names = [plain_text(name) for name in (*entry.fields.environment, *_variables(entry))]
    told = f", with the variables {', '.join(dict.fromkeys(names))}" if names else ""
    return f"{' and '.join(deeds) or 'do nothing'}{told}"


def intent_lines(entry: Entry) -> Iterator[str]:
    """All that a person must see before it is allowed."""
    words, url, program = entry.fields.words, entry.fields.url, entry.program
    rows = (
        ("starts", _shown(words) if words else ""),
        ("program", _shown(program) if program and program != words[:1] else ""),
        ("asks", plain_text(mask_text(url)) if url is not None else ""),
        ("environment", _listed(tuple(entry.fields.environment))),
        ("headers", _listed(tuple(entry.fields.headers))),
        ("variables", _listed(_variables(entry))),
        ("also says", _listed(tuple(name for name in entry.fields.others if name not in _PLAIN))),
    )
    return (f"  {name:12} {text}" for name, text in rows if text)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(plain_text(name) for name in names)


def _variables(entry: Entry) -> tuple[str, ...]:
    """The variables that it refers to, in text or by a field of their own."""
    named = (entry.fields.variable,) if entry.fields.variable else ()
    return (*references(entry.value), *named)


def strings(value: Json, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text in a value, each with the names and numbers that lead to it."""
    if isinstance(value, str):
        yield keys, value
    parts = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from strings(part, (*keys, str(name)))
