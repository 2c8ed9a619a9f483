"""The text of a reference: what it stands for, and what is refused."""

from __future__ import annotations

import pytest

from posthog_wizard.credentials.reference import KeyReference, parse_reference
from posthog_wizard.errors import WrongUsage

ARGUMENTS = "op read 'op://dev/Post Hog/key'"


@pytest.mark.parametrize(
    ("text", "reference", "ours"),
    [
        ("keyring:default", KeyReference("keyring", "default"), True),
        ("file-store:work", KeyReference("file-store", "work"), True),
        ("env:MY_KEY", KeyReference("env", "MY_KEY"), False),
        ("file:~/keys/post hog.txt", KeyReference("file", "~/keys/post hog.txt"), False),
        ("file:C:\\keys\\posthog", KeyReference("file", "C:\\keys\\posthog"), False),
        (" command: pass show posthog ", KeyReference("command", "pass show posthog"), False),
        (f"command:{ARGUMENTS}", KeyReference("command", ARGUMENTS), False),
    ],
)
def test_a_reference_and_its_text(text: str, reference: KeyReference, ours: bool) -> None:
    assert parse_reference(text) == reference
    assert parse_reference(str(reference)) == reference
    assert reference.ours == ours


def test_the_words_of_a_command() -> None:
    assert parse_reference(f"command:{ARGUMENTS}").arguments == ("op", "read", "op://dev/Post Hog/key")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "KIND:NAME"),
        ("phx_0123456789abcdef", "KIND:NAME"),
        ("vault:secret/posthog", "KIND:NAME"),
        ("env:", "KIND:NAME"),
        ("file:a\nb", "KIND:NAME"),
        ("env:MY KEY", "not the name of a variable"),
        ("env:1KEY", "not the name of a variable"),
        ("command:op 'read", "No closing quotation"),
        ("command:''", "is empty"),
    ],
)
def test_what_is_no_reference(text: str, words: str) -> None:
    with pytest.raises(WrongUsage) as refusal:
        parse_reference(text)
    assert words in refusal.value.message
    assert "phx_" not in refusal.value.message
    assert refusal.value.hint
