"""`mcp add`: put the PostHog server into clients."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.add_options import AddRequest, check_request, desired_server, plan_options
from posthog_wizard.cli.change import RunOptions, carry_out
from posthog_wizard.cli.connection import connection, limits, sandbox_connection
from posthog_wizard.cli.key_check import KeyCheck, check_key_or_ask
from posthog_wizard.cli.key_input import Given, given_key, missing_key
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.cli.targets import client_selection, find, nothing_found
from posthog_wizard.credentials.environment import PERSONAL_KEY_VARIABLE
from posthog_wizard.model import Found, Limits, Machine, Plan
from posthog_wizard.plan import plan_add, plan_add_several

if TYPE_CHECKING:
    from posthog_wizard.cli.key_store.storing import KeyStorage


def command(
    clients: shared_options.ClientsArgument = None,
    client: shared_options.ClientOption = None,
    every: shared_options.AllOption = False,
    scope: shared_options.ScopeOption = "user",
    config_path: shared_options.ConfigPathOption = None,
    name: shared_options.NameOption = None,
    force: shared_options.ForceOption = False,
    api_key: shared_options.ApiKeyOption = None,
    api_key_stdin: shared_options.ApiKeyStdinOption = False,
    api_key_file: shared_options.ApiKeyFileOption = None,
    oauth: shared_options.OAuthOption = False,
    secret: shared_options.SecretOption = None,
    env_var: shared_options.EnvVarOption = None,
    store: shared_options.StoreOption = None,
    profile: shared_options.ProfileOption = None,
    allow_plaintext: shared_options.AllowPlaintextOption = False,
    no_verify: shared_options.NoVerifyOption = False,
    region: shared_options.RegionOption = None,
    host: shared_options.HostOption = None,
    server: shared_options.ServerOption = None,
    mcp_url: shared_options.McpUrlOption = None,
    allow_http: shared_options.AllowHttpOption = False,
    ca_file: shared_options.CaFileOption = None,
    sandbox: shared_options.SandboxOption = False,
    installation: shared_options.InstallationOption = None,
    organization: shared_options.OrganizationOption = None,
    project: shared_options.ProjectOption = None,
    features: shared_options.FeaturesOption = None,
    tools: shared_options.ToolsOption = None,
    read_only: shared_options.ReadOnlyOption = False,
    mode: shared_options.ModeOption = None,
    dry_run: shared_options.DryRunOption = False,
    yes: shared_options.YesOption = False,
    no_input: shared_options.NoInputOption = False,
    json: shared_options.JsonOption = False,
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
        shared_options.refuse_beside_sandbox(
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
            host = this_run().environment.get("POSTHOG_HOST") or None  # as `mcp installations` does
        where = at(host=host, region=region)
    most = limits(organization, project, features, tools, read_only=read_only, mode=mode, kind=where.kind)
    request = AddRequest(
        target=client_selection(clients, client, every=every, scope=scope, config_path=config_path, absent_too=force),
        every=every,
        connection=where,
        limits=most,
        placement=secret,
        oauth=oauth,
        variable=env_var or PERSONAL_KEY_VARIABLE,
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
        from posthog_wizard.cli.installations.desired_servers import check_flags

        check_flags(installation, name, request.limits, oauth=oauth, server=server or mcp_url, contact=not no_verify)
    if not sandbox:
        check_request(request, env_var=env_var, key_given=key_given)
    asking = ask.can_ask(no_input=no_input, json=json, stdin_taken=api_key_stdin)
    run_options = RunOptions("mcp add", dry_run=dry_run, json=json, asking=asking, confirmed=yes)
    variable = env_var if secret == "env" else None
    return _add(
        request, run_options, partial(given_key, api_key, stdin=api_key_stdin, file=api_key_file, variable=variable)
    )


def _add(request: AddRequest, run_options: RunOptions, key_in: Callable[..., Given]) -> int:
    """Find the clients, settle the key, and carry the change out. `key_in(environment=...)` looks for a key."""
    machine = this_run().machine
    found, resolved = find(request.target, machine)
    if not found and not resolved and request.sandbox:
        from posthog_wizard.cli.sandbox_setup import show_entry

        return show_entry(desired_server(request, KeyCheck(), machine), run_options, machine)
    if not found and not resolved:
        raise nothing_found(request.target)
    if not found:  # and so nothing for which a key would be needed
        return carry_out(Plan(()), run_options, machine, resolved=resolved)
    if run_options.asking and not request.target.named and not request.every and len(found) > 1:
        from posthog_wizard.cli.add_questions import choose

        found = choose(found, machine)
    for url in request.connection.exposed:
        output.warn(f"the key travels to `{url}` over plain http, where others on the network can read it")
    if request.sandbox:
        from posthog_wizard.cli.sandbox_setup import sandbox_key_check

        key_check = sandbox_key_check(request.limits, machine, dry_run=run_options.dry_run)
    else:
        request, key_check = _settle_with_store(request, found, machine, key_in, asking=run_options.asking)
    person = run_options.asking and not run_options.confirmed
    if request.placement is None:
        from posthog_wizard.cli.add_questions import ask_placement

        asked = person and not request.oauth and not request.sandbox
        request = request._replace(placement=ask_placement() if asked else "inline")
    keeping = _keep(request, key_check, found, machine, asking=run_options.asking)
    plan = _plan_for(found, request, key_check, keeping, machine, person=person)
    if request.placement == "env":
        output.say(f"the entries read the key from {request.variable}: set it where the clients are started")
    return carry_out(
        plan,
        run_options,
        machine,
        resolved=resolved,
        key=key_check.document(),
        before_apply=keeping.keep if keeping and plan.steps else None,
        after_apply=keeping.clean if keeping and plan.steps else None,
    )


def _settle_with_store(
    request: AddRequest, found: tuple[Found, ...], machine: Machine, key_in: Callable[..., Given], *, asking: bool
) -> tuple[AddRequest, KeyCheck]:
    """The key that was given, or is stored, and what PostHog says of it; a stored key brings its PostHog along."""
    given = key_in(environment=machine.environment)
    wanted = request.placement not in {"env", "prompt"} or bool(request.installations)
    if given.key is None and not request.oauth and wanted:
        from posthog_wizard.cli.key_store.placement import known_key

        request, given = known_key(request, given, found, machine, asking=asking)
    return request, _settle_key(request, given, asking=asking)


def _plan_for(
    found: tuple[Found, ...],
    request: AddRequest,
    key_check: KeyCheck,
    keeping: "KeyStorage | None",
    machine: Machine,
    *,
    person: bool,
) -> Plan:
    """The plan that brings PostHog's server, or the installations that were named, into those places."""
    if request.placement == "store" and request.target.scope == "project":
        from posthog_wizard.cli.shared_launcher import shared_launcher

        machine = machine._replace(launcher=shared_launcher(machine))
    treated = plan_options(request, machine)
    if request.installations:
        from posthog_wizard.cli.installations.desired_servers import project_for_key, wishes

        place = project_for_key(request.connection, request.limits, key_check)
        several = wishes(request.installations, place, desired_server(request, key_check, machine), request.name)
        return plan_add_several(found, several, treated)
    if person and request.limits == Limits() and not (keeping and keeping.moves(found) and request.plain):
        from posthog_wizard.cli.add_questions import ask_access

        request = request._replace(limits=ask_access())
    asked = desired_server(request, key_check, machine)
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


def _keep(
    request: AddRequest, key_check: KeyCheck, found: tuple[Found, ...], machine: Machine, *, asking: bool
) -> "KeyStorage | None":
    """The key's way into the store; None where it goes elsewhere."""
    if request.placement != "store":
        return None
    from posthog_wizard.cli.key_store.placement import key_storage_for

    return key_storage_for(request, key_check, found, machine, asking=asking)


def _settle_key(request: AddRequest, given: Given, *, asking: bool) -> KeyCheck:
    """The key and what PostHog says of it. A key that is refused, or cannot be checked, raises."""
    for note in given.notes:
        output.warn(note)
    needless = given.key is None and request.placement in {"env", "prompt"} and not request.installations
    if request.oauth or needless:
        return KeyCheck()
    if given.key is None and not asking:
        raise missing_key()
    return check_key_or_ask(request.connection, request.limits, given, contact=request.verify)
