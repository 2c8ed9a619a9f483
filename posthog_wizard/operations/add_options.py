"""What a command line of `mcp add` asks for, whether it makes sense, and what becomes of it on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Found, Limits, Machine
from posthog_wizard.operations.change import RunOptions
from posthog_wizard.operations.connection import Connection
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import Given, KeyCheck, given_key, refuse_contradictions
from posthog_wizard.operations.server_choice import ServerChoice
from posthog_wizard.operations.targets import ClientSelection
from posthog_wizard.plan.limits import ALL_LIMITS

if TYPE_CHECKING:
    from posthog_wizard.operations.key_store.storing import KeyStorage

LONGEST_NAME = 40  # letters of a name: some clients allow 60 for it and a tool's name together
OWN_NAME = "posthog"  # the name of the entry for PostHog's own server


class AddOptions(NamedTuple):
    """The flags of `mcp add`."""

    target: ClientSelection
    choice: ServerChoice
    change: RunOptions
    every: bool = False  # `--all`: no checklist
    name: str | None = None
    force: bool = False
    allow_plaintext: bool = False
    verify: bool = True
    no_limits: bool = False  # drop those that entries have

    @property
    def placement(self) -> str:
        """Where the key goes: a row of `placements`, the usual one where no flag says so."""
        if self.choice.sandbox or self.choice.oauth:
            return "sandbox" if self.choice.sandbox else "oauth"
        return self.choice.secret or ("store" if self.choice.login else "inline")


class Adding(NamedTuple):
    """One `mcp add` on its way: the flags, who can be asked, and what is known so far."""

    options: AddOptions
    connection: Connection
    limits: Limits
    machine: Machine
    ask: Ask | None
    report: Report
    found: tuple[Found, ...] = ()
    check: KeyCheck = KeyCheck()  # of a sign-in on the way, then of the key that is used
    storage: KeyStorage | None = None  # the key's way into the store
    kept_limits: frozenset[str] = ALL_LIMITS  # fields that entries keep where nothing else is said

    @property
    def person(self) -> Ask | None:
        """Who has a choice, where no flag says what to do: not who has agreed to everything with `--yes`."""
        return None if self.options.change.confirmed else self.ask

    @property
    def plain(self) -> bool:
        """Whether nothing says which server, or which limits."""
        choice = self.options.choice
        return self.limits == Limits() and choice.host is choice.server is choice.mcp_url is None

    def choosing(self, **flags: Any) -> Adding:
        """The same, with other values of some flags in `options.choice`."""
        return self._replace(options=self.options._replace(choice=self.options.choice._replace(**flags)))

    def given(self) -> Given:
        """The key that flags or the environment hold. Raises WrongUsage, CredentialError."""
        choice = self.options.choice
        return given_key(
            choice.api_key,
            stdin=self.report.standard_input if choice.api_key_stdin else None,
            file=choice.api_key_file,
            environment=self.machine.environment,
            variable=choice.env_var if choice.secret == "env" else None,
        )


def adding_for(options: AddOptions, machine: Machine, ask: Ask | None, report: Report) -> Adding:
    """The beginning. Raises WrongUsage for flags that cannot be combined, before anything is looked at."""
    refuse_long_name(options.name)
    choice = options.choice.of_environment(machine, report)
    options = options._replace(choice=choice)
    where = choice.connection()
    kept = frozenset[str]() if options.no_limits else ALL_LIMITS
    adding = Adding(options, where, choice.limits(where.kind), machine, ask, report, kept_limits=kept)
    if choice.installation:
        _check_for_installations(adding)
    if not choice.sandbox:
        _check(adding)
    return adding


def _check_for_installations(adding: Adding) -> None:
    """Raise WrongUsage for flags of `mcp add` that mean nothing for an installed server."""
    options, choice = adding.options, adding.options.choice
    server, several = choice.server or choice.mcp_url, len(choice.installation or ()) > 1
    own = adding.limits._replace(organization=None, project=None) != Limits()
    for given, said, hint in (
        (
            server is not None,
            "an installation is reached through PostHog's API",
            "leave `--server` and `--mcp-url` out",
        ),
        (own, "`--features`, `--tools`, `--read-only` and `--mode` are for PostHog's own server", "leave them out"),
        (choice.oauth, "an installation is reached with a PostHog key", "leave `--oauth` out"),
        (not options.verify, "an installation has to be looked up in PostHog", "leave `--no-verify` out"),
        (options.name is not None and several, "`--name` names one entry, not several", "leave `--name` out"),
        (options.name == OWN_NAME, f"`{OWN_NAME}` is the entry of PostHog's own server", "choose another `--name`"),
    ):
        if given:
            raise WrongUsage(said, hint)


def _check(adding: Adding) -> None:
    options, choice = adding.options, adding.options.choice
    placement = choice.secret or ("store" if choice.login else "inline")
    if choice.login and (choice.oauth or choice.key_given or placement not in {"inline", "store"}):
        raise WrongUsage("`--login` signs in for a key", "leave `--oauth`, `--secret` and the key's flags out")
    if choice.store is not None and placement != "store":
        raise WrongUsage("`--store` only works with `--secret store`", "add `--secret store`")
    refuse_contradictions(
        oauth=choice.oauth,
        key_given=choice.key_given or (choice.profile is not None and not choice.oauth),
        placement=placement,
        variable=choice.env_var,
        kind=adding.connection.kind,
    )
    if choice.secret == "inline" or choice.key_given:  # else a stored key may be used
        refuse_plaintext(options)


def refuse_long_name(name: str | None) -> None:
    """Raise WrongUsage for the name of an entry that some clients would not take."""
    if len(name or "") > LONGEST_NAME:
        raise WrongUsage(
            f"`--name` has more than {LONGEST_NAME} letters, and clients put it before the name of each tool",
            f"choose one of at most {LONGEST_NAME}",
        )


def refuse_plaintext(options: AddOptions) -> None:
    """Raise WrongUsage for a key in plain text in a project's file, unless the user insists."""
    shared = options.target.scope == "project"
    if shared and options.placement == "inline" and not options.allow_plaintext:
        raise WrongUsage(
            "a project's file is shared, and the key would stand in it in plain text",
            "use `--secret store`, `--secret env` or `--oauth`, or insist with `--allow-plaintext`",
        )
