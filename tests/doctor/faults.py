"""Every fault that doctor is tried with: one file of rows a subject, joined here."""

from __future__ import annotations

from tests.doctor import (
    faults_entries,
    faults_environment,
    faults_files,
    faults_install,
    faults_installations,
    faults_keys,
)
from tests.support.doctor_contexts import Fault

FAULTS: tuple[Fault, ...] = (
    *faults_install.FAULTS,
    *faults_files.FAULTS,
    *faults_entries.FAULTS,
    *faults_environment.FAULTS,
    *faults_keys.FAULTS,
    *faults_installations.FAULTS,
)
