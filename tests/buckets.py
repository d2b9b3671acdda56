"""A real server that speaks S3, over a line that is cut and one that spoils what it carries; and an installation whose
files lie there."""

import os
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from system.stores.artefacts import Artefacts
from system.stores.bucket import Bucket

CHUNK = 1 << 16
FILES = "s3://shelf/files"


class Line:
    """A line to a server, which can be cut after some bytes, or spoil what it carries."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.left: float = float("inf")
        self.spoil: Callable[[bytes], bytes] = bytes
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self.listener.accept()[0]
                if self.left <= 0:
                    near.close()
                    continue
                far = socket.create_connection(self.target)
                threading.Thread(target=self.carry, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self.carry, args=(far, near, False), daemon=True).start()

    def carry(self, one: socket.socket, other: socket.socket, is_upward: bool) -> None:
        with suppress(OSError):
            while piece := one.recv(CHUNK):
                self.left -= len(piece) if is_upward else 0
                if self.left <= 0:
                    break
                other.sendall(self.spoil(piece) if is_upward else piece)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture(scope="module")
def s3_server() -> Iterator[tuple[str, int]]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture
def line(s3_server: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The way to an empty bucket ``shelf``, which the environment names."""
    found = Line(s3_server)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    said = {"ACCESS_KEY_ID": "someone", "SECRET_ACCESS_KEY": "something", "REGION": "us-east-1"}
    for name, value in (said | {"ENDPOINT_URL": found.address}).items():
        monkeypatch.setenv(f"AWS_{name}", value)
    asked("POST", s3_server, "moto-api/reset")
    asked("PUT", s3_server, "shelf")
    yield found
    found.listener.close()


@pytest.fixture
def files_bucket(line: Line, settings: Any, tmp_path: Path) -> Iterator[Artefacts]:
    """The bucket where an installation has its files; its home directory is new."""
    move_home(settings, tmp_path / "home")
    settings.ARTEFACTS_URL = FILES
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "system.stores.storage.BucketStorage"}}
    yield Artefacts(FILES)
    forget_models()


def move_home(settings: Any, home: Path) -> Path:
    """Work on another machine, as far as files go."""
    home.mkdir()
    settings.CRYPTOPREDICT_HOME, settings.MEDIA_ROOT = home, home / "media"
    forget_models()
    return home


def forget_models() -> None:
    """What this process has in memory of trained models."""
    from aimodels.services import serving  # numeric libraries, which most tests do without

    serving.forget()


def asked(method: str, server: tuple[str, int], path: str) -> bytes:
    host, port = server
    with urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/{path}", method=method)) as answer:
        content: bytes = answer.read()
    return content


def objects(bucket: Bucket) -> set[str]:
    import obstore

    return {one["path"] for part in obstore.list(bucket.store) for one in part}
