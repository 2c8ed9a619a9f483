"""`mcp add`: detect -> key -> plan -> diff -> (ask) -> apply -> verify.

A project's file names the program alone: no path is right on every machine. Windows searches the current folder
first, and nothing that one file can say prevents that, so `mcp add` refuses and doctor fails while a program of that
name lies in the project.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import render_entry
from posthog_wizard.credentials.profiles import DEFAULT, profile_flag
from posthog_wizard.errors import Cancelled, MissingInput, NothingFound, NotSupported, WizardError, WrongUsage
from posthog_wizard.install.detect import project_root
from posthog_wizard.install.disk import this_disk
from posthog_wizard.installer import LASTING, this_installer
from posthog_wizard.launcher import PROGRAM, launcher_problem, with_proven_launcher
from posthog_wizard.machine import find_program
from posthog_wizard.model import DesiredServer, Found, Machine, Outcome, Plan, Stdio
from posthog_wizard.operations.add_options import OWN_NAME, Adding, AddOptions, adding_for, refuse_plaintext
from posthog_wizard.operations.change import Changed, carry_out, plan_options
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.limit_choice import check_pins, limited, refuse_inherited, refuse_unknown
from posthog_wizard.operations.list import entry_states
from posthog_wizard.operations.placements import PLACEMENTS
from posthog_wizard.operations.sign_in_choice import shared_sign_in, signed_in
from posthog_wizard.operations.targets import find
from posthog_wizard.plan import plan_add, plan_add_several
from posthog_wizard.plan.servers import SHARED_LAUNCHER, server_for, surroundings, withheld_password


def run(options: AddOptions, machine: Machine, ask: Ask | None, report: Report) -> Changed:
    """Put the server into clients. Raises WizardError before any file is touched; what fails later is an outcome."""
    adding = adding_for(options, machine, ask, report)
    refuse_unknown(adding.connection.kind, adding.limits, report)
    found, resolved = find(options.target, machine)  # detect
    if not found:
        return _without_clients(adding, resolved)
    adding = adding._replace(found=_chosen(adding, found))
    for url in adding.connection.exposed:
        report.warn(f"the key travels to `{url}` over plain http, where others on the network can read it")
    adding = _placed(_with_key(signed_in(adding)))  # key
    placement = PLACEMENTS[adding.options.placement]
    adding = limited(placement.prepare(_with_launcher(adding)))
    desired = _desired(adding)
    plan = _plan(adding, desired)  # plan
    _tell_needs(adding, desired, plan)
    check_pins(adding, plan)
    _refuse_tracked(adding, plan)
    placement.tell(adding, plan)
    plan = plan._replace(resolved=(*resolved, *plan.resolved))
    around = adding.storage.kept(machine, report) if adding.storage and plan.steps else nullcontext()
    changed = carry_out(plan, options.change, machine, ask, report, around)  # diff, ask, apply, verify
    return changed._replace(key=adding.check.document())


def _without_clients(adding: Adding, resolved: tuple[Outcome, ...]) -> Changed:
    """No client, and so nothing for which a key would be needed. Raises NothingFound, but shows what the sandbox is."""
    options = adding.options
    if resolved:
        return carry_out(Plan((), resolved), options.change, adding.machine, adding.ask, adding.report)
    if not options.choice.sandbox:
        titles = ", ".join(one.title for one in options.target.clients or CLIENTS.values())
        raise NothingFound(
            f"no AI client was found on this machine (looked for {titles})",
            "print an entry to paste with `posthog-wizard mcp print CLIENT`, or name a client with `--force`",
        )
    from posthog_wizard.operations.sandbox_setup import EXAMPLE_CLIENT, sandbox_key_check

    check = sandbox_key_check(adding.limits, adding.machine, adding.report, dry_run=True)
    client, desired = CLIENTS[EXAMPLE_CLIENT], _desired(adding)
    place = client.places[0]
    entry = render_entry(place.schema, server_for(client, place.schema, desired), desired.name)
    example = {place.container[0]: {desired.name: entry}}
    return Changed(Plan(()), (), dry_run=options.change.dry_run, key=check.document(), example=example)


def _chosen(adding: Adding, found: tuple[Found, ...]) -> tuple[Found, ...]:
    """The places that the user ticks, each shown with the state of its entry, where no flag names any."""
    options = adding.options
    if adding.ask is None or options.target.named or options.every or len(found) < 2:  # noqa: PLR2004 - nothing to choose
        return found
    state = entry_states(adding.machine)
    labels = [
        (str(index), f"{one.client.title} ({state(one, options.name or OWN_NAME).standing})  {one.path}")
        for index, one in enumerate(found)
    ]
    ticked = adding.ask.choose_several("Which clients get PostHog?", labels)
    if not ticked:
        raise Cancelled("no client was chosen, nothing was changed")
    return tuple(found[int(index)] for index in ticked)


def _with_key(adding: Adding) -> Adding:
    """The key from where its placement has it, and what PostHog says of it."""
    adding, given = PLACEMENTS[adding.options.placement].resolve(adding)
    if given.source == "store" and adding.options.choice.secret is None and adding.options.placement == "inline":
        adding = adding.choosing(secret="store")  # noqa: S106 - no password; it was put there to be in no file
    refuse_plaintext(adding.options)
    for note in given.notes:
        adding.report.warn(note)
    return adding._replace(check=PLACEMENTS[adding.options.placement].verify(adding, given))


def _placed(adding: Adding) -> Adding:
    """With the user's word on where the key goes, where no flag says it and there is a keyring."""
    options = adding.options
    if adding.person is None or options.choice.secret is not None or options.placement != "inline":
        return adding
    from posthog_wizard.credentials.keyring_store import available

    keyring = available()
    if keyring is None:
        return adding
    adding.report.say(
        "In the keyring no file holds the key, and one command changes it for all clients; "
        "entries then start posthog-wizard, and clients do not sign in by themselves."
    )
    answer = adding.person.choose_one(
        "Where should the key be stored?",
        [
            ("store", f"In the keyring ({keyring}), recommended"),
            ("inline", "In each client's file, in plain text, as PostHog documents it"),
        ],
    )
    return adding.choosing(secret=answer)


def _desired(adding: Adding) -> DesiredServer:
    """What every client shall have. Raises MissingInput where nothing tells which PostHog our own server shall reach."""
    options, where = adding.options, adding.connection
    address = where.address or adding.check.host
    if address is None:
        raise MissingInput(
            "our own server must be told which PostHog it should reach",
            "add `--region us`, `--region eu` or `--host URL`",
        )
    project = options.target.scope == "project"
    key, signed_in_once = options.choice.reference() or adding.check.key, shared_sign_in(adding)
    return DesiredServer(
        name=options.name or OWN_NAME,
        kind=where.kind,
        address=address,
        key=key,
        launcher=SHARED_LAUNCHER if project and options.placement != "inline" else adding.machine.launcher,
        limits=adding.limits,
        flags=where.flags,
        surroundings=() if project else surroundings(adding.machine, key or signed_in_once, address),
        shared=signed_in_once,
    )


def _with_launcher(adding: Adding) -> Adding:
    """With words that start this program, tried where an entry may get them."""
    stored = adding.options.placement == "store" or shared_sign_in(adding) is not None
    needed = stored or adding.connection.kind == "local"
    if not needed and all(one.place.schema.remote is not None for one in adding.found):
        return adding
    return adding._replace(machine=with_proven_launcher(adding.machine))


def _tell_needs(adding: Adding, desired: DesiredServer, plan: Plan) -> None:
    """What a program needs that the entries do not bring. Raises NotSupported for an impostor in a shared project."""
    from posthog_wizard.install.detect import shadowing_programs

    machine, report = adding.machine, adding.report
    for found in (step.found for step in plan.steps):
        name = withheld_password(found.client, found.place.schema, desired)
        if name is not None:
            told = f"{found.client.title} does not hand {name} on to what it starts, and the proxy in it has a password"
            report.warn(f"{told}: it was not written, name it in the entry at `{found.path}` by yourself")
    servers = (server_for(step.found.client, step.found.place.schema, desired) for step in plan.steps)
    if desired.launcher != SHARED_LAUNCHER or not any(isinstance(server, Stdio) for server in servers):
        return
    impostor = next(shadowing_programs(project_root(machine.working_directory)), None)
    if impostor is not None:
        raise NotSupported(
            f"`{impostor}` would be started instead of ours on Windows, which looks in the project's folder first",
            "rename or remove it",
        )
    if find_program(machine, PROGRAM) is None:
        report.warn(f"`{PROGRAM}` is not on your PATH, where the project's entries look for it: {LASTING}")
    key = ""
    if adding.options.placement == "store":
        from posthog_wizard.doctor.check import host_flag

        host = host_flag(desired.address) + " --allow-http" * adding.connection.allow_http
        host = host if desired.kind == "local" else ""
        key = f" and a key: `{PROGRAM} key set{profile_flag(adding.options.choice.profile or DEFAULT)}{host}`"
    report.say(f"everybody who opens the project needs `{PROGRAM}` on the PATH ({LASTING}){key}")


def _plan(adding: Adding, desired: DesiredServer) -> Plan:
    """The plan that brings PostHog's server, or the installations that were named, into those places."""
    options, machine = adding.options, adding.machine._replace(launcher=desired.launcher)

    def unusable() -> WizardError | None:
        problem = launcher_problem(machine)
        return WizardError(problem, f"install it permanently: {this_installer().lasting}") if problem else None

    treated = plan_options(
        machine,
        *adding.connection.hosts,
        force=options.force,
        named=options.target.named,
        keep_twins=options.name is not None or bool(options.choice.installation),
        kept_limits=adding.kept_limits,
        check_limits=partial(refuse_inherited, adding.connection.kind),
        launcher_problem=unusable,
    )
    if options.choice.installation:
        from posthog_wizard.operations.installations.desired_servers import installed_servers

        return plan_add_several(adding.found, installed_servers(adding, desired), treated)
    if adding.storage is not None:
        return adding.storage.plan(adding.found, desired, treated)
    return plan_add(adding.found, desired, treated)


def _refuse_tracked(adding: Adding, plan: Plan) -> None:
    """Have the user agree to a key in a file that git tracks. Raises WrongUsage where nobody can be asked, Cancelled."""
    holding = [step.found for step in plan.steps if step.holds_key and step.due]
    if adding.options.allow_plaintext or adding.options.change.dry_run or not holding:
        return
    from posthog_wizard.doctor.client_files.git_index import is_tracked

    for found in holding:
        target = this_disk().resolve(found.path)
        if not (is_tracked(found.path) or is_tracked(target)):
            continue
        told = f"git tracks `{target}`: everybody who has that repository would have the key"
        if adding.person is None:
            raise WrongUsage(
                told, "use `--secret store`, `--secret env` or `--oauth`, or insist with `--allow-plaintext`"
            )
        adding.report.warn(told)
        if not adding.person.confirm("Write the key there anyway?", default=False):
            raise Cancelled
