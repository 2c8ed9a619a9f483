"""From what was found and what is wished to the changes that bring it about. Pure.

Every place becomes a Step, or an Outcome that is settled already: skipped or failed, with its reason.

An entry of another name that leads to the same server (`npx mcp-remote`, `/sse`) is replaced, unless it is pinned to
another project or organization, or `--name` was given: those were made on purpose. The user's own switches
(`disabled`) stay.

In a project's file the user's keys have to prove themselves: each client's row lists in `restricting` what only takes
something away. Everything else (`autoApprove`, `trust`, `timeout`) stays only as our last run left it, since whoever
wrote the repository would choose it for the entry that gets the key.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from posthog_wizard.api.hosts import region_of
from posthog_wizard.clients.entries import (
    PROMPT_ID,
    EntryFields,
    dropped,
    keep_user_fields,
    prompt_definition,
    read_back,
    read_entry,
    render_entry,
)
from posthog_wizard.clients.recognise import proxy_of, recognise
from posthog_wizard.documents.document import ABSENT
from posthog_wizard.documents.text import BYTE_ORDER_MARK
from posthog_wizard.errors import ConfigError, Foreign, Malformed, NotSupported, WizardError
from posthog_wizard.model import (
    NOTHING,
    Change,
    DesiredServer,
    EntrySchema,
    Found,
    Json,
    KeyPath,
    Limits,
    LimitsChange,
    Outcome,
    OutcomeKind,
    Plan,
    Prompted,
    Remote,
    Secret,
    Server,
    Stdio,
    Step,
)
from posthog_wizard.own_files import PRIVATE
from posthog_wizard.plan.draft import Draft
from posthog_wizard.plan.duplicates import SANDBOX_FLAG, duplicates_of, is_same_name, server_identity, stale_duplicates
from posthog_wizard.plan.limits import ALL_LIMITS, is_same_posthog, joined_limits, limits_in, told_limits
from posthog_wizard.plan.servers import server_for
from posthog_wizard.printable import joined

LeftByUs = Callable[[Found, KeyPath], Mapping[str, Json]]
_TAKEN = "name another entry with `--name`, or replace this one with `--force`"


def nothing_left(_found: Found, _keys: KeyPath) -> Mapping[str, Json]:
    """For a machine without a journal."""
    return NOTHING


class PlanOptions(NamedTuple):
    """How a plan treats what it meets."""

    force: bool = False  # replace foreign entries, write for absent clients, start short-lived programs
    named: bool = False  # the user named the clients: what one cannot do is then an error, not a skip
    keep_twins: bool = False  # leave other PostHog entries of the same file alone
    launcher_problem: Callable[[], WizardError | None] = lambda: None  # why an entry would not start us tomorrow
    # An earlier run wrote this raw value there.
    written_by_us: Callable[[Found, KeyPath, bytes], bool] = lambda _found, _keys, _raw: False
    left_by_us: LeftByUs = nothing_left  # the entry as our last run left it there
    # An earlier run put a value there, where was none.
    made_by_us: Callable[[Found, KeyPath], bool] = lambda _found, _keys: False
    kept_limits: frozenset[str] = ALL_LIMITS  # fields that an entry keeps where the wish says nothing of them
    check_limits: Callable[[Limits], None] = lambda _limits: None  # raises WizardError for those that cannot work
    moved: Secret | None = None  # entries with this key in plain text keep their server and limits, and lose the key
    # PostHogs beside its cloud whose installed servers are PostHog's, see `recognise`.
    hosts: frozenset[str] = frozenset()


def plan_add(found: Iterable[Found], desired: DesiredServer, options: PlanOptions) -> Plan:
    """Bring the wish's entry into every place. Raises NotSupported when a named client cannot have it."""
    return _gather(one_of_merged(found, desired.name), partial(_add, desired=desired, options=options), options)


def plan_add_several(found: Iterable[Found], desired_servers: Sequence[DesiredServer], options: PlanOptions) -> Plan:
    """Bring several entries into every place: each of its files gets all of them, or none."""
    places = one_of_merged(found, *(desired.name for desired in desired_servers))
    return _gather(places, partial(_add_several, desired_servers=desired_servers, options=options), options)


def plan_remove(found: Iterable[Found], name: str, options: PlanOptions) -> Plan:
    """Take the entry out of every place."""
    return _gather(found, partial(_remove, name=name, options=options), options)


def one_of_merged(found: Iterable[Found], *names: str) -> tuple[Found, ...]:
    """Of files that their client reads as one, those that have such an entry or cannot be read; else the first there is."""
    groups: list[list[Found]] = []
    for one in found:
        if not (one.place.merged and groups and groups[-1][0].client.id == one.client.id):
            groups.append([])
        groups[-1].append(one)
    chosen: list[Found] = []
    for group in groups:
        holding = [one for one in group if _has_any(one, names)] if len(group) > 1 else group
        chosen += holding or [next((one for one in group if one.content is not None), group[0])]
    return tuple(chosen)


def _has_any(found: Found, names: tuple[str, ...]) -> bool:
    if found.content is None and found.problem is None:
        return False  # without the library of its format
    try:
        entries = Draft(found).entries()
    except ConfigError:  # told by whoever works on it
        return True
    schema = found.place.schema
    return any(name in names or recognise(read_entry(schema, entry)) for name, entry in entries.items())


def plan_remove_all(found: Iterable[Found], options: PlanOptions) -> Plan:
    """Take every entry of ours out of every place, whatever it is called; places without one give nothing.

    What clients read in one file is one change, of the first of them.
    """
    plan = _gather(found, partial(_remove_all, options=options), options)
    about = [one for one in plan.resolved if one.outcome == "failed"]
    changes = {step.change: step for step in reversed(plan.steps) if step.due}
    return Plan(tuple(reversed(changes.values())), tuple(about))


def _gather(found: Iterable[Found], make: Callable[[Found], Step], options: PlanOptions) -> Plan:
    steps: list[Step] = []
    resolved: list[Outcome] = []
    unable: list[tuple[Found, NotSupported]] = []
    for one in found:
        try:
            steps.append(make(one))
        except NotSupported as problem:
            unable.append((one, problem))
        except WizardError as problem:
            resolved.append(resolved_outcome(one, "failed", problem))
    able = {step.found.client.id for step in steps} | {outcome.client for outcome in resolved}
    for one, refusal in unable:
        if options.named and one.client.id not in able:  # one of its places is enough for a client that has several
            raise NotSupported(f"{one.client.title}: {refusal.message}", refusal.hint) from refusal
        resolved.append(resolved_outcome(one, "skipped", refusal))
    return Plan(tuple(steps), tuple(resolved))


def resolved_outcome(found: Found, outcome: OutcomeKind, problem: WizardError) -> Outcome:
    """The outcome of a place for which there is nothing to do."""
    return Outcome(found.client.id, found.place.scope, found.path, outcome, str(problem), problem.hint)


# ------------------------------------------------------------------ one file


def _add(found: Found, desired: DesiredServer, options: PlanOptions) -> Step:
    schema, keys = found.place.schema, found.place.keys_of(desired.name)
    wanted = server_for(found.client, schema, desired)
    problem = options.launcher_problem() if isinstance(wanted, Stdio) and not options.force else None
    if problem is not None:
        raise problem
    _refuse_mark(found)
    draft = Draft(found)
    entries = draft.entries()
    previous = _own_entry(draft, desired.name, options)
    rendered = render_entry(schema, _server_for(found, previous, desired, options), desired.name)
    if previous is not ABSENT and not options.force:
        _refuse_another_server(read_entry(schema, previous), read_entry(schema, rendered), desired.name, found)
    duplicates = _duplicates(draft, desired.name, rendered, entries, options)
    takes_over = previous is ABSENT and bool(duplicates)  # the first of them, and what the user has set there
    users = entries[duplicates[0]] if takes_over else previous
    was = found.place.keys_of(duplicates[0]) if takes_over else keys
    server = _server_for(found, users, desired, options)
    rendered = render_entry(schema, server, desired.name)
    limits = LimitsChange(_limits_of(schema, users), _limits_of(schema, rendered))
    if desired.kind != "installation" and limits.after is not None:
        options.check_limits(limits.after)
    trusted = known_of(found, was, users, options.left_by_us)
    entry = keep_user_fields(schema, rendered, users, trusted)
    if isinstance(server.key, Prompted):
        _ask(draft, schema, server.key.input_id)
    for duplicate in duplicates:
        draft.drop(found.place.keys_of(duplicate))
    if previous != entry:
        draft.put(keys, entry)
    _ask_no_more(draft, schema, options)
    reasons = (
        *(() if draft.edits else ("the entry is right as it is",)),
        *_same_server("replaced", duplicates),
        *told_limits(*limits),
        *told_dropped(dropped(schema, users, trusted)),
        *draft.warnings,
    )
    kind: OutcomeKind = "added" if previous is ABSENT and not duplicates else "updated"
    is_off = entry.get("disabled") is True or entry.get("enabled") is False
    again = partial(_add, desired=desired, options=options)
    step = draft.step(kind, again, *reasons)._replace(
        name=desired.name,
        limits=limits,
        hint="it is switched off in the client; switch it on there" if is_off else None,
        holds_key=isinstance(server.key, Secret),
        signs_in=isinstance(server, Remote) and server.key is None,
    )
    return kept_from_others(step)


def _refuse_mark(found: Found) -> None:
    """Raise Malformed for a byte-order mark that keeps the client from reading what would be written."""
    if found.client.byte_order_mark == "refused" and (found.content or b"").startswith(BYTE_ORDER_MARK):
        scope = " --scope project" if found.place.scope == "project" else ""
        raise Malformed(
            "a byte-order mark, which this client's parser refuses",
            f"save the file as UTF-8 without it; `posthog-wizard mcp doctor {found.client.id}{scope} --fix` does, "
            "where the client looks for it",
            path=str(found.path),
            line=1,
            column=1,
        )


def _add_several(found: Found, desired_servers: Sequence[DesiredServer], options: PlanOptions) -> Step:
    steps: list[Step] = []
    foreign: list[Foreign] = []
    for desired in desired_servers:
        content = steps[-1].change.after if steps else found.content
        still_open = found.open_to_others and not any(step.mode for step in steps)
        try:
            steps.append(_add(found._replace(content=content, open_to_others=still_open), desired, options))
        except Foreign as problem:  # one name that is taken is no reason to leave the others out
            foreign.append(problem)
    if not steps:
        raise foreign[0]
    kinds = [step.outcome for step in steps]
    told = [f"`{step.name}` {step.outcome}" + (f": {step.reason}" if step.reason else "") for step in steps]
    told += [f"skipped: {problem.message}" for problem in foreign]
    return Step(
        found,
        Change(found.path, found.content, steps[-1].change.after),
        next((kind for kind in ("added", "updated") if kind in kinds), "unchanged"),
        edits=tuple(edit for step in steps for edit in step.edits),
        reason="; ".join(told),
        hint=next(filter(None, (*(one.hint for one in foreign), *(one.hint for one in steps))), None),
        name=", ".join(step.name or "" for step in steps),
        replan=lambda content: _add_several(found._replace(content=content), desired_servers, options),
        holds_key=any(step.holds_key for step in steps),
        mode=next((step.mode for step in steps if step.mode), None),
    )


def _server_for(found: Found, entry: Json, desired: DesiredServer, options: PlanOptions) -> Server:
    """The server that takes the place of this entry, or of none: its own without its key, when that moves into the store."""
    schema = found.place.schema
    if options.moved is not None:
        from posthog_wizard.plan.inline_keys import inline_key, without_key  # noqa: PLC0415 - patterns for a migration

        server = read_back(schema, entry)
        if server is not None and inline_key(schema, entry) == options.moved:
            return without_key(server, desired._replace(limits=limits_in(read_entry(schema, entry))))
    return server_for(found.client, schema, _with_limits(schema, entry, desired, options))


def _with_limits(schema: EntrySchema, entry: Json, desired: DesiredServer, options: PlanOptions) -> DesiredServer:
    """The wish with the limits that the entry has, where the wish says nothing of them.

    Identifiers of another PostHog mean nothing, and our own server knows no mode.
    """
    if entry is ABSENT or desired.kind == "installation":
        return desired
    fields = read_entry(schema, entry)
    there = limits_in(fields)
    new = SANDBOX_FLAG if region_of(desired.address) == "sandbox" else desired.address
    if not is_same_posthog(server_identity(fields)[0], None if desired.kind == "hosted" else new):
        there = there._replace(organization=None, project=None)
    limits = joined_limits(desired.limits, there, options.kept_limits)
    return desired._replace(limits=limits if desired.kind == "hosted" else limits._replace(mode=None))


def _limits_of(schema: EntrySchema, entry: Json) -> Limits | None:
    return None if entry is ABSENT else limits_in(read_entry(schema, entry))


def _remove(found: Found, name: str, options: PlanOptions) -> Step:
    draft = Draft(found)
    entries = draft.entries()
    entry = _own_entry(draft, name, options, "somebody else needs it; delete it in the file if you do not")
    present = entry is not ABSENT
    duplicates = () if options.keep_twins else stale_duplicates(name, _all_read(draft, entries))
    for gone in (*((name,) if present else ()), *duplicates):
        draft.drop(found.place.keys_of(gone))
    if draft.edits:
        _tidy(draft, options)
    left = [other for other in draft.entries() if _is_of_posthog(draft, other, entries[other], options)]
    reasons = (
        *(() if draft.edits else (f"there is no entry `{name}`",)),
        *_same_server("also removed" if present else "removed", duplicates),
    )
    return draft.step("removed", partial(_remove, name=name, options=options), *reasons)._replace(
        name=name,
        limits=LimitsChange(_limits_of(found.place.schema, entry)),
        hint=_take_out(found, left) if left else None,
    )


def _remove_all(found: Found, options: PlanOptions) -> Step:
    draft = Draft(found)
    names = [name for name, entry in draft.entries().items() if _is_of_posthog(draft, name, entry, options)]
    for name in names:
        draft.drop(found.place.keys_of(name))
    if names:
        _tidy(draft, options)
    told = (f"took out {_quoted(names)}",) if len(names) > 1 else ()
    step = draft.step("removed", partial(_remove_all, options=options), *told)
    return step._replace(name=", ".join(names) or None)


def kept_from_others(step: Step) -> Step:
    """The step; where it puts a key into a file that others can really read, only its owner can afterwards."""
    if not (step.holds_key and step.found.open_to_others and step.change.before != step.change.after):
        return step
    closed = "other users can read the file, so its mode becomes 0600 (its owner only)"
    return step._replace(mode=PRIVATE, reason="; ".join(filter(None, (step.reason, closed))))


def known_of(found: Found, keys: KeyPath, entry: Json, left_by_us: LeftByUs) -> Mapping[str, Json] | None:
    """What of an entry is known not to be a stranger's; None: all of it, since the file is the user's own."""
    if found.place.scope != "project":
        return None
    doubtful = dropped(found.place.schema, entry, NOTHING)
    return left_by_us(found, keys) if doubtful else NOTHING  # asked last: the journal may be large


def told_dropped(names: tuple[str, ...]) -> tuple[str, ...]:
    """How an outcome says which user keys were not taken over."""
    if not names:
        return ()
    named, them = ", ".join(f"`{name}`" for name in names), "it" if len(names) == 1 else "them"
    return (
        f"left {named} out: anybody may have put {them} into a project's file; set {them} again if you meant {them}",
    )


def _is_of_posthog(draft: Draft, name: str, entry: Json, options: PlanOptions) -> bool:
    """Whether it is PostHog's by what it says, at a host that the user named, or as we wrote it."""
    keys, fields = draft.found.place.keys_of(name), read_entry(draft.found.place.schema, entry)
    return (
        recognise(fields, options.hosts) is not None
        or options.written_by_us(draft.found, keys, draft.raw(keys) or b"")
        or bool(options.left_by_us(draft.found, keys))  # changed since, and ours all the same
    )


def _own_entry(draft: Draft, name: str, options: PlanOptions, hint: str = _TAKEN) -> Json:
    """Our entry of that name, or ABSENT. Raises Foreign when it is somebody else's and nobody said to take it."""
    keys = draft.found.place.keys_of(name)
    if draft.raw(keys) is None:
        return ABSENT
    entry = draft.get(keys)
    if options.force or _is_of_posthog(draft, name, entry, options):
        return entry
    raise Foreign(f"the entry `{name}` is not PostHog's and was left alone", hint).at(draft.found.path)


def _refuse_another_server(previous: EntryFields, entry: EntryFields, name: str, found: Found) -> None:
    """Raise Foreign when our entry of that name is for another server than PostHog's own, or another installed one."""
    before, after = proxy_of(previous), proxy_of(entry)
    if (before and before.installation) != (after and after.installation):
        server = "another server that is installed in PostHog" if before else "PostHog's own server"
        raise Foreign(f"the entry `{name}` leads to {server} and was left alone", _TAKEN).at(found.path)


def _duplicates(
    draft: Draft, name: str, entry: Json, entries: Mapping[str, Json], options: PlanOptions
) -> tuple[str, ...]:
    """The other entries to replace: not those that we wrote ourselves, which somebody named on purpose."""
    if options.keep_twins:
        return ()
    found, rendered = draft.found, read_entry(draft.found.place.schema, entry)
    keys = {other: found.place.keys_of(other) for other in duplicates_of(name, rendered, _all_read(draft, entries))}
    return tuple(
        other
        for other, where in keys.items()
        if is_same_name(other, name) or not options.written_by_us(found, where, draft.raw(where) or b"")
    )


def _all_read(draft: Draft, entries: Mapping[str, Json]) -> Mapping[str, EntryFields]:
    return {name: read_entry(draft.found.place.schema, value) for name, value in entries.items()}


def _ask(draft: Draft, schema: EntrySchema, input_id: str) -> None:
    """Have the client ask for the key, unless it does already.

    In a project's file the question may be a stranger's, who can have it show the key, or run a command for an answer.
    """
    items = draft.get(schema.prompts) if draft.found.place.scope == "project" else None
    for index, item in reversed([*enumerate(items if isinstance(items, list) else ())]):
        if isinstance(item, Mapping) and item.get("id") == input_id and item != prompt_definition():
            draft.drop_item(schema.prompts, index)
    if draft.question(input_id) is None:
        draft.append(schema.prompts, prompt_definition())


def _tidy(draft: Draft, options: PlanOptions) -> None:
    """Take out what came with our entry: the question for the key, and all that is in a file that we made."""
    _ask_no_more(draft, draft.found.place.schema, options)
    if draft.holds_nothing and options.made_by_us(draft.found, ()):
        draft.drop_container()


def _ask_no_more(draft: Draft, schema: EntrySchema, options: PlanOptions) -> None:
    """Take the question for the key out when our edits took out the last entry that referred to it.

    The list that we made for it goes with it.
    """
    if schema.prompt_reference is None:
        return
    present = draft.question(PROMPT_ID)
    if present is None or not draft.no_longer_mentions(schema.prompt_reference.format(id=PROMPT_ID)):
        return
    if len(draft.get(schema.prompts)) > 1 or not options.made_by_us(draft.found, schema.prompts):
        draft.drop_item(schema.prompts, present)
    else:
        draft.drop(schema.prompts)


def _same_server(done: str, duplicates: tuple[str, ...]) -> tuple[str, ...]:
    return (f"{done} {_quoted(duplicates)}, which led to the same server",) if duplicates else ()


def _take_out(found: Found, left: list[str]) -> str:
    """The commands that take out the entries of PostHog's that are left."""
    from posthog_wizard.documents.masking import mask_text  # noqa: PLC0415 - as below

    scope = ("--scope", "project") if found.place.scope == "project" else ()
    lines = (
        joined(("posthog-wizard", "mcp", "remove", found.client.id, *scope, "--name", mask_text(name))) for name in left
    )
    return f"PostHog is still there under another name; take it out: {', '.join(f'`{line}`' for line in lines)}"


def _quoted(names: Iterable[str]) -> str:
    from posthog_wizard.documents.masking import mask_text  # noqa: PLC0415 - its patterns take milliseconds to compile

    return ", ".join(f"`{mask_text(name)}`" for name in names)
