"""Quotas of EC2 in moto, which knows those of VPC alone; imported where moto's server is."""

from typing import Any

from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend

VCPUS: dict[str, float] = {"L-1216C47A": 512.0}
"""Of running on-demand instances, by code; a test may put others in for a while."""

_of_other_services = ServiceQuotasBackend.get_service_quota


def _get_service_quota(backend: ServiceQuotasBackend, service_code: str, quota_code: str) -> dict[str, Any]:
    if service_code != "ec2":
        return _of_other_services(backend, service_code, quota_code)
    if quota_code not in VCPUS:
        raise NoSuchResource
    return {"ServiceCode": "ec2", "QuotaCode": quota_code, "Value": VCPUS[quota_code], "Unit": "None"}


def have_quotas_of_ec2() -> None:
    """Let moto know them, in this process."""
    ServiceQuotasBackend.get_service_quota = _get_service_quota  # type: ignore[method-assign, assignment]
