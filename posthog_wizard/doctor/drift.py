"""What was changed in an entry since we wrote it: by its owner, by another program, or by somebody who takes it over. Pure.

A program other than ours, an address that is neither PostHog's nor named by the user nor on the host that we wrote, a
variable by which other code runs: a takeover, whoever did it, since to try it would be to run it. A program that is
gone can take nothing over, and its own checks tell why.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from posthog_wizard.clients.entries import EntryFields, read_entry
from posthog_wizard.clients.recognise import HOSTED_ADDRESS
from posthog_wizard.doctor.context import Drift, Entry
from posthog_wizard.doctor.intent import plain_text
from posthog_wizard.documents.masking import mask_string, mask_text
from posthog_wizard.invocation import invocation_of
from posthog_wizard.model import Json, Limits, equal
from posthog_wizard.plan.limits import limits_in
from posthog_wizard.plan.reach import goes_to
from posthog_wizard.plan.servers import SHARED_LAUNCHER

# Variables by which a program runs other code than its own; a proxy or a certificate is not among them.
_RUNS_CODE = re.compile(
    r"(?:LD|DYLD|PYTHON|NODE|BASH|GCONV|PERL|RUBY)_?\w*|PATH|ENV|SHELL|IFS|COMSPEC|PATHEXT", re.IGNORECASE
)
_PLACES = ("organization", "project")
_LONGEST = 80  # characters of a value that is told


def drift_of(entry: Entry, launcher: tuple[str, ...], hosts: Collection[str]) -> Drift | None:
    """What was changed; None where we wrote nothing there, or it still stands. `hosts` are PostHogs that the user named."""
    if not entry.left or equal(entry.left, entry.value):
        return None
    before, now = read_entry(entry.found.place.schema, entry.left), entry.fields
    changes = tuple(_changes(_leaves(entry.left), _leaves(entry.value)))
    return Drift(changes, _takeover(before, now, launcher, hosts), _wider(limits_in(before), limits_in(now)))


def _takeover(before: EntryFields, now: EntryFields, launcher: tuple[str, ...], hosts: Collection[str]) -> str:
    """What somebody else put there: an address that is not PostHog's, a program that is not ours, code beside it."""
    if now.url is not None:
        return "" if _is_known(now.url, before, now, hosts) else f"it leads to `{plain_text(mask_text(now.url))}` now"
    if not now.words:
        return ""
    said, written = invocation_of(now.words), invocation_of(before.words)
    starters = {launcher, SHARED_LAUNCHER, written.launcher if written else ()}
    if said is None or said.launcher not in starters:
        return f"it starts `{plain_text(mask_text(shlex.join(now.words)))}` now"
    address = said.url or said.host
    if address is not None and not _is_known(address, before, now, hosts):
        return f"it leads to `{plain_text(mask_text(address))}` now"
    added = [name for name, text in now.environment.items() if before.environment.get(name) != text]
    code = next(filter(_RUNS_CODE.fullmatch, added), None)
    return f"it sets `{plain_text(code)}` now, by which other code runs" if code else ""


def _is_known(url: str, before: EntryFields, now: EntryFields, hosts: Collection[str]) -> bool:
    """Whether an address is PostHog's, or on the host that we wrote."""
    written = invocation_of(before.words)
    known = {_origin(one) for one in (before.url, written and written.url, written and written.host) if one}
    secure = url.lower().startswith("https:") and bool(HOSTED_ADDRESS.match(url))
    return secure or _origin(url) in known or (bool(hosts) and goes_to(now, hosts))


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc}".lower()


def _wider(before: Limits, now: Limits) -> str:
    """Which limits were loosened."""
    gone = [name for name in _PLACES if getattr(before, name) and getattr(before, name) != getattr(now, name)]
    gone += ["read-only"] if before.read_only and not now.read_only else []
    was, names = {*before.features, *before.tools}, {*now.features, *now.tools}
    gone += ["features and tools"] if was and not (names and names <= was) else []
    return f"its limit to {', '.join(gone)} was loosened" if gone else ""


def _leaves(value: Json, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Json]:
    if not isinstance(value, Mapping):
        return {path: value}
    return {keys: leaf for name, item in value.items() for keys, leaf in _leaves(item, (*path, str(name))).items()}


def _changes(before: Mapping[tuple[str, ...], Json], now: Mapping[tuple[str, ...], Json]) -> Iterator[str]:
    """Each changed field in words, its values masked."""
    for path in dict.fromkeys((*before, *now)):
        was, is_now = before.get(path), now.get(path)
        if path not in now:
            yield f"`{_named(path)}` is gone"
        elif path not in before:
            yield f"`{_named(path)}` is new: `{_shown(path, is_now)}`"
        elif not equal(was, is_now):
            yield f"`{_named(path)}` was `{_shown(path, was)}` and is `{_shown(path, is_now)}`"


def _named(path: tuple[str, ...]) -> str:
    return plain_text(".".join(path))


def _shown(path: tuple[str, ...], value: Json) -> str:
    if isinstance(value, list):
        value = shlex.join(mask_text(str(word)) for word in value)
    text = plain_text(mask_text(mask_string(path, value) if isinstance(value, str) else str(value)))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
