"""`client.<id>.connection`: the real thing, entry by entry. It never calls a tool and never changes anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from posthog_wizard.api.key_text import read_key
from posthog_wizard.bridge.address import parse_address
from posthog_wizard.clients.recognise import is_legacy, is_our_program
from posthog_wizard.doctor import rewrite
from posthog_wizard.doctor.again import ADD, add_again
from posthog_wizard.doctor.blame import blamed
from posthog_wizard.doctor.check import Check, Task, advice
from posthog_wizard.doctor.destinations import Destination, destination, headers, unset_variables, variables
from posthog_wizard.doctor.installations import of_installation
from posthog_wizard.doctor.intent import command
from posthog_wizard.doctor.out_of_reach import out_of_reach, shortened
from posthog_wizard.doctor.patient import Entry, Patient, Trusted
from posthog_wizard.doctor.programs import in_place_of_ours
from posthog_wizard.doctor.questions import Questions
from posthog_wizard.doctor.refusal import SignInNeeded
from posthog_wizard.doctor.routes import route_to
from posthog_wizard.doctor.secrecy import Veil, secrets_of
from posthog_wizard.doctor.started import Command, Proof, try_program
from posthog_wizard.doctor.trouble import Trouble
from posthog_wizard.doctor.unstartable import not_on_the_path
from posthog_wizard.doctor.visited import Target, try_address
from posthog_wizard.errors import CredentialError, WrongUsage
from posthog_wizard.install.detect import project_root
from posthog_wizard.model import Json, Machine, Prompted, Remote, Stdio
from posthog_wizard.plan.servers import SHARED_LAUNCHER

Result = Proof | SignInNeeded | Trouble
MARGIN = 0.2  # seconds before the limit by which a trial is over, to be reported
UNSTARTABLE = ("not-found", "not-executable")  # kinds of trouble that end when the entry starts this program
SWITCHED_OFF = "it is switched off in the client"


def connections(patient: Patient, questions: Questions) -> Iterator[Task]:
    """One task for each entry that may be tried, and what is said of the others."""
    for entry in patient.trusted:
        name = f"client.{entry.client.id}.connection"
        yield Task(name, f"connection of {entry.client.title}", partial(_checked, name, entry, patient, questions))
    for one in patient.doubted:
        name = f"client.{one.client.id}.connection"
        yield Task(name, f"connection of {one.client.title}", partial(_left_alone, name, one))


def _left_alone(name: str, entry: Entry) -> Iterator[Check]:
    """An entry that is not acted upon, and why; one that is switched off does nothing anyway."""
    check = Check(name, "skip", f"connection of `{entry.name}`", SWITCHED_OFF, data=entry.where)
    if entry.switched_off or entry.doubt is None:
        yield check
    else:
        yield check._replace(status="warn", cause=entry.doubt.cause, fix=entry.doubt.fix)


def _checked(name: str, entry: Trusted, patient: Patient, questions: Questions) -> Iterator[Check]:
    where = destination(entry, patient.machine)
    check = Check(name, "skip", f"connection of `{entry.name}`", data=entry.where)
    reason = _reason_to_skip(entry, where, patient)
    if reason is not None:
        yield check._replace(cause=reason)
        return
    try:
        result = _tried(entry, where, patient, questions)
    except WrongUsage as problem:  # an address or a proxy that nobody can use
        result = Trouble("error", problem.message, problem.hint or "")
    except Trouble as told:
        result = told
    trouble = of_installation(entry, result) if isinstance(result, Trouble) else None
    if trouble is not None:  # `installation.` says so too; the entry is as it should be
        yield check._replace(
            status="warn", cause=trouble.cause, fix=trouble.fix, data={**check.data, "kind": trouble.kind}
        )
        return
    found = _found(check, _with_command(blamed(result, where, patient, questions), entry))
    repair = rewrite.renew(entry, patient) if found.data.get("kind") in UNSTARTABLE else None
    yield found._replace(repair=repair, fix=advice(repair, add_again(entry))) if repair is not None else found


def _with_command(result: Result, entry: Entry) -> Result:
    """A trouble whose advice names the `mcp add` of this very entry."""
    if isinstance(result, Trouble):
        return Trouble(result.kind, result.cause, result.fix.replace(ADD, add_again(entry)), result.data)
    return result


def _found(check: Check, result: Result) -> Check:
    data = dict(check.data)
    if isinstance(result, Trouble):
        data |= {"kind": result.kind, **result.data}
        return check._replace(status="fail", cause=result.cause, fix=result.fix, data=data)
    if isinstance(result, SignInNeeded):
        return check._replace(status="ok", title=f"{check.title}: the client signs in", data={**data, "sign_in": True})
    offer = result.offer
    many = "1 tool" if len(offer.tools) == 1 else f"{len(offer.tools)} tools"
    told = f"{many}, about {offer.tokens:,} tokens, {result.milliseconds:,} ms"
    data |= {"tools": len(offer.tools), "tokens": offer.tokens, "milliseconds": result.milliseconds}
    data |= {"server": offer.server, "protocol": offer.protocol}
    works = check._replace(status="ok", title=f"{check.title}: {told}", data=data)
    if result.noise is None:
        return works
    cause = f"it works, but writes `{result.noise}` to standard output, where only messages may stand"
    return works._replace(status="warn", cause=cause, fix="keep it from writing there: some clients give up on it")


# ------------------------------------------------------------------ what is not tried, and why


def _reason_to_skip(entry: Trusted, where: Destination, patient: Patient) -> str | None:
    """The first reason that holds."""
    return next((reason for holds, reason in REASONS if holds(entry, where, patient)), None) or _defect(where)


def _goes_out(entry: Trusted, where: Destination, patient: Patient) -> bool:
    """Whether the network is needed and not to be used; who knows what a strange program needs."""
    addresses = [where.url] if where.url else where.bases
    strange = entry.allowed and not is_our_program(list(command(entry.value)))
    return patient.options.offline and (strange or not all(_is_local(address) for address in addresses))


def _is_local(address: str) -> bool:
    try:
        return parse_address(address, allow_http=True).loopback
    except WrongUsage:
        return True  # no address at all: the trial says so without a network


def _unread(entry: Entry, _where: Destination, _patient: Patient) -> bool:
    return isinstance(entry.server, Remote) and entry.found.place.style.remote is None


def _is_old(entry: Entry, _where: Destination, _patient: Patient) -> bool:
    return isinstance(entry.server, Remote) and is_legacy(entry.value)


def _asks(entry: Entry, _where: Destination, _patient: Patient) -> bool:
    return isinstance(entry.key, Prompted)


def _lacks_variable(entry: Trusted, _where: Destination, patient: Patient) -> bool:
    return bool(unset_variables(entry, patient.machine))


def _opens_browser(entry: Trusted, where: Destination, _patient: Patient) -> bool:
    server = entry.server
    if entry.allowed or not isinstance(server, Stdio) or is_our_program([server.command, *server.arguments]):
        return False
    return where.key is None and not any("authorization" in word.lower() for word in server.arguments)


REASONS: tuple[tuple[Callable[[Trusted, Destination, Patient], bool], str], ...] = (
    (lambda entry, *_: entry.switched_off, SWITCHED_OFF),
    (lambda entry, *_: entry.server is None, "it has neither an address nor a command"),
    (_unread, "the client starts programs only and does not read this entry"),
    (_is_old, "it uses the old transport (SSE), which is not tried"),
    (_asks, "the client asks for the key itself and keeps it"),
    (_lacks_variable, "a variable that it refers to is not set"),
    (_opens_browser, "it signs in through a browser, which it would open"),
    (_goes_out, "it needs the network (`--offline`)"),
)


def _defect(where: Destination) -> str | None:
    """What is wrong with the key before anybody is asked; `key.` checks tell more."""
    try:
        if where.key is not None:
            read_key(where.key.reveal())
    except CredentialError as problem:
        return f"not tried with this key: {problem.message}"
    return None


# ------------------------------------------------------------------ the trial


def _tried(entry: Trusted, where: Destination, patient: Patient, questions: Questions) -> Result:
    until = patient.deadline - MARGIN
    if isinstance(entry.server, Remote):
        return _visited(entry, entry.server, where, patient, questions)
    assert isinstance(entry.server, Stdio)  # noqa: S101 - `_reason_to_skip` has looked
    started = _command(entry, entry.server, patient)
    given = started.environment
    veil = Veil((*secrets_of(given), *_values(entry, "env"), *_key(where)))
    key = (started.words, tuple(sorted(given.items())), started.folder)
    return questions.ask(key, lambda: _started(started, where, until, veil))


def _started(command: Command, where: Destination, until: float, veil: Veil) -> Result:
    """The trial of a program; a server behind our bridge that is out of reach explains why it does not answer."""
    obstacle = _obstacle(command, where)
    result = _result(lambda: try_program(command, shortened(until, obstacle), veil))
    if obstacle is None or not isinstance(result, Trouble) or result.kind not in {"hung", "error"}:
        return result
    return Trouble(obstacle.kind, obstacle.cause, obstacle.fix, {**result.data, **obstacle.data})


def _obstacle(command: Command, where: Destination) -> Trouble | None:
    """What keeps our bridge from its server, as far as this machine's own connections tell."""
    if not where.url or not is_our_program(list(command.words)):
        return None
    address = parse_address(where.url, allow_http=True)
    return None if route_to(address, command.environment).proxy else out_of_reach(address)


def _visited(entry: Trusted, server: Remote, where: Destination, patient: Patient, questions: Questions) -> Result:
    machine, until = patient.machine, patient.deadline - MARGIN
    address = parse_address(server.url, allow_http=True)
    if not address.secure and not address.loopback and not entry.written_by_us:
        told = f"`{address.origin}` is plain http beyond this machine: everybody on the way can read the key"
        return Trouble("plain-http", f"{told}, so it was not tried", "use an address that begins with https")
    sent = headers(entry, machine)
    target = Target(address, sent, route_to(address, machine.environment, _trusted_by_node(machine)))
    veil = Veil((*sent.values(), *secrets_of(machine.environment), *_key(where)))
    key = (address, tuple(sorted(sent.items())))
    return questions.ask(key, lambda: _result(lambda: try_address(target, until, veil)))


def _trusted_by_node(machine: Machine) -> Path | None:
    """The authorities that most clients, being Node programs, trust besides: https://nodejs.org/api/cli.html."""
    named = machine.environment.get("NODE_EXTRA_CA_CERTS")
    return Path(named) if named and Path(named).is_file() else None


def _command(entry: Trusted, server: Stdio, patient: Patient) -> Command:
    """What is started. Raises Trouble where a project's entry names our program, and it is on no PATH."""
    machine = patient.machine
    folder = machine.home if entry.found.place.scope == "user" else project_root(machine.working_directory)
    given = variables(entry, machine)
    return Command((*_program(entry, server.command, given, patient), *server.arguments), given, folder)


def _program(entry: Trusted, name: str, given: Mapping[str, str], patient: Patient) -> tuple[str, ...]:
    """The words that the command stands for: as the user saw them, and in a project never a program of the project's."""
    path, words = given.get("PATH", os.defpath), entry.program
    if not entry.allowed:
        if entry.found.place.scope != "project" or (name,) != SHARED_LAUNCHER:
            return (name,)
        root = project_root(patient.machine.working_directory)
        words = in_place_of_ours(patient.machine, (name,), path, root)
    if words is None:
        raise not_on_the_path(name, path)
    return words


def _result(trial: Callable[[], Proof]) -> Result:
    try:
        return trial()
    except (SignInNeeded, Trouble) as told:
        return told


def _values(entry: Entry, holder: str) -> tuple[str, ...]:
    values: Json = entry.value.get(holder)
    return tuple(text for text in values.values() if isinstance(text, str)) if isinstance(values, dict) else ()


def _key(where: Destination) -> tuple[str, ...]:
    return () if where.key is None else (where.key.reveal(),)
