"""What an edit did, seen by value."""

from __future__ import annotations

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.documents.jsonc import parse
from posthog_wizard.install.edits import is_done, undo_edit
from posthog_wizard.model import RELAXED, Edit

ENTRY = Edit(("servers", "posthog"), None, b'{"url": "u", "headers": {"A": "b"}}')
DROPPED = Edit(("servers", "posthog"), b'{"url": "u"}', None)
ASKED = Edit(("inputs",), b'[{"id": "x"}]', b'[{"id": "x"}, {"id": "ours"}]')
UNASKED = Edit(("inputs",), b'[{"id": "ours"}, {"id": "x"}]', b'[{"id": "x"}]')
NUMBERS = Edit(("inputs",), None, b"[1]")


@pytest.mark.parametrize(
    ("edit", "text", "done"),
    [
        (ENTRY, b'{"servers": {"posthog": {"url": "u", "headers": {"A": "b"}}}}', True),
        (ENTRY, b'{"servers": {"posthog": {\n"headers": {"A": "b"}, // theirs\n "url": "u"}}}', True),
        (ENTRY, b'{"servers": {"posthog": {"url": "u"}}}', False),
        (ENTRY, b'{"servers": {}}', False),
        (ENTRY, b"", False),
        (DROPPED, b'{"servers": {}}', True),
        (DROPPED, b"", True),
        (DROPPED, b'{"servers": {"posthog": {"url": "u"}}}', False),
        (ASKED, b'{"inputs": [{"id": "x"}, {"id": "ours"}]}', True),
        (ASKED, b'{"inputs": [{"id": "new"}, {"id": "ours"}]}', True),
        (ASKED, b'{"inputs": [{"id": "x"}]}', False),
        (ASKED, b"{}", False),
        (UNASKED, b'{"inputs": [{"id": "x"}]}', True),
        (UNASKED, b'{"inputs": [{"id": "new"}]}', True),
        (UNASKED, b'{"inputs": [{"id": "new"}, {"id": "ours"}]}', False),
    ],
)
def test_is_done_when_the_value_is_there(edit: Edit, text: bytes, done: bool) -> None:
    assert is_done(parse(text, RELAXED), edit, CLIENTS["cursor"].places[0]) is done


@pytest.mark.parametrize(
    ("client", "edit", "text", "left"),
    [
        ("vscode", ASKED, b'{"inputs": [{"id": "ours"}, {"id": "new"}]}', b'{"inputs": [{"id": "new"}]}'),
        ("vscode", UNASKED, b'{"inputs": [{"id": "new"}]}', b'{"inputs": [{"id": "new"}, {"id": "ours"}]}'),
        (
            "vscode",
            UNASKED,
            b'{"inputs": [{"id": "new"}, {"id": "ours"}]}',
            b'{"inputs": [{"id": "new"}, {"id": "ours"}]}',
        ),
        ("vscode", NUMBERS, b'{"inputs": [2, 1]}', b'{"inputs": [2]}'),
        (
            "cursor",
            ASKED,
            b'{"inputs": [{"id": "ours"}], "a": "${input:ours}"}',
            b'{"inputs": [], "a": "${input:ours}"}',
        ),
        (
            "vscode",
            ASKED,
            b'{"inputs": [{"id": "ours"}], "a": "${input:ours}"}',
            b'{"inputs": [{"id": "ours"}], "a": "${input:ours}"}',
        ),
    ],
)
def test_takes_back_our_items_alone(client: str, edit: Edit, text: bytes, left: bytes) -> None:
    assert undo_edit(parse(text, RELAXED), edit, CLIENTS[client].places[0]) == left
