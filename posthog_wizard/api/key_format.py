"""What a pasted key tells about itself before PostHog is asked. Pure; the text is no part of a message, but a reference."""

import re

from posthog_wizard.api.hosts import CLOUD, key_page
from posthog_wizard.errors import CredentialError
from posthog_wizard.model import Secret
from posthog_wizard.net.authorization import bare_key, placeholder_in

_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # what an Authorization header may carry (RFC 6750, 2.1)
_LONGEST = 1000  # characters; keys have about 50, their length changes over time
PREFIX, _ACCESS_PREFIX = "phx_", "pha_"  # of personal keys, and of what OAuth gives

# What PostHog's other keys are: the beginning, and the sentence. Beginnings: PostHog's own documentation.
_OTHER_KEYS: tuple[tuple[str, str], ...] = (
    ("phc_", "this is a project API key (`phc_`), which can only send events"),
    ("phs_", "this is a project secret key (`phs_`), which can only evaluate feature flags"),
    ("pha_", "this is an OAuth access token (`pha_`), which expires within hours"),
    ("phr_", "this is an OAuth refresh token (`phr_`), which only its own application can use"),
)
_SHORTENED = re.compile(r"\.\.\.|…|\*\*\*")  # as in documentation, and as PostHog shows a key after it was made
_STRANGERS = ("sk-", "sk_live_", "sk_test_", "pk_live_", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "AKIA",
              "eyJ")  # fmt: skip


def read_key(text: str, *, base: str | None = None, hosted: bool = False, signed_in: bool = False) -> Secret:
    """The personal API key in `text`, which may be wrapped in quotes, white space or `Bearer `.

    `base`: the PostHog that it is for, None when the region is not known yet. `hosted`: it is for PostHog's hosted MCP
    server, which refuses old keys without a prefix. `signed_in`: an access token will do, since we renew it. Raises CredentialError that says what is wrong and where to make
    the right key.
    """
    key = bare_key(text)
    token = signed_in and key.startswith(_ACCESS_PREFIX)
    reason = _defect(key.removeprefix(_ACCESS_PREFIX) if token else key)
    if reason is None and hosted and not token and not key.startswith(PREFIX):
        reason = f"a key without the beginning `{PREFIX}` is an old one, which PostHog's hosted MCP server refuses"
    if reason is not None:
        raise CredentialError(reason, where_to_make_one(base))
    return Secret(key)


def where_to_make_one(base: str | None) -> str:
    """One sentence with the page that makes a key with the scopes an MCP server needs."""
    if base is not None:
        return f"make a personal API key at {key_page(base)}"
    return f"make a personal API key at {key_page(CLOUD['us'])} (in the EU: {key_page(CLOUD['eu'])})"


def _defect(key: str) -> str | None:
    if not key:
        return "the key is empty"
    for beginning, sentence in _OTHER_KEYS:
        if key.startswith(beginning):
            return f"{sentence}; a personal API key (`{PREFIX}`) is needed"
    flaws = (
        ("\n" in key or "\r" in key, "the key spans several lines, so something else was pasted along"),
        (bool(_SHORTENED.search(key)), "this is a shortened key, not the whole one"),
        (placeholder_in(key) is not None, f"this is {placeholder_in(key)}"),
        (bool(re.search(r"\s", key)), "the key contains whitespace, so something else was pasted along"),
        (not key.isprintable(), "the key holds control characters"),
        (not key.isascii(), "the key holds characters that no key has (not ASCII)"),
        (key == PREFIX, f"the key ends after its beginning (`{PREFIX}`)"),
        (key.startswith(_STRANGERS), "this looks like the key of another service, so it is not sent to PostHog"),
        (len(key) > _LONGEST, f"the key is longer than {_LONGEST} characters, so something else was pasted"),
        (not _TOKEN.fullmatch(key), "the key holds characters that no key has"),
    )
    return next((sentence for wrong, sentence in flaws if wrong), None)
