"""What doctor found as Markdown for an issue, without anything that tells who or where somebody is.

Keys and tokens of every server, the home directory, the user's name and e-mail addresses are masked, always.
"""

import json
import platform
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from posthog_wizard import __version__
from posthog_wizard.doctor.check import Check
from posthog_wizard.doctor.context import Context
from posthog_wizard.doctor.redaction import CheckRedactor
from posthog_wizard.documents.masking import is_secret_flag, mask_string, mask_whole
from posthog_wizard.model import Json, Machine

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
_USER_VARIABLES = ("USER", "LOGNAME", "USERNAME")
_SHORTEST_NAME = 2  # characters; a name of one letter would take every such letter with it


def markdown(context: Context, checks: Sequence[Check]) -> str:
    """The report."""
    lines = [*_versions(context, checks), *_findings(_without_names(checks)), *_entries(context)]
    return anonymous(CheckRedactor(context).text("\n".join(lines)), context.machine)


def _without_names(checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks without the names of persons, organizations and projects that PostHog told."""
    known: list[tuple[str, str]] = []
    for check, word in product(checks, ("user", "organization", "project")):
        told = check.data.get(word)
        name = told.get("name") if isinstance(told, Mapping) else told
        known += [(name, word.upper())] if isinstance(name, str) and name else []
    known.sort(key=lambda pair: -len(pair[0]))

    def bare(text: str) -> str:
        for name, word in known:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", word, text)
        return text

    return tuple(one._replace(title=bare(one.title), cause=one.cause and bare(one.cause)) for one in checks)


def anonymous(text: str, machine: Machine) -> str:
    """The text without home directory, user name and e-mail addresses."""
    for home in (str(machine.home), json.dumps(str(machine.home))[1:-1], machine.home.as_posix()):
        text = re.sub(re.escape(home) + r"(?![\w.-])", "~", text, flags=re.IGNORECASE)
    text = _EMAIL.sub("…@…", text)
    names = {machine.home.name, *(machine.environment.get(name, "") for name in _USER_VARIABLES)}
    for name in sorted((name for name in names if len(name) >= _SHORTEST_NAME), key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", "USER", text, flags=re.IGNORECASE)
    return text


def _versions(context: Context, checks: Sequence[Check]) -> Iterator[str]:
    machine, many = context.machine, Counter(check.status for check in checks)
    counts = ", ".join(f"{many[status]} {status}" for status in ("fail", "warn", "ok", "skip"))
    yield from ("### posthog-wizard mcp doctor", "")
    yield from _table(
        ("what", "value"),
        (
            ("posthog-wizard", __version__),
            ("Python", platform.python_version()),
            ("system", f"{machine.os}, {platform.platform(terse=True)}"),
            ("program", f"`{' '.join(machine.launcher)}`"),
            ("scope", context.options.scope),
            ("network", "not looked at (`--offline`)" if context.options.offline else "looked at"),
            ("checks", counts),
        ),
    )


def _findings(checks: Sequence[Check]) -> Iterator[str]:
    found = sorted((check for check in checks if check.status in {"fail", "warn"}), key=lambda check: check.status)
    yield from ("", "#### Findings", "")
    rows = [(c.status, f"`{c.id}`", c.title, c.cause or "") for c in found]
    yield from _table(("status", "id", "what", "cause"), rows) if rows else ("None.",)
    passed = [check for check in checks if check.status in {"ok", "skip"}]
    yield from ("", "<details><summary>The other checks</summary>", "")
    yield from _table(("status", "id", "what"), ((c.status, f"`{c.id}`", c.title) for c in passed))
    yield from ("", "</details>")


def _entries(context: Context) -> Iterator[str]:
    yield from ("", "#### Entries")
    for found in context.found:
        ours = [entry for entry in context.our_entries if entry.found is found]
        others = sum(1 for entry in context.entries if entry.found is found) - len(ours)
        if ours or others:
            size, path = len(found.content or b""), str(found.path).replace("`", "'")
            yield ""
            yield f"{found.client.title}, {found.place.scope}, `{path}` ({size} bytes, {others} other servers):"
        for entry in ours:
            value = {entry.name: masked_value((entry.name,), entry.value)}
            text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
            yield from ("", "```json", text.replace("```", "'''"), "```")


def masked_value(keys: tuple[str, ...], value: Json) -> Json:
    """A value of a client's file with every string masked that is, or may be, a secret."""
    if isinstance(value, str):
        return mask_string(keys, value)
    if isinstance(value, dict):
        return {name: masked_value((*keys, str(name)), item) for name, item in value.items()}
    if isinstance(value, list):
        after_flag = [False, *(isinstance(item, str) and is_secret_flag(item) for item in value)]  # as `--token` is one
        return [
            mask_whole(item) if told and isinstance(item, str) else masked_value((*keys, str(index)), item)
            for index, (item, told) in enumerate(zip(value, after_flag, strict=False))
        ]
    return value


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --- ' for _ in head)}|"
    for row in rows:
        cells = (" ".join(text.replace("|", "\\|").replace("<", "&lt;").split()) for text in row)
        yield f"| {' | '.join(cells)} |"
