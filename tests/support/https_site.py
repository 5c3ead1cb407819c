"""An HTTPS server on loopback with a certificate, and what a client that trusts one root makes of it."""

import socket
import ssl
import threading
from pathlib import Path

from elephant.domain.certificate import Certificate


def handshake(held: Certificate, root: str, name: str, folder: Path) -> str:
    """Serve the certificate with its chain once, and connect to it by a name; the subject that the client saw.

    Raises ssl.SSLCertVerificationError where a client that trusts the root alone would refuse it.
    """
    certfile, keyfile = folder / "dcv.pem", folder / "dcv.key"
    certfile.write_text(held.certificate + held.chain)
    keyfile.write_text(held.private_key)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certfile, keyfile)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(cadata=root)

    def serve_one(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                with serving.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(1)
            except OSError:
                pass  # the client did not like it, which it says itself

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve_one, args=(listener,), name="https")
        server.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=40) as plain,
                trusting.wrap_socket(plain, server_hostname=name) as secured,
            ):
                return str(secured.getpeercert())
        finally:
            server.join(40)
