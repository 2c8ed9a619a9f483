"""The programs that entries start, seen from this one: another installation, one that is gone, one that we cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.doctor.check import Check
from posthog_wizard.installer import LASTING
from tests.support.doctor_contexts import Body, healthy

DESKTOP = "claude-desktop"
STARTS = "#!/bin/sh\necho posthog-wizard 1.0\n"


def from_a_second(public: Path, *, named: tuple[str, ...] = (), works: bool = True) -> Body:
    """A healthy machine, looked at by another installation than that of its entries."""
    body = healthy(public)
    body.lay("new/bin/posthog-wizard!")
    old = Path(body.launcher[0])
    old.write_text(STARTS if works else "#!/gone/python\n")
    body.launcher, body.named = (str(body.root / "new/bin/posthog-wizard"),), named
    return body


def of_entry(body: Body) -> Check:
    """What is said of Claude Desktop's entry."""
    return next(one for one in body.checks() if one.id == f"client.{DESKTOP}.entry")


def test_another_installation_that_works_is_information(public: Path) -> None:
    told = of_entry(from_a_second(public))
    assert (told.status, told.fixable, told.data["other_installation"]) == ("ok", False, True)
    assert "started by another installation" in told.title


@pytest.mark.parametrize(("named", "changed"), [((), False), ((DESKTOP,), True)])
def test_only_a_named_client_is_led_to_this_installation(public: Path, named: tuple[str, ...], changed: bool) -> None:
    body = from_a_second(public, named=named)
    body.repair()
    assert (body.entry(DESKTOP)["command"] == body.launcher[0]) is changed


def test_one_that_starts_no_more_is_repaired(public: Path) -> None:
    body = from_a_second(public, works=False)
    body.repair()
    assert body.entry(DESKTOP)["command"] == body.launcher[0]


def test_an_entry_is_not_put_back_with_a_program_that_starts_no_more(public: Path) -> None:
    body = from_a_second(public, works=False)
    body.put(DESKTOP, None)
    body.repair()
    assert body.entry(DESKTOP)["command"] == body.launcher[0]


def test_an_entry_is_put_back_as_it_was_where_its_program_starts(public: Path) -> None:
    body = from_a_second(public)
    old = body.entry(DESKTOP)
    body.put(DESKTOP, None)
    body.repair()
    assert body.entry(DESKTOP) == old


def test_from_a_program_that_does_not_last_the_way_out_is_told(public: Path) -> None:
    """After an uninstall, seen from `uvx`."""
    body = from_a_second(public, works=False)
    body.temporary = (body.root / "new",)
    told = next(one for one in body.checks() if one.id == "install.entries")
    fix = f"install it again: {LASTING}, or take the entry out: `posthog-wizard mcp remove {DESKTOP}`"
    assert (told.fix, told.fixable) == (fix, False)
