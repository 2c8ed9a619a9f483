"""`mcp installations add`: install a server by its URL, and sign in where that is needed."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from posthog_wizard.api.installation_urls import url_refusal
from posthog_wizard.api.installations import Installation, Installations
from posthog_wizard.errors import BadReply, CredentialError, MissingInput, WrongUsage
from posthog_wizard.model import Machine, Secret
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.installations.manage import SignInOptions, checked_address, sign_in
from posthog_wizard.operations.installations.project_access import ProjectOptions, project_access, talk
from posthog_wizard.operations.key_check import text_of_key

_AuthType = Literal["api_key", "oauth"]
_POSTHOG_KEYS = ("phx_", "pha_", "phs_", "phr_")


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
    url = options.url or _answer("URL of the server (https):", "--url", ask)
    if reason := url_refusal(url):  # before anything is sent
        shown = url.rpartition("@")[2]  # what stands before an @ may be a password
        raise WrongUsage(f"PostHog does not connect to `{shown}`: {reason}", "give the server's public https address")
    name = options.name or _answer("Name:", "--name", ask)
    way = options.auth_type or ("api_key" if key_given else _ask_way(ask, report))
    if way == "oauth" and key_given:
        raise WrongUsage("where people sign in there is no key", "leave `--auth-type oauth` or the key out")
    key = _server_key(options, ask, report) if way == "api_key" else None
    place = project_access(where, machine, report)
    if key is None:
        there = talk(place, "asking PostHog", report, lambda installations: installations.all())
        for one in there:
            if one.url.rstrip("/") == url.rstrip("/") and not one.needs_sign_in:
                return one, None, False  # to begin anew would make everybody sign in again

    async def create(installations: Installations) -> tuple[Installation, str | None]:
        made = await installations.install_custom(name, url, way, api_key=key, description=options.description)
        if isinstance(made, Installation):
            return made, None
        address = checked_address(made)  # alone: which installation it is of has to be looked up
        newest = next((each for each in await installations.all() if each.url == url), None)
        if newest is None:
            raise BadReply("PostHog began to install the server, but does not list it", "look again in a moment")
        return newest, address

    made, address = talk(place, "installing the server", report, create)
    if address is None:
        return made, None, True
    return sign_in(place, made.id, address, signing_in, ask, report) or made, address, True


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


def _server_key(options: InstallOptions, ask: Ask | None, report: Report) -> Secret:
    """The server's own key: from standard input, a file or a hidden prompt, never from a flag.

    Raises WrongUsage for two ways at once, MissingInput for none, CredentialError for what is no key.
    """
    file = options.server_key_file
    if options.server_key_stdin and file is not None:
        raise WrongUsage(
            "the server's key was given in two ways", "use one of `--server-key-stdin` and `--server-key-file`"
        )
    if options.server_key_stdin:
        return _checked_key(report.standard_input, "standard input")
    if file is not None:
        return _checked_key(file, f"the key file `{file}`")
    if ask is not None:
        answer = ask.hidden_key("Key of that server:")
        return _checked_key(lambda: answer.reveal().encode(), "the answer")
    raise MissingInput(
        "the server's own key was not given", "pass it with `--server-key-stdin` or `--server-key-file PATH`"
    )


def _checked_key(source: Callable[[], bytes] | Path, where: str) -> Secret:
    wanted = "give the key of that server, and nothing else, with `--server-key-stdin` or `--server-key-file PATH`"
    text = text_of_key(source, where, wanted)
    if not text.isprintable():
        raise CredentialError(f"{where} holds no key", wanted)
    if text.startswith(_POSTHOG_KEYS):
        raise CredentialError(
            f"{where} holds a key of PostHog, which would be sent to that server", "give the key of that server instead"
        )
    return Secret(text)
