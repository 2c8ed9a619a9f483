"""`client.<id>.connection`: the real thing, entry by entry, until data came back. It never changes anything."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Hashable, Iterator
from functools import partial
from pathlib import Path

from posthog_wizard.api.hosted import hosted_url
from posthog_wizard.api.hosts import region_of
from posthog_wizard.clients.entries import AUTHORIZATION
from posthog_wizard.clients.recognise import is_legacy, is_our_program, said_words
from posthog_wizard.credentials.profiles import DEFAULT
from posthog_wizard.doctor.check import NEEDS_NETWORK, Check, add_command, advice, finding, host_flag
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.client_files.entry import misread
from posthog_wizard.doctor.context import Context, Entry, Trusted
from posthog_wizard.doctor.destinations import (
    Destination,
    destination_of,
    headers,
    key_defect,
    texts,
    unset_variables,
    variables,
)
from posthog_wizard.doctor.install_checks import install_again
from posthog_wizard.doctor.keys.key_checks import look_up_in_other_region, look_up_key
from posthog_wizard.doctor.probes.data_proof import MODE_HEADER, calls_of, proof_words, with_proof
from posthog_wizard.doctor.probes.handshake import Harmless, no_call
from posthog_wizard.doctor.probes.installations import of_installation
from posthog_wizard.doctor.probes.probe_failure import ADD, NEW_KEY, FailureKind, ProbeFailure, SignInNeeded
from posthog_wizard.doctor.probes.reachability import SHORT, route_to, why_unreachable
from posthog_wizard.doctor.probes.remote_probe import ProbeTarget, try_address
from posthog_wizard.doctor.probes.stdio_probe import Command, ProbeResult, not_on_the_path, try_program
from posthog_wizard.doctor.redaction import Redactor, secrets_of
from posthog_wizard.doctor.trust import in_place_of_ours, lacks_key
from posthog_wizard.errors import WrongUsage
from posthog_wizard.install.detect import project_root
from posthog_wizard.invocation import Invocation, invocation_of
from posthog_wizard.model import Machine, Prompted, Remote, Stdio
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.plan.servers import SHARED_LAUNCHER
from posthog_wizard.printable import word

_MARGIN = 0.2  # seconds before the limit by which a trial is over, to be reported
_UNSTARTABLE = ("not-found", "not-executable")  # kinds of trouble that end when the entry starts this program
# Kinds of trouble that what we once wrote would have, too.
_NOT_THE_ENTRY_S = ("blocked", "intercepted", "tls", "name", "proxy", "connect", "timeout", "busy", "failed", "hung")
_HINT = re.compile(r"hint: (?!see )(.+)")  # how our own programs end; not where to read about flags
_SWITCHED_OFF = "it is switched off in the client"


def check_connection(context: Context, entry: Trusted) -> Iterator[Check]:
    """An entry that may be tried."""
    where = destination_of(entry, context.machine)
    reason, fault = _reason_to_skip(entry, where, context), _fault(entry, where, context)
    if fault is not None:
        yield _failed(entry, fault, where, context)
    elif reason == NEEDS_NETWORK and lacks_key(entry, context.machine):
        yield _failed(entry, _no_key(entry), where, context)
    elif reason is not None:
        yield _about(entry)._replace(cause=reason)
    else:
        yield _told(entry, where, context)


def _told(entry: Trusted, where: Destination, context: Context) -> Check:
    try:
        return _works(entry, _tried(entry, where, context), where)
    except SignInNeeded:
        about, command = _about(entry), entry.client.sign_in
        how = f" (`{command.format(name=word(entry.name))}`)" if command else ""
        title, data = f"{about.title}: the client signs in{how}", {**entry.where, "sign_in": True}
        return about._replace(status="ok", title=title, data=data)
    except WrongUsage as problem:  # an address or a proxy that nobody can use
        failure = ProbeFailure("error", problem.message, problem.hint or "")
    except ProbeFailure as told:
        failure = told
    lacks = failure.kind in {"no-key", "error"} and lacks_key(entry, context.machine)  # as our own programs then fail
    return _failed(entry, _no_key(entry).beside(failure.data) if lacks else failure, where, context)


def check_doubted(_context: Context, entry: Entry) -> Iterator[Check]:
    """An entry that is not acted upon, and why; one that is switched off does nothing anyway."""
    if entry.switched_off or entry.doubt is None:
        yield _about(entry)._replace(cause=_SWITCHED_OFF)
    elif entry.doubt.keyless:
        lack = _no_key(entry)
        # No command names the host of an entry that may be a stranger's: the key would be stored for that.
        mended = f"{entry.doubt.fix}; it needs a key of yours: `posthog-wizard key set`, or `posthog-wizard login`"
        cause, data = f"{lack.cause}; {entry.doubt.cause}", {**entry.where, "kind": lack.kind}
        yield _about(entry)._replace(status="fail", cause=cause, fix=mended, data=data)
    else:
        yield _about(entry)._replace(status=entry.doubt.status, cause=entry.doubt.cause, fix=entry.doubt.fix)


def _about(entry: Entry) -> Check:
    return finding("skip", f"connection of `{entry.name}`", data=entry.where)


def _failed(entry: Trusted, failure: ProbeFailure, where: Destination, context: Context) -> Check:
    """Why it does not work; of an installed server `installation.` says so too, and the entry is as it should be."""
    installed = of_installation(entry, failure)
    known = installed or _diagnose_key(failure, where, context)
    repair = entry_repairs.rewrite_entry(entry, context) if known.kind in _UNSTARTABLE else None
    repair = entry_repairs.write_back(entry, context) if entry.drift and known.kind not in _NOT_THE_ENTRY_S else repair
    fix = _way_out(entry, known, context) if repair is None else advice(repair, add_command(entry))
    data = {**entry.where, "kind": known.kind, **known.data}
    told = _about(entry)._replace(cause=known.cause, fix=fix, repair=repair, data=data)
    return told._replace(status="warn" if installed else "fail")


def _diagnose_key(refused: ProbeFailure, where: Destination, context: Context) -> ProbeFailure:
    """A key that was refused, with what PostHog says of it; any other failure as it is."""
    if refused.kind != "refused" or where.key is None or not where.bases:
        return refused
    report = look_up_key(where.key, where, context)
    if report.usable:
        told = f"{refused.cause}, though `{report.host}` accepts it"
        return ProbeFailure("refused", told, NEW_KEY, refused.data)
    other = look_up_in_other_region(where.key, where, context) if report.state == "invalid" else None
    if other is not None and other.usable:
        region = region_of(other.host or "")
        told = f"{refused.cause}: it belongs to PostHog Cloud's region {region.upper()}"
        fix = f"run `posthog-wizard mcp add --region {region}`"
        return ProbeFailure("wrong-region", told, fix, {**refused.data, "region": region})
    return refused


def _way_out(entry: Trusted, known: ProbeFailure, context: Context) -> str:
    """What helps where `--fix` does not; of our own program what it says itself, or how to have it again."""
    if is_our_program(entry.fields.words):
        hint = next((one.group(1) for one in map(_HINT.fullmatch, reversed(known.data.get("stderr", []))) if one), None)
        if known.kind == "crashed" and hint is not None:
            return hint
        if known.kind in _UNSTARTABLE and entry_repairs.steady_launcher(context, entry.found) is None:
            return install_again(entry)
    return known.fix(add_command(entry))


def _works(entry: Trusted, result: ProbeResult, where: Destination) -> Check:
    """It answers; a program that also writes what is no message is in danger."""
    about, offer = _about(entry), result.offer
    many = "1 tool" if len(offer.tools) == 1 else f"{len(offer.tools)} tools"
    told = f"{many}, about {offer.tokens:,} tokens, {result.milliseconds:,} ms"
    seen = {"tools": len(offer.tools), "tokens": offer.tokens, "milliseconds": result.milliseconds}
    known = {"server": offer.server, "protocol": offer.protocol, "proof": offer.proof and offer.proof.tool}
    data = {**about.data, **seen, **known}
    works = about._replace(status="ok", title=f"{about.title}: {told}; {proof_words(entry, where, offer)}", data=data)
    if result.noise is None:
        return works
    cause = f"it works, but writes `{result.noise}` to standard output, where only messages may stand"
    return works._replace(status="warn", cause=cause, fix="keep it from writing there: some clients give up on it")


def _reason_to_skip(entry: Trusted, where: Destination, context: Context) -> str | None:
    """The first reason that holds."""
    server, ours = entry.server, is_our_program(said_words(entry.fields))
    if entry.switched_off:
        return _SWITCHED_OFF
    if isinstance(server, Remote) and is_legacy(entry.fields):
        return "it uses the old transport (SSE), which is not tried"
    if isinstance(entry.key, Prompted):
        return "the client asks for the key itself and keeps it"
    keyless = isinstance(server, Stdio) and not entry.allowed and not ours and where.key is None
    if keyless and not any("authorization" in word.lower() for word in entry.fields.words[1:]):
        return "it signs in through a browser, which it would open"
    # who knows what it needs, or a shell's command line does beside it
    strange = (entry.allowed or ours) and not is_our_program(entry.fields.words)
    if context.options.offline and (strange or not context.may_ask(*([where.url] if where.url else where.bases))):
        return NEEDS_NETWORK
    return None


def _fault(entry: Trusted, where: Destination, context: Context) -> ProbeFailure | None:
    """What keeps the client from it, as its text alone tells: nobody need be asked to know that no data comes back."""
    missing, read = unset_variables(entry, context.machine), misread(entry)
    told_by_client = isinstance(entry.key, Prompted)
    defect = key_defect(where.key.reveal()) if where.key and not told_by_client else None  # `key.` checks tell more
    told: tuple[tuple[FailureKind, str | None], ...] = (
        ("wrong-address", entry.wrong_address),
        ("misread", read and f"the client does not read it: {read}"),
        ("misread", "it has neither an address nor a command" if entry.server is None else None),
        ("no-key", f"the variable `{missing[0]}` that it refers to is not set" if missing else None),
        ("no-key", defect.message if defect else None),
    )
    found = next(((kind, cause) for kind, cause in told if cause), None)
    if found is None or entry.switched_off:
        return None
    return ProbeFailure(found[0], f"{found[1]}, so it was not tried", f"put that right, or run {ADD}")


def _no_key(entry: Entry) -> ProbeFailure:
    """What is missing, by the name of the profile that it would be read from."""
    said = invocation_of(entry.fields.words) or Invocation("bridge")
    name, profile = said.profile or DEFAULT, f" --profile {word(said.profile)}" if said.profile else ""
    told = f"neither its environment nor the profile `{name}` holds a key, so each of its calls fails"
    login = f"`posthog-wizard login{profile}{f' --host {word(said.host)}' if said.host else ''}`"  # the region, too
    store = f"`posthog-wizard key set{profile}{host_flag(said.host) if said.host else ''}`"
    return ProbeFailure("no-key", told, f"sign in: {login}, or store a key: {store}")


def _tried(entry: Trusted, where: Destination, context: Context) -> ProbeResult:
    """What came of the trial, asked once for entries that say the same. Raises SignInNeeded, ProbeFailure, WrongUsage."""
    until, calls = context.deadline - _MARGIN, calls_of(entry, where)
    own = () if where.key is None else (where.key.reveal(),)
    if isinstance(entry.server, Remote):
        target = _target(entry, entry.server, context.machine)
        redactor = Redactor((*target.headers.values(), *secrets_of(context.machine.environment), *own))
        key: Hashable = (target.address, tuple(sorted(target.headers.items())))
        first = partial(try_address, target, until, redactor, calls)
    else:
        assert isinstance(entry.server, Stdio)  # noqa: S101 - `_fault` has looked
        started = _command(entry, entry.server, context)
        redactor = Redactor((*secrets_of(started.environment), *texts(entry.fields.environment).values(), *own))
        key = (started.words, tuple(sorted(started.environment.items())), started.folder)
        first = partial(_started, started, where, until, redactor, calls)

    def again() -> ProbeResult:
        return try_address(_by_name(entry, where, context), until, redactor, calls)

    return context.answers.ask((key, calls is no_call), lambda: with_proof(entry, first(), where, redactor, again))


def _by_name(entry: Trusted, where: Destination, context: Context) -> ProbeTarget:
    """The same server with the same key, asked for tools by name: by default it offers one that wraps them all."""
    if isinstance(entry.server, Remote):
        target = _target(entry, entry.server, context.machine)
    else:
        key = where.key or (where.kept.read() if where.kept else None)
        address = parse_address(hosted_url(where.url or "", where.limits), allow_http=where.allow_http)
        sent = {AUTHORIZATION: f"Bearer {key.reveal()}"} if key else {}
        target = ProbeTarget(address, sent, route_to(address, variables(entry, context.machine), where.ca_file))
    kept = {name: text for name, text in target.headers.items() if name.lower() != MODE_HEADER}
    return target._replace(headers={**kept, MODE_HEADER: "tools"})


def _started(command: Command, where: Destination, until: float, redactor: Redactor, calls: Harmless) -> ProbeResult:
    """The trial of a program; a server behind our bridge that is out of reach explains why it does not answer."""
    obstacle = None
    if where.url and is_our_program(command.words):
        address = parse_address(where.url, allow_http=True)
        direct = route_to(address, command.environment).proxy is None
        obstacle = why_unreachable(address) if direct else None
    deadline = until if obstacle is None else min(until, time.monotonic() + SHORT)
    try:
        return try_program(command, deadline, redactor, calls)
    except ProbeFailure as failure:
        if obstacle is None or failure.kind not in {"hung", "error"}:
            raise
        raise obstacle.beside(failure.data) from failure


def _target(entry: Trusted, server: Remote, machine: Machine) -> ProbeTarget:
    """Where it leads, with its headers. Raises ProbeFailure where everybody on the way could read the key."""
    address = parse_address(server.url, allow_http=True)
    if not address.secure and not address.loopback and not entry.written_by_us:
        told = f"`{address.origin}` is plain http beyond this machine: everybody on the way can read the key"
        raise ProbeFailure("plain-http", f"{told}, so it was not tried", "use an address that begins with https")
    # Most clients are Node programs, which trust these authorities besides: https://nodejs.org/api/cli.html
    extra = Path(machine.environment.get("NODE_EXTRA_CA_CERTS", ""))
    route = route_to(address, machine.environment, extra if extra.is_file() else None)
    return ProbeTarget(address, headers(entry, machine), route)


def _command(entry: Trusted, server: Stdio, context: Context) -> Command:
    """What is started: the words that the user saw, and in a project never a program of the project's.

    Raises ProbeFailure where a project's entry names our program, and it is on no PATH.
    """
    machine, given = context.machine, variables(entry, context.machine)
    root, path = project_root(machine.working_directory), given.get("PATH", os.defpath)
    in_project = entry.found.place.scope == "project"
    words: tuple[str, ...] | None = (server.command,)
    if entry.allowed:
        words = entry.program
    elif in_project and words == SHARED_LAUNCHER:
        words = in_place_of_ours(machine, words, path, root)
    if words is None:
        raise not_on_the_path(server.command, path)
    return Command((*words, *server.arguments), given, root if in_project else machine.home)
