"""The key store: one place for PostHog keys, from which entries without a secret read them."""

from posthog_wizard.cli.app import KeyCommands

COMMANDS = KeyCommands
