"""Every route of a host, for tests of who may use it; test_access.py compares it with the OpenAPI document."""

from tests.support.builders import TEACHER

READING = [("GET", "/hosts/me"), ("GET", "/meetings"), ("GET", "/meetings/{id}")]
CHANGING = [
    ("POST", "/schedule"),
    ("POST", "/meetings/{id}/cancel"),
    ("POST", "/meetings/{id}/extend"),
    ("PATCH", "/meetings/{id}"),
    ("POST", f"/meetings/{{id}}/links/{TEACHER}"),
]
BODIES = {
    "/meetings/{id}/extend": {"minutes": 5},
    "/meetings/{id}": {"duration_minutes": 30},
}
"""What a route needs to do something."""
