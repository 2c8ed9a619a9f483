"""`installation.*`: what doctor says of servers that are installed in PostHog, told by a PostHog on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from posthog_wizard.doctor.check import Check, Status
from posthog_wizard.doctor.checks import PROBES
from posthog_wizard.model import Secret
from tests.support.doctor_contexts import Body, findings
from tests.support.installed import LINEAR, NOTION, PATH, WAREHOUSE, Installed, installed
from tests.support.leaks import leaks
from tests.support.machines import KEY
from tests.support.posthog import Reply, failure
from tests.support.program import OTHER_KEY

GONE = "018f0000-0000-7000-8000-0000000a0fff"


ROWS = tuple(row for row in PROBES if row.id.startswith("installation."))


def body(root: Path, server: Installed, *ids: str, key: str = KEY, offline: bool = False) -> Body:
    """Cursor and Claude Desktop with entries for those installations."""
    made = Body(root)
    made.install("cursor", "claude-desktop")
    made.rows = ROWS
    for identifier in ids:
        made.add(
            "cursor", "claude-desktop", name=f"server-{identifier[-4:]}", kind="installation",
            address=f"{server.url}{PATH}{identifier}/proxy/", key=Secret(key),
        )  # fmt: skip
    return made


def knows(made: Body, server: Installed, key: str = KEY) -> Body:
    """Our own commands have a key too."""
    made.environment |= {"POSTHOG_PERSONAL_API_KEY": key, "POSTHOG_HOST": server.url}
    return made


class Case(NamedTuple):
    """Entries, whether our own commands have a key, and the findings that are not in order, with what mends them."""

    ids: tuple[str, ...]
    own_key: bool
    fires: Mapping[str, Status]
    fix: str = ""


@pytest.mark.parametrize(
    "case",
    [
        Case((), False, {}),
        Case((LINEAR,), False, {}),
        Case((NOTION,), False, {"installation.signed_in": "warn"}, f"installations authorize {NOTION} --project 1`"),
        Case(
            (WAREHOUSE,),
            False,
            {"installation.enabled": "warn"},
            f"installations update {WAREHOUSE} --enable --project 1`",
        ),
        Case((GONE,), False, {"installation.present": "warn"}, "mcp remove cursor --name server-0fff"),
        Case((), True, {"installation.signed_in": "warn"}, f"installations authorize {NOTION}"),
        Case((LINEAR, WAREHOUSE), True, {"installation.enabled": "warn", "installation.signed_in": "warn"}, "update"),
    ],
)
def test_what_is_found(case: Case, tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        made = body(tmp_path, server, *case.ids)
        checks = (knows(made, server) if case.own_key else made).checks()
    assert findings(checks) == case.fires
    assert case.fix in str([check.fix for check in checks])
    assert len([request for request in server.requests if request.path == PATH]) == (
        1 if case.ids or case.own_key else 0
    )


def test_an_entry_whose_server_is_gone_is_taken_out_and_can_come_back(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        made = body(tmp_path, server, LINEAR, GONE)
        before = made.contents()
        change_id = made.repair()
        assert made.findings() == {}
        assert set(made.data("cursor")["mcpServers"]) == {"server-0001"}
        made.undo(change_id)
        assert made.contents() == before


def skipped(checks: tuple[Check, ...]) -> list[str]:
    return [check.cause or "" for check in checks if check.status == "skip"]


@pytest.mark.parametrize(
    ("replies", "key", "cause"),
    [
        ((failure(500), failure(500)), Secret(KEY), "could not be asked"),
        ((Reply(body={"odd": 1}),), Secret(KEY), "could not be asked"),
        ((), Secret(OTHER_KEY), "lacks the scope `project:read`"),
        ((), None, "its key is not known here"),
    ],
)
def test_what_cannot_be_looked_up_is_no_fault(
    replies: tuple[Reply, ...], key: Secret | None, cause: str, tmp_path: Path
) -> None:
    with installed(tmp_path) as server:
        server.will_answer("GET", PATH, *replies)
        made = body(tmp_path, server)
        made.add("cursor", kind="installation", address=f"{server.url}{PATH}{LINEAR}/proxy/", key=key)
        checks = made.checks()
    assert findings(checks) == {}
    assert cause in skipped(checks)[0]


@pytest.mark.parametrize(
    ("key", "cause"), [(OTHER_KEY, "not allowed to see them"), ("phx_unknown0unknown0", "not known")]
)
def test_a_key_of_ours_that_cannot_see_them(key: str, cause: str, tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        checks = knows(body(tmp_path, server), server, key).checks()
    assert findings(checks) == {}
    assert cause in skipped(checks)[0]


def test_offline_nobody_is_asked_beyond_this_machine(tmp_path: Path) -> None:
    made = Body(tmp_path)
    made.install("cursor")
    made.rows = ROWS
    made.add("cursor", kind="installation", address=f"https://us.posthog.com{PATH}{LINEAR}/proxy/", key=Secret(KEY))
    made.environment |= {"POSTHOG_PERSONAL_API_KEY": KEY}
    checks = made.checks()
    assert findings(checks) == {}
    assert len(skipped(checks)) == 2


def test_they_are_part_of_the_visit_and_no_key_gets_out(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        made = knows(body(tmp_path, server, LINEAR, NOTION, GONE), server)
        made.rows = PROBES
        checks = made.checks()
    ids = {check.id for check in checks}
    assert {"installation.present", "installation.signed_in", "key.valid"} <= ids
    assert "key.scopes" not in findings(checks)
    assert leaks(str([check._replace(repair=None) for check in checks]).encode(), (KEY,)) == []
