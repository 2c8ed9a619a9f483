"""The keys that stand in entries, as far as files alone tell: the right kind, and no placeholder, or nothing, in their place."""

from __future__ import annotations

from collections.abc import Iterator

from posthog_wizard.api.hosts import CLOUD, key_page, region_of
from posthog_wizard.api.key_format import PREFIX as PERSONAL
from posthog_wizard.api.key_format import read_key
from posthog_wizard.doctor.check import Check, Repair, of_entry
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.client_files.environment_checks import ANY_REFERENCE, INPUT, bearer
from posthog_wizard.doctor.commands import add_command
from posthog_wizard.doctor.context import Context, Entry
from posthog_wizard.doctor.destinations import key_defect
from posthog_wizard.errors import CredentialError
from posthog_wizard.net.authorization import PLACEHOLDERS
from posthog_wizard.plan.duplicates import SANDBOX_FLAG, server_identity
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


def defect(entry: Entry, text: str) -> CredentialError | None:
    """What is wrong with a key by its looks. OAuth tokens expire, but are accepted for a while."""
    return key_defect(text, hosted=entry.origin == "hosted")


def placeholders(context: Context) -> Iterator[Check]:
    """Whether somebody forgot to replace the documentation's placeholder."""
    for entry, text in keys_of(context):
        if is_placeholder(text):
            cause = f"`{text}` was never replaced by a key" if text else "there is no key behind `Bearer`"
            yield _key_wanted(entry, cause, context)


def kinds(context: Context) -> Iterator[Check]:
    """Whether each key is a personal API key."""
    for entry, text in keys_of(context):
        if not is_placeholder(text) and (cause := defect(entry, text)) is not None:
            yield _key_wanted(entry, cause.message, context)


def _key_wanted(entry: Entry, cause: str, context: Context) -> Check:
    repair = _with_known_key(entry, context) or entry_repairs.write_back(entry, context)
    return of_entry(entry, "fail", cause, f"make one at {_page(entry)}, then {add_command(entry)}", repair)


def _page(entry: Entry) -> str:
    """Where a key is made for the entry's PostHog; in PostHog Cloud the page of one region, and the name of the other."""
    host = server_identity(entry.fields)[0] if entry.doubt is None else None
    if host is None or host == SANDBOX_FLAG:
        return f"{key_page(CLOUD['us'])} (or eu.posthog.com)"
    return key_page(host.rstrip("/"))


def _with_known_key(entry: Entry, context: Context) -> Repair | None:
    """The entry with the key that our own commands use, when it belongs to the entry's PostHog for all we know."""
    source = context.key()
    if source.key is None or not _fits(entry, source.host):
        return None
    try:
        key = read_key(source.key.reveal(), hosted=entry.origin == "hosted")
    except CredentialError:
        return None
    says = f"put the key of {source.source} into `{entry.name}`"
    return entry_repairs.with_key(entry, key, says, (source.host,) if source.host else ())


def _fits(entry: Entry, host: str | None) -> bool:
    own = server_identity(entry.fields)[0]  # None: the hosted server, which knows both regions
    cloud = host is None or region_of(host) in {"us", "eu"}
    return cloud if own is None else host is not None and own.rstrip("/") == host.rstrip("/")
