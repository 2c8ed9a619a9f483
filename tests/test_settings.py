"""Which key, host and limits, and where each came from: row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.credentials import store
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import WizardError, WrongUsage
from posthog_wizard.model import Limits, Machine, Secret
from posthog_wizard.settings import Flags, Settings, may_go, resolve_settings, stored_key
from tests.support.machines import KEY, machine
from tests.support.program import OTHER_KEY

US, EU, OWN = "https://us.posthog.com", "https://eu.posthog.com", "https://posthog.example.com"
HOSTED = "https://mcp.posthog.com/mcp"
PLACE = KeyReference("file-store", "default")
DEFAULT = f"""
[profiles.default]
host = "{EU}"
key = "file-store:default"
project = 5
features = ["flags"]

[profiles.own]
host = "{OWN}/"
key = "env:OWN_KEY"
read_only = true
mcp_url = "http://localhost:8787/mcp"

[profiles.bare]
organization = "0190"

[profiles.anywhere]
key = "env:OWN_KEY"
"""


def here(root: Path, text: str = DEFAULT, **environment: str) -> Machine:
    """A machine with these profiles; the key of `default` is in the key file."""
    found = machine(root, environment={"OWN_KEY": OTHER_KEY, **environment})
    found.config_directory.mkdir(exist_ok=True)
    (found.config_directory / "config.toml").write_text(text)
    store.write(PLACE, EU, Secret(KEY), found)
    return found


def told(given: Settings) -> dict[str, Any]:
    """The host, the key, the limits and the profile with their origins, as far as there are any."""
    key = given.key.read().reveal() if given.key else None
    values = {"host": given.host, "key": key, **given.limits._asdict()}
    return {name: (value, given.origins.get(name)) for name, value in values.items() if value}


FLAG, ENV, KEPT = "flag", "environment", "profile"
FROM_PROFILE = {"host": (EU, KEPT), "key": (KEY, KEPT), "project": ("5", KEPT), "features": (("flags",), KEPT)}


# ------------------------------------------------------------------ precedence


@pytest.mark.parametrize(
    ("flags", "environment", "expected"),
    [
        (Flags(), {}, FROM_PROFILE),
        (Flags(region="eu"), {}, {**FROM_PROFILE, "host": (EU, FLAG)}),
        (Flags(), {"POSTHOG_HOST": "eu.posthog.com"}, {**FROM_PROFILE, "host": (EU, ENV)}),
        (Flags(host=EU), {"POSTHOG_HOST": OWN}, {**FROM_PROFILE, "host": (EU, FLAG)}),
        (Flags(), {"POSTHOG_PERSONAL_API_KEY": OTHER_KEY}, {**FROM_PROFILE, "key": (OTHER_KEY, ENV)}),
        (Flags(profile="default"), {"POSTHOG_API_KEY": OTHER_KEY}, {**FROM_PROFILE, "key": (OTHER_KEY, ENV)}),
        (Flags(), {"POSTHOG_API_KEY": "phc_project"}, FROM_PROFILE),
        (Flags(), {"POSTHOG_PROJECT_ID": "6"}, {**FROM_PROFILE, "project": ("6", ENV)}),
        (Flags(limits=Limits(project="7")), {"POSTHOG_PROJECT_ID": "6"}, {**FROM_PROFILE, "project": ("7", FLAG)}),
        (Flags(), {"POSTHOG_ORGANIZATION_ID": "01"}, {**FROM_PROFILE, "organization": ("01", ENV)}),
        (
            Flags(limits=Limits(tools=("query-run",), read_only=True)),
            {},
            {"host": (EU, KEPT), "key": (KEY, KEPT), "project": ("5", KEPT), "tools": (("query-run",), FLAG), "read_only": (True, FLAG)},
        ),
        (Flags(profile="own"), {}, {"host": (OWN, KEPT), "key": (OTHER_KEY, KEPT), "read_only": (True, KEPT)}),
        (Flags(profile="anywhere"), {}, {"key": (OTHER_KEY, KEPT)}),
        (Flags(profile="anywhere", host=OWN), {}, {"host": (OWN, FLAG), "key": (OTHER_KEY, KEPT)}),
        # The limits of a profile are of its own PostHog only.
        (Flags(host=OWN), {"POSTHOG_PERSONAL_API_KEY": OTHER_KEY}, {"host": (OWN, FLAG), "key": (OTHER_KEY, ENV)}),
        # An entry that brings its key has said all.
        (Flags(), {"POSTHOG_AUTH_HEADER": f"Bearer {OTHER_KEY}"}, {"key": (OTHER_KEY, ENV)}),
        (Flags(profile="own"), {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"}, {"host": (OWN, KEPT), "key": (KEY, ENV), "read_only": (True, KEPT)}),
        # The bridge asks no API: POSTHOG_HOST is not about it, and the endpoint serves both regions.
        (Flags(address=HOSTED), {"POSTHOG_HOST": OWN}, FROM_PROFILE),
        (Flags(profile="own", address="http://localhost:8787/other"), {}, {"host": (OWN, KEPT), "key": (OTHER_KEY, KEPT), "read_only": (True, KEPT)}),
    ],
)  # fmt: skip
def test_precedence(flags: Flags, environment: dict[str, str], expected: dict[str, Any], tmp_path: Path) -> None:
    given = resolve_settings(here(tmp_path, **environment), flags, started_by_a_client=True)
    assert given.defect is None
    assert told(given) == expected


@pytest.mark.parametrize(
    ("environment", "source", "words", "may_change"),
    [
        ({}, "store", "the key file (profile `default`)", True),
        ({"POSTHOG_API_KEY": KEY}, "env", "the environment variable `POSTHOG_API_KEY`", False),
    ],
)
def test_where_the_key_is_in_words(
    environment: dict[str, str], source: str, words: str, may_change: bool, tmp_path: Path
) -> None:
    key = resolve_settings(here(tmp_path, **environment)).key
    assert key is not None
    assert (key.source, key.words, key.may_change) == (source, words, may_change)


def test_without_profiles_and_environment_there_is_nothing(tmp_path: Path) -> None:
    assert resolve_settings(machine(tmp_path)) == Settings()


def test_a_named_profile_that_the_environment_overrules_is_said(tmp_path: Path) -> None:
    given = resolve_settings(here(tmp_path, POSTHOG_PERSONAL_API_KEY=OTHER_KEY), Flags(profile="own"))
    assert given.notes == ("the key of POSTHOG_PERSONAL_API_KEY is used, not that of the profile `own`",)


# ------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize(
    ("flags", "environment", "code", "words"),
    [
        (Flags(profile="nope"), {}, "no_stored_key", "there is no profile `nope` in `"),
        (Flags(profile="bare"), {}, "no_stored_key", "the profile `bare`"),
        (Flags(host=OWN), {}, "wrong_host", f"is for `{EU}`, and is not sent to `{OWN}`"),
        (Flags(region="us"), {}, "wrong_host", f"is for `{EU}`, and is not sent to `{US}`"),
        (Flags(), {"POSTHOG_HOST": OWN}, "wrong_host", f"is not sent to `{OWN}`"),
        (Flags(profile="own", host=US), {}, "wrong_host", f"is for `{OWN}`"),
        (Flags(address="https://mcp.evil.example/mcp"), {}, "wrong_host", "is not sent to `https://mcp.evil.example`"),
        (Flags(address="http://localhost:8787/mcp"), {}, "wrong_host", "is not sent to `http://localhost:8787`"),
        (Flags(profile="own", address=HOSTED), {}, "wrong_host", "is not sent to `https://mcp.posthog.com`"),
    ],
)
def test_a_key_that_may_not_be_used(
    flags: Flags, environment: dict[str, str], code: str, words: str, tmp_path: Path
) -> None:
    given = resolve_settings(here(tmp_path, **environment), flags)
    assert given.key is None
    assert isinstance(given.defect, WizardError)
    assert (given.defect.code, words in given.defect.message) == (code, True), given.defect.message
    assert given.defect.hint


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("[profiles.default\n", "malformed", "no TOML"),
        ("[profiles.default]\nhost = 'http://x.example'\n", "usage", "plain http"),
        ("[profiles.default]\nhost = 'nonsense here'\n", "usage", "is not the address of a PostHog"),
        ("[profiles.default]\nkey = 'keyring:default'\n", "no_stored_key", "names no host"),
    ],
)
@pytest.mark.parametrize("environment", [{}, {"POSTHOG_HOST": ""}])
def test_a_profile_that_cannot_be_used_is_a_defect(
    text: str, code: str, words: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """And no reason not to start."""
    given = resolve_settings(here(tmp_path, text, **environment))
    assert given.defect is not None
    assert (given.defect.code, words in given.defect.message) == (code, True), given.defect.message


@pytest.mark.parametrize(
    "flags", [Flags(host=US, region="us"), Flags(host="nonsense here"), Flags(profile="a/b"), Flags(region="mars")]
)
def test_flags_that_make_no_sense(flags: Flags, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage):
        resolve_settings(machine(tmp_path), flags)


def test_a_stored_key_is_given_by_its_file_for_its_own_host_alone(tmp_path: Path) -> None:
    """Though somebody edited the profile's host."""
    found = here(tmp_path)
    edited = Profile(host=OWN, key=PLACE)
    with pytest.raises(WizardError, match="was asked for"):
        stored_key(found, edited, OWN).read()


@pytest.mark.parametrize(
    ("profile", "address", "may"),
    [
        (Profile(), HOSTED, True),
        (Profile(host=US), HOSTED, True),
        (Profile(host="https://app.posthog.com"), "https://mcp.posthog.com/other", True),
        (Profile(host=US), "https://mcp.posthog.com:444/mcp", False),
        (Profile(host=US), "http://mcp.posthog.com/mcp", False),
        (Profile(host=US), "https://mcp.posthog.com.evil.example/mcp", False),
        (Profile(host=OWN), HOSTED, False),
        (Profile(host=OWN), f"{OWN}/mcp", True),
        (Profile(host=US, mcp_url="http://localhost:8787/mcp"), "http://localhost:8787/mcp?project_id=2", True),
        (Profile(host=US, mcp_url="http://localhost:8787/mcp"), "http://localhost:8788/mcp", False),
    ],
)
def test_where_a_key_may_go(profile: Profile, address: str, may: bool) -> None:
    assert may_go(profile, address) == may
