"""Plans for a key that stands in entries in plain text: a new one in its place, or the entries read it from our store. Pure."""

from collections.abc import Collection, Iterable
from functools import partial

from posthog_wizard.clients.entries import dropped, read_entry, without
from posthog_wizard.clients.recognise import claims, recognise
from posthog_wizard.errors import ConfigError
from posthog_wizard.model import DesiredServer, Found, Json, KeyPath, Outcome, Plan, Secret, Step
from posthog_wizard.plan import (
    LeftByUs,
    PlanOptions,
    kept_from_others,
    known_of,
    nothing_left,
    plan_add,
    resolved_outcome,
    told_dropped,
)
from posthog_wizard.plan.draft import Draft
from posthog_wizard.plan.inline_keys import holds, inline_keys
from posthog_wizard.plan.reach import goes_to


def plan_migration(found: Iterable[Found], key: Secret, desired: DesiredServer, options: PlanOptions) -> Plan:
    """Steps for every entry of PostHog's that holds this key; each keeps its server and its limits.

    `desired` says what is to become of the key: `desired.key` is `Stored`. Several entries of a file are steps of their own,
    in order. A file without such an entry gives nothing.
    """
    careful = options._replace(moved=key, keep_twins=True)
    steps: list[Step] = []
    resolved: list[Outcome] = []
    for one in found:
        content = one.content
        for inline in inline_keys([one], options.hosts):
            if inline.key == key:
                made = plan_add([one._replace(content=content)], desired._replace(name=inline.name), careful)
                steps += made.steps
                resolved += made.resolved
                content = made.steps[0].change.after if made.steps else content
    return Plan(tuple(steps), tuple(resolved))


def plan_rotation(
    found: Iterable[Found], old: Secret, new: Secret, hosts: Collection[str], left_by_us: LeftByUs = nothing_left
) -> Plan:
    """A step for every file in which an entry of PostHog's holds the old key; `hosts`: where the new one may go.

    In a project's file the new key goes into no entry with approvals that may be a stranger's: they are taken out.

    An entry that is not PostHog's, or leads elsewhere, keeps the old key, and is named: others may know that one. A
    file that cannot be read fails, since it may hold the key.
    """
    steps: list[Step] = []
    resolved: list[Outcome] = []
    for one in found:
        try:
            step = _replaced(one, old, new, hosts, left_by_us)
        except ConfigError as problem:
            if one.content and old.reveal().encode() in one.content:
                resolved.append(resolved_outcome(one, "failed", problem))
        else:
            steps += [step] if step.edits or step.reason else []
    return Plan(tuple(steps), tuple(resolved))


def _replaced(found: Found, old: Secret, new: Secret, hosts: Collection[str], left_by_us: LeftByUs) -> Step:
    draft = Draft(found)
    strangers: list[str] = []
    gone: tuple[str, ...] = ()
    for name, entry in draft.entries().items():
        if not holds(entry, old):
            continue
        if _may_hold(found, entry, hosts):
            keys = found.place.keys_of(name)
            doubtful = dropped(found.place.schema, entry, known_of(found, keys, entry, left_by_us))
            for field in doubtful:
                draft.drop((*keys, field))
            _replace(draft, keys, without(entry, doubtful), old, new)
            gone += doubtful
        else:
            strangers.append(name)
    named = ", ".join(f"`{name}`" for name in strangers)
    left = (f"the old key stays in {named}, which is not PostHog's, or leads elsewhere",) if strangers else ()
    again = partial(_replaced, old=old, new=new, hosts=hosts, left_by_us=left_by_us)
    step = draft.step("updated", again, *left, *told_dropped(tuple(dict.fromkeys(gone))))
    hint = "change it there by hand" if strangers else None
    return kept_from_others(step._replace(outcome="updated" if draft.edits else "skipped", hint=hint, holds_key=True))


def _may_hold(found: Found, entry: Json, hosts: Collection[str]) -> bool:
    """Whether it is PostHog's and the key stays where it belongs: a project's file may start anybody's program."""
    fields = read_entry(found.place.schema, entry)
    ours = recognise(fields, hosts) is not None or claims(fields)
    return ours and goes_to(fields, hosts) and not (fields.url is None and found.place.scope == "project")


def _replace(draft: Draft, keys: KeyPath, value: Json, old: Secret, new: Secret) -> None:
    """Change the strings alone, so that comments and order around them stay; a list is written whole."""
    if isinstance(value, dict):
        for name, part in value.items():
            _replace(draft, (*keys, name), part, old, new)
    elif holds(value, old):
        draft.put(keys, _with(value, old, new))


def _with(value: Json, old: Secret, new: Secret) -> Json:
    if isinstance(value, list):
        return [_with(part, old, new) for part in value]
    return value.replace(old.reveal(), new.reveal()) if isinstance(value, str) else value
