"""What PostHog says of a key, and what is made of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard import errors
from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.api.key_report import KeyReport, Named
from posthog_wizard.api.key_validation import validate
from posthog_wizard.api.retry_policy import RetryPolicy
from posthog_wizard.model import Secret
from posthog_wizard.sandbox.api.grants import grant_access
from tests.support.cloud import Cloud
from tests.support.posthog import (
    PostHog,
    Reply,
    SandboxKey,
    bad_key,
    failure,
    forbidden,
    missing_scope,
    no_key,
    not_found,
    throttled,
    web_page,
)
from tests.support.posthog_core import FIRST, SECOND, posthog

SECRET = Secret("phx_Ab3dEf6hIj9k")
US, EU = CLOUD["us"], CLOUD["eu"]
CURRENT, ME = "/api/personal_api_keys/@current", "/api/users/@me/"
NOBODY: Mapping[str, Any] = {"user": None, "organization": None, "project": None}
OTHER = SandboxKey("phx_other")
HEDGEHOGS, FOXES = Named(FIRST, "Hedgehogs"), Named(SECOND, "Foxes")


BRIEF = RetryPolicy(budget=2, attempts=2, first_wait=0.01)
# Ten seconds that no test takes: what is not silent answers before.
TWO_TRIES = RetryPolicy(budget=10, attempts=2, first_wait=0.01)


def key(*scopes: str, **limits: Any) -> SandboxKey:
    return SandboxKey(SECRET.reveal(), scopes, **limits)


def told(report: KeyReport, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(report, name) for name in facts}


# ------------------------------------------------------------------ one PostHog: who and where


@pytest.mark.parametrize(
    ("held", "facts", "asked"),
    [
        (
            key("*"),
            {"user": "max@example.com", "organization": HEDGEHOGS, "project": Named(2, "App"), "all_access": True},
            [CURRENT, ME],
        ),
        (key("user:read"), {"user": "max@example.com", "project": Named(2, "App"), "all_access": False}, [CURRENT, ME]),
        (key("user:write"), {"user": "max@example.com"}, [CURRENT, ME]),
        (key("insight:read"), {**NOBODY, "scopes": ("insight:read",)}, [CURRENT]),
        (key("user:read", teams=(1, 2)), {"project": Named(2, "App")}, [CURRENT, ME]),
        (key("user:read", teams=(1,)), {"project": Named(1, None), "organization": None}, [CURRENT, ME]),
        (
            key("user:read", "project:read", teams=(3, 1)),
            {"project": Named(3, "Den"), "organization": FOXES},
            [CURRENT, ME, "/api/projects/3/"],
        ),
        (
            key("project:read", teams=(3,)),
            {"user": None, "project": Named(3, "Den"), "organization": Named(SECOND, None)},
            [CURRENT, "/api/projects/3/"],
        ),
        (key("user:read", organizations=(FIRST,)), {"project": Named(2, "App")}, [CURRENT, ME]),
        (
            key("user:read", "project:read", organizations=(SECOND,)),
            {"project": Named(3, "Den"), "organization": FOXES},
            [CURRENT, ME, f"/api/organizations/{SECOND}/projects/"],
        ),
        (
            key("project:read", "organization:read", organizations=(SECOND,)),
            {"user": None, "project": Named(3, "Den"), "organization": FOXES},
            [CURRENT, f"/api/organizations/{SECOND}/projects/", f"/api/organizations/{SECOND}/"],
        ),
        (key("user:read", organizations=(SECOND,)), {"project": None, "organization": None}, [CURRENT, ME]),
    ],
)
def test_owner_and_place(held: SandboxKey, facts: Mapping[str, Any], asked: list[str]) -> None:
    with posthog(held) as server:
        report = validate(SECRET, (server.url,))
        assert server.lines == [f"GET {path}" for path in asked]
    assert told(report, {"state": 0, "problem": 0, "notes": 0}) == {"state": "valid", "problem": None, "notes": ()}
    assert told(report, facts) == facts


@pytest.mark.parametrize(
    ("pin", "facts"),
    [
        ({"project": "2"}, {"project": Named(2, "App"), "organization": HEDGEHOGS}),
        ({"project": "3"}, {"project": Named(3, "Den"), "organization": FOXES}),
        ({"organization": FIRST}, {"project": Named(2, "App"), "organization": HEDGEHOGS}),
        ({"organization": SECOND}, {"project": Named(3, "Den"), "organization": FOXES}),
        ({"project": "1", "organization": FIRST}, {"project": Named(1, "Website"), "organization": HEDGEHOGS}),
    ],
)
def test_pinned(pin: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    with posthog(key("*")) as server:
        report = validate(SECRET, (server.url,), **pin)
    assert told(report, {**facts, "notes": 0}) == {**facts, "notes": ()}


@pytest.mark.parametrize(
    ("held", "pin", "note"),
    [
        (key("*"), {"project": "9"}, "project `9` could not be read: PostHog has nothing at `/api/projects/9/`"),
        (key("*"), {"project": "../x"}, "project `../x` could not be read"),
        (key("*"), {"organization": "none"}, "the project of the key could not be read"),
        (
            key("project:read", teams=(1,)),
            {"project": "2"},
            "project `2` could not be read: the key is not allowed to do this",
        ),
    ],
)
def test_pinned_to_what_the_key_cannot_reach(held: SandboxKey, pin: Mapping[str, Any], note: str) -> None:
    with posthog(held) as server:
        report = validate(SECRET, (server.url,), **pin)
    assert (report.state, report.project) == ("valid", None)
    assert report.notes[0].startswith(note)
    assert report.unreached is not None


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (forbidden("Your organization does not allow members to use personal API keys."), "use personal API keys."),
        (forbidden("Two-factor sign-in is required."), "Two-factor sign-in is required."),
        (Reply(403, {"error": {"message": "Your address is not on the list."}}), "address is not on the list."),
        (Reply(403, {"message": "Your address is not on the list."}), "address is not on the list."),
        (Reply(403, {"errors": [{"message": "Your address is not on the list."}]}), "address is not on the list."),
        (Reply(403, ["Your address is not on the list."]), "address is not on the list."),
    ],
)
def test_a_refusal_that_names_no_scope_is_told_in_posthogs_words(reply: Reply, words: str) -> None:
    with posthog(key("*")) as server:
        server.will_answer("GET", CURRENT, reply).will_answer("GET", ME, reply)
        report = validate(SECRET, (server.url,))
    assert (report.state, report.usable) == ("invalid", False)
    assert words in str(report.problem)


def test_a_project_without_leave_to_read_it() -> None:
    with posthog(key("insight:read")) as server:
        reports = [validate(SECRET, (server.url,), project=name).project for name in ("7", "seven")]
    assert reports == [Named(7), Named("seven")]


@pytest.mark.parametrize(
    ("reply", "user"),
    [
        (Reply(body={"uuid": "u", "email": None, "first_name": "Max", "team": None, "organization": None}), "Max"),
        (Reply(body={"uuid": "u", "organizations": None}), "u"),
        (Reply(body={"uuid": "u", "organization": "Acme", "team": 1, "organizations": ["Acme"]}), "u"),
    ],
)
def test_a_user_without_anything(reply: Reply, user: str) -> None:
    with posthog(key("user:read")) as server:
        server.will_answer("GET", ME, reply)
        report = validate(SECRET, (server.url,))
    assert (report.user, report.organization, report.project) == (user, None, None)


@pytest.mark.parametrize(
    ("path", "reply", "note"),
    [
        (
            ME,
            missing_scope("user:read"),
            "the project of the key could not be read: the key lacks the scope `user:read`",
        ),
        (ME, web_page(), "could not be read: `http"),
        (ME, Reply(body=[1]), "does not answer like PostHog"),
        (ME, Reply(delay=4), "did not say in time whose it is"),
        ("/api/projects/3/", Reply(body={"name": "no id"}), "does not answer like PostHog"),
    ],
)
def test_trouble_after_the_verdict_is_a_note(path: str, reply: Reply, note: str) -> None:
    with posthog(key("user:read", "project:read", teams=(3,))) as server:
        server.will_answer("GET", path, reply)
        report = validate(SECRET, (server.url,), patience=BRIEF)
    assert report.state == "valid"
    assert note in report.notes[0]


# ------------------------------------------------------------------ one PostHog: the verdict


@pytest.mark.parametrize(
    ("reply", "state", "kind"),
    [
        (throttled(60), "unreachable", errors.RateLimited),
        (failure(500), "unreachable", errors.ServerFault),
        (web_page(502), "unreachable", errors.ServerFault),
        (web_page(200), "unreachable", errors.BadReply),
        (web_page(401), "unreachable", errors.BadReply),
        (Reply(body={}), "unreachable", errors.BadReply),
        (Reply(body=["scopes"]), "unreachable", errors.BadReply),
        (Reply(body={"scopes": "all"}), "unreachable", errors.BadReply),
        (Reply(delay=4), "unreachable", errors.Unreachable),
        (Reply(hang_up=True), "unreachable", errors.Unreachable),
    ],
)
def test_could_not_be_checked(reply: Reply, state: str, kind: type[errors.ApiError]) -> None:
    with posthog(key("*"), always=reply) as server:
        report = validate(SECRET, (server.url,), patience=BRIEF)
    assert (report.state, type(report.problem), report.usable) == (state, kind, False)
    assert (report.host, report.region) == (server.url, "self-hosted")


@pytest.mark.parametrize("unknown", [not_found("Endpoint not found."), web_page(404), forbidden("no"), no_key()])
@pytest.mark.parametrize(
    ("second", "state", "facts"),
    [
        (None, "valid", {"user": "max@example.com", "project": Named(2, "App"), "scopes": (), "missing_scopes": ()}),
        (missing_scope("user:read"), "forbidden", {**NOBODY, "missing_scopes": ("user:read",), "usable": True}),
        (forbidden("This action does not support Personal API Key access"), "forbidden", {"missing_scopes": ()}),
        (bad_key(), "invalid", {**NOBODY, "usable": False}),
        (failure(501), "unreachable", NOBODY),
        (Reply(body={"status": "ok"}), "unreachable", NOBODY),
    ],
)
def test_servers_without_a_record_of_the_key(
    unknown: Reply, second: Reply | None, state: str, facts: Mapping[str, Any]
) -> None:
    with posthog(key("*")) as server:
        server.will_answer("GET", CURRENT, unknown).will_answer("GET", ME, *((second,) if second else ()))
        report = validate(SECRET, (server.url,), required_scopes=("query:read",))
        assert server.lines == [f"GET {CURRENT}", f"GET {ME}"]
    assert report.state == state
    assert told(report, facts) == facts


def test_an_oauth_token_is_asked_for_its_owner() -> None:
    refresh = {"scopes": ["user:read"], "teams": [2], "client": "c", "client_name": "ours", "family": "f"}
    with posthog() as server:
        token = grant_access(server.sandbox.store, refresh, 60, server.now())
        report = validate(Secret(token), (server.url,))
        assert server.lines == ["POST /oauth/introspect/", f"GET {ME}"]
        assert validate(Secret("pha_unknown"), (server.url,)).state == "invalid"
    assert (report.state, report.user, report.scopes, report.label) == (
        "valid",
        "max@example.com",
        ("user:read",),
        "ours",
    )


def test_a_server_without_introspection_is_asked_for_the_owner() -> None:
    with posthog(SandboxKey("pha_token")) as server:
        server.will_answer("POST", "/oauth/introspect/", not_found())
        assert validate(Secret("pha_token"), (server.url,)).user == "max@example.com"


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        (("*",), ()),
        (("flag:write", "query:read"), ()),
        (("flag:read",), ("flag:write", "query:read")),
        ((), ()),
    ],
)
def test_missing_scopes(scopes: tuple[str, ...], missing: tuple[str, ...]) -> None:
    with posthog(key(*scopes)) as server:
        report = validate(SECRET, (server.url,), required_scopes=("flag:write", "query:read"))
    assert report.missing_scopes == missing


def test_an_unusable_certificate_file_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(errors.WrongUsage, match=r"no\.pem` holds no certificates"):
        validate(SECRET, ("https://posthog.example.com",), ca_file=tmp_path / "no.pem")


# ------------------------------------------------------------------ two regions


def both(us: PostHog | None, eu: PostHog | None, **options: Any) -> KeyReport:
    servers = {"us.posthog.com": us, "eu.posthog.com": eu}
    return validate(SECRET, transport=Cloud({name: each for name, each in servers.items() if each}), **options)


@pytest.mark.parametrize(
    ("in_us", "in_eu", "state", "host", "region"),
    [
        (key("*"), OTHER, "valid", US, "us"),
        (OTHER, key("*"), "valid", EU, "eu"),
        (key("*"), key("*"), "valid", US, "us"),
        (OTHER, OTHER, "invalid", None, None),
    ],
)
def test_the_region_that_accepts_the_key(
    in_us: SandboxKey, in_eu: SandboxKey, state: str, host: str | None, region: str | None
) -> None:
    with posthog(in_us) as us, posthog(in_eu) as eu:
        report = both(us, eu)
        assert (us.lines[0], eu.lines[0]) == (f"GET {CURRENT}", f"GET {CURRENT}")
    assert (report.state, report.host, report.region) == (state, host, region)


def test_rejected_by_both() -> None:
    with posthog(OTHER) as us, posthog(OTHER) as eu:
        report = both(us, eu)
        assert (us.lines, eu.lines) == ([f"GET {CURRENT}"], [f"GET {CURRENT}"])
    assert isinstance(report.problem, errors.BadKey)
    assert report.problem.message == (
        f"neither `{US}` nor `{EU}` accepts the key: Personal API key found in request Authorization header is invalid."
    )


@pytest.mark.parametrize("reply", [throttled(60), failure(501), web_page(503), Reply(hang_up=True), web_page(403)])
def test_rejected_by_one_and_silence_from_the_other(reply: Reply) -> None:
    with posthog(OTHER) as us, posthog(always=reply) as eu:
        report = both(us, eu, patience=TWO_TRIES)
    assert (report.state, report.host) == ("unreachable", None)
    assert report.problem is not None
    assert report.problem.message.startswith(f"the key could not be checked: `{US}` does not accept the key")
    assert EU in report.problem.message


def test_no_network() -> None:
    report = both(None, None, patience=BRIEF)
    assert report.state == "unreachable"
    assert report.problem is not None
    assert report.problem.message == (
        f"the key could not be checked: `{US}` cannot be reached: connecting failed (All connection attempts failed); "
        f"`{EU}` cannot be reached: connecting failed (All connection attempts failed)"
    )


def test_accepted_by_one_and_silence_from_the_other() -> None:
    with posthog() as us, posthog(key("*")) as eu:
        us.will_answer("GET", CURRENT, Reply(delay=8))
        before = time.monotonic()
        report = both(us, eu)
        assert time.monotonic() - before < 6
    assert (report.state, report.region) == ("valid", "eu")


def test_valid_beats_forbidden() -> None:
    with posthog(always=forbidden("not from here")) as us, posthog(key("*")) as eu:
        report = both(us, eu)
        assert us.lines == [f"GET {CURRENT}", f"GET {ME}"]
    assert (report.state, report.region) == ("valid", "eu")


def test_slow_but_first() -> None:
    with posthog(key("*")) as us, posthog(key("*")) as eu:
        record = Reply(body={"scopes": ["*"]}, delay=0.3)
        us.will_answer("GET", CURRENT, record)
        assert both(us, eu).region == "us"


def test_the_key_stays_out_of_every_report() -> None:
    with posthog() as us, posthog() as eu:
        echo = Reply(401, {"code": "x", "detail": f"no {SECRET.reveal()}", "attr": SECRET.reveal()})
        us.will_answer("GET", CURRENT, echo)
        eu.will_answer("GET", CURRENT, Reply(403, {"code": "x", "detail": SECRET.reveal()}))
        eu.will_answer("GET", ME, Reply(500, SECRET.reveal().encode()), times=2)
        report = both(us, eu, patience=BRIEF)
    assert report.problem is not None
    assert SECRET.reveal() not in f"{report} {report.problem} {report.problem.hint} {report.document('env')}"


# ------------------------------------------------------------------ the document


def test_document() -> None:
    with posthog(key("user:read")) as server:
        report = validate(SECRET, (server.url,), required_scopes=("query:read", "user:read"))
    assert report.document("stdin") == {
        "state": "valid",
        "source": "stdin",
        "host": server.url,
        "region": "self-hosted",
        "user": "max@example.com",
        "organization": {"id": FIRST, "name": "Hedgehogs"},
        "project": {"id": 2, "name": "App"},
        "scopes": ["user:read"],
        "missing_scopes": ["query:read"],
    }


@pytest.mark.parametrize("state", ["none", "unchecked"])
def test_document_of_nothing(state: Any) -> None:
    assert KeyReport(state).document(None) == {
        "state": state,
        "source": None,
        "host": None,
        "region": None,
        "user": None,
        "organization": None,
        "project": None,
        "scopes": [],
        "missing_scopes": [],
    }
