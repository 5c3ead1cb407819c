"""Secrets Manager's rule for stages, put into moto in its place.

What moto lacks and this supplies: moto leaves AWSPENDING on a version when another one gets it together with
AWSCURRENT. A stage is on one version at a time (API reference, PutSecretValue).
"""

from typing import Any

import pytest
from moto.secretsmanager.models import FakeSecret


def make_strict(patch: pytest.MonkeyPatch) -> None:
    """Patch moto's Secrets Manager."""
    reset = FakeSecret.reset_default_version

    def one_version_a_stage(self: FakeSecret, secret_version: dict[str, Any], version_id: str) -> None:
        wanted = [stage for stage in secret_version["version_stages"] if stage != "AWSCURRENT"]
        self.remove_version_stages_from_old_versions(wanted)
        reset(self, secret_version, version_id)

    patch.setattr(FakeSecret, "reset_default_version", one_version_a_stage)
