"""Which server entries lead to and what stands for the key in them: the choices that `mcp add` and `mcp print` share."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from posthog_wizard.api.hosts import SANDBOX_BASE, CloudRegion
from posthog_wizard.clients.entries import PROMPT_ID
from posthog_wizard.credentials.environment import PERSONAL_KEY_VARIABLE
from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import Invocation
from posthog_wizard.model import EnvironmentReference, Key, Limits, Machine, Prompted, Stored
from posthog_wizard.operations.connection import Connection, connection, host_in_environment, limits_of
from posthog_wizard.operations.dialogue import Report

_NOT_BESIDE_SANDBOX = (
    "oauth secret server login installation store profile env_var region host mcp_url allow_http ca_file"
)


class ServerChoice(NamedTuple):
    """The flags, as they were given; None and empty: not at all."""

    api_key: str | None = None
    api_key_stdin: bool = False
    api_key_file: Path | None = None
    oauth: bool = False
    login: bool = False
    secret: Literal["inline", "store", "env", "prompt"] | None = None
    env_var: str | None = None
    store: Literal["keyring", "file"] | None = None
    profile: str | None = None
    region: CloudRegion | None = None
    host: str | None = None
    server: Literal["hosted", "local"] | None = None
    mcp_url: str | None = None
    allow_http: bool = False
    ca_file: Path | None = None
    sandbox: bool = False
    installation: list[str] | None = None
    organization: str | None = None
    project: str | None = None
    features: str | None = None
    tools: str | None = None
    read_only: bool = False
    mode: Literal["tools", "cli"] | None = None

    @property
    def key_given(self) -> bool:
        """Whether a flag brings a key."""
        return self.api_key is not None or self.api_key_stdin or self.api_key_file is not None

    @property
    def variable(self) -> str:
        """The environment variable for `--secret env`."""
        return self.env_var or PERSONAL_KEY_VARIABLE

    @property
    def host_given(self) -> bool:
        """Whether a flag says which PostHog."""
        return self.host is not None or self.region is not None

    def of_environment(self, machine: Machine, report: Report) -> ServerChoice:
        """With the PostHog that the environment names, as by all commands, where no flag says which."""
        if self.host_given or self.oauth or self.sandbox:
            return self
        return self._replace(host=host_in_environment(machine, report))

    def connection(self, host: str | None = None) -> Connection:
        """The PostHog and the server before it; `host`: that of this base URL instead. Raises WrongUsage."""
        if self.sandbox:
            others = {flag: value for flag, value in self._asdict().items() if flag in _NOT_BESIDE_SANDBOX.split()}
            refuse_beside_sandbox(key=self.key_given, **others)
            return Connection("local", SANDBOX_BASE, (SANDBOX_BASE,))
        return connection(
            host=host or self.host,
            region=None if host else self.region,
            server=self.server,
            mcp_url=self.mcp_url,
            allow_http=self.allow_http,
            ca_file=self.ca_file,
        )

    def limits(self, kind: Literal["hosted", "local"]) -> Limits:
        """The limits for a server of that kind. Raises WrongUsage."""
        said = Invocation(
            "serve" if kind == "local" else "bridge", organization=self.organization, project=self.project
        )
        return limits_of(
            said._replace(features=self.features, tools=self.tools, read_only=self.read_only, mode=self.mode)
        )

    def reference(self) -> Key:
        """What stands in the entry in the place of a key; None where the key itself does."""
        if self.secret == "env":
            return EnvironmentReference(self.variable)
        if self.secret == "prompt":
            return Prompted(PROMPT_ID)
        return (Stored(self.profile) if self.profile else Stored()) if self.secret == "store" else None


def refuse_beside_sandbox(
    *, key: bool = False, oauth: bool = False, secret: str | None = None, server: str | None = None, **others: object
) -> None:
    """Raise WrongUsage for a flag that means another PostHog, or a key: the sandbox needs neither.

    `others`: flags by their parameters' names, with their values.
    """
    given = {
        "--api-key": key,
        "--oauth": oauth,
        "--secret": secret not in {None, "inline"},
        "--server hosted": server == "hosted",
        **{f"--{name.replace('_', '-')}": value for name, value in others.items()},
    }
    for flag, value in given.items():
        if value:
            raise WrongUsage(f"`--sandbox` and `{flag}` cannot be combined", "leave one of them out")
