"""What a diff shows of a configuration file's strings. What must stay readable comes first."""

from __future__ import annotations

import pytest

from posthog_wizard.documents.masking import mask_string, mask_text
from tests.support.machines import KEY

TOKEN = "a1B2c3D4e5F6g7H8i9J0k1L2m3"
MASKED = "…L2m3"


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("theme",), "One Dark"),
        (("mcpServers", "x", "url"), "https://mcp.posthog.com/mcp?features=flags"),
        (("mcpServers", "x", "command"), "/usr/local/bin/a-very-long-program-name-2"),
        (("mcpServers", "x", "args", "0"), "-y"),
        (("mcpServers", "x", "args", "1"), "@modelcontextprotocol/server-filesystem"),
        (("mcpServers", "x", "args", "2"), "/home/me/projects/2024/a-long-folder-name"),
        (("mcpServers", "x", "args", "3"), "C:\\Users\\me\\a-long-folder-name-22"),
        (("mcpServers", "x", "args", "4"), "Authorization:${AUTH_HEADER}"),
        (("mcpServers", "x", "env", "A"), "${MY_TOKEN}"),
        (("mcpServers", "x", "headers", "Authorization"), "Bearer ${env:POSTHOG_API_KEY}"),
        (("mcpServers", "x", "headers", "Authorization"), "Bearer ${input:posthog-api-key}"),
        (("mcpServers", "x", "headers", "Authorization"), "Bearer {INSERT_YOUR_PERSONAL_API_KEY_HERE}"),
        (("mcpServers", "x", "env", "A"), ""),
    ],
)
def test_what_is_no_secret_is_shown(keys: tuple[str, ...], text: str) -> None:
    assert mask_string(keys, text) == text


@pytest.mark.parametrize(
    ("keys", "text", "shown"),
    [
        (("mcpServers", "posthog", "headers", "Authorization"), f"Bearer {KEY}", "Bearer phx_…Jt0B"),
        (("mcpServers", "x", "env", "PASSWORD"), "hunter2", "…"),
        (("mcpServers", "x", "env", "ANY"), TOKEN, MASKED),
        (("mcpServers", "x", "headers", "X-Custom"), TOKEN, MASKED),
        (("mcpServers", "x", "args", "1"), TOKEN, MASKED),
        (("mcpServers", "x", "args", "1"), f"--api-key={TOKEN}", f"--api-key={MASKED}"),
        (("mcpServers", "x", "args", "1"), f"Authorization: Bearer {TOKEN}", f"Authorization: Bearer {MASKED}"),
        (("mcpServers", "x", "args", "1"), f"https://me:{TOKEN}@example.com/", "https://…@example.com/"),
        (("mcpServers", "x", "url"), f"https://example.com/?api_key={TOKEN}&a=b", "https://example.com/?api_key=…&a=b"),
        (("assistant", "apiKey"), "short", "…"),
        (("keys", "secret_values", "0"), TOKEN, MASKED),
        (("notes",), f"my key is {KEY}, yes", "my key is phx_…Jt0B, yes"),
        (("notes",), "ghp_abcdefghijklmnopqrstuv", "ghp_…stuv"),
    ],
)
def test_a_secret_is_masked(keys: tuple[str, ...], text: str, shown: str) -> None:
    assert mask_string(keys, text) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"failed for {KEY}",
        f"?personal_api_key={KEY}",
        f'{{"a": "{KEY}"}}',
        "AKIAIOSFODNN7EXAMPLE",
        "sk-proj-abcdef123456",
    ],
)
def test_marked_keys_are_masked_in_any_text(text: str) -> None:
    assert mask_text(text) != text
    assert KEY not in mask_text(text)
