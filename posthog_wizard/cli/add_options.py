"""What a command line of `mcp add` asks for: whether it makes sense, and the wish that it comes to."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from posthog_wizard.api.hosts import SANDBOX_BASE
from posthog_wizard.cli.connection import Connection
from posthog_wizard.cli.key_check import KeyCheck
from posthog_wizard.cli.key_input import refuse_contradictions
from posthog_wizard.cli.targets import ClientSelection
from posthog_wizard.clients.entries import PROMPT_ID
from posthog_wizard.errors import MissingInput, WrongUsage
from posthog_wizard.install.ownership import left_by_us, written_by_us
from posthog_wizard.machine import is_temporary
from posthog_wizard.model import DesiredServer, EnvironmentReference, Key, Limits, Machine, Prompted, Stored
from posthog_wizard.plan import PlanOptions
from posthog_wizard.settings import named_hosts

Placement = Literal["inline", "store", "env", "prompt"]


class AddRequest(NamedTuple):
    """What the command line asks for, once it makes sense."""

    target: ClientSelection
    every: bool  # `--all`: no checklist
    connection: Connection
    limits: Limits
    placement: Placement | None  # None: not said
    oauth: bool
    variable: str
    name: str | None
    plaintext: bool
    verify: bool
    force: bool
    profile: str | None
    store: Literal["keyring", "file"] | None
    at: Callable[[str], Connection]  # the same for the PostHog of that base URL
    host_given: bool
    plain: bool  # no flag says which server, or which limits
    installations: tuple[str, ...] = ()

    @property
    def sandbox(self) -> bool:
        """Whether the entries shall start the PostHog inside our own server, which needs no key."""
        return self.connection.address == SANDBOX_BASE


def check_request(request: AddRequest, *, env_var: str | None, key_given: bool) -> None:
    """Refuse what contradicts itself, before anything is looked at."""
    placement, shared = request.placement or "inline", request.target.scope == "project"
    if request.store is not None and placement != "store":
        raise WrongUsage("`--store` belongs to `--secret store`", "add `--secret store`")
    refuse_contradictions(
        oauth=request.oauth,
        key_given=key_given or request.profile is not None,
        placement=placement,
        variable=env_var,
        kind=request.connection.kind,
    )
    if shared and placement == "inline" and not request.oauth and not request.plaintext:
        raise WrongUsage(
            "a project's file is shared, and the key would stand in it in plain text",
            "use `--secret store`, `--secret env` or `--oauth`, or insist with `--allow-plaintext`",
        )


def desired_server(request: AddRequest, key_check: KeyCheck, machine: Machine) -> DesiredServer:
    """What every client shall have. Raises MissingInput where nothing tells which PostHog our own server shall reach."""
    address = request.connection.address or key_check.host
    if address is None:
        raise MissingInput(
            "our own server must be told which PostHog it shall reach",
            "add `--region us`, `--region eu` or `--host URL`",
        )
    key: Key = None
    if request.placement == "env":
        key = EnvironmentReference(request.variable)
    elif request.placement == "prompt":
        key = Prompted(PROMPT_ID)
    elif request.placement == "store":
        key = Stored(request.profile) if request.profile else Stored()
    elif not request.oauth:
        key = key_check.key
    return DesiredServer(
        name=request.name or "posthog",
        kind=request.connection.kind,
        address=address,
        key=key,
        launcher=machine.launcher,
        limits=request.limits,
        flags=request.connection.flags,
    )


def plan_options(request: AddRequest, machine: Machine) -> PlanOptions:
    """How the plan treats what it meets."""
    problem = (
        f"`{machine.launcher[0]}` is in a temporary folder, and an entry that starts it would stop working"
        if is_temporary(machine)
        else None
    )
    return PlanOptions(
        force=request.force,
        named=request.target.named,
        keep_twins=request.name is not None or bool(request.installations),
        launcher_problem=problem,
        written_by_us=written_by_us(machine),
        left_by_us=left_by_us(machine),
        hosts=named_hosts(machine, *request.connection.hosts),
    )
