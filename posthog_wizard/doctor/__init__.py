"""Doctor: prove that the entries work, say why not, repair them. One file a family of checks, one row each here."""

from posthog_wizard.doctor import clients, entry_keys, install, probes
from posthog_wizard.doctor.patient import Family

FAMILIES: tuple[Family, ...] = (install.tasks, entry_keys.tasks, clients.tasks, probes.tasks)
