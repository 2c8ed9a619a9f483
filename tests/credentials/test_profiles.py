"""The profiles' file: read, changed with its comments kept, and refused with line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.credentials import profiles
from posthog_wizard.credentials.profiles import Profile, profile_flag
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import ConfigError, Malformed, UnexpectedShape, Unreadable, WrongUsage
from posthog_wizard.model import Limits, Machine
from tests.support.machines import machine

WHOLE = """\
# my own settings
theme = "dark"  # of another version

[profiles.work]  # the company's
host = 'https://posthog.example.com'   # behind the VPN
key = "command:op read op://dev/posthog/key"
organization = "0190"
project = 42
features = ["flags", "insights"]
tools = "query-run, docs-search"
read_only = true
analytics_key = "phc_x"
mcp_url = "http://localhost:8787/mcp"
someday = { more = [1, 2] }
"""
WORK = Profile(
    "work",
    "https://posthog.example.com",
    KeyReference("command", "op read op://dev/posthog/key"),
    Limits("0190", "42", ("flags", "insights"), ("query-run", "docs-search"), read_only=True),
    "phc_x",
    "http://localhost:8787/mcp",
)


def written(root: Path, text: str | bytes) -> tuple[Machine, Path]:
    """A machine with that file of profiles."""
    here = machine(root)
    path = here.config_directory / "config.toml"
    path.parent.mkdir()
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return here, path


def test_every_field(tmp_path: Path) -> None:
    here, _ = written(tmp_path, WHOLE)
    assert profiles.profiles(here) == (WORK,)
    assert profiles.profile(here, "work") == WORK
    assert profiles.profile(here) is None


@pytest.mark.parametrize("text", ["", "theme = 1\n", "[profiles]\n", "\ufeff[profiles]\r\n"])
def test_no_profiles(text: str, tmp_path: Path) -> None:
    assert profiles.profiles(written(tmp_path, text)[0]) == ()
    assert profiles.profiles(machine(tmp_path)._replace(config_directory=tmp_path / "none")) == ()


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        (WORK, WHOLE),
        (WORK._replace(limits=WORK.limits._replace(project="7")), WHOLE.replace("project = 42", 'project = "7"')),
        (WORK._replace(mcp_url=None), WHOLE.replace('mcp_url = "http://localhost:8787/mcp"\n', "")),
        (
            Profile("home", "https://us.posthog.com", KeyReference("keyring", "home")),
            f'{WHOLE}\n[profiles.home]\nhost = "https://us.posthog.com"\nkey = "keyring:home"\n',
        ),
    ],
)
def test_what_is_saved_leaves_everything_else_as_it_is(profile: Profile, text: str, tmp_path: Path) -> None:
    here, path = written(tmp_path, WHOLE)
    profiles.save(here, profile)
    assert path.read_text() == text
    assert profiles.profile(here, profile.name) == profile


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_line_keeps_its_end(end: str, tmp_path: Path) -> None:
    text = WHOLE.replace("\n", end)
    here, path = written(tmp_path, text.encode())
    profiles.save(here, WORK._replace(limits=WORK.limits._replace(project="7")))
    assert path.read_bytes() == text.replace("project = 42", 'project = "7"').encode()


def test_the_first_profile_and_the_last(tmp_path: Path) -> None:
    here = machine(tmp_path)
    profiles.save(here, Profile(key=KeyReference("env", "X")))
    assert (here.config_directory / "config.toml").read_text() == '[profiles.default]\nkey = "env:X"\n'
    profiles.forget_profile(here, "default")
    profiles.forget_profile(here, "default")
    assert profiles.profiles(here) == ()


def test_a_forgotten_profile_takes_no_comment_of_others_along(tmp_path: Path) -> None:
    here, path = written(tmp_path, f"{WHOLE}\n# another\n[profiles.other]\nkey = 'env:X'\n")
    profiles.forget_profile(here, "other")
    assert path.read_text().startswith(WHOLE)


def test_a_link_of_the_users_is_written_through(tmp_path: Path) -> None:
    here, path = written(tmp_path, "")
    dotfiles = tmp_path / "dotfiles.toml"
    path.rename(dotfiles)
    path.symlink_to(dotfiles)
    profiles.save(here, WORK)
    assert path.is_symlink()
    assert "[profiles.work]" in dotfiles.read_text()


@pytest.mark.parametrize(
    ("text", "kind", "where", "words"),
    [
        ("[profiles.work\n", Malformed, (1, 15), "no TOML"),
        ('[profiles.work]\nhost = "x\n', Malformed, (2, 10), "no TOML"),
        ("a = 1\na = 2\n", Malformed, (2, 6), "no TOML"),
        ("a = " + "9" * 5000, Malformed, (1, None), "no TOML"),
        ("a = " + "[" * 2000, Malformed, (1, None), "no TOML"),
        ("[profiles.work]\nhost =", Malformed, (2, None), "no TOML"),
        (b"\xff\xfe", Unreadable, (None, None), "it is not text"),
        ("profiles = 1\n", UnexpectedShape, (None, None), "something other than tables"),
        ("[profiles]\nwork = 'x'\n", UnexpectedShape, (None, None), "something other than tables"),
        ("[profiles.work]\nhost = 1\n", UnexpectedShape, (None, None), "`host` of the profile `work`"),
        ("[profiles.work]\nread_only = 'yes'\n", UnexpectedShape, (None, None), "`read_only`"),
        ("[profiles.work]\nproject = true\n", UnexpectedShape, (None, None), "`project`"),
        ("[profiles.work]\nproject = 'one'\n", UnexpectedShape, (None, None), "not a project number"),
        ("[profiles.work]\nkey = 'phx_0123456789'\n", UnexpectedShape, (None, None), "KIND:NAME"),
    ],
)
def test_a_corrupt_or_foreign_file_is_named_and_left_alone(
    text: str | bytes, kind: type[ConfigError], where: tuple[int | None, int | None], words: str, tmp_path: Path
) -> None:
    here, path = written(tmp_path, text)
    before = path.read_bytes()
    told = [refused(kind, attempt, here) for attempt in (profiles.profiles, lambda one: profiles.save(one, WORK))]
    assert path.read_bytes() == before
    assert {(one.path, one.line, one.column, words in one.message) for one in told} == {(str(path), *where, True)}
    assert all(one.hint and "phx_" not in str(one) for one in told)


def refused(kind: type[ConfigError], attempt: object, here: Machine) -> ConfigError:
    """What the attempt raises."""
    assert callable(attempt)
    with pytest.raises(kind) as refusal:
        attempt(here)
    return refusal.value


@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "../x", "a" * 65, "ü"])
def test_a_name_that_is_none(name: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="profile's name"):
        profiles.profile(machine(tmp_path), name)


@pytest.mark.parametrize(("name", "words"), [("default", ""), ("work", " --profile work")])
def test_how_a_command_names_it(name: str, words: str) -> None:
    assert profile_flag(name) == words
