"""`posthog-wizard login`: sign in with the browser; the key is stored before anything is said of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from posthog_wizard.api.hosts import CLOUD, CloudRegion, app_list, key_list, key_page
from posthog_wizard.credentials import external_reference
from posthog_wizard.credentials.profiles import Profile, profile_flag
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import Cancelled, MissingInput, OtherThanWished, WizardError
from posthog_wizard.model import Limits, Machine
from posthog_wizard.operations.change import Changed, RunOptions, carry_out
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import Given, KeyCheck, check_key_or_ask
from posthog_wizard.operations.key_store.choice import keep, prove_store, usual_store
from posthog_wizard.operations.key_store.storing import purge
from posthog_wizard.operations.keys.key_options import KeyOptions, KeyRequest, host_of, key_request
from posthog_wizard.operations.keys.rotate import plan_copies
from posthog_wizard.operations.keys.show import ProfileState, profile_state
from posthog_wizard.sign_in.browser import has_browser, open_browser
from posthog_wizard.sign_in.obtained import Obtained, posthog_cli_sign_in
from posthog_wizard.sign_in.shared_token import end_access
from posthog_wizard.sign_in.token import AccessToken, token_of

if TYPE_CHECKING:
    from posthog_wizard.api.keyless import Contact

_REVOKED = "sign in again once it can be stored: the new access was revoked"


class LoginOptions(NamedTuple):
    """The flags of `login`, in the order of the help. `yes`: an older credential may be replaced."""

    region: CloudRegion | None = None
    host: str | None = None
    profile: str | None = None
    store: Literal["keyring", "file"] | None = None
    no_browser: bool = False
    oauth: bool = False
    project: str | None = None
    read_only: bool = False
    timeout: float = 600.0  # seconds that somebody has to approve
    allow_http: bool = False
    ca_file: Path | None = None
    yes: bool = False
    no_input: bool = False


class SignedIn(NamedTuple):
    """What became of it: the profile as it is now, what PostHog says of its key, and the old one where it had one."""

    profile: Profile
    check: KeyCheck
    expires: float | None = None
    old: ProfileState | None = None
    changed: Changed | None = None  # clients whose files held a copy of the old key
    fresh: bool = True  # False: there was a valid sign-in, and nothing was done
    delete_at: str | None = None  # the page where the access that was there ends, if it could not be revoked


class _Wanted(NamedTuple):
    """A sign-in on its way: the flags, where to sign in (a base URL), and where the credential goes."""

    options: LoginOptions
    request: KeyRequest
    host: str
    place: KeyReference
    old: ProfileState | None
    machine: Machine
    ask: Ask | None
    report: Report
    terminal: int | None


def run(
    options: LoginOptions, machine: Machine, ask: Ask | None, report: Report, terminal: int | None = None
) -> SignedIn:
    """Sign in and store what it gives; `terminal` is the descriptor on which a person can paste.

    Raises WizardError, and the profile is as it was, unless the error says otherwise.
    """
    options, request = _with_region(options, machine, ask)
    profile = request.profile
    old = profile_state(machine, profile, report, options.ca_file) if profile.key else None
    host = request.connection.hosts[0]
    if options.no_input:
        if old is not None and old.report.usable and host_of(old.profile) == host:
            return already(old)
        raise MissingInput(
            f"the profile `{profile.name}` has no valid sign-in, and `--no-input` says to ask nothing",
            f"run `posthog-wizard login{profile_flag(profile.name)}` without it",
        )
    _demand_consent(options, old, ask)
    place = usual_store(machine, profile, options.store, ask)
    wanted = _Wanted(options, request, host, place, old, machine, ask, report, terminal)
    prove_store(place, host, machine)
    return _stored(wanted, _left_by_posthog_cli(wanted) or _signed_in(wanted))


def _with_region(options: LoginOptions, machine: Machine, ask: Ask | None) -> tuple[LoginOptions, KeyRequest]:
    """The flags with a PostHog, by flag, profile or the person's word. Raises MissingInput, WrongUsage."""
    request = _request(options, machine)
    if len(request.connection.hosts) == 1:
        return options, request
    if ask is None:
        raise MissingInput(
            "which PostHog? A sign-in begins in one region, and there is no terminal to ask",
            "pass `--region us`, `--region eu` or `--host URL`",
        )
    rows = [("us", "PostHog Cloud US"), ("eu", "PostHog Cloud EU"), ("", "A PostHog of your own")]
    region = ask.choose_one("Where is your PostHog?", rows)
    options = options._replace(host=CLOUD[region] if region in CLOUD else ask.text_line("Its address:"))
    return options, _request(options, machine)


def _request(options: LoginOptions, machine: Machine) -> KeyRequest:
    fields = {name: value for name, value in options._asdict().items() if name in KeyOptions._fields}
    return key_request(machine, KeyOptions(**fields))


def already(old: ProfileState) -> SignedIn:
    """A sign-in that is there and good."""
    return SignedIn(old.profile, KeyCheck(old.key, "store", old.report), old.expires, fresh=False)


def _demand_consent(options: LoginOptions, old: ProfileState | None, ask: Ask | None) -> None:
    if old is None or options.yes:
        return
    kept = old.profile
    told = f"the profile `{kept.name}` holds a key for `{host_of(kept) or 'PostHog Cloud'}` already"
    if ask is None:
        raise MissingInput(told, "replace it with `-y`, or sign in to another profile: `--profile NAME`")
    if not ask.confirm(f"{told[0].upper()}{told[1:]}. Replace it when you have signed in?", default=False):
        raise Cancelled


def _left_by_posthog_cli(wanted: _Wanted) -> Obtained | None:
    """The sign-in of PostHog's own command line, where the person wants that one."""
    found, options = posthog_cli_sign_in(wanted.machine, wanted.host), wanted.options
    limited = options.project or options.read_only  # and nobody knows what that key is limited to
    if found is None or wanted.ask is None or options.oauth or limited:
        return None
    told = f"PostHog's own CLI is signed in to {wanted.host} ({found.key.masked()}). Use that key?"
    return found if wanted.ask.confirm(told, default=False) else None


def _signed_in(wanted: _Wanted) -> Obtained:
    from posthog_wizard.api.keyless import Contact

    contact = Contact(wanted.host, wanted.options.ca_file)
    try:
        return (_by_oauth if wanted.options.oauth else _by_code)(wanted, contact)
    except KeyboardInterrupt as problem:
        page = (app_list if wanted.options.oauth else key_list)(wanted.host)
        raise Cancelled(
            "cancelled, nothing was stored", f"if you had approved already, delete what you approved at {page}"
        ) from problem


def _by_code(wanted: _Wanted, contact: Contact) -> Obtained:
    import asyncio

    from posthog_wizard.api.device_codes import ask_for_code
    from posthog_wizard.sign_in.device_flow import wait_for_grant

    options, report = wanted.options, wanted.report
    code = asyncio.run(ask_for_code(contact))
    report.say(f"sign in at {code.address}\nand approve if it shows the code {code.user_code}")
    if options.project:  # what a person chooses on PostHog's page cannot be said in the address
        report.say(f"choose the project {options.project} there")
    if options.read_only:
        report.say("choose `Read-only access` there")
    _open(wanted, code.address)
    with report.progress("waiting until you have approved in the browser"):
        grant = asyncio.run(wait_for_grant(contact, code, options.timeout))
    projects = (grant.project,) if grant.project else ()
    return Obtained(grant.key, grant.key, "device", grant.label or None, projects, grant.scopes)


def _by_oauth(wanted: _Wanted, contact: Contact) -> Obtained:
    import asyncio

    from posthog_wizard.api.oauth_requests import OAUTH_SCOPES
    from posthog_wizard.sign_in.oauth_flow import Surroundings, sign_in_by_oauth

    options, report = wanted.options, wanted.report
    reading = tuple(sorted({scope.replace(":write", ":read") for scope in OAUTH_SCOPES}))

    def show(address: str) -> None:
        report.say(f"sign in at {address}")
        if wanted.terminal is not None:
            report.say("if the browser is elsewhere, paste here the address at which it ends")
        _open(wanted, address)

    scopes = reading if options.read_only else OAUTH_SCOPES
    around = Surroundings(show, report.warn, wanted.terminal)
    token = asyncio.run(sign_in_by_oauth(contact, scopes, options.project, options.timeout, around))
    key = AccessToken(token, token.expires)
    return Obtained(token.secret, key, "oauth", None, token.projects, token.scopes, token.expires)


def _open(wanted: _Wanted, address: str) -> None:
    if not wanted.options.no_browser and has_browser(wanted.machine):
        open_browser(wanted.machine, address)


def _stored(wanted: _Wanted, obtained: Obtained) -> SignedIn:
    """Store the credential, then say so and look at it. Raises what `mcp add` raises for a key that is refused."""
    report, before = wanted.report, wanted.request.profile
    kept = before._replace(host=wanted.host, key=wanted.place, way=obtained.way, label=obtained.label)
    amiss = _other_than_wished(wanted.options, obtained)
    if amiss is not None and wanted.old is not None:
        left = _given_back(wanted, obtained)
        amiss.hint = f"{amiss.hint}; what you had stays, {f'so {left}' if left else 'and the new access was revoked'}"
        raise amiss
    try:
        with _uninterrupted():
            left = keep(wanted.machine, kept, obtained.kept, before, report, command="login")
    except WizardError as problem:
        left = _given_back(wanted, obtained)
        problem.hint = f"{left}: it could not be stored, and is lost" if left else _REVOKED
        raise
    report.say(f"signed in: {_named_key(obtained)} is in {external_reference.reference_in_words(wanted.place)}")
    if amiss is not None:
        raise amiss
    given = Given(obtained.key, "login")
    check = check_key_or_ask(wanted.request.connection, Limits(), given, None, report, contact=True)
    _tell_missing(wanted, check)
    changed = _followed(wanted, kept, obtained)
    return SignedIn(kept, check, obtained.expires, wanted.old, changed, delete_at=left)


def _given_back(wanted: _Wanted, obtained: Obtained) -> str | None:
    """What is left to do about a credential that nobody keeps, as an imperative; None for access, which is revoked."""
    token = token_of(obtained.kept)
    if token is None:
        return f"delete {_named_key(obtained)} at {key_list(wanted.host)}"
    problem = end_access(wanted.host, token)
    return problem.hint if problem else None


def _named_key(obtained: Obtained) -> str:
    what = "the access" if obtained.way == "oauth" else "the key"
    return f"{what} `{obtained.label}`" if obtained.label else what


def _other_than_wished(options: LoginOptions, obtained: Obtained) -> WizardError | None:
    if options.project and obtained.projects != (options.project,):
        given = f"project {obtained.projects[0]}" if obtained.projects else "all projects"
        return OtherThanWished(
            f"{given} was chosen in the browser, not project {options.project}", "sign in again and choose it there"
        )
    wide = [scope for scope in obtained.scopes if not scope.endswith(":read")]
    if options.read_only and wide:
        listed = ", ".join(f"`{scope}`" for scope in wide)
        return OtherThanWished(
            f"more than reading was granted: {listed}", "sign in again and choose `Read-only access` there"
        )
    return None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done: what PostHog gives once must not be lost between two lines."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt


def _tell_missing(wanted: _Wanted, check: KeyCheck) -> None:
    """Which tools lack a scope, and the way that gives more."""
    if check.report is None or not check.report.missing_scopes:
        return
    from posthog_wizard.tools import TOOLS

    for scope in sorted(set(check.report.missing_scopes)):
        if names := [tool.name for tool in TOOLS if scope in tool.scopes]:
            wanted.report.warn(f"without `{scope}` these do not work: {', '.join(names)}")
    more = f"where PostHog does not offer it, make a key at {key_page(wanted.host)}"
    wanted.report.say(f"for all tools choose `Agent CLI` in the browser; {more}")


def _followed(wanted: _Wanted, kept: Profile, obtained: Obtained) -> Changed | None:
    """Copies of the old key in clients' files become the new one; a token that expires goes into no file."""
    old, machine, report = wanted.old, wanted.machine, wanted.report
    if old is None or old.key is None or old.key == obtained.key:
        return None
    if obtained.way == "oauth" or host_of(old.profile) != wanted.host:
        return None
    plan, how = plan_copies(machine, old.key, obtained.key, kept), RunOptions("login", confirmed=wanted.options.yes)
    try:
        changed = carry_out(plan, how, machine, wanted.ask, report)
    except Cancelled:
        report.warn("clients keep their copies of the old key; do not delete it before they have the new one")
        return None
    purge(machine, (old.key, obtained.key), kept, report)
    return changed
