"""A function's first moments in a fresh process: its import, and what it does before its first call to the outside."""

import json
from typing import Any

from elephant.adapters.aws.dynamodb_items import stored_item
from elephant.adapters.aws.dynamodb_values import to_attributes
from tests.support import sent_events
from tests.support.aws_installation import DOMAIN_ROOT, FRONTEND, HOST_TOKEN
from tests.support.builders import DATA_URL, MEETING_ID, STUDENT, TEACHER, a_meeting, a_serving_seat, at
from tests.support.watched_schedules import LAUNCHER_ARN, ROLE_ARN, SAFETY_NET_ARN

EVENT_FUNCTIONS = ("launch_ec2", "dns_watchdog", "meeting_safety_net", "terminator", "sweep")
HTTP_FUNCTIONS = ("schedule_meeting", "dcv_url", "agent")
BUNDLE_OF = {**dict.fromkeys(EVENT_FUNCTIONS, "events"), **dict.fromkeys(HTTP_FUNCTIONS, "http")}

# Complete and well-formed; nobody listens at the endpoint.
SETTINGS = {
    "AWS_LAMBDA_FUNCTION_NAME": "a-function",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "DOMAIN_ROOT": DOMAIN_ROOT,
    "DNS_PROVIDER": "cloudflare",
    "ZONE_ID": "a-zone",
    "SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:cloudflare",
    "LINK_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:links",
    "AMI_ID": "ami-0123456789abcdef0",
    "INSTANCE_TYPE": "m5.large",
    "LAUNCHER_ARN": LAUNCHER_ARN,
    "SAFETY_NET_ARN": SAFETY_NET_ARN,
    "SCHEDULER_ROLE_ARN": ROLE_ARN,
    "FRONTEND_BASE_URLS": FRONTEND,
    "RECORDINGS_BUCKET": "recordings",
    "ELEPHANT_HOST_TOKEN": HOST_TOKEN,
}


def importing(function: str) -> str:
    """A program that does what Lambda does before the first event, then prints the modules it has."""
    return f"import sys, elephant.entrypoints.lambdas.{function}; print(*sys.modules)"


def up_to_the_first_call(function: str) -> str:
    """A program that goes on with an ordinary event until it would connect to anything; it fails if it never does."""
    return f"""
import json, os, socket, sys
def stop(*_):
    print(*sys.modules, flush=True)
    os._exit(0)
socket.socket.connect = stop
from elephant.entrypoints.lambdas.{function} import handler
handler(json.loads({json.dumps(json.dumps(_event_of(function)))}), None)
sys.exit("it returned without a call to the outside")
"""


def _event_of(function: str) -> dict[str, Any]:
    body = {"teacher_name": "Ada", "student_name": "Blaise", "meet_time": at(0).isoformat()}
    booking = sent_events.http_request("POST", "/schedule", at(-60), body=body, claims={"sub": "a host"})
    report = sent_events.http_request(
        "POST", "/agent/health", at(0), body={"machine_id": "i-0123456789abcdef0", "healthy": True, "connected": 0}
    )
    report["headers"]["authorization"] = "Bearer a-pass"
    over = a_meeting(*(a_serving_seat(role, session_data=DATA_URL) for role in (TEACHER, STUDENT)))
    change = {"SequenceNumber": "1", "Keys": {"id": {"S": MEETING_ID}}, "NewImage": to_attributes(stored_item(over))}
    return {
        "schedule_meeting": booking,
        "dcv_url": sent_events.http_request("GET", f"/join/{MEETING_ID}/{TEACHER}?key=a-key", at(0)),
        "agent": report,
        "launch_ec2": {"meeting_id": MEETING_ID},
        "dns_watchdog": sent_events.state_change("i-0123456789abcdef0", "running", at(0)),
        "meeting_safety_net": {"meeting_id": MEETING_ID},
        "terminator": {"Records": [{"eventName": "MODIFY", "dynamodb": change}]},
        "sweep": sent_events.every_minute(at(0)),
    }[function]
