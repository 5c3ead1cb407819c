"""The local authority and its certificates, looked at with openssl and used in real handshakes."""

import shutil
import socket
import ssl
import stat
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from elephant.adapters.embedded.certificates import (
    AUTHORITY_LIFE,
    CERTIFICATE_LIFE,
    RENEW_BEFORE,
    certificate_for,
    check_pair,
    spki_fingerprint,
)
from elephant.ports.errors import Permanent

pytestmark = pytest.mark.integration

NAMES = ["elephant.example.test", "localhost", "127.0.0.1", "::1"]
NOW = datetime.now(UTC)


def openssl(*words: str | Path) -> str:
    """What openssl says; fails the test where openssl does."""
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def shakes_hands(authority: Path, certfile: Path, keyfile: Path, name: str) -> str:
    """The TLS version that a client which trusts the authority agrees on with a server of that name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certfile, keyfile)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with context.wrap_socket(ours, server_side=True) as server:
                server.recv(1)
        except ssl.SSLError:
            ours.close()  # the client says what was wrong

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with ssl.create_default_context(cafile=authority).wrap_socket(theirs, server_hostname=name) as client:
            return client.version() or ""
    finally:
        theirs.close()
        thread.join(60)


def test_the_chain_holds(tmp_path: Path) -> None:
    authority, certfile, keyfile = certificate_for(NAMES, tmp_path / "tls", NOW)
    assert openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", authority, certfile).endswith(": OK\n")
    text = openssl("x509", "-in", certfile, "-noout", "-text")
    for part in ("DNS:elephant.example.test", "DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"):
        assert part in text
    assert "CA:FALSE" in text
    assert "TLS Web Server Authentication" in text
    assert "CA:TRUE, pathlen:0" in openssl("x509", "-in", authority, "-noout", "-text")
    assert openssl("pkey", "-in", keyfile, "-pubout") == openssl("x509", "-in", certfile, "-noout", "-pubkey")


def test_clients_that_trust_the_authority_connect_by_every_name_and_no_other(tmp_path: Path) -> None:
    authority, certfile, keyfile = certificate_for(NAMES, tmp_path, NOW)
    for name in NAMES:
        assert shakes_hands(authority, certfile, keyfile, name) == "TLSv1.3"
    for name in ("evil.example.test", "127.0.0.2", "example.test"):
        with pytest.raises(ssl.SSLCertVerificationError):
            shakes_hands(authority, certfile, keyfile, name)
    other, _, _ = certificate_for(NAMES, tmp_path / "other", NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        shakes_hands(other, certfile, keyfile, "localhost")


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    certificate_for(NAMES, tmp_path / "tls", NOW)
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    for path in (tmp_path / "tls").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    names = {"authority.pem", "authority-key.pem", "certificate.pem", "certificate-key.pem"}
    assert set(contents(tmp_path / "tls")) == names


def test_what_is_still_good_is_kept(tmp_path: Path) -> None:
    certificate_for(NAMES, tmp_path, NOW)
    before = contents(tmp_path)
    certificate_for(NAMES, tmp_path, NOW + timedelta(days=1))
    certificate_for(NAMES[1:], tmp_path, NOW)
    last_moment = NOW + CERTIFICATE_LIFE - RENEW_BEFORE - timedelta(minutes=1)
    certificate_for(NAMES, tmp_path, last_moment)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("names", "later"),
    [
        ([*NAMES, "192.0.2.7"], timedelta()),
        (["other.example.test"], timedelta()),
        (NAMES, CERTIFICATE_LIFE - RENEW_BEFORE + timedelta(minutes=1)),
        (NAMES, CERTIFICATE_LIFE + timedelta(days=100)),
    ],
)
def test_a_new_one_by_the_same_authority(tmp_path: Path, names: list[str], later: timedelta) -> None:
    certificate_for(NAMES, tmp_path, NOW)
    before = contents(tmp_path)
    authority, certfile, _ = certificate_for(names, tmp_path, NOW + later)
    after = contents(tmp_path)
    assert after["authority.pem"] == before["authority.pem"]
    assert after["authority-key.pem"] == before["authority-key.pem"]
    assert after["certificate.pem"] != before["certificate.pem"]
    moment = str(int((NOW + later + timedelta(days=1)).timestamp()))
    assert "OK" in openssl("verify", "-attime", moment, "-CAfile", authority, certfile)


@pytest.mark.parametrize("gone", ["certificate.pem", "certificate-key.pem", "authority.pem", "authority-key.pem"])
def test_what_is_missing_is_made_and_everything_fits_again(tmp_path: Path, gone: str) -> None:
    certificate_for(NAMES, tmp_path, NOW)
    (tmp_path / gone).unlink()
    authority, certfile, keyfile = certificate_for(NAMES, tmp_path, NOW)
    assert shakes_hands(authority, certfile, keyfile, "localhost") == "TLSv1.3"


def test_a_key_of_another_certificate_is_replaced(tmp_path: Path) -> None:
    """As a crash between the two writes leaves it."""
    certificate_for(NAMES, tmp_path / "a", NOW)
    certificate_for(NAMES, tmp_path / "b", NOW)
    shutil.copy(tmp_path / "b" / "certificate-key.pem", tmp_path / "a" / "certificate-key.pem")
    authority, certfile, keyfile = certificate_for(NAMES, tmp_path / "a", NOW)
    assert shakes_hands(authority, certfile, keyfile, "localhost") == "TLSv1.3"


def test_an_authority_that_ends_before_its_certificates_is_made_anew(tmp_path: Path) -> None:
    certificate_for(NAMES, tmp_path, NOW)
    before = contents(tmp_path)
    late = NOW + AUTHORITY_LIFE - timedelta(days=100)
    authority, certfile, _ = certificate_for(NAMES, tmp_path, late)
    assert authority.read_bytes() != before["authority.pem"]
    moment = str(int((late + timedelta(days=390)).timestamp()))
    assert "OK" in openssl("verify", "-attime", moment, "-CAfile", authority, certfile)


@pytest.mark.parametrize("name", ["authority.pem", "authority-key.pem", "certificate.pem", "certificate-key.pem"])
@pytest.mark.parametrize(
    "content", [b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_broken_files_are_named_with_the_fix(tmp_path: Path, name: str, content: bytes) -> None:
    certificate_for(NAMES, tmp_path, NOW)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Permanent, match=r"certificates in .* cannot be used .*; remove it to have new ones"):
        certificate_for(NAMES, tmp_path, NOW)
    assert (tmp_path / name).read_bytes() == content


def test_an_authority_with_another_s_key_is_refused(tmp_path: Path) -> None:
    certificate_for(NAMES, tmp_path / "a", NOW)
    certificate_for(NAMES, tmp_path / "b", NOW)
    shutil.copy(tmp_path / "b" / "authority-key.pem", tmp_path / "a" / "authority-key.pem")
    with pytest.raises(Permanent, match="is not the key of"):
        certificate_for(NAMES, tmp_path / "a", NOW)


def test_a_certificate_that_is_none_of_ours_is_replaced_or_refused(tmp_path: Path) -> None:
    key, cert = tmp_path / "certificate-key.pem", tmp_path / "certificate.pem"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", key, "-out", cert)
    with pytest.raises(Permanent, match="remove it to have new ones"):
        certificate_for(NAMES, tmp_path, NOW)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("")
    with pytest.raises(Permanent, match="cannot be used"):
        certificate_for(NAMES, tmp_path / "tls", NOW)


def test_names_in_other_scripts(tmp_path: Path) -> None:
    _, certfile, _ = certificate_for(["bücher.example.test"], tmp_path, NOW)
    assert "DNS:xn--bcher-kva.example.test" in openssl("x509", "-in", certfile, "-noout", "-text")


def test_the_fingerprint_is_chromium_s(tmp_path: Path) -> None:
    _, certfile, _ = certificate_for(NAMES, tmp_path, NOW)
    pipeline = (
        'openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform der | '
        "openssl dgst -sha256 -binary | openssl base64 -A"
    )
    done = subprocess.run(
        ["sh", "-c", pipeline, "sh", certfile], capture_output=True, text=True, timeout=60, check=True
    )
    assert spki_fingerprint(certfile) == done.stdout


def test_a_pair_of_one_s_own(tmp_path: Path) -> None:
    _, certfile, keyfile = certificate_for(NAMES, tmp_path, NOW)
    check_pair(certfile, keyfile)
    locked = tmp_path / "locked.pem"
    openssl("pkcs8", "-topk8", "-in", keyfile, "-passout", "pass:secret", "-out", locked)
    for pair in (
        (tmp_path / "nowhere.pem", keyfile),
        (certfile, tmp_path / "nowhere.pem"),
        (keyfile, certfile),
        (certfile, tmp_path / "authority-key.pem"),
        (certfile, locked),
        (tmp_path, keyfile),
    ):
        with pytest.raises(Permanent, match="--certfile and --keyfile"):
            check_pair(*pair)
