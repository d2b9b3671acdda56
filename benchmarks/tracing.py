"""What traces cost: pages and endpoints of the demo market with every trace made, with none of them chosen by the
sampler, and with tracing off.

The three take turns within one run, in one process that answers through Django's WSGI handler; batches go to a
collector in a process of its own, which reads and drops them. Also printed: what an empty span and an empty statement
cost while tracing is off, in nanoseconds.

Arguments: rounds (200). Prints `name: figure` lines and a JSON line.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
os.environ["API_GUEST_CALLS_A_MINUTE"] = "0"
DROPPING = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
PATHS = ("/healthz", "/api/v1/assets", "/", "/assets/BTC-DEMO")
WARM_UP = 20
EMPTY = 200_000


@contextmanager
def collector() -> Iterator[str]:
    """Its address."""
    process = subprocess.Popen([sys.executable, "-c", DROPPING], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


def recorders() -> dict[str, Any]:
    """Off, all, and none of them chosen."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

    from cryptopredict.observing import tracing
    from system.span_recorder import SpanRecorder

    found: dict[str, Any] = {"off": None}
    for name, sampler in (("all", ALWAYS_ON), ("none chosen", ALWAYS_OFF)):
        provider = TracerProvider(sampler=sampler, resource=tracing.resource("web"))
        sender: Any = tracing.Sender(tracing.exporter(), "the benchmark's collector")
        provider.add_span_processor(BatchSpanProcessor(sender, max_queue_size=100_000))
        found[name] = SpanRecorder(provider.get_tracer("benchmark"))
    return found


def empty(block: Callable[[], Any]) -> float:
    """Nanoseconds of a block that does nothing."""
    begin = time.perf_counter_ns()
    for _number in range(EMPTY):
        with block():
            pass
    return (time.perf_counter_ns() - begin) / EMPTY


def main(rounds: int = 200) -> None:
    import django

    django.setup()
    from django.test import Client

    from benchmarks.api import demo
    from benchmarks.scratch import scratch_database
    from cryptopredict.running import static_files
    from system import spans

    with scratch_database("tracing"), collector() as url:
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = url
        static_files.ensure()
        demo()
        arms = recorders()
        client = Client(headers={"Host": "127.0.0.1"})
        times: dict[str, dict[str, list[float]]] = {path: {arm: [] for arm in arms} for path in PATHS}
        names = list(arms)
        turns = list(permutations(range(len(names))))
        for number in range(WARM_UP + rounds):
            for path in PATHS:
                for place in turns[number % len(turns)]:
                    arm = names[place]
                    spans.switch(arms[arm])
                    begin = time.perf_counter()
                    status = client.get(path).status_code
                    seconds = time.perf_counter() - begin
                    if status != 200:
                        raise SystemExit(f"{path}: {status}")
                    if number >= WARM_UP:
                        times[path][arm].append(1000 * seconds)
        spans.switch(None)
        figures = {path: {arm: statistics.median(found) for arm, found in arms.items()} for path, arms in times.items()}
    for path, found in figures.items():
        shares = ", ".join(f"{arm} {found[arm] / found['off']:.3f} x" for arm in names[1:])
        print(f"{path}: {found['off']:.3f} ms off; {shares}")
    span, statement = empty(lambda: spans.span("x")), empty(lambda: spans.statement("SELECT 1", None))
    print(f"off: {span:.0f} ns a span, {statement:.0f} ns a statement")
    print(json.dumps({"median_ms": figures, "span_ns": span, "statement_ns": statement}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
