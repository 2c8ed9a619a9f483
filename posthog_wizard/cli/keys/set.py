"""`posthog-wizard key set`: put a key into the store."""

from __future__ import annotations

from posthog_wizard.api.hosts import region_of
from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.key_check import KeyCheck, check_key_or_ask
from posthog_wizard.cli.key_input import Given
from posthog_wizard.cli.key_store.choice import choose_store, keep
from posthog_wizard.cli.keys.key_options import KeyRequest, KeyStoreOption, ReferenceOption, host_of, key_request
from posthog_wizard.cli.keys.rows import KEY_SCHEMA, Shown, used_by
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.credentials import external_reference, store
from posthog_wizard.credentials.profiles import Profile, profile_flag
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import Cancelled, MissingInput
from posthog_wizard.model import Limits, Machine


def command(
    profile: shared_options.ProfileOption = None,
    region: shared_options.RegionOption = None,
    host: shared_options.HostOption = None,
    store: KeyStoreOption = None,
    reference: ReferenceOption = None,
    api_key_stdin: shared_options.ApiKeyStdinOption = False,
    api_key_file: shared_options.ApiKeyFileOption = None,
    no_verify: shared_options.NoVerifyOption = False,
    allow_http: shared_options.AllowHttpOption = False,
    ca_file: shared_options.CaFileOption = None,
    yes: shared_options.YesOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Put a PostHog key into the store, where `mcp serve`, `mcp bridge` and the other commands find it.

    posthog-wizard key set                          asks for the key, and where to keep it

    pass posthog | posthog-wizard key set --api-key-stdin --store file

    posthog-wizard key set --profile work --reference "command:op read op://dev/posthog/key"
    """
    machine = this_run().machine
    wanted = key_request(
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
    place = choose_store(wanted, machine, asking=asking)
    key_check = settled(wanted, given)
    kept = _profile(wanted, key_check, place)
    if key_check.key is not None:
        keep(machine, kept, key_check.key, wanted.kept, command="key set")
    return _tell(machine, kept, key_check, json=json)


def brought(wanted: KeyRequest, machine: Machine, *, asking: bool) -> Given:
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


def settled(wanted: KeyRequest, given: Given) -> KeyCheck:
    """The key, asked for where none was given, and what PostHog says. Raises BadKey, Unreachable, CredentialError."""
    kept = wanted.kept
    same = kept is not None and host_of(kept) in wanted.connection.hosts
    return check_key_or_ask(
        wanted.connection, kept.limits if kept and same else Limits(), given, contact=wanted.contact
    )


def _profile(wanted: KeyRequest, key_check: KeyCheck, place: KeyReference) -> Profile:
    """The profile as it will be. Limits that name an organization or a project are of one PostHog only."""
    kept, host = wanted.kept or Profile(wanted.profile), key_check.host or wanted.connection.hosts[0]
    if key_check.host is None and len(wanted.connection.hosts) > 1:
        output.warn(f"the key was not checked, so it is taken for one of `{host}`; `--region` says otherwise")
    if kept.host is not None and host_of(kept) != host and (kept.limits.organization or kept.limits.project):
        output.warn(f"the limits of `{kept.name}` to an organization or project were of `{kept.host}`, and are dropped")
        kept = kept._replace(limits=kept.limits._replace(organization=None, project=None))
    return kept._replace(host=host, key=place)


def _confirm(wanted: KeyRequest) -> None:
    kept = wanted.kept
    if kept is not None and kept.key is not None:
        where = external_reference.reference_in_words(kept.key)
        if not ask.confirm(f"The profile `{kept.name}` has a key already, in {where}. Replace it?"):
            raise Cancelled


def _tell(machine: Machine, kept: Profile, key_check: KeyCheck, *, json: bool) -> int:
    report = key_check.report
    if json and report is not None:
        row = Shown(kept, key_check.key, report, used_by(machine, kept.name, key_check.key))
        output.json_document(KEY_SCHEMA, profiles=[row.document()], key=key_check.document())
        return 0
    where = external_reference.reference_in_words(kept.key) if kept.key else "nowhere"
    output.result(f"the key of the profile `{kept.name}` is in {where}, for {kept.host}")
    hosted = "" if region_of(host_of(kept)) != "self-hosted" else f" --host {kept.host}"
    output.say(f"next: `posthog-wizard mcp add --secret store{profile_flag(kept.name)}{hosted}` lets clients use it")
    return 0
