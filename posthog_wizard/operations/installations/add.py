"""`mcp installations add`: install a server by its URL, and sign in where that is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from posthog_wizard.api.installation_urls import url_refusal
from posthog_wizard.api.installations import Installation, Installations
from posthog_wizard.errors import BadReply, MissingInput, WrongUsage
from posthog_wizard.model import Machine
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.installations.project_access import ProjectAccess, ProjectOptions, project_access, talk
from posthog_wizard.operations.installations.server_key import server_key
from posthog_wizard.operations.installations.sign_in import SignInOptions, checked_address, sign_in

_AuthType = Literal["api_key", "oauth"]


class InstallOptions(NamedTuple):
    """What is installed: the flags of `mcp installations add`."""

    name: str | None = None
    url: str | None = None
    auth_type: _AuthType | None = None
    description: str = ""
    server_key_stdin: bool = False
    server_key_file: Path | None = None


def run(
    options: InstallOptions,
    where: ProjectOptions,
    signing_in: SignInOptions,
    machine: Machine,
    ask: Ask | None,
    report: Report,
) -> tuple[Installation, str | None, bool]:
    """Install it: the installation, the page where people sign in, if there is one, and whether it is new.

    What is missing is asked for. Raises MissingInput, WrongUsage, ApiError, and WizardError when nobody signs in.
    """
    key_given = options.server_key_stdin or options.server_key_file is not None
    url = _accepted(options.url or _answer("URL of the server (https):", "--url", ask))
    name = options.name or _answer("Name:", "--name", ask)
    way = options.auth_type or ("api_key" if key_given else _ask_way(ask, report))
    if way == "oauth" and key_given:
        raise WrongUsage("where people sign in there is no key", "leave `--auth-type oauth` or the key out")
    stdin = report.standard_input if options.server_key_stdin else None
    key = server_key(stdin, options.server_key_file, ask) if way == "api_key" else None
    place = project_access(where, machine, report)
    present = _present(place, url, report) if key is None else None
    if present is not None:  # to begin anew would make everybody sign in again
        return present, None, False

    async def create(installations: Installations) -> tuple[Installation, str | None]:
        made = await installations.install_custom(name, url, way, api_key=key, description=options.description)
        if isinstance(made, Installation):
            return made, None
        address = checked_address(made)
        return _newest(await installations.all(), url), address

    made, address = talk(place, "installing the server", report, create)
    if address is None:
        return made, None, True
    return sign_in(place, made.id, address, signing_in, ask, report) or made, address, True


def _present(place: ProjectAccess, url: str, report: Report) -> Installation | None:
    """The installation of that server to which somebody has signed in already."""
    there = talk(place, "asking PostHog", report, lambda installations: installations.all())
    return next((one for one in there if one.url.rstrip("/") == url.rstrip("/") and not one.needs_sign_in), None)


def _accepted(url: str) -> str:
    """The URL. Raises WrongUsage for one to which PostHog would not connect, before anything is sent."""
    reason = url_refusal(url)
    if reason is not None:
        shown = url.rpartition("@")[2]  # what stands before an @ may be a password
        raise WrongUsage(f"PostHog does not connect to `{shown}`: {reason}", "give the server's public https address")
    return url


def _answer(question: str, flag: str, ask: Ask | None) -> str:
    """What the user answers. Raises MissingInput where nobody can be asked, or nothing was said."""
    text = ask.text_line(question) if ask else ""
    if not text:
        raise MissingInput(f"`{flag}` is missing", f"add `{flag}`")
    return text


def _ask_way(ask: Ask | None, report: Report) -> _AuthType:
    """How people get in. Raises MissingInput where nobody can be asked."""
    if ask is None:
        raise MissingInput(
            "does the server take a key, or do people sign in?",
            "add `--auth-type oauth`, or the key with `--server-key-stdin` or `--server-key-file PATH`",
        )
    report.say("How does that server let people in?")
    chosen = ask.choose_one("With", [("oauth", "signing in on its own page (OAuth)"), ("api_key", "a key")])
    return "oauth" if chosen == "oauth" else "api_key"


def _newest(found: tuple[Installation, ...], url: str) -> Installation:
    """The installation that has just been made: PostHog answers with the sign-in page alone."""
    made = next((each for each in found if each.url == url), None)
    if made is None:
        raise BadReply("PostHog began to install the server, but does not list it", "look again in a moment")
    return made
