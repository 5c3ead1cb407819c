"""Run inside a network of its own: a metadata service on its real address, a firewall, and somebody who asks.

`python metadata_network.py RULES`: loads the file RULES into nftables, then prints "answered" or "refused".
"""

import errno
import fcntl
import http.client
import http.server
import socket
import struct
import subprocess
import sys
import threading

_ADDRESS, _PORT = "169.254.169.254", 80
_SET_ADDRESS, _SET_FLAGS = 0x8916, 0x8914
_UP, _LOOPBACK, _RUNNING = 0x1, 0x8, 0x40


def _raise_loopback() -> None:
    """Loopback as the kernel has it, and the metadata service's address beside it (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP | _LOOPBACK | _RUNNING))
        address = struct.pack("H2x4s8x", socket.AF_INET, socket.inet_aton(_ADDRESS))
        fcntl.ioctl(control, _SET_ADDRESS, struct.pack("16s16s", b"lo:1", address))


class _Metadata(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401)  # IMDSv2, asked without a token
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def main() -> int:
    """Ask; whether an answer came is on standard output."""
    _raise_loopback()
    server = http.server.HTTPServer((_ADDRESS, _PORT), _Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    subprocess.run(["/usr/sbin/nft", "--file", sys.argv[1]], check=True)
    asking = http.client.HTTPConnection(_ADDRESS, _PORT, timeout=60)
    try:
        asking.request("GET", "/latest/user-data")
        asking.getresponse().read()
    except OSError as error:
        if error.errno != errno.ECONNREFUSED:
            raise
        sys.stdout.write("refused\n")
    else:
        sys.stdout.write("answered\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
