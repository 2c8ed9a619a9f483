"""Doctor: prove that the entries work, say why not, repair them. One file a family of checks, one row each here."""

from posthog_wizard.doctor import client_checks, entry_keys, install_checks, probes
from posthog_wizard.doctor.context import Family

FAMILIES: tuple[Family, ...] = (install_checks.tasks, entry_keys.tasks, client_checks.tasks, probes.tasks)
