"""Command lines that contradict themselves or the program's knowledge: exit 2, a sentence, a hint, and nothing touched."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import pytest

from posthog_wizard import cli
from posthog_wizard.cli.app import build
from tests.support.homes import ALL, contents, home
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY, run

CHANGE, PRINT, LIST = "posthog-wizard.change/1", "posthog-wizard.print/1", "posthog-wizard.list/1"
ADD = ("mcp", "add")
STDIN = ("--api-key-stdin", "--no-verify")

# arguments, a piece of the message, a piece of the hint
WRONG: list[tuple[tuple[str, ...], str, str]] = [
    ((*ADD, "cursr"), "unknown client `cursr`", "`cursor`"),
    ((*ADD, "VS_Cod"), "unknown client `VS_Cod`", "`vscode`"),
    ((*ADD, "-c", "claude-cod"), "unknown client `claude-cod`", "`claude-code`"),
    ((*ADD, "crush"), "Crush has to be set up by hand", "`posthog-wizard mcp print crush`"),
    (("mcp", "print", "nosuch"), "unknown client `nosuch`", "`visual-studio`"),
    ((*ADD, "Roo Code"), "`roo-code` is not supported: the project was shut down", "known clients"),
    ((*ADD, "zzz"), "unknown client `zzz`", "`cursor`"),
    ((*ADD, "cursor", "--all"), "cannot be combined", "leave one"),
    ((*ADD, "--config-path", "x.json"), "exactly one client", "name it"),
    ((*ADD, "cursor", "zed", "--config-path", "x.json"), "exactly one client", "name it"),
    ((*ADD, "--region", "us", "--host", "https://p.example.com"), "cannot be combined", "leave one"),
    ((*ADD, "--region", "mars"), "--region", "--help"),
    ((*ADD, "--host", "http://p.example.com"), "plain http", "--allow-http"),
    ((*ADD, "--host", "ftp://p.example.com"), "not the address", "https://"),
    ((*ADD, "--host", ""), "not the address", "https://"),
    ((*ADD, "--mcp-url", "http://mcp.example.com/mcp"), "plain http", "--allow-http"),
    ((*ADD, "--mcp-url", "mcp.example.com"), "not the address", "https://mcp.posthog.com/mcp"),
    ((*ADD, "--mcp-url", "https://mcp.example.com", "--server", "local"), "--mcp-url", "leave one"),
    ((*ADD, "--server", "hosted", "--host", "https://p.example.com"), "cannot reach", "--mcp-url"),
    ((*ADD, "--server", "elsewhere"), "--server", "--help"),
    ((*ADD, "--server", "local", "--secret", "env"), "which PostHog", "--region us"),
    ((*ADD, "--mode", "cli", "--host", "https://p.example.com"), "--mode", "--server local"),
    ((*ADD, "--features", "all,API"), "hosted server has no `API`", "--server local"),
    ((*ADD, "--tools", "api-write"), "hosted server has no `api-write`", "--server local"),
    (("mcp", "print", "cursor", "--features", "api"), "hosted server has no `api`", "--server local"),
    ((*ADD, "--mode", "cli", "--tools", "x"), "--mode tools", "--mode cli"),
    ((*ADD, "--oauth", *STDIN), "without a key", "--oauth"),
    ((*ADD, "--oauth", "--secret", "env"), "without a key", "--oauth"),
    ((*ADD, "--oauth", "--host", "https://p.example.com"), "needs a key", "--oauth"),
    ((*ADD, "--env-var", "MY_KEY"), "--secret env", "--secret env"),
    ((*ADD, "--secret", "env", "--env-var", "MY KEY"), "not the name of a variable", "letters"),
    ((*ADD, "--secret", "elsewhere"), "--secret", "--help"),
    ((*ADD, "--secret", "store"), "no PostHog personal API key", "--api-key-stdin"),
    ((*ADD, "--store", "keyring"), "only works with `--secret store`", "--secret store"),
    ((*ADD, "--sandbox", "--installation", "x"), "`--sandbox` and `--installation`", "leave one"),
    ((*ADD, "--sandbox", "--profile", "x"), "`--sandbox` and `--profile`", "leave one"),
    ((*ADD, "--sandbox", "--oauth"), "`--sandbox` and `--oauth`", "leave one"),
    ((*ADD, "--sandbox", "--host", "us"), "`--sandbox` and `--host`", "leave one"),
    ((*ADD, "--sandbox", "--server", "hosted"), "`--sandbox` and `--server hosted`", "leave one"),
    ((*ADD, "--sandbox", "--secret", "env"), "`--sandbox` and `--secret`", "leave one"),
    ((*ADD, "--sandbox", *STDIN), "`--sandbox` and `--api-key`", "leave one"),
    ((*ADD, "--sandbox", "--mode", "tools"), "--mode", "--server local"),
    ((*ADD, "--sandbox", "--name", "x" * 41), "more than 40 letters", "at most 40"),
    (("mcp", "print", "cursor", "--sandbox", "--region", "eu"), "`--sandbox` and `--region`", "leave one"),
    ((*ADD, "--installation", "x"), "no PostHog personal API key", "--api-key-stdin"),
    ((*ADD, "--installation", "x", "--secret", "env"), "no PostHog personal API key", "--api-key-stdin"),
    ((*ADD, "--installation", "x", "--read-only"), "for PostHog's own server", "leave them out"),
    ((*ADD, "--installation", "x", "--server", "local"), "through PostHog's API", "--server"),
    ((*ADD, "--installation", "x", "--mcp-url", "https://x.com"), "through PostHog's API", "--mcp-url"),
    ((*ADD, "--installation", "x", "--oauth"), "with a PostHog key", "--oauth"),
    ((*ADD, "--installation", "x", "--no-verify"), "looked up", "--no-verify"),
    ((*ADD, "--installation", "x", "--name", "posthog"), "PostHog's own server", "--name"),
    ((*ADD, "--installation", "x", "--installation", "y", "--name", "z"), "names one entry", "--name"),
    ((*ADD, "--scope", "project", *STDIN), "shared", "--allow-plaintext"),
    ((*ADD, "--scope", "galaxy"), "--scope", "--help"),
    ((*ADD, "claude-desktop", "--scope", "project", "--oauth"), "no configuration file in projects", "--scope project"),
    (
        (*ADD, "claude-desktop", "--scope", "project", "--oauth", "--config-path", "x"),
        "no configuration file in projects",
        "--scope project",
    ),
    ((*ADD, "--name", "", *STDIN), "name", "--name posthog"),
    ((*ADD, "--name", "a\nb", *STDIN), "name", "--name posthog"),
    ((*ADD, "--ca-file", "/nowhere.pem", *STDIN), "/nowhere.pem", "PEM"),
    ((*ADD, "--api-key-stdin", "--api-key-file", "x"), "more than one way", "--api-key-stdin"),
    ((*ADD, "--api-key", KEY, "--api-key-stdin"), "more than one way", "--api-key-file"),
    ((*ADD, "--forse"), "--forse", "--help"),
    ((*ADD, "cursor"), "no PostHog personal API key", "--api-key-stdin"),
    ((*ADD, "zed", "--secret", "env"), "expands no environment variables", ""),
    ((*ADD, "zed", "--secret", "prompt"), "cannot ask", ""),
    ((*ADD, "cursor", "claude-desktop", "--oauth"), "Claude Desktop", "https://claude.ai/directory"),
    # a key where none belongs is not repeated
    ((*ADD, KEY), "a PostHog key where none belongs", "--api-key-stdin"),
    ((*ADD, "--host", KEY), "a PostHog key where none belongs", "--api-key-stdin"),
    ((*ADD, "--host", f"https://me:{KEY}@p.example.com"), "a PostHog key where none belongs", "--api-key-stdin"),
    ((*ADD, "--api-key-file", KEY), "a PostHog key where none belongs", "--api-key-stdin"),
    ((*ADD, "--secret", "env", "--env-var", KEY), "a PostHog key where none belongs", "--api-key-stdin"),
    ((*ADD, "--api-key", KEY, "--name", OTHER_KEY), "a PostHog key where none belongs", "--api-key-stdin"),
    (("mcp", "remove", "cursr"), "unknown client", "`cursor`"),
    (("mcp", "remove", "cursor", "--all"), "cannot be combined", "leave one"),
    (("mcp", "remove", "windsurf", "--scope", "project"), "no configuration file in projects", "--scope project"),
    (("mcp", "remove", "--name", " "), "name", "--name posthog"),
    (("mcp", "undo", "--client", "cursr"), "unknown client", "`cursor`"),
    (("mcp", "undo", "a", "b"), "b", "--help"),
    (("mcp", "list", "--scope", "x"), "--scope", "--help"),
    (("mcp", "list", "cursor"), "cursor", "--help"),
    (("mcp", "print"), "CLIENT", "--help"),
    (("mcp", "print", "cursr"), "unknown client", "`cursor`"),
    (("mcp", "print", "zed", "--deeplink"), "no link", "--deeplink"),
    (("mcp", "print", "zed", "--secret", "env"), "Zed", ""),
    (("mcp", "print", "cursor", "--secret", "prompt"), "Cursor", ""),
    (("mcp", "print", "claude-desktop", "--oauth"), "Claude Desktop", "https://claude.ai/directory"),
    (("mcp", "print", "cursor", "--oauth", "--api-key-stdin"), "without a key", "--oauth"),
    (("mcp", "print", "cursor", "--env-var", "X"), "--secret env", "--secret env"),
    (("mcp", "print", "windsurf", "--scope", "project"), "no configuration file in projects", "--scope project"),
    (("mcp", "print", "cursor", "--installation", "x"), "looked up in PostHog", "--dry-run"),
    (("mcp", "print", "cursor", "--os", "beos"), "--os", "--help"),
    (("mcp", "print", "cursor", "--name", "x" * 41), "more than 40 letters", "at most 40"),
    (("mcp", "print", "cursor", "--tools", ","), "`--tools` says nothing", "leave it out"),
    (("mcp", "bundle", "--features", ""), "`--features` says nothing", "leave it out"),
    (("mcp", "tools", "--features", ""), "`--features` says nothing", "leave it out"),
    (("mcp", "print", "cursor", "--project", "seven"), "not a project's number", "/project/NUMBER"),
    (("mcp", "print", "cursor", "--server", "local", "--features", "flag"), "there is no `flag`", "`flags`"),
    (("mcp", "print", "cursor", "--server", "local", "--tools", "dashbord-get"), "`dashbord-get`", "`dashboard-get`"),
    (("mcp", "print", "crush", "--scope", "project"), "in projects Crush reads", "--scope project"),
    (("mcp", "doctor", "cursr"), "unknown client", "`cursor`"),
    (("mcp", "doctor", "--yes"), "`--fix`", "--fix"),
    (("mcp", "doctor", "--timeout", "0"), "--timeout", "--timeout 20"),
    (("mcp", "doctor", "--timeout", "x"), "--timeout", "--help"),
    (("mcp", "doctor", "--report"), "Markdown", "leave one"),
    (("mcp", "installations", "lst"), "`lst`", "`list`"),
    (("key", "shw"), "`shw`", "`show`"),
    (("sandbox", "--port", "x"), "--port", "--help"),
    (("mcp", "ad"), "`ad`", "`add`"),
    (("mpc", "add"), "`mpc`", "`mcp`"),
]
SCHEMAS = {"add": CHANGE, "remove": CHANGE, "undo": CHANGE, "list": LIST, "print": PRINT}


@pytest.mark.parametrize(("arguments", "message", "hint"), WRONG)
def test_wrong_usage(arguments: tuple[str, ...], message: str, hint: str, tmp_path: Path) -> None:
    place = home(tmp_path, *ALL, cursor='{"mcpServers": {}}')
    before = contents(place)
    result = run([*arguments, "--json"], place, KEY)
    error = result.document["error"]
    assert (result.code, result.err) == (2, "")
    assert result.document["schema"] == SCHEMAS.get(arguments[1], result.document["schema"])
    assert message in error["message"]
    assert hint in (error["hint"] or "")
    assert sorted(error) == ["code", "hint", "message"]
    assert contents(place) == before
    assert not (place / ".local/state").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*ADD, "cursr"), "error: unknown client `cursr`\nhint: did you mean `cursor`?\n"),
        (
            (*ADD, "--region", "us", "--host", "x.com"),
            "error: `--region` and `--host` cannot be combined\nhint: leave one",
        ),
        (
            ("mcp", "bridge", "--features", "api"),
            "error: PostHog's hosted server has no `api`\nhint: use our own: pass `--server local`\n",
        ),
        (("mcp", "lst"), "error: there is no command `lst`\nhint: did you mean `list`?\n"),
    ],
)
def test_people_are_told_on_stderr(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = run(arguments, home(tmp_path))
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(message)


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("--version",), 0, "posthog-wizard 0."),
        (("--help",), 0, "posthog-wizard mcp add"),
        (("mcp", "--help"), 0, "remove"),
        (("mcp", "add", "--help"), 0, "posthog-wizard mcp add --dry-run"),
        (("mcp", "remove", "--help"), 0, "posthog-wizard mcp remove cursor"),
        (("mcp", "list", "-h"), 0, "posthog-wizard mcp list"),
        (("mcp", "undo", "--help"), 0, "posthog-wizard mcp undo"),
        (("mcp", "print", "--help"), 0, "posthog-wizard mcp print cursor"),
        (("sandbox", "--help"), 0, "[default: a free one]"),
        ((), 2, "Usage"),
        (("mcp",), 2, "Usage"),
    ],
)
def test_help(arguments: tuple[str, ...], code: int, text: str, tmp_path: Path) -> None:
    result = run(arguments, home(tmp_path), COLUMNS="200", NO_COLOR="1")
    assert result.code == code
    assert text in result.out + result.err
    assert "\x1b[" not in result.out


def test_the_flags_of_the_contract_are_there(tmp_path: Path) -> None:
    flags = {
        "add": "--client -c --all --api-key --api-key-stdin --api-key-file --oauth --region --host --allow-http --ca-file "
        "--organization --project --features --tools --read-only --mode --server --secret --env-var --store --scope "
        "--allow-plaintext --name --mcp-url --config-path --installation --sandbox --force --no-verify --dry-run -y --yes "
        "--no-input --json",
        "remove": "--client -c --all --name --scope --config-path --force --dry-run --yes --no-input --json",
        "list": "--scope --json",
        "undo": "--client --list -y --yes --dry-run --json",
        "print": "--server --secret --name --organization --project --features --tools --read-only --mode --os --scope "
        "--deeplink --documented --json --region --host --mcp-url --api-key --api-key-stdin --api-key-file --oauth "
        "--env-var --allow-http --ca-file",
    }
    helps = {name: run(["mcp", name, "--help"], home(tmp_path), COLUMNS="200").out for name in flags}
    missing = {name: [flag for flag in row.split() if f"{flag} " not in helps[name]] for name, row in flags.items()}
    assert missing == {name: [] for name in flags}


COMMANDS = [
    module
    for found in walk_packages(cli.__path__, f"{cli.__name__}.")
    for module in [import_module(found.name)]
    if module.__dict__.get("command") and getattr(module.command, "__module__", "") == found.name
]


@pytest.mark.parametrize("module", COMMANDS, ids=[module.__name__ for module in COMMANDS])
def test_every_flag_is_explained(module: ModuleType) -> None:
    """A group of flags whose annotations are texts would lose help, limits and completion."""
    assert [flag.name for flag in build("command", module).params if not flag.help] == []
