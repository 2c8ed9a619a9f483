"""The flags that `key set` and `key rotate` share."""

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.shared_options import option
from posthog_wizard.invocation import KEY_PANEL

if TYPE_CHECKING:
    from posthog_wizard.operations.dialogue import Ask
    from posthog_wizard.operations.keys.key_options import KeyOptions

StoreOption = Annotated[
    Literal["keyring", "file"] | None,
    option(KEY_PANEL, "--store", help="The system's keyring, or a file that only you can read."),
]
_ELSEWHERE = "The key stays elsewhere: `env:NAME`, `file:PATH` or `command:ARGV`."
_ReferenceOption = Annotated[str | None, option(KEY_PANEL, "--reference", metavar="REF", help=_ELSEWHERE)]


class KeyFlags(NamedTuple):
    """Which profile, which PostHog, and the key."""

    profile: shared_options.ProfileOption = None
    region: shared_options.RegionOption = None
    host: shared_options.HostOption = None
    store: StoreOption = None
    reference: _ReferenceOption = None
    api_key_stdin: shared_options.ApiKeyStdinOption = False
    api_key_file: shared_options.ApiKeyFileOption = None
    no_verify: shared_options.NoVerifyOption = False
    allow_http: shared_options.AllowHttpOption = False
    ca_file: shared_options.CaFileOption = None
    yes: shared_options.YesOption = False
    json: shared_options.JsonOption = False

    def options(self) -> "KeyOptions":
        """What the use cases are told."""
        from posthog_wizard.operations.keys.key_options import KeyOptions

        return KeyOptions(
            profile=self.profile,
            region=self.region,
            host=self.host,
            store=self.store,
            reference=self.reference,
            stdin=output.standard_input if self.api_key_stdin else None,
            file=self.api_key_file,
            no_verify=self.no_verify,
            allow_http=self.allow_http,
            ca_file=self.ca_file,
            confirmed=self.yes,
        )

    def person(self) -> "Ask | None":
        """Who can be asked."""
        return ask.person(json=self.json, stdin_taken=self.api_key_stdin)
