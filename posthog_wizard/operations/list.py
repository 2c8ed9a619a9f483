"""`mcp list`: every known client, where its file is, and in what state our entry is."""

from collections.abc import Callable
from typing import NamedTuple

from posthog_wizard.clients import CLIENTS
from posthog_wizard.install.detect import detect
from posthog_wizard.install.ownership import OwnWriting
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


def entry_states(machine: Machine) -> Callable[[Found, str], EntryState]:
    """What tells the state of the entry of a name in a place, by what journal and profiles say now."""
    ours, hosts = OwnWriting(machine), named_hosts(machine)
    return lambda found, name: state_of(found, name, machine.launcher, ours.wrote, ours.left, hosts)


def run(scope: Scope, machine: Machine) -> tuple[_Listed, ...]:
    """A row for each known place, whether the client is on this machine or not."""
    state, known, hosts = entry_states(machine), OwnWriting(machine).wrote, named_hosts(machine)
    rows = []
    for found in one_of_merged(detect(CLIENTS.values(), machine, scope), "posthog"):
        first = state(found, "posthog")
        further = [state(found, name) for name in entries_of_ours(found, known, hosts) if name != first.name]
        installed = [(name, state(found, name)) for name in entries_of_ours(found, known, hosts, installed=True)]
        rows.append(_Listed(found, first, tuple(further), tuple(installed)))
    return tuple(rows)
