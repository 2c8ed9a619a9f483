"""Which PostHog, key and project the commands about installations work with; nobody is asked where all is said."""

from pathlib import Path

import pytest

from posthog_wizard.errors import ConfigError, WizardError
from posthog_wizard.model import Secret
from posthog_wizard.operations.installations.project_access import ProjectAccess, ProjectOptions, project_access
from tests.operations.test_add import Told
from tests.support.machines import KEY, machine
from tests.support.program import OTHER_KEY

AGREED = "http://posthog.example:8000"  # stored with `--allow-http`
PROFILE = f'[profiles.default]\nhost = "{AGREED}"\nkey = "env:OWN_KEY"\nproject = 5\n'


def access(root: Path, text: str, **environment: str) -> ProjectAccess:
    """What is worked with on a machine with these profiles."""
    here = machine(root, environment={"OWN_KEY": OTHER_KEY, **environment})
    here.config_directory.mkdir(exist_ok=True)
    (here.config_directory / "config.toml").write_text(text)
    return project_access(ProjectOptions(), here, Told())


@pytest.mark.parametrize(
    ("environment", "key"), [({}, OTHER_KEY), ({"POSTHOG_API_KEY": KEY}, KEY)], ids=["stored", "environment"]
)
def test_a_profile_s_plain_http_was_agreed_to_when_it_was_stored(
    environment: dict[str, str], key: str, tmp_path: Path
) -> None:
    assert access(tmp_path, PROFILE, **environment) == ProjectAccess(AGREED, Secret(key), "5", allow_http=True)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("[profiles.default", ConfigError),
        ('[profiles.default]\nhost = "posthog.example/x y"\n', WizardError),
        ("[profiles.default]\nhost = 5\n", ConfigError),
    ],
)
def test_a_profile_that_cannot_be_read_does_not_send_the_environment_s_key_elsewhere(
    text: str, refusal: type[WizardError], tmp_path: Path
) -> None:
    with pytest.raises(refusal):
        access(tmp_path, text, POSTHOG_API_KEY=KEY, POSTHOG_PROJECT_ID="5", POSTHOG_HOST="")


def test_what_the_environment_says_whole_needs_no_profile(tmp_path: Path) -> None:
    said = {"POSTHOG_API_KEY": KEY, "POSTHOG_PROJECT_ID": "5", "POSTHOG_HOST": "https://ph.example"}
    assert access(tmp_path, "[profiles.default", **said) == ProjectAccess("https://ph.example", Secret(KEY), "5")


def test_the_environment_s_plain_http_was_not_agreed_to(tmp_path: Path) -> None:
    found = access(tmp_path, PROFILE, POSTHOG_API_KEY=KEY, POSTHOG_HOST="http://other.example", POSTHOG_PROJECT_ID="5")
    assert not found.allow_http
