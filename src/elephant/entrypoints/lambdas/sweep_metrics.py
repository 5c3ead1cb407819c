"""The figures of a sweep, as a line of the log that CloudWatch takes for metrics.

Shape: CloudWatch User Guide, "Specification: Embedded metric format". Lambda hands over what is written to standard
output as it is; a line of the logging library would have the figures inside a text.
"""

import json
from datetime import datetime

from elephant.usecases.sweep import SweepReport

NAMESPACE = "Elephant"
DIMENSION = "Installation"


def figures(report: SweepReport) -> dict[str, int]:
    """The metrics' values by name; those of a world that could not be read in full are left out."""
    seen = report.plan.seen
    counted = (
        {}
        if seen is None
        else {"Machines": seen.machines, "MachinesPastDeadline": seen.past_deadline, "DnsRecords": seen.records}
    )
    return {**counted, "ActionsFailed": len(report.failures)}


def metrics_line(report: SweepReport, installation: str, now: datetime) -> str:
    """One line of JSON; `installation` tells several in one account apart."""
    values = figures(report)
    metrics = [{"Name": name, "Unit": "Count"} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics}
    told = {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": told, DIMENSION: installation, **values})
