"""Events in the shape in which AWS sends them: EventBridge, EC2, the API Gateway's HTTP API (payload 2.0)."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

ACCOUNT, REGION = "123456789012", "eu-central-1"


def state_change(machine_id: str, state: str, now: datetime) -> dict[str, Any]:
    """`EC2 Instance State-change Notification`; it carries no tags."""
    return {
        "version": "0",
        "id": secrets.token_hex(16),
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": ACCOUNT,
        "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": [f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{machine_id}"],
        "detail": {"instance-id": machine_id, "state": state},
    }


def every_minute(now: datetime) -> dict[str, Any]:
    """What a rule with `rate(1 minute)` sends."""
    return {
        "version": "0",
        "id": secrets.token_hex(16),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/sweep"],
        "detail": {},
    }


def http_request(
    method: str, target: str, now: datetime, *, body: object = None, claims: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A request as the HTTP API passes it on; `claims` are those that its authorizer found in a host's token."""
    url = urlsplit(target)
    context: dict[str, Any] = {
        "accountId": ACCOUNT,
        "apiId": "api",
        "domainName": "api.example.test",
        "domainPrefix": "api",
        "http": {
            "method": method,
            "path": url.path,
            "protocol": "HTTP/1.1",
            "sourceIp": "192.0.2.7",
            "userAgent": "a browser",
        },
        "requestId": secrets.token_hex(8),
        "routeKey": "$default",
        "stage": "$default",
        "time": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
        "timeEpoch": int(now.timestamp() * 1000),
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": url.path,
        "rawQueryString": url.query,
        "headers": {"content-type": "application/json", "host": "api.example.test", "x-forwarded-proto": "https"},
        "requestContext": context,
        "isBase64Encoded": False,
    }
    return event if body is None else {**event, "body": json.dumps(body)}
