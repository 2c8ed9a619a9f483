"""`mcp add`: put the PostHog server into clients."""

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from posthog_wizard.cli import ask, options, output
from posthog_wizard.cli.add_request import Request, check, choices, wish
from posthog_wizard.cli.change import Manner, carry_out
from posthog_wizard.cli.connection import connection, limits, sandbox_connection
from posthog_wizard.cli.key import Given, given_key, missing_key
from posthog_wizard.cli.targets import find, nothing_found, target
from posthog_wizard.cli.verdict import Verdict, verify
from posthog_wizard.credentials.environment import PERSONAL_KEY
from posthog_wizard.machine import this_machine
from posthog_wizard.model import Found, Limits, Machine, Plan
from posthog_wizard.plan import plan_add, plan_add_several

if TYPE_CHECKING:
    from posthog_wizard.cli.storing import Keeping


def command(
    clients: options.Clients = None,
    client: options.ClientOption = None,
    every: options.All = False,
    scope: options.ScopeOption = "user",
    config_path: options.ConfigPath = None,
    name: options.Name = None,
    force: options.Force = False,
    api_key: options.ApiKey = None,
    api_key_stdin: options.ApiKeyStdin = False,
    api_key_file: options.ApiKeyFile = None,
    oauth: options.OAuth = False,
    secret: options.SecretOption = None,
    env_var: options.EnvVar = None,
    store: options.Store = None,
    profile: options.Profile = None,
    allow_plaintext: options.AllowPlaintext = False,
    no_verify: options.NoVerify = False,
    region: options.Region = None,
    host: options.Host = None,
    server: options.ServerOption = None,
    mcp_url: options.McpUrl = None,
    allow_http: options.AllowHttp = False,
    ca_file: options.CaFile = None,
    sandbox: options.Sandbox = False,
    installation: options.Installation = None,
    organization: options.Organization = None,
    project: options.Project = None,
    features: options.Features = None,
    tools: options.Tools = None,
    read_only: options.ReadOnly = False,
    mode: options.Mode = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    no_input: options.NoInput = False,
    json: options.JsonOption = False,
) -> int:
    """Put the PostHog server into AI clients.

    posthog-wizard mcp add                         every client found here

    posthog-wizard mcp add cursor zed --read-only  two clients, nothing can be changed

    posthog-wizard mcp add --dry-run               show the diff only

    pass posthog | posthog-wizard mcp add --api-key-stdin

    posthog-wizard mcp add --host https://posthog.example.com

    posthog-wizard mcp add --sandbox               no account: sample data, on this machine
    """
    key_given = api_key is not None or api_key_stdin or api_key_file is not None
    at = partial(connection, server=server, mcp_url=mcp_url, allow_http=allow_http, ca_file=ca_file)
    if sandbox:
        options.refuse_beside_sandbox(
            key=key_given,
            oauth=oauth,
            installation=installation,
            secret=secret or "inline",
            store=store,
            profile=profile,
            env_var=env_var,
            region=region,
            host=host,
            server=server,
            mcp_url=mcp_url,
            allow_http=allow_http,
            ca_file=ca_file,
        )
        where = sandbox_connection()
    else:
        if installation and host is None and region is None:
            host = os.environ.get("POSTHOG_HOST") or None  # as `mcp installations` does
        where = at(host=host, region=region)
    most = limits(organization, project, features, tools, read_only=read_only, mode=mode, kind=where.kind)
    request = Request(
        target=target(clients, client, every=every, scope=scope, config_path=config_path, absent_too=force),
        every=every,
        connection=where,
        limits=most,
        placement=secret,
        oauth=oauth,
        variable=env_var or PERSONAL_KEY,
        name=name,
        plaintext=allow_plaintext,
        verify=not no_verify,
        force=force,
        profile=profile,
        store=store,
        at=lambda base: at(host=base, region=None),
        host_given=host is not None or region is not None,
        plain=most == Limits() and host is server is mcp_url is None,
        installations=tuple(installation or ()),
    )
    if installation:
        from posthog_wizard.cli.installations.wishes import check_flags

        check_flags(installation, name, request.limits, oauth=oauth, server=server or mcp_url, contact=not no_verify)
    if not sandbox:
        check(request, env_var=env_var, key_given=key_given)
    asking = ask.can_ask(no_input=no_input, json=json, stdin_taken=api_key_stdin)
    manner = Manner("mcp add", dry_run=dry_run, json=json, asking=asking, confirmed=yes)
    variable = env_var if secret == "env" else None
    return add(request, manner, partial(given_key, api_key, stdin=api_key_stdin, file=api_key_file, variable=variable))


def add(request: Request, manner: Manner, key_in: Callable[..., Given]) -> int:
    """Find the clients, settle the key, and carry the change out. `key_in(environment=...)` looks for a key."""
    machine = this_machine()
    found, settled = find(request.target, machine)
    if not found and not settled and request.sandbox:
        from posthog_wizard.cli.sandboxed import show_entry

        return show_entry(wish(request, Verdict(), machine), manner, machine)
    if not found and not settled:
        raise nothing_found(request.target)
    if not found:  # and so nothing for which a key would be needed
        return carry_out(Plan(()), manner, machine, settled=settled)
    if manner.asking and not request.target.named and not request.every and len(found) > 1:
        from posthog_wizard.cli.add_questions import choose

        found = choose(found, machine)
    for url in request.connection.exposed:
        output.warn(f"the key travels to `{url}` over plain http, where others on the network can read it")
    if request.sandbox:
        from posthog_wizard.cli.sandboxed import settle

        verdict = settle(request.limits, machine, dry_run=manner.dry_run)
    else:
        request, verdict = settle_with_store(request, found, machine, key_in, asking=manner.asking)
    person = manner.asking and not manner.confirmed
    if request.placement is None:
        from posthog_wizard.cli.add_questions import ask_placement

        asked = person and not request.oauth and not request.sandbox
        request = request._replace(placement=ask_placement() if asked else "inline")
    keeping = keep(request, verdict, found, machine, asking=manner.asking)
    plan = plan_for(found, request, verdict, keeping, machine, person=person)
    if request.placement == "env":
        output.say(f"the entries read the key from {request.variable}: set it where the clients are started")
    return carry_out(
        plan,
        manner,
        machine,
        settled=settled,
        key=verdict.document(),
        first=keeping.keep if keeping and plan.steps else None,
        last=keeping.clean if keeping and plan.steps else None,
    )


def settle_with_store(
    request: Request, found: tuple[Found, ...], machine: Machine, key_in: Callable[..., Given], *, asking: bool
) -> tuple[Request, Verdict]:
    """The key that was given, or is stored, and what PostHog says of it; a stored key brings its PostHog along."""
    given = key_in(environment=machine.environment)
    wanted = request.placement not in {"env", "prompt"} or bool(request.installations)
    if given.key is None and not request.oauth and wanted:
        from posthog_wizard.cli.keyless import known_key

        request, given = known_key(request, given, found, machine, asking=asking)
    return request, settle_key(request, given, asking=asking)


def plan_for(
    found: tuple[Found, ...],
    request: Request,
    verdict: Verdict,
    keeping: "Keeping | None",
    machine: Machine,
    *,
    person: bool,
) -> Plan:
    """The plan that brings PostHog's server, or the installations that were named, into those places."""
    if request.placement == "store" and request.target.scope == "project":
        from posthog_wizard.cli.sharing import shared_launcher

        machine = machine._replace(launcher=shared_launcher(machine))
    treated = choices(request, machine)
    if request.installations:
        from posthog_wizard.cli.installations.wishes import place_for, wishes

        place = place_for(request.connection, request.limits, verdict)
        several = wishes(request.installations, place, wish(request, verdict, machine), request.name)
        return plan_add_several(found, several, treated)
    if person and request.limits == Limits() and not (keeping and keeping.moves(found) and request.plain):
        from posthog_wizard.cli.add_questions import ask_access

        request = request._replace(limits=ask_access())
    asked = wish(request, verdict, machine)
    if keeping is None:
        return plan_add(found, asked, treated)
    plan = keeping.plan(found, asked, treated)
    for key, titles in keeping.displaces(found, plan).items():
        named = ", ".join(dict.fromkeys(titles))
        output.warn(
            f"{named}: the other key that stands there, {key.masked()}, gives way to the stored one; "
            "it can have a profile of its own: `--profile NAME`"
        )
    return plan


def keep(
    request: Request, verdict: Verdict, found: tuple[Found, ...], machine: Machine, *, asking: bool
) -> "Keeping | None":
    """The key's way into the store; None where it goes elsewhere."""
    if request.placement != "store":
        return None
    from posthog_wizard.cli.keyless import keeping_for

    return keeping_for(request, verdict, found, machine, asking=asking)


def settle_key(request: Request, given: Given, *, asking: bool) -> Verdict:
    """The key and what PostHog says of it. A key that is refused, or cannot be checked, raises."""
    for note in given.notes:
        output.warn(note)
    needless = given.key is None and request.placement in {"env", "prompt"} and not request.installations
    if request.oauth or needless:
        return Verdict()
    if given.key is None and not asking:
        raise missing_key()
    return verify(request.connection, request.limits, given, contact=request.verify)
