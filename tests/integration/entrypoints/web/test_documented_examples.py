"""The examples of docs/http-api.md, run by a shell against a real server."""

import json
import os
import re
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from elephant.entrypoints.web.app import create_app
from tests.support.builders import TEACHER
from tests.support.server_process import eventually
from tests.support.web_site import HOST_TOKEN, Site

pytestmark = pytest.mark.integration

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "http-api.md"


def test_the_examples_work() -> None:
    examples = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert len(examples) == 5
    site = Site()
    site.now = datetime.now(UTC)
    config = uvicorn.Config(create_app(site.service), port=0, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started, "the server is up")
        port = server.servers[0].sockets[0].getsockname()[1]
        variables = {"URL": f"http://127.0.0.1:{port}", "TOKEN": HOST_TOKEN, "MEET_TIME": site.now.isoformat()}
        answers = []
        for example in examples:
            done = subprocess.run(
                ["sh", "-c", example],
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
                env={"PATH": os.environ["PATH"], "NO_PROXY": "*", **variables},
            )
            answers.append(json.loads(done.stdout))
            if "ID" not in variables:
                variables |= {"ID": answers[0]["id"], "KEY": site.key(answers[0], TEACHER)}
    finally:
        server.should_exit = True
        thread.join(60)
    booked, listed, joined, extended, cancelled = answers
    assert [meeting["id"] for meeting in listed["meetings"]] == [booked["id"]]
    assert joined["phase"] == "PENDING"
    assert extended["deadline"] > listed["meetings"][0]["deadline"]
    assert cancelled["termination_reason"] == "CANCELLED"
