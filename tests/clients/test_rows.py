"""The laws of every row: our entry comes, stays as it is, and goes, in files like those of real people."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS, NOT_SUPPORTED, OTHER_NAMES
from posthog_wizard.clients.print_only import PRINT_ONLY
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.install.detect import at_path
from posthog_wizard.model import Client, Found, Place
from posthog_wizard.plan import PlanOptions, plan_add, plan_remove
from tests.documents.test_corpus import CORPUS, LEAVE_AN_EMPTY_CONTAINER
from tests.support.golden import WISHES, entry

ALONE = PlanOptions()
# Files in JSON with other servers: BEGIN and END are the container with what leads to it. `c`, `t`: only where the
# client takes comments, or trailing commas; `m`: a byte-order mark.
JSON: dict[str, tuple[str, str]] = {
    "compact": ("", '{BEGIN{"docs":{"url":"https://docs.example"}}END}'),
    "spaced": ("", '{ BEGIN{ "docs": { "url": "https://docs.example" } }END }'),
    "two spaces": ("", '{\n  "a": 1,\n  BEGIN{\n    "docs": {\n      "command": "x"\n    }\n  }END\n}\n'),
    "tabs": ("", '{\n\t"a": [1, 2],\n\tBEGIN{\n\t\t"docs": {"command": "x"}\n\t}END,\n\t"z": null\n}'),
    "four spaces": ("", '{\n    BEGIN{\n        "docs": {"args": []},\n        "b": {}\n    }END\n}\n\n'),
    "CRLF": ("", '{\r\n  BEGIN{\r\n    "docs": {}\r\n  }END\r\n}\r\n'),
    "escapes": ("", '{"\\u0061": "\\"}", BEGIN{"d\\u00f6cs": {"url": "x/\\\\"}}END}'),
    "empty container": ("", '{\n  "theme": "dark",\n  BEGIN{}END\n}\n'),
    "leading commas": ("", '{\n  "a": 1\n, BEGIN{ "docs": {} }END\n, "b": 2\n}\n'),
    "other letters": ("", '{"é": "∑ 🦔", BEGIN{"docs": {"url": "é"}}END}\n'),
    "comments": ("c", '// mine\n{\n  /* all */ BEGIN{ // here\n    "docs": {} // first\n  }END\n} // end\n'),
    "trailing commas": ("t", '{\n  BEGIN{\n    "docs": {},\n  }END,\n}\n'),
    "both": ("ct", '{\n  // one\n  BEGIN{\n    "docs": {}, // "posthog": {\n  }END, /* } */\n}'),
    "a mark": ("m", '\ufeff{\n  BEGIN{\n    "docs": {}\n  }END\n}\n'),
}


def json_text(place: Place, text: str) -> bytes:
    """The text with the place's container."""
    keys = [f'"{key}": ' for key in place.container]
    inner = "".join(f"{key}{{" for key in keys[:-1]) + keys[-1]
    return text.replace("BEGIN", inner).replace("END", "}" * (len(keys) - 1)).encode()


def takes(client: Client, place: Place, features: str) -> bool:
    """Whether the client accepts what the text has."""
    allowed = {
        "c": place.dialect.comments,
        "t": place.dialect.trailing_commas,
        "m": client.byte_order_mark != "refused",
    }
    return all(allowed[feature] for feature in features)


def lawful(client: Client, place: Place) -> dict[str, bytes]:
    """The files that this client has no objection to."""
    return {name: json_text(place, text) for name, (features, text) in JSON.items() if takes(client, place, features)}


WAYS = {  # places that differ in where they are alone are one
    str((client.id, place._replace(paths={}, directories={}, merged=False, scope="user"))): (client, place)
    for client in CLIENTS.values()
    for place in client.places
}
JSON_PLACES = [pytest.param(c, p, id=f"{c.id} {p.scope}") for c, p in WAYS.values() if p.format == "json"]


def found(client: Client, place: Place, text: bytes | None) -> Found:
    """That place with this text."""
    return Found(client, place, Path("/home/max/config"), text, ("here",))


def added(client: Client, place: Place, text: bytes | None) -> bytes:
    """The text with our entry."""
    (step,) = plan_add([found(client, place, text)], WISHES["hosted-store"], ALONE).steps
    return step.change.after or b""


def removed(client: Client, place: Place, text: bytes | None) -> bytes:
    """The text without our entry."""
    (step,) = plan_remove([found(client, place, text)], "posthog", ALONE).steps
    return step.change.after or b""


@pytest.mark.parametrize(("client", "place"), JSON_PLACES)
def test_in_json_it_comes_stays_and_goes(client: Client, place: Place) -> None:
    files = lawful(client, place)
    assert len(files) >= 10
    put = {name: added(client, place, text) for name, text in files.items()}
    assert {name: text for name, text in put.items() if b"posthog" not in text or text == files[name]} == {}
    assert {name: added(client, place, text) for name, text in put.items()} == put
    assert {name: removed(client, place, text) for name, text in put.items()} == files


@pytest.mark.parametrize(("client", "place"), JSON_PLACES)
def test_what_its_parser_refuses_is_told_with_line_and_column(client: Client, place: Place) -> None:
    unfit = [
        json_text(place, text)
        for features, text in JSON.values()
        if not takes(client, place, features.replace("m", ""))
    ]
    broken = [*unfit, json_text(place, '{\n  BEGIN{"docs": }END\n}'), b'{\n "a": 1\n "b": 2}']
    plans = [plan_add([found(client, place, text)], WISHES["hosted-store"], ALONE) for text in broken]
    assert [plan.steps for plan in plans] == [()] * len(broken)
    reasons = [outcome.reason or "" for plan in plans for outcome in plan.resolved]
    assert [reason for reason in reasons if not any(f":{line}:" in reason for line in (1, 2, 3, 4))] == []


ALL_PLACES = [pytest.param(c, p, id=f"{c.id} {p.scope}") for c, p in WAYS.values()]


@pytest.mark.parametrize(("client", "place"), ALL_PLACES)
def test_of_a_file_that_we_made_nothing_is_left(client: Client, place: Place) -> None:
    made = PlanOptions(made_by_us=lambda _found, keys: keys == ())
    put = added(client, place, None)
    (step,) = plan_remove([found(client, place, put)], "posthog", made).steps
    left = step.change.after or b""
    assert FORMATS[place.format].parse(left, place.dialect).get(()) in ({}, None)
    assert left.strip() in {b"", b"{}"}
    assert b"posthog" in added(client, place, left)


OWNERS = {"codex": "codex", "vibe": "mistral-vibe", "goose": "goose", "hermes": "hermes", "continue": "continue"}


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.*ml")), ids=lambda path: path.name)
def test_in_toml_and_yaml_it_comes_stays_and_goes(path: Path) -> None:
    client, text = CLIENTS[OWNERS[path.stem.partition("-")[0]]], path.read_bytes()
    place = client.places[0]
    put = added(client, place, text)
    assert put != text
    assert added(client, place, put) == put
    assert removed(client, place, put) == LEAVE_AN_EMPTY_CONTAINER.get(path.name, text)


@pytest.mark.parametrize("client", CLIENTS.values(), ids=lambda client: client.id)
def test_a_row_is_whole(client: Client) -> None:
    assert client.title
    assert client.after_adding
    assert client.places[0].scope == "user"
    assert not client.places[0].merged
    assert client.binaries or client.applications
    assert client.no_project is None or not any(place.scope == "project" for place in client.places)


REFUSING = [client for client in CLIENTS.values() if client.byte_order_mark == "refused"]


@pytest.mark.parametrize("client", REFUSING, ids=lambda client: client.id)
def test_nothing_is_put_behind_a_mark_that_the_client_refuses(client: Client) -> None:
    """It would read none of it, and says nothing, or stops; what is there can be taken out all the same."""
    place, marked = client.places[0], b"\xef\xbb\xbf" + (b"{}" if client.places[0].format == "json" else b"")
    found = Found(client, place, Path("/f"), marked, ("x",))
    plan = plan_add([found], WISHES["hosted-inline"], ALONE)
    assert (plan.steps, [one.outcome for one in plan.resolved]) == ((), ["failed"])
    assert "/f:1:1: a byte-order mark" in str(plan.resolved[0].reason)
    assert str(plan.resolved[0].hint).startswith("save the file as UTF-8 without it")  # also with `--config-path`
    assert plan_remove([found], "posthog", ALONE).steps


def test_no_name_means_two_clients() -> None:
    ids = {**CLIENTS, **PRINT_ONLY}
    assert set(OTHER_NAMES.values()) <= {*ids, *NOT_SUPPORTED}
    assert not set(OTHER_NAMES) & {name.replace("-", "") for name in (*ids, *NOT_SUPPORTED)}
    assert not set(NOT_SUPPORTED) & {*ids, *OTHER_NAMES}


@pytest.mark.parametrize("client", PRINT_ONLY.values(), ids=lambda client: client.id)
def test_what_is_only_printed_has_a_reason_and_an_entry(client: Client) -> None:
    assert client.print_only
    assert isinstance(entry(client, client.places[0], WISHES["hosted-inline"]), dict)


def test_of_two_spellings_a_path_has_that_of_its_file() -> None:
    windsurf = at_path(CLIENTS["windsurf"], Path("/x/devin/mcp_config.json"), "user")
    assert "transport" in (windsurf.place.schema.remote or {})


@pytest.mark.parametrize(
    ("client", "names", "step"),
    [
        ("amp", "linear, notion", "`amp mcp approve linear`, `amp mcp approve notion`, then sign in: "),
        ("codex", "linear, notion", "then sign in: `codex mcp login linear`, `codex mcp login notion`"),
        ("codex", "my posthog", '`codex mcp login "my posthog"`'),
        ("codex", "it{0}s", '`codex mcp login "it{0}s"`'),
        ("codex", "a`; rm -rf ~; `", "`codex mcp login NAME`"),
    ],
)
def test_the_commands_of_the_next_step_can_be_pasted(client: str, names: str, step: str) -> None:
    assert step in str(CLIENTS[client].next_step("added", names, signs_in=True))
