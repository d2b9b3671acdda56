"""Where a name leads, and whether we may go there."""

import ipaddress
import socket
import threading
from collections.abc import Collection

from system.http.errors import NoAnswer, Refused

LARGEST_PORT = 65535
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def addresses(host: str, port: int, *, allowed_hosts: Collection[str], within: float) -> list[str]:
    """Addresses of a host, each of them fit to be connected to. The caller connects to one of these and does not ask
    again, so that a name cannot lead elsewhere the second time.

    Args:
        allowed_hosts: names or addresses that may lead to private networks, because an admin says so.
        within: seconds.
    Raises:
        NoAnswer: nobody knows the name, or not in time.
        Refused: it leads into a private, local or reserved network, or there is no such port.
    """
    if port > LARGEST_PORT:
        raise Refused(f"{host} has no port {port}.")
    found = resolve(host, port, within)
    if host.lower() not in {name.lower() for name in allowed_hosts}:
        for address in found:
            if not is_public(ipaddress.ip_address(address.partition("%")[0])):
                raise Refused(
                    f"{host} leads to {address}, which is not a public address; an admin can allow it under outgoing."
                )
    return found


def resolve(host: str, port: int, within: float) -> list[str]:
    """Ask the system's resolver, which knows no deadline: on a thread that is left behind when it takes too long."""
    found: list[str] = []
    faults: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except (OSError, UnicodeError) as fault:
            faults.append(fault)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(max(0.0, within))
    if faults or not found:
        raise NoAnswer(f"No address of {host} was found{f' ({faults[0]})' if faults else ' in time'}.")
    return list(found)


def is_public(address: Address) -> bool:
    """Whether anybody on the internet may be there: no private, loopback, link-local, multicast or reserved address,
    nor one of these inside an IPv6 address that carries an IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
