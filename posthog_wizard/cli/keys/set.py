"""`posthog-wizard key set`: put a key into the store."""

from __future__ import annotations

from posthog_wizard.api.hosts import region_of
from posthog_wizard.cli import ask, options, output
from posthog_wizard.cli.key import Given
from posthog_wizard.cli.keys.flags import Asked, Reference, Store, asked, host_of
from posthog_wizard.cli.keys.keeping import keep, place_for
from posthog_wizard.cli.keys.rows import SCHEMA, Shown, used_by
from posthog_wizard.cli.verdict import Verdict, verify
from posthog_wizard.credentials import outside, store
from posthog_wizard.credentials.profiles import Profile, flag
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import Cancelled, MissingInput
from posthog_wizard.machine import this_machine
from posthog_wizard.model import Limits, Machine


def command(
    profile: options.Profile = None,
    region: options.Region = None,
    host: options.Host = None,
    store: Store = None,
    reference: Reference = None,
    api_key_stdin: options.ApiKeyStdin = False,
    api_key_file: options.ApiKeyFile = None,
    no_verify: options.NoVerify = False,
    allow_http: options.AllowHttp = False,
    ca_file: options.CaFile = None,
    yes: options.Yes = False,
    json: options.JsonOption = False,
) -> int:
    """Put a PostHog key into the store, where `mcp serve`, `mcp bridge` and the other commands find it.

    posthog-wizard key set                          asks for the key, and where to keep it

    pass posthog | posthog-wizard key set --api-key-stdin --store file

    posthog-wizard key set --profile work --reference "command:op read op://dev/posthog/key"
    """
    machine = this_machine()
    wanted = asked(
        machine,
        profile=profile,
        host=host,
        region=region,
        store=store,
        reference=reference,
        stdin=api_key_stdin,
        file=api_key_file,
        verify=not no_verify,
        allow_http=allow_http,
        ca_file=ca_file,
    )
    asking = ask.can_ask(no_input=False, json=json, stdin_taken=api_key_stdin)
    if asking and not yes:
        _confirm(wanted)
    given = brought(wanted, machine, asking=asking)
    place = place_for(wanted, machine, asking=asking)
    verdict = settled(wanted, given)
    kept = _profile(wanted, verdict, place)
    if verdict.key is not None:
        keep(machine, kept, verdict.key, wanted.kept, command="key set")
    return _tell(machine, kept, verdict, json=json)


def brought(wanted: Asked, machine: Machine, *, asking: bool) -> Given:
    """The key that the flags name; none where it shall be asked for. Raises CredentialError, MissingInput."""
    if wanted.reference is not None:
        return Given(store.read(wanted.reference, "", machine), "store")
    given = wanted.given()
    if given.key is None and not asking:
        raise MissingInput(
            "no PostHog personal API key was given, and there is no terminal to ask for one",
            "pass it with `--api-key-stdin` or `--api-key-file PATH`, or say where it is: `--reference env:NAME`",
        )
    return given


def settled(wanted: Asked, given: Given) -> Verdict:
    """The key, asked for where none was given, and what PostHog says. Raises BadKey, Unreachable, CredentialError."""
    kept = wanted.kept
    same = kept is not None and host_of(kept) in wanted.connection.hosts
    return verify(wanted.connection, kept.limits if kept and same else Limits(), given, contact=wanted.contact)


def _profile(wanted: Asked, verdict: Verdict, place: KeyReference) -> Profile:
    """The profile as it will be. Limits that name an organization or a project are of one PostHog only."""
    kept, host = wanted.kept or Profile(wanted.profile), verdict.host or wanted.connection.hosts[0]
    if verdict.host is None and len(wanted.connection.hosts) > 1:
        output.warn(f"the key was not checked, so it is taken for one of `{host}`; `--region` says otherwise")
    if kept.host is not None and host_of(kept) != host and (kept.limits.organization or kept.limits.project):
        output.warn(f"the limits of `{kept.name}` to an organization or project were of `{kept.host}`, and are dropped")
        kept = kept._replace(limits=kept.limits._replace(organization=None, project=None))
    return kept._replace(host=host, key=place)


def _confirm(wanted: Asked) -> None:
    kept = wanted.kept
    if kept is not None and kept.key is not None:
        where = outside.described(kept.key)
        if not ask.confirm(f"The profile `{kept.name}` has a key already, in {where}. Replace it?"):
            raise Cancelled


def _tell(machine: Machine, kept: Profile, verdict: Verdict, *, json: bool) -> int:
    report = verdict.report
    if json and report is not None:
        row = Shown(kept, verdict.key, report, used_by(machine, kept.name, verdict.key))
        output.document(SCHEMA, profiles=[row.document()], key=verdict.document())
        return 0
    where = outside.described(kept.key) if kept.key else "nowhere"
    output.result(f"the key of the profile `{kept.name}` is in {where}, for {kept.host}")
    hosted = "" if region_of(host_of(kept)) != "self-hosted" else f" --host {kept.host}"
    output.say(f"next: `posthog-wizard mcp add --secret store{flag(kept.name)}{hosted}` lets clients use it")
    return 0
