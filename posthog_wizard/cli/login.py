"""`posthog-wizard login`: sign in with the browser."""

from collections.abc import Callable
from typing import Annotated, NamedTuple

import typer

from posthog_wizard.api.hosts import key_list, region_of
from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.change_screen import show_change
from posthog_wizard.cli.keys.key_flags import StoreOption
from posthog_wizard.cli.keys.key_rows import moment, store_word
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.credentials.profiles import profile_flag
from posthog_wizard.operations import login
from posthog_wizard.operations.keys.key_options import host_of
from posthog_wizard.operations.login import LoginOptions, SignedIn


class LoginFlags(NamedTuple):
    """The flags, in the order of the help."""

    region: shared_options.RegionOption = None
    host: shared_options.HostOption = None
    profile: shared_options.ProfileOption = None
    store: StoreOption = None
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address, for a browser elsewhere.")
    ] = False
    oauth: Annotated[bool, typer.Option("--oauth", help="Access that expires and is renewed, in place of a key.")] = (
        False
    )
    project: Annotated[
        str | None, typer.Option("--project", metavar="ID", help="Accept this project only.", show_default=False)
    ] = None
    read_only: Annotated[bool, typer.Option("--read-only", help="Accept nothing that can change data.")] = False
    timeout: Annotated[float, typer.Option("--timeout", min=1, metavar="SECONDS", help="How long to wait for you.")] = (
        600.0
    )
    allow_http: shared_options.AllowHttpOption = False
    ca_file: shared_options.CaFileOption = None
    yes: shared_options.YesOption = False
    no_input: shared_options.NoInputOption = False
    json: shared_options.JsonOption = False


def command(flags: LoginFlags) -> int:
    """Sign in to PostHog with the browser. The key goes into the key store, from which every client can use it.

    posthog-wizard login --region eu

    posthog-wizard login --host https://posthog.example.com

    posthog-wizard login --no-browser     over SSH, in a container: open the address anywhere
    """
    return sign_in_and_tell(flags, _publish)


def sign_in_and_tell(flags: LoginFlags, publish: Callable[[SignedIn], None]) -> int:
    """Sign in, and tell what came of it; `publish` takes it where JSON is wanted."""
    person = ask.person(json=flags.json, no_input=flags.no_input)
    same = {name: value for name, value in flags._asdict().items() if name in LoginOptions._fields}
    options = LoginOptions(**same, browser=not flags.no_browser, confirmed=flags.yes, ask_nothing=flags.no_input)
    if person is not None:
        options = options._replace(terminal=this_run().stdin.fileno())
    done = login.run(options, this_run().machine, person, output)
    if flags.json:
        publish(done)
    else:
        _tell(done, seen=person is not None)
    return int(done.changed is not None and done.changed.failed)


def _publish(done: SignedIn) -> None:
    kept, host = done.profile, host_of(done.profile)
    output.json_document(
        output.SCHEMAS["login"],
        profile=kept.name,
        host=host,
        region=region_of(host),
        store=store_word(kept.key),
        way=done.way,
        expires=moment(done.expires),
        key=done.check.document(),
    )


def _tell(done: SignedIn, *, seen: bool) -> None:
    kept, host = done.profile, host_of(done.profile)
    if not done.fresh:
        output.result(f"the profile `{kept.name}` is signed in to {host} already")
        return
    if done.changed is not None and done.changed.outcomes:
        show_change(done.changed, json=False, seen=seen, lasting=True)
    output.result(f"the profile `{kept.name}` is signed in to {host}")
    hosted = f" --host {host}" if region_of(host) == "self-hosted" else ""
    output.say(f"next: `posthog-wizard mcp add --secret store{profile_flag(kept.name)}{hosted}` lets clients use it")
    old = done.old
    if old is not None and old.key is not None and old.key != done.check.key and old.profile.way != "oauth":
        label = f" (`{old.report.label or old.profile.label}`)" if old.report.label or old.profile.label else ""
        output.say(f"delete the old key {old.key.masked()}{label} at {key_list(host_of(old.profile) or host)}")
