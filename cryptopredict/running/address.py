"""The address that the product is served on, taken before anything else is begun."""

import errno
import socket
import time

from system.exceptions import UnavailableError

REASONS = {
    errno.EADDRINUSE: "is taken; end what uses it, or choose another with --port",
    errno.EACCES: "is reserved for root; choose one above 1023 with --port",
    errno.EADDRNOTAVAIL: "is not an address of this machine; choose another with --host",
}
RETRY_SECONDS = 0.2
UNREAD_SECONDS = 60
"""A peer who takes nothing of what waits for him for so long is gone. Else the kernel would ask him for ever whether he
has room, and keep megabytes for each."""
LARGEST_PORT = 65535


def listen(host: str, port: int, *, patience: float = 0) -> socket.socket:
    """A socket that is bound to the address, not yet open for connections.

    Args:
        host: name or address.
        port: number.
        patience: seconds to wait for an address that is taken: what was killed a moment ago may still be ending.
    Raises:
        UnavailableError: the address cannot be had; the sentence says why.
    """
    if not 0 <= port <= LARGEST_PORT:  # the resolver would take the rest of a division
        raise UnavailableError(f"{port} is no port; choose one from 1 to {LARGEST_PORT} with --port.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise UnavailableError(f"{host} is not a known host; choose another with --host.") from None
    deadline = time.monotonic() + patience
    while True:
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # not on macOS
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD_SECONDS * 1000))
        try:
            bound.bind(address)
        except OSError as error:
            bound.close()
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                reason = REASONS.get(error.errno or 0, f"cannot be used ({error.strerror}); choose another with --port")
                raise UnavailableError(f"{host}:{port} {reason}.") from None
            time.sleep(RETRY_SECONDS)
        else:
            return bound


def url_of(bound: socket.socket) -> str:
    """The address as a browser on this machine writes it."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
