"""`mcp list`: every known client, where its file is, and in what state our entry is."""

from typing import NamedTuple

from posthog_wizard.clients import CLIENTS
from posthog_wizard.install.detect import detect
from posthog_wizard.install.ownership import left_by_us, written_by_us
from posthog_wizard.model import Found, Machine, Scope
from posthog_wizard.plan import one_of_merged
from posthog_wizard.plan.state import EntryState, entries_of_ours, state_of
from posthog_wizard.settings import named_hosts


class _Listed(NamedTuple):
    """A place of a client, the state of our entry there, and of those for servers that are installed in PostHog."""

    found: Found
    state: EntryState
    further: tuple[EntryState, ...]  # other entries of ours that lead to PostHog itself
    installed: tuple[tuple[str, EntryState], ...]


def run(scope: Scope, machine: Machine) -> tuple[_Listed, ...]:
    """A row for each known place, whether the client is on this machine or not."""
    known, left, hosts = written_by_us(machine), left_by_us(machine), named_hosts(machine)

    def state(found: Found, name: str) -> EntryState:
        return state_of(found, name, machine.launcher, known, left, hosts)

    def further(found: Found, first: EntryState) -> tuple[EntryState, ...]:
        return tuple(state(found, name) for name in entries_of_ours(found, known, hosts) if name != first.name)

    return tuple(
        _Listed(
            found,
            first := state(found, "posthog"),
            further(found, first),
            tuple((name, state(found, name)) for name in entries_of_ours(found, known, hosts, installed=True)),
        )
        for found in one_of_merged(detect(CLIENTS.values(), machine, scope), "posthog")
    )
