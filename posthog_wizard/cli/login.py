"""`posthog-wizard login`: sign in with the browser."""

from collections.abc import Callable

from posthog_wizard.api.hosts import key_list, region_of
from posthog_wizard.cli import ask, output
from posthog_wizard.cli.change_screen import show_change
from posthog_wizard.cli.keys.key_rows import moment, store_word
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations import login
from posthog_wizard.operations.keys.key_options import adding_command, host_of
from posthog_wizard.operations.login import LoginOptions, SignedIn


def command(options: LoginOptions, json: bool = False) -> int:
    """Sign in to PostHog with the browser. The key goes into the key store, from which every client can use it.

    posthog-wizard login --region eu

    posthog-wizard login --host https://posthog.example.com

    posthog-wizard login --no-browser     over SSH, in a container: open the address anywhere
    """
    return sign_in_and_tell(options, _publish, json=json)


def sign_in_and_tell(options: LoginOptions, publish: Callable[[SignedIn], None], *, json: bool) -> int:
    """Sign in, and tell what came of it; `publish` takes it where JSON is wanted."""
    person = ask.person(json=json, no_input=options.no_input)
    terminal = this_run().stdin.fileno() if person is not None else None
    done = login.run(options, this_run().machine, person, output, terminal)
    if json:
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
        way=kept.way,
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
    output.say(f"next: `{adding_command(kept)}` lets clients use it")
    old = done.old
    if old is not None and old.key is not None and old.key != done.check.key and old.profile.way != "oauth":
        label = f" (`{old.report.label or old.profile.label}`)" if old.report.label or old.profile.label else ""
        output.say(f"delete the old key {old.key.masked()}{label} at {key_list(host_of(old.profile) or host)}")
