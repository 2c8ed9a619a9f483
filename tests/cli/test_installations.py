"""`mcp installations ...`: what is asked of PostHog, what is shown, and what is refused before anything is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import home
from tests.support.installed import HELLO, LINEAR, NOTION, PATH, UPSTREAM_KEY, WAREHOUSE, Installed, hello, installed
from tests.support.machines import KEY, lay
from tests.support.posthog import Reply
from tests.support.program import OTHER_KEY, Result, run
from tests.support.terminal import CONTROL_C, DOWN, ENTER, Terminal

FIELDS = ["schema", "error", "installations"]
ACME = ("--name", "Acme", "--url", "https://mcp.acme.com/mcp")
PAGE = "https://sandbox.invalid/oauth/authorize?response_type=code&state="


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Installed]:
    """A PostHog in which whoever is sent to sign in has done so at the next look."""
    with installed(tmp_path, step=10) as server:
        yield server


def surroundings(server: Installed, **more: str) -> dict[str, Any]:
    return {"POSTHOG_HOST": server.url, "POSTHOG_PERSONAL_API_KEY": KEY, **more}


def call(server: Installed, place: Path, *arguments: str, stdin: str = "", **environment: str) -> Result:
    """`mcp installations ARGUMENTS` with key and host in the environment."""
    home(place)
    words = ["mcp", "installations", *arguments]
    return run(words, place / "home", stdin, **surroundings(server, **environment))


def names(server: Installed, place: Path) -> list[str]:
    return [row["name"] for row in call(server, place, "list", "--json").document["installations"]]


def writes(server: Installed) -> list[str]:
    """The requests that change something, and those that begin to."""
    return [request.line for request in server.requests if request.method != "GET" or "authorize" in request.path]


# ------------------------------------------------------------------ list and show


def test_list_on_screen(server: Installed, tmp_path: Path) -> None:
    result = call(server, tmp_path, "list")
    first, *rows = result.out.splitlines()
    assert (result.code, first.split()) == (0, ["name", "URL", "auth", "enabled", "sign-in", "shared", "id"])
    assert [row.split() for row in rows] == [
        ["Warehouse", "https://mcp.leafline.example/mcp", "key", "no", "no", WAREHOUSE],
        ["Notion", "https://mcp.notion.com/mcp", "oauth", "yes", "needed", "no", NOTION],
        ["Linear", "https://mcp.linear.app/mcp", "oauth", "yes", "no", LINEAR],
    ]
    assert "mcp add --installation" in result.err


def test_list_as_json_gives_the_fields_of_the_api(server: Installed, tmp_path: Path) -> None:
    result = call(server, tmp_path, "list", "--json")
    assert (result.code, result.err) == (0, "")
    assert list(result.document) == FIELDS
    assert (result.document["schema"], result.document["error"]) == ("posthog-wizard.installations/1", None)
    row = result.document["installations"][2]
    assert (row["id"], row["needs_reauth"], row["proxy_url"]) == (LINEAR, False, f"{server.url}{PATH}{LINEAR}/proxy/")


@pytest.mark.parametrize(
    ("arguments", "project"),
    [
        ((), "1"),
        (("--project", "2"), "2"),
        (("--environment", "2"), "2"),
        (("--project", "1", "--environment", "2"), "2"),
    ],
)
def test_which_project(arguments: tuple[str, ...], project: str, server: Installed, tmp_path: Path) -> None:
    assert call(server, tmp_path, "list", *arguments, "--json").code == 0
    assert server.requests[-1].path == f"/api/environments/{project}/mcp_server_installations/"
    assert len(server.requests) == (3 if arguments == () else 1)


def test_the_project_of_the_environment(server: Installed, tmp_path: Path) -> None:
    result = call(server, tmp_path, "list", POSTHOG_PROJECT_ID="2")
    assert (result.code, result.out) == (0, "")
    assert "no MCP server is installed in project 2" in result.err
    assert "installations add" in result.err


@pytest.mark.parametrize("wanted", ["Notion", "notion", NOTION])
def test_show(wanted: str, server: Installed, tmp_path: Path) -> None:
    shown = call(server, tmp_path, "show", wanted)
    assert (shown.code, shown.err) == (0, "")
    assert ["needs_reauth", "yes"] in [line.split() for line in shown.out.splitlines()]
    assert [row["id"] for row in call(server, tmp_path, "show", wanted, "--json").document["installations"]] == [NOTION]


def test_what_strangers_wrote_is_made_fit_to_be_shown(server: Installed, tmp_path: Path) -> None:
    row = {
        "id": "i1",
        "name": "\x1b[2JAc\nme",
        "url": f"https://mcp.acme.com/?api_key={UPSTREAM_KEY}",
        "tools": ["a", None],
        "extra": {"token": OTHER_KEY},
    }
    answer = Reply(body={"count": 1, "next": None, "results": [row]})
    server.will_answer("GET", PATH, answer, times=2)
    on_screen = call(server, tmp_path, "list", "--project", "1")
    as_json = call(server, tmp_path, "list", "--project", "1", "--json")
    assert "\x1b" not in on_screen.out
    assert " [2JAc me  https://mcp.acme.com/?api_key=…" in on_screen.out
    assert UPSTREAM_KEY not in on_screen.out + as_json.out
    assert as_json.document["installations"][0]["name"] == row["name"]
    assert as_json.document["installations"][0]["tools"] == ["a", None]


# ------------------------------------------------------------------ what is refused

REFUSED: list[tuple[tuple[str, ...], dict[str, str], int, str, str]] = [
    (("list",), {"POSTHOG_PERSONAL_API_KEY": ""}, 2, "no PostHog key", "POSTHOG_PERSONAL_API_KEY"),
    (
        ("list",),
        {"POSTHOG_PERSONAL_API_KEY": "", "POSTHOG_API_KEY": "phc_abc"},
        1,
        "holds a project key",
        "POSTHOG_PERSONAL_API_KEY",
    ),
    (("list",), {"POSTHOG_PERSONAL_API_KEY": "phx_...abc"}, 1, "shortened", "settings/user-api-keys"),
    (("list",), {"POSTHOG_PERSONAL_API_KEY": "phx_unknown0unknown0"}, 1, "does not accept", "check that the key"),
    (("list", "--project", "99"), {}, 1, "Project not found", "identifier"),
    (("list",), {"POSTHOG_PERSONAL_API_KEY": OTHER_KEY, "POSTHOG_PROJECT_ID": "1"}, 1, "project:read", "add"),
    (("list",), {"POSTHOG_HOST": "http://p.example.com"}, 2, "plain http", "--allow-http"),
    (("show", "Nothing"), {}, 1, "no installation `Nothing`", "`Linear`"),
    (("show", "018f0000-0000-7000-8000-0000000a0000"), {}, 1, "nothing at", "identifier"),
    (("update", "Linear"), {}, 2, "nothing to change was named", "--display-name"),
    (("add", "--name", "X"), {}, 2, "`--url` is missing", "--url"),
    (("add", *ACME[2:]), {}, 2, "`--name` is missing", "--name"),
    (("add", *ACME), {}, 2, "take a key", "--auth-type oauth"),
    (("add", *ACME, "--auth-type", "api_key"), {}, 2, "own key was not given", "--server-key-stdin"),
    (("add", *ACME, "--auth-type", "none"), {}, 2, "--auth-type", "--help"),
    (("add", *ACME, "--auth-type", "oauth", "--server-key-stdin"), {}, 2, "there is no key", "leave"),
    (("add", *ACME, "--server-key-stdin", "--server-key-file", "x"), {}, 2, "two ways", "use one of"),
    (("add", *ACME, "--server-key-stdin"), {}, 1, "holds no key", "key of that server"),
    (("add", *ACME, "--server-key-file", "nowhere"), {}, 1, "cannot be read: No such file", "--server-key-file"),
    (("add", "--name", "X", "--url", "https://10.0.0.1/mcp"), {}, 2, "private or reserved", "public https"),
    (("add", "--name", "X", "--url", "http://mcp.acme.com"), {}, 2, "plain http", "public https"),
    (
        ("add", "--name", "X", "--url", "https://me:pw@mcp.acme.com"),
        {},
        2,
        "`mcp.acme.com`: it must not contain a user name",
        "public",
    ),
]


@pytest.mark.parametrize(("arguments", "environment", "code", "message", "hint"), REFUSED)
def test_refused_before_anything_changes(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    code: int,
    message: str,
    hint: str,
    server: Installed,
    tmp_path: Path,
) -> None:
    result = call(server, tmp_path, *arguments, "--json", **environment)
    error = result.document["error"]
    assert (result.code, message in error["message"], hint in error["hint"]) == (code, True, True), error
    assert list(result.document) == FIELDS
    assert result.document["installations"] == []
    assert writes(server) == []


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (KEY.encode(), "a key of PostHog"),
        (b"\xff", "holds no text"),
        (b"\xff\xfe", "holds no key"),
        (b"two\nlines", "holds no key"),
        (b" \n", "holds no key"),
    ],
)
def test_what_is_no_key_of_the_server(key: bytes, message: str, server: Installed, tmp_path: Path) -> None:
    file = tmp_path / "server.key"
    file.write_bytes(key)
    result = call(server, tmp_path, "add", *ACME, "--server-key-file", str(file))
    assert (result.code, message in result.err) == (1, True)
    assert server.requests == []


# ------------------------------------------------------------------ add


@pytest.mark.parametrize("way", [("--server-key-stdin",), ("--server-key-file", "{file}")])
def test_add_with_a_key(way: tuple[str, ...], server: Installed, tmp_path: Path) -> None:
    file = tmp_path / "server.key"
    file.write_text(f"{UPSTREAM_KEY}\n")
    words = [word.format(file=file) for word in way]
    result = call(server, tmp_path, "add", *ACME, "--description", "Orders", *words, "--json", stdin=UPSTREAM_KEY)
    (made,) = result.document["installations"]
    assert (result.code, made["name"], made["auth_type"]) == (0, "Acme", "api_key")
    assert result.document["authorize_url"] is None
    assert server.requests[-1].body == {
        "name": "Acme",
        "url": "https://mcp.acme.com/mcp",
        "auth_type": "api_key",
        "description": "Orders",
        "api_key": UPSTREAM_KEY,
    }
    assert UPSTREAM_KEY not in result.out + result.err


def test_what_to_do_next_names_the_project_and_the_profile(server: Installed, tmp_path: Path) -> None:
    """Pasted without them, it would look in another project."""
    lay(tmp_path, f'home/.config/posthog-wizard/config.toml=[profiles.work]\nhost = "{server.url}"\n')
    named = ("--project", "1", "--profile", "work")
    listed = call(server, tmp_path, "list", *named).err
    made = call(server, tmp_path, "add", *ACME, *named, "--server-key-stdin", stdin=UPSTREAM_KEY).err
    assert "mcp add --installation NAME --project 1 --profile work`" in listed
    assert re.search(r"mcp add --installation [0-9a-f-]{36} --project 1 --profile work`", made)


def test_add_twice_says_that_it_is_there(server: Installed, tmp_path: Path) -> None:
    first = call(server, tmp_path, "add", *ACME, "--server-key-stdin", stdin=UPSTREAM_KEY)
    again = call(server, tmp_path, "add", *ACME, "--server-key-stdin", stdin=UPSTREAM_KEY)
    assert (first.code, first.out, "mcp add --installation" in first.err) == (0, "+ installed `Acme`\n", True)
    assert (again.code, "installed in this project already" in again.err) == (1, True)
    assert names(server, tmp_path).count("Acme") == 1


def test_add_with_oauth_waits_until_somebody_has_signed_in(server: Installed, tmp_path: Path) -> None:
    result = call(server, tmp_path, "add", *ACME, "--auth-type", "oauth")
    assert (result.code, result.out.splitlines()[-1]) == (0, "+ installed `Acme`")
    assert result.out.startswith(f"sign in at {PAGE}")
    assert "waiting" in result.err


def test_add_of_what_is_signed_in_changes_nothing(server: Installed, tmp_path: Path) -> None:
    call(server, tmp_path, "add", *ACME, "--auth-type", "oauth")
    again = call(server, tmp_path, "add", *ACME, "--auth-type", "oauth")
    assert (again.code, again.out) == (0, "= `Acme` is installed already, and nothing was changed\n")
    assert [line for line in server.lines if line.endswith("install_custom/")] == [f"POST {PATH}install_custom/"]


def test_add_without_waiting(server: Installed, tmp_path: Path) -> None:
    on_screen = call(server, tmp_path, "add", *ACME, "--auth-type", "oauth", "--no-wait")
    as_json = call(
        server, tmp_path, "add", "--name", "B", "--url", "https://b.example.com", "--auth-type", "oauth", "--no-wait",
        "--json",
    )  # fmt: skip
    assert (on_screen.code, as_json.code) == (0, 0)
    assert "waiting" not in on_screen.err
    assert as_json.document["authorize_url"].startswith(PAGE)
    assert [row["name"] for row in as_json.document["installations"]] == ["B"]


@pytest.mark.parametrize(
    "page",
    [
        "http://login.acme.com/authorize",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://login.acme.com@evil.example/",
        "https://login.acme.com/\x1b[2J",
        "https://login.acme.com/a b",
        f"https://login.acme.com/{'a' * 5000}",
    ],
)
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("authorize", "Notion"), ("GET", f"{PATH}authorize/")),
        (("add", *ACME, "--auth-type", "oauth"), ("POST", f"{PATH}install_custom/")),
    ],
)
def test_nobody_is_sent_to_a_page_that_is_not_https(
    page: str, arguments: tuple[str, ...], line: tuple[str, str], server: Installed, tmp_path: Path
) -> None:
    server.will_answer(*line, Reply(body={"redirect_url": page}))
    there = {**hello("https://mcp.acme.com/mcp", "Notion")[2], "pending_oauth": True}
    server.will_answer("GET", PATH, Reply(body={"results": [there]}))
    result = call(server, tmp_path, *arguments, "--project", "1")
    assert (result.code, "not https" in result.err, page in result.out + result.err) == (1, True, False)


def test_add_when_posthog_does_not_list_what_it_began(server: Installed, tmp_path: Path) -> None:
    server.will_answer("GET", PATH, Reply(body={"results": []}), times=2)
    result = call(server, tmp_path, "add", *ACME, "--auth-type", "oauth", "--project", "1")
    assert (result.code, "does not list it" in result.err) == (1, True)


# ------------------------------------------------------------------ update, remove, authorize


@pytest.mark.parametrize(
    ("arguments", "sent", "line"),
    [
        (("--disable",), {"is_enabled": False}, "~ changed `Linear`, which is off\n"),
        (("--enable",), {"is_enabled": True}, "~ changed `Linear`, which is on\n"),
        (
            ("--display-name", "Issues", "--description", ""),
            {"display_name": "Issues", "description": ""},
            "~ changed `Issues`, which is on\n",
        ),
    ],
)
def test_update(arguments: tuple[str, ...], sent: Any, line: str, server: Installed, tmp_path: Path) -> None:
    result = call(server, tmp_path, "update", "Linear", *arguments)
    assert (result.code, result.out) == (0, line)
    assert server.requests[-1].body == sent
    assert call(server, tmp_path, "update", LINEAR, *arguments, "--json").document["installations"][0]["id"] == LINEAR


def test_remove(server: Installed, tmp_path: Path) -> None:
    result = call(server, tmp_path, "remove", "Linear")
    assert (result.code, result.out, "mcp remove --name" in result.err) == (0, "- removed `Linear`\n", True)
    assert call(server, tmp_path, "remove", NOTION, "--json").document["installations"][0]["name"] == "Notion"
    assert names(server, tmp_path) == ["Warehouse"]


def test_authorize(server: Installed, tmp_path: Path) -> None:
    result = call(server, tmp_path, "authorize", "Notion")
    assert (result.code, result.out) == (0, f"sign in at {PAGE}{NOTION}\n")
    assert "signed in to `Notion`" in result.err
    as_json = call(server, tmp_path, "authorize", NOTION, "--json")
    assert as_json.document["authorize_url"] == f"{PAGE}{NOTION}"
    assert as_json.document["installations"][0]["needs_reauth"] is False


def test_authorize_without_waiting(server: Installed, tmp_path: Path) -> None:
    result = call(server, tmp_path, "authorize", "Notion", "--no-wait")
    assert (result.code, result.out, result.err) == (0, f"sign in at {PAGE}{NOTION}\n", "")
    assert server.requests[-1].path == f"{PATH}authorize/"


# ------------------------------------------------------------------ on a terminal


def browser(place: Path) -> tuple[str, Path]:
    """A browser that writes down what it is told to open."""
    opened, program = place / "opened", place / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    program.chmod(0o755)
    return str(program), opened


def test_add_asks_for_what_is_missing_and_opens_the_page(server: Installed, tmp_path: Path) -> None:
    program, opened = browser(tmp_path)
    environment = surroundings(server, BROWSER=program)
    with Terminal(["mcp", "installations", "add"], home(tmp_path), **environment) as person:
        person.reads("URL of the server").types("https://mcp.acme.com/mcp", ENTER)
        person.reads("Name:").types("Acme", ENTER).reads("signing in on its own page").types(ENTER)
        person.reads(f"sign in at {PAGE}").reads("Open it in the browser?").types("y", ENTER)
        person.reads("installed `Acme`")
    assert person.code == 0
    assert opened.read_text().startswith(PAGE)


def test_add_asks_for_the_server_s_key_hidden(server: Installed, tmp_path: Path) -> None:
    with Terminal(["mcp", "installations", "add", *ACME], home(tmp_path), **surroundings(server)) as person:
        person.reads("signing in on its own page").types(DOWN, ENTER)
        person.reads("Key of that server:").types(UPSTREAM_KEY, ENTER).reads("installed `Acme`")
    assert (person.code, UPSTREAM_KEY in person.raw) == (0, False)
    assert server.requests[-1].body["api_key"] == UPSTREAM_KEY


def test_a_browser_that_does_not_start(server: Installed, tmp_path: Path) -> None:
    words = ["mcp", "installations", "authorize", "Notion", "--no-wait", "--yes"]
    with Terminal(words, home(tmp_path), **surroundings(server, BROWSER="/nowhere")) as person:
        person.reads("open the address yourself")
    assert person.code == 0


@pytest.mark.parametrize(
    ("keys", "code", "left"), [(("n", ENTER), 130, 3), ((CONTROL_C,), 130, 3), (("y", ENTER), 0, 2)]
)
def test_remove_confirms(keys: tuple[str, ...], code: int, left: int, server: Installed, tmp_path: Path) -> None:
    with Terminal(["mcp", "installations", "remove", "Linear"], home(tmp_path), **surroundings(server)) as person:
        person.reads("Remove Linear (https://mcp.linear.app/mcp)").types(*keys)
    assert person.code == code
    assert len(names(server, tmp_path)) == left


def test_control_c_stops_waiting(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        words = ["mcp", "installations", "authorize", "Notion"]
        with Terminal(words, home(tmp_path), **surroundings(server, BROWSER="/nowhere")) as person:
            person.reads("Open it").types("n", ENTER).reads("waiting until you").types(CONTROL_C)
        assert person.code == 130


def test_the_key_and_host_of_a_profile(server: Installed, tmp_path: Path) -> None:
    place = home(tmp_path)
    words = ["key", "set", "--profile", "work", "--host", server.url, "--store", "file", "--api-key-stdin"]
    assert run(words, place, KEY).code == 0
    listed = run(["mcp", "installations", "list", "--profile", "work", "--json"], place)
    assert [row["name"] for row in listed.document["installations"]] == ["Warehouse", "Notion", "Linear"]
    unknown = run(["mcp", "installations", "list", "--profile", "home", "--json"], place)
    assert (unknown.code, "`home`" in unknown.document["error"]["message"]) == (1, True)


def test_the_help_shows_every_command(tmp_path: Path) -> None:
    result = run(["mcp", "installations", "--help"], home(tmp_path), COLUMNS="200")
    assert [word in result.out for word in ("list", "show", "add", "update", "remove", "authorize")] == [True] * 6


FLAGS = {
    "list": "--project --environment --json",
    "show": "--project --environment --json",
    "add": "--name --url --auth-type --description --server-key-stdin --server-key-file --no-wait -y --json",
    "update": "--display-name --description --enable --disable --json",
    "remove": "-y --json",
    "authorize": "--no-wait --json",
}


@pytest.mark.parametrize("command", FLAGS)
def test_the_flags_of_the_contract_are_there(command: str, tmp_path: Path) -> None:
    shown = run(["mcp", "installations", command, "--help"], home(tmp_path), COLUMNS="200").out
    assert [flag for flag in FLAGS[command].split() if flag not in shown] == []


def test_the_region_is_the_one_that_accepts_the_key(tmp_path: Path) -> None:
    """Without a host both regions are asked; without a network neither answers."""
    result = run(["mcp", "installations", "list", "--json"], home(tmp_path), POSTHOG_PERSONAL_API_KEY=KEY)
    error = result.document["error"]
    assert (result.code, error["code"]) == (1, "unreachable")
    assert json.dumps(error).count("posthog.com") >= 2
    assert HELLO not in result.out
