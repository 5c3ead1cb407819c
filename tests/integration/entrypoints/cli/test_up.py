"""`elephant up` in a process of its own."""

import http.client
import json
import re
import signal
import ssl
import stat
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.entrypoints.cli.conftest import Commands, free_port
from tests.support.server_process import STOOD_STILL

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


def get(url: str, context: ssl.SSLContext | None = None) -> tuple[int, str]:
    """Status and body."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def heads_then_gets(url: str, *paths: str) -> list[tuple[int, bytes]]:
    """Status and body of HEAD and then GET on one connection, which a body after HEAD would spoil."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        answers = []
        for method, path in zip(("HEAD", "GET"), paths, strict=True):
            connection.request(method, path)
            answer = connection.getresponse()
            answers.append((answer.status, answer.read()))
        return answers
    finally:
        connection.close()


def test_it_prints_the_host_page_serves_and_stops(commands: Commands) -> None:
    server, line = commands.up("--port", "0")
    found = re.fullmatch(r"Host page: (http://127\.0\.0\.1:\d+)/\?token=([A-Za-z0-9_-]{43})\n", line)
    assert found, line
    url, token = found.groups()
    assert get(f"{url}/healthz") == (200, '{"status":"ok"}')
    assert heads_then_gets(url, "/meeting", "/healthz") == [(200, b""), (200, b'{"status":"ok"}')]
    assert get(f"{url}/meetings")[0] == 401
    assert get(f"{url}/?token=wrong")[0] == 403
    assert (commands.data_dir / "host_token").read_text() == token
    assert stat.S_ISSOCK((commands.data_dir / "run" / "api" / "api.sock").stat().st_mode)
    code, stdout, stderr = commands.stop(server)
    assert (code, stdout) == (0, "")
    # on a busy machine it may have stood still for a while, and says so
    assert [line for line in stderr.splitlines() if STOOD_STILL not in line] == []
    server, line = commands.up("--port", "0")
    assert line.endswith(f"token={token}\n")
    assert get(line.removeprefix("Host page: ").partition("/?")[0] + "/healthz")[0] == 200
    assert commands.stop(server, signal.SIGINT)[0] == 0


def test_a_port_that_is_taken_and_a_directory_that_is_served(commands: Commands) -> None:
    port = free_port()
    server, _ = commands.up("--port", str(port))
    place = (commands.data_dir / "run" / "server.json").read_bytes()
    second = commands.run("up", "--port", "0")
    assert second.exit_code == 1
    assert second.stderr == (
        f"elephant: another server already serves the data directory {commands.data_dir}; stop it, or name another "
        "with --data-dir\n"
    )
    others = [str(commands.data_dir.with_name(name)) for name in ("a", "b")]
    taken = commands.run("up", "--port", str(port), "--data-dir", others[0])
    assert taken.exit_code == 1
    assert taken.stderr == (
        f"elephant: cannot listen on 127.0.0.1:{port} (Address already in use); choose another with --port or --host, "
        "or 0 for a free port\n"
    )
    as_json = commands.run("up", "--port", str(port), "--data-dir", others[1], "--json")
    assert json.loads(as_json.stdout)["message"].startswith(f"cannot listen on 127.0.0.1:{port}")
    assert (commands.data_dir / "run" / "server.json").read_bytes() == place
    # other commands work beside the server
    assert commands.run("meetings").exit_code == 0
    assert commands.stop(server)[0] == 0


def test_a_server_that_was_killed_leaves_nothing_in_the_way(commands: Commands) -> None:
    server, _ = commands.up("--port", "0")
    assert commands.stop(server, signal.SIGKILL)[0] == -signal.SIGKILL
    server, line = commands.up("--port", "0", "--json")
    answer = json.loads(line)
    assert set(answer) == {"public_url", "host_page", "authority", "taken_over", "problems"}
    assert answer["authority"] is None
    assert answer["host_page"].startswith(f"{answer['public_url']}/?token=")
    assert get(f"{answer['public_url']}/healthz")[0] == 200
    assert commands.stop(server)[0] == 0


def test_https_by_our_own_authority(commands: Commands) -> None:
    server, line = commands.up("--port", "0", "--tls")
    authority = commands.data_dir / "tls" / "authority.pem"
    assert str(authority) in line
    assert server.stdout is not None
    lines = [server.stdout.readline() for _ in range(2)]
    assert "import that file" in lines[0]
    found = re.match(r"Host page: (https://127\.0\.0\.1:\d+)/", lines[1])
    assert found, lines
    assert get(f"{found[1]}/healthz", ssl.create_default_context(cafile=authority))[0] == 200
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        get(f"{found[1]}/healthz", ssl.create_default_context())
    assert commands.stop(server)[0] == 0


def test_programs_are_told_whom_to_trust(commands: Commands) -> None:
    server, line = commands.up("--port", "0", "--tls", "--json")
    answer = json.loads(line)
    assert answer["authority"] == str(commands.data_dir / "tls" / "authority.pem")
    trust = ssl.create_default_context(cafile=answer["authority"])
    assert get(f"{answer['public_url']}/healthz", trust)[0] == 200
    assert commands.stop(server)[0] == 0


def test_a_path_without_room_for_sockets(commands: Commands) -> None:
    commands.environment["ELEPHANT_SANDBOX"] = "false"
    long = commands.data_dir.with_name("d" * (61 - len(str(commands.data_dir.parent))))
    for words in (["up", "--port", "0"], ["schedule", "Ada", "Blaise"]):
        done = commands.run(*words, "--data-dir", str(long))
        assert done.exit_code == 1
        assert f"the path of the data directory {long} is too long for the sockets in it" in done.stderr
    said = commands.run("doctor", "--data-dir", str(long)).stdout
    assert "it may have 61 bytes, where desktops run without a sandbox" in said
    assert "too long" not in commands.run("doctor", "--data-dir", str(long)[:-1]).stdout


def test_a_certificate_that_cannot_be_used(commands: Commands, tmp_path: Path) -> None:
    done = commands.run("up", "--port", "0", "--certfile", str(tmp_path / "a"), "--keyfile", str(tmp_path / "b"))
    assert done.exit_code == 1
    assert "--certfile and --keyfile name readable PEM files" in done.stderr
    assert isinstance(done.exception, SystemExit)


@pytest.mark.parametrize("host", ["256.1.1.1", "nowhere.invalid", "a" * 70 + ".example", "198.51.100.1"])
def test_an_address_that_is_none_of_ours(commands: Commands, host: str) -> None:
    done = commands.run("up", "--port", "0", "--host", host)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"elephant: cannot listen on {host}:0 (")
    assert isinstance(done.exception, SystemExit)


def test_a_token_of_one_s_own(commands: Commands) -> None:
    commands.environment["ELEPHANT_HOST_TOKEN"] = "&?#%+/=a-token-of-my-own"
    server, line = commands.up("--port", "0")
    url = line.removeprefix("Host page: ").strip()
    assert url.endswith("/?token=%26%3F%23%25%2B%2F%3Da-token-of-my-own")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor())
    with opener.open(url, timeout=60) as answer:
        assert answer.status == 200
    assert not (commands.data_dir / "host_token").exists()
    assert commands.stop(server)[0] == 0
