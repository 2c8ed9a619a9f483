"""What is known of a key: a value for the command line, the server and the doctor. Pure."""

from typing import Literal, NamedTuple

from posthog_wizard.api.hosts import Region, region_of
from posthog_wizard.api.scopes import ALL
from posthog_wizard.errors import ApiError
from posthog_wizard.model import Json

KeyState = Literal["valid", "invalid", "forbidden", "unreachable", "unchecked", "none"]


class Named(NamedTuple):
    """An organization or a project; the name is None where the key may not read it."""

    id: str | int
    name: str | None = None


class KeyReport(NamedTuple):
    """What is known of a key.

    States: valid; forbidden (valid too, but it may not even read its owner); invalid; unreachable (no answer, 429 or
    5xx: it could not be checked); unchecked (not asked); none (no key). `problem` says why, except where it is valid,
    unchecked or none. `notes` are warnings, one sentence each. `scopes`, `label` and `last_used` are empty where
    PostHog does not tell.
    """

    state: KeyState
    host: str | None = None
    region: Region | None = None
    user: str | None = None
    organization: Named | None = None
    project: Named | None = None
    scopes: tuple[str, ...] = ()
    missing_scopes: tuple[str, ...] = ()
    problem: ApiError | None = None
    notes: tuple[str, ...] = ()
    label: str | None = None  # what its owner called it
    last_used: str | None = None  # a day, YYYY-MM-DD
    teams: tuple[int, ...] = ()  # the projects that it is limited to, none where it is not
    reads_only: bool = False  # its organization lets MCP servers only read
    unreached: ApiError | None = None  # why the project or organization that was named cannot be worked in

    @property
    def usable(self) -> bool:
        """Whether PostHog accepted the key."""
        return self.state in {"valid", "forbidden"}

    @property
    def all_access(self) -> bool:
        """Whether the key may do everything that its owner may."""
        return ALL in self.scopes

    def document(self, source: str | None) -> dict[str, Json]:
        """The `key` object of the command line's JSON."""
        return {
            "state": self.state,
            "source": source,
            "host": self.host,
            "region": self.region,
            "user": self.user,
            "organization": _document(self.organization),
            "project": _document(self.project),
            "scopes": list(self.scopes),
            "missing_scopes": list(self.missing_scopes),
        }


def _document(named: Named | None) -> dict[str, Json] | None:
    return None if named is None else {"id": named.id, "name": named.name}


def report_of(host: str, state: KeyState, problem: ApiError | None = None) -> KeyReport:
    """The report of a host that told nothing more."""
    return KeyReport(state, host, region_of(host), problem=problem)
