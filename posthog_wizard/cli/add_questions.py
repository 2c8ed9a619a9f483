"""The questions that `mcp add` asks on a terminal, besides those for the key and for the confirmation."""

from posthog_wizard.cli import ask
from posthog_wizard.cli.add_options import Placement
from posthog_wizard.errors import Cancelled
from posthog_wizard.install.ownership import written_by_us
from posthog_wizard.model import Found, Limits, Machine
from posthog_wizard.settings import named_hosts

_COST = "entries then start posthog-wizard, and clients do not sign in by themselves"


def choose(found: tuple[Found, ...], machine: Machine) -> tuple[Found, ...]:
    """Let the user tick clients, each shown with the state of its entry."""
    from posthog_wizard.plan.state import state_of

    known, hosts = written_by_us(machine), named_hosts(machine)
    labels = [
        (
            str(index),
            f"{one.client.title:24} ({state_of(one, 'posthog', machine.launcher, known, hosts=hosts).standing})  {one.path}",
        )
        for index, one in enumerate(found)
    ]
    ticked = ask.choose_several("Which clients shall PostHog be added to?", labels)
    if not ticked:
        raise Cancelled("no client was chosen, nothing was changed")
    return tuple(found[int(index)] for index in ticked)


def ask_access() -> Limits:
    """Let the user choose what agents may do."""
    answer = ask.choose_one(
        "What may agents do in PostHog?",
        [
            ("full", "Full access: read, create, change and delete, as far as the key allows"),
            ("read", "Read only: look things up and run queries, change nothing"),
        ],
    )
    return Limits(read_only=answer == "read")


def ask_placement() -> Placement:
    """Let the user choose where the key goes, where there is a keyring; it is looked for when there is somebody to ask."""
    from posthog_wizard.credentials.keyring_store import available

    keyring = available()
    if keyring is None:
        return "inline"
    stays_out = "no file holds it, and one command changes it for all clients"
    answer = ask.choose_one(
        "Where shall the key be kept?",
        [
            ("store", f"In the keyring ({keyring}), recommended: {stays_out}; {_COST}"),
            ("inline", "In each client's file, in plain text, as PostHog documents it"),
        ],
    )
    return "store" if answer == "store" else "inline"
