"""Where a key can go, one row each: how it is found and checked, and what is said of it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from posthog_wizard.clients.posthog_docs import PLACEHOLDER
from posthog_wizard.invocation import HOSTED_MCP_URL
from posthog_wizard.model import Plan, Secret
from posthog_wizard.operations.add_options import Adding
from posthog_wizard.operations.key_check import Given, KeyCheck, check_key_or_ask
from posthog_wizard.operations.keys.key_options import host_of, profile_called
from posthog_wizard.settings import stored_key

_Found = tuple[Adding, Given]


class _Placement(NamedTuple):
    """A place for the key. Each step is given the `mcp add` as far as it has come."""

    resolve: Callable[[Adding], _Found]  # where the key comes from; a stored one brings its PostHog along
    verify: Callable[[Adding, Given], KeyCheck]  # what PostHog says of it; a key that is refused raises
    prepare: Callable[[Adding], Adding] = lambda adding: adding  # what has to be known before the plan
    tell: Callable[[Adding, Plan], None] = lambda _adding, _plan: None  # what people should know of the plan


def key_in_profile(adding: Adding) -> Given | None:
    """The profile's key; None where nothing names one. Raises CredentialError.

    A profile that nobody asked for and that is of another PostHog is passed over.
    """
    asked = adding.connection.hosts[0] if adding.options.choice.host_given else None
    kept, named = profile_called(adding.machine, adding.options.choice.profile), adding.options.choice.profile
    if kept.key is None:
        return None
    own = host_of(kept) or None
    if named is None and None not in (own, asked) and own != asked:
        return None
    return Given(stored_key(adding.machine, kept, asked).read(), "store", host=own)


def _only_given(adding: Adding) -> _Found:
    return adding, adding.given()


def _known(adding: Adding, *, in_entries: bool = False) -> _Found:
    """The key that is given, else the stored one, else the one in the entries; `key` is None where there is none.

    A key that was found brings its PostHog along, unless flags name one. Raises CredentialError, MissingInput.
    """
    options = adding.options
    given = Given(None, None) if options.choice.login else adding.given()  # not that of the environment
    if given.key is not None:
        return adding, given
    known = key_in_profile(adding)
    if known is None and in_entries:
        from posthog_wizard.operations.key_store.storing import key_in_entries

        known = key_in_entries(adding.found, adding.ask)
    if known is None:
        return adding, given
    if known.host is not None and not options.choice.host_given:
        adding = adding._replace(connection=options.choice.connection(known.host))
    return adding, known._replace(notes=given.notes, source=adding.check.source or known.source)


def _given_if_any(adding: Adding) -> _Found:
    """The client finds the key by itself; but who looks up installations needs one."""
    return _known(adding) if adding.options.choice.installation else _only_given(adding)


def _checked(adding: Adding, given: Given, *, needed: bool = True) -> KeyCheck:
    options = adding.options
    if given.key is None and not options.choice.installation:
        if not needed:
            return KeyCheck()
        if options.change.dry_run:
            adding.report.say("no key was given: a placeholder stands for it here")
            return KeyCheck(Secret(PLACEHOLDER))
    contact = options.verify
    return check_key_or_ask(adding.connection, adding.limits, given, adding.ask, adding.report, contact=contact)


def _sandboxed(adding: Adding, _given: Given) -> KeyCheck:
    from posthog_wizard.operations.sandbox_setup import sandbox_key_check

    return sandbox_key_check(adding.limits, adding.machine, adding.report, dry_run=adding.options.change.dry_run)


def _say_variable(adding: Adding, _plan: Plan) -> None:
    variable = adding.options.choice.variable
    adding.report.say(f"the entries read the key from {variable}: set it where the clients are started")


def _on_its_way(adding: Adding) -> Adding:
    """The checked key on its way into the profile that was asked for. Raises WrongUsage, MissingInput, Cancelled."""
    from posthog_wizard.operations.key_store.storing import key_storage

    where, choice = adding.connection, adding.options.choice
    storage = key_storage(
        adding.machine,
        adding.ask,
        name=choice.profile,
        key=adding.check.key or Secret(""),
        host=adding.check.host_in(where, adding.report),
        found=adding.found,
        mcp_url=where.address if where.kind == "hosted" and where.address != HOSTED_MCP_URL else None,
        where=choice.store,
        held=adding.check.source in {"store", "login"},
    )
    return adding._replace(storage=storage._replace(plain=adding.plain))


def _tell_displaced(adding: Adding, plan: Plan) -> None:
    if adding.storage is not None and not adding.options.choice.installation:
        adding.storage.tell_displaced(adding.found, plan, adding.report)


PLACEMENTS: Mapping[str, _Placement] = {
    "inline": _Placement(_known, _checked),
    "store": _Placement(partial(_known, in_entries=True), _checked, prepare=_on_its_way, tell=_tell_displaced),
    "env": _Placement(_given_if_any, partial(_checked, needed=False), tell=_say_variable),
    "prompt": _Placement(_given_if_any, partial(_checked, needed=False)),
    "oauth": _Placement(_only_given, lambda _adding, _given: KeyCheck()),
    "sandbox": _Placement(lambda adding: (adding, Given(None, None)), _sandboxed),
}
