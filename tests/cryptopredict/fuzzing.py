"""What Schemathesis is run with: a served product, people without end, and the statuses that the contract declares."""

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.db import connections

from accounts.models import ApiToken, TotpDevice, User
from accounts.services.secrets import digest, new_secret
from cryptopredict.environment import BASE_DIR
from tests.cryptopredict.serving import product, served
from tests.factories import AdminFactory, TotpDeviceFactory

BATCH = 200
PATIENCE = 60.0
"""Seconds for an answer: how quick it is, is measured elsewhere, on a machine that does nothing else."""
numbers = itertools.count()
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
CONTRACT = ["2xx", "304", "400", "401", "403", "404", "409", "412", "422", "423", "428", "429", "503"]
"""What a request that fits the schemas may be answered with; a check of ours looks what a 400 is for."""
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "423", "428", "429", "503"]
"""What a request that does not fit may be answered with."""


def somebodies(count: int) -> list[str]:
    """Secrets of tokens with every scope; each of an admin of its own, with a second factor."""
    people = [AdminFactory.build(email=f"caller{next(numbers)}@example.org") for _number in range(count)]
    for person in people:
        person.is_verified = True
    User.objects.bulk_create(people)
    TotpDevice.objects.bulk_create(TotpDeviceFactory.build(user=person) for person in people)
    found = [new_secret("cp_") for _person in people]
    ApiToken.objects.bulk_create(
        ApiToken(user=person, name="caller", prefix=secret[:12], token_hash=digest(secret),
                 scopes=["read", "write", "admin"])
        for person, secret in zip(people, found, strict=True)
    )  # fmt: skip
    return found


class Desk(BaseHTTPRequestHandler):
    """Hands out tokens of people who have done nothing yet."""

    def do_GET(self) -> None:
        content = "\n".join(somebodies(BATCH)).encode()
        connections.close_all()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: Any) -> None:
        """Nobody reads it."""


@contextmanager
def desk() -> Iterator[str]:
    """Its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def settings() -> str:
    """What Schemathesis reads: every check is on, each told what the contract declares."""
    return "\n".join(
        [
            f"hooks = {json.dumps(str(HOOKS))}",
            f"request-timeout = {PATIENCE}",
            "[checks]",
            "enabled = true",
            f"positive_data_acceptance.expected-statuses = {json.dumps(CONTRACT)}",
            f"negative_data_rejection.expected-statuses = {json.dumps(REFUSED)}",
            f"missing_required_header.expected-statuses = {json.dumps(REFUSED)}",
            'not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]',
        ]
    )


def run(folder: Path, document: dict[str, Any], *options: str) -> tuple[dict[str, Any], str]:
    """What Schemathesis reports of a served product, and what it prints.

    Args:
        options: of ``schemathesis run``; a seed among them makes the same requests again.
    """
    (folder / "openapi.json").write_text(json.dumps(document))
    (folder / "schemathesis.toml").write_text(settings())
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml", "run"]
    with desk() as address, served(product(), access_log=False) as port:
        done = subprocess.run(
            [*command, "openapi.json", "--url", f"http://127.0.0.1:{port}", "--report", "json", "--report-json-path",
             "report.json", "--continue-on-failure", "--no-color", *options],
            cwd=folder, env=os.environ | {"DESK": address, "ROOT": str(BASE_DIR)}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    words = done.stdout + done.stderr
    assert (folder / "report.json").exists(), words
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    assert report["exit_code"] == done.returncode, words
    return report, words
