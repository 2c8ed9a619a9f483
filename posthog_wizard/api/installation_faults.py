"""What PostHog says when an installation cannot be made or used, and what to do then. Pure.

The details are those of PostHog's own source (`products/mcp_store/backend`).
"""

from __future__ import annotations

from typing import NamedTuple

from posthog_wizard.errors import ApiError

BY_KEY = "if the server takes a key of its own, use `--auth-type api_key`"
AGAIN = "take it out with `posthog-wizard mcp installations remove` and add it again"
ENABLE = "switch it on: `posthog-wizard mcp installations update ID --enable`"
SIGN_IN = "sign in: `posthog-wizard mcp installations authorize ID`"
LIST = "see `posthog-wizard mcp installations list`"
ADMINISTRATOR = "ask an administrator of the project"


class Fault(NamedTuple):
    """A text of PostHog's, our sentence for it (None: what it says is enough), and the hint."""

    said: str
    message: str | None
    hint: str


FAULTS = (
    Fault(
        "This server URL is already installed",
        "a server with that URL is installed in this project already",
        f"{LIST}; `update` changes it, `remove` takes it out",
    ),
    Fault(
        "URL blocked by security policy",
        "PostHog does not connect to that URL, its security policy blocks it",
        "give the server's public https address",
    ),
    Fault("URL not allowed", None, "give the server's public https address"),
    Fault("OAuth discovery failed", "the server at that URL does not say how to sign in", f"check the URL; {BY_KEY}"),
    Fault("Could not determine OAuth issuer", "the server at that URL does not say who signs people in", BY_KEY),
    Fault("Dynamic Client Registration", "the server lets no new application register for signing in", BY_KEY),
    Fault("OAuth registration failed", "the server refused to register PostHog for signing in", f"try again; {BY_KEY}"),
    Fault("token endpoint auth method is not supported", "the server signs in in a way that PostHog cannot", BY_KEY),
    Fault(
        "Authorization endpoint must use HTTPS",
        "the server's sign-in page is not https, so PostHog does not send anybody there",
        "tell those who run the server",
    ),
    Fault("Could not build OAuth authorize URL", "the server's sign-in page has no usable address", BY_KEY),
    Fault(
        "api_key is required",
        "that server needs a key of its own",
        "pass it with `--server-key-stdin` or `--server-key-file PATH`",
    ),
    Fault("Invalid callback URL", "PostHog does not return to that address after signing in", "leave it out"),
    Fault("missing OAuth state", "PostHog has lost what it needs to sign in to that server", AGAIN),
    Fault("Installation is disabled", "the installation is switched off", ENABLE),
    Fault("Server is disabled for this team", "that server is switched off for the whole project", ADMINISTRATOR),
    Fault("Server is disabled", "the installation is switched off", ENABLE),
    Fault("needs re-authentication", "somebody must sign in to that server again", SIGN_IN),
    Fault("No credentials configured", "PostHog has no key or sign-in for that server", SIGN_IN),
    Fault("Authentication failed", "that server refused what PostHog signs in with", f"{SIGN_IN}, or {AGAIN}"),
    Fault("Template not found", "PostHog no longer offers that server", LIST),
    Fault("Server not found", "PostHog does not know that server", LIST),
    Fault("Installation not found", "there is no such installation in this project", LIST),
    Fault(" admin", None, ADMINISTRATOR),
)
"""The first row whose text occurs in what PostHog said tells the story."""


def fault_in(text: str) -> Fault | None:
    """The fault that a text of PostHog's tells of; None for what we have no words for."""
    return next((fault for fault in FAULTS if fault.said in text), None)


def explained(problem: ApiError) -> ApiError:
    """The same error in our words, where it is one of those above."""
    fault = fault_in(problem.message)
    if fault is not None:
        problem.message = fault.message or problem.message
        problem.args, problem.hint = (problem.message,), fault.hint
    return problem
