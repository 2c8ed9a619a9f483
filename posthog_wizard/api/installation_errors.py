"""What PostHog says when an installation cannot be made or used, and what to do then. Pure.

The details are those of PostHog's own source (`products/mcp_store/backend`).
"""

from typing import NamedTuple

from posthog_wizard.errors import ApiError

_BY_KEY = "if the server takes a key of its own, use `--auth-type api_key`"
_AGAIN = "take it out with `posthog-wizard mcp installations remove` and add it again"
_ENABLE = "switch it on: `posthog-wizard mcp installations update ID --enable`"
_SIGN_IN = "sign in: `posthog-wizard mcp installations authorize ID`"
_LIST = "see `posthog-wizard mcp installations list`"
_ADMINISTRATOR = "ask an administrator of the project"


class KnownProblem(NamedTuple):
    """A text of PostHog's, our sentence for it (None: what it says is enough), and the hint."""

    said: str
    message: str | None
    hint: str


_FAULTS: tuple[tuple[str, str | None, str], ...] = (
    (
        "This server URL is already installed",
        "a server with that URL is installed in this project already",
        f"{_LIST}; `update` changes it, `remove` takes it out",
    ),
    (
        "URL blocked by security policy",
        "PostHog does not connect to that URL, its security policy blocks it",
        "give the server's public https address",
    ),
    ("URL not allowed", None, "give the server's public https address"),
    ("OAuth discovery failed", "the server at that URL does not say how to sign in", f"check the URL; {_BY_KEY}"),
    ("Could not determine OAuth issuer", "the server at that URL does not say who signs people in", _BY_KEY),
    ("Dynamic Client Registration", "the server lets no new application register for signing in", _BY_KEY),
    ("OAuth registration failed", "the server refused to register PostHog for signing in", f"try again; {_BY_KEY}"),
    ("token endpoint auth method is not supported", "PostHog does not support the server's way of signing in", _BY_KEY),
    (
        "Authorization endpoint must use HTTPS",
        "the server's sign-in page is not https, so PostHog does not send anybody there",
        "tell the people who run the server",
    ),
    ("Could not build OAuth authorize URL", "the server's sign-in page has no usable address", _BY_KEY),
    (
        "api_key is required",
        "that server needs a key of its own",
        "pass it with `--server-key-stdin` or `--server-key-file PATH`",
    ),
    ("Invalid callback URL", "PostHog does not return to that address after signing in", "leave it out"),
    ("missing OAuth state", "PostHog has lost what it needs to sign in to that server", _AGAIN),
    ("Installation is disabled", "the installation is switched off", _ENABLE),
    ("Server is disabled for this team", "that server is switched off for the whole project", _ADMINISTRATOR),
    ("Server is disabled", "the installation is switched off", _ENABLE),
    ("needs re-authentication", "somebody must sign in to that server again", _SIGN_IN),
    ("No credentials configured", "PostHog has no key or sign-in for that server", _SIGN_IN),
    ("Authentication failed", "that server refused what PostHog signs in with", f"{_SIGN_IN}, or {_AGAIN}"),
    ("Template not found", "PostHog no longer offers that server", _LIST),
    ("Server not found", "PostHog does not know that server", _LIST),
    ("Installation not found", "there is no such installation in this project", _LIST),
    (" admin", None, _ADMINISTRATOR),
)
"""The first row whose text occurs in what PostHog said tells the story."""


def known_problem_in(text: str) -> KnownProblem | None:
    """The fault that a text of PostHog's tells of; None for what we have no words for."""
    return next((KnownProblem(*row) for row in _FAULTS if row[0] in text), None)


def explained(problem: ApiError) -> ApiError:
    """The same error in our words, where it is one of those above."""
    fault = known_problem_in(problem.message)
    if fault is not None:
        problem.message = fault.message or problem.message
        problem.args, problem.hint = (problem.message,), fault.hint
    return problem
