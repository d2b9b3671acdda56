"""Run as a program: the product without a network, from its start to its end; what it showed is printed as JSON.

It puts itself, and everything that it starts, into a network of its own that has nothing but a loopback device.
"""

import ctypes
import errno
import fcntl
import html
import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NEW_USERS, NEW_NETWORK = 0x10000000, 0x40000000
GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 0x1
REFUSED = 77
"""Exit status where the kernel does not permit a network of one's own."""
PORT = 8000
PATHS = ("/", "/assets", "/assets/BTC-DEMO", "/assets/USDT-DEMO", "/assets/EOS-DEMO", "/login", "/nowhere")
PLAIN = ("/api/schema", "/api/docs", "/healthz", "/readyz", "/assets.csv")


def main(manage: str) -> None:
    if not unplug():
        sys.exit(REFUSED)
    process = subprocess.Popen(
        [sys.executable, manage, "up", "--port", str(PORT)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    try:
        said = list(lines_until(process, "Ctrl-C"))
        if process.poll() is not None:
            sys.exit(f"it ended: {said}")
        pages = {path: get(path) for path in PATHS}
        found = {
            "reaches": reaches_outside(),
            "said": said,
            "pages": {path: [status, "demo-ribbon" in body, outside(body)] for path, (status, body) in pages.items()},
            "others": {path: get(path)[0] for path in (*PLAIN, *listed(pages["/"][1] + pages["/assets/BTC-DEMO"][1]))},
            "files": {path: get(path)[0] for path in sorted({p for _, body in pages.values() for p in files(body)})},
            "api": {path: get(path)[0] for path in api_roots()},
        }
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    sys.stdout.write(json.dumps(found | {"status": process.returncode}))


def unplug() -> bool:
    """Leave every network; False where that is not permitted."""
    libc, user, group = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()
    if libc.unshare(NEW_NETWORK if user == 0 else NEW_NETWORK | NEW_USERS):
        return False
    try:
        if user:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            (flags,) = struct.unpack_from("H", fcntl.ioctl(probe, GET_FLAGS, struct.pack("16sH14x", b"lo", 0)), 16)
            fcntl.ioctl(probe, SET_FLAGS, struct.pack("16sH14x", b"lo", flags | UP))
    except OSError:
        return False
    return True


def reaches_outside() -> bool:
    """Whether an address of somebody else can be reached at all."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("192.0.2.1", 80)) not in {errno.ENETUNREACH, errno.EHOSTUNREACH}


def lines_until(process: "subprocess.Popen[str]", word: str) -> Iterator[str]:
    """What it says, until a line with that word."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line.strip()
        if word in line:
            return


def get(path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def outside(body: str) -> list[str]:
    """Addresses elsewhere from which the page would load something."""
    return re.findall(r"""<(?:script|img|link|iframe)[^>]*(?:src|href)=["'](?:https?:)?//[^"']+""", body)


def files(body: str) -> list[str]:
    return re.findall(r"""(?:src|href)=["'](/static/[^"']+)""", body)


def listed(body: str) -> list[str]:
    """Pages and files of figures that a page leads to."""
    return sorted({html.unescape(path) for path in re.findall(r"""href=["'](/(?!static|admin|api)[^"'#]*)""", body)})


def api_roots() -> list[str]:
    """Every path of the API's document that is read without an id."""
    _status, text = get("/api/schema?format=json")
    paths = json.loads(text)["paths"]
    return sorted(path for path, methods in paths.items() if "get" in methods and "{" not in path)


if __name__ == "__main__":
    main(sys.argv[1])
