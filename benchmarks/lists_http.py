"""Lists that are the same for everybody, over HTTP: read anew each time, and kept as bytes (``LIST_CACHE_SECONDS``).

Both servers are the product, one uvicorn worker each, asked in turn by the same visitor over one connection each; what
they answer is compared first. 200 assets in 40 sectors, 500 headlines, 500 regimes. No peer: the product without what
is measured is the peer. Prints a table of milliseconds and one line of summary.
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATHS = (
    "/api/v1/assets?limit=50",
    "/api/v1/assets?limit=200",
    "/api/v1/sectors",
    "/api/v1/macro/news",
    "/api/v1/macro/regimes",
    "/api/v1/macro/history",
)
SECONDS = {"read": "0", "kept": "60"}
"""How long each server keeps an answer."""
SECTORS, ROWS = 40, 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    if "REDIS_URL" not in os.environ:
        again = [sys.executable, "manage.py", "with_services", "--", sys.executable, *sys.argv]
        sys.exit(subprocess.run(again, cwd=ROOT, check=False).returncode)
    sys.path.insert(0, str(ROOT))
    from benchmarks.candles_http import ASSETS, database, serving

    os.environ["API_GUEST_CALLS_A_MINUTE"] = "1000000"
    with database(ASSETS * 48, keep=False) as (name, ids), ExitStack() as stack:
        fill(ids)
        clients = {}
        for server, seconds in SECONDS.items():
            os.environ["LIST_CACHE_SECONDS"] = seconds
            port = stack.enter_context(serving("cached", name))
            clients[server] = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        spent = measured(clients, options.rounds)
        for client in clients.values():
            client.close()
    report(spent, options.rounds)


def fill(ids: list[int]) -> None:
    """Rows of the lists; the assets are there."""
    from aimodels.choices import ModelStatus, ModelType
    from aimodels.models import AIModel
    from macro.models import AIRegimeAnalysis, MetricsSnapshot, NewsEvent
    from sectors.models import Sector, SectorMapping

    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    sectors = Sector.objects.bulk_create(
        Sector(coingecko_id=f"local:s{n}", name=f"Sector {n}", description="A part.") for n in range(SECTORS)
    )
    SectorMapping.objects.bulk_create(
        SectorMapping(asset_id=pk, sector=sectors[place % SECTORS]) for place, pk in enumerate(ids)
    )
    NewsEvent.objects.bulk_create(
        NewsEvent(source="rss", title=f"Headline {n}", published_at=now - timedelta(minutes=10 * n))
        for n in range(ROWS)
    )
    model = AIModel.objects.create(
        name="rules", version="v1", architecture="rules", model_type=ModelType.ASSET, training_data_timeframe="1d",
        target_variable="return", status=ModelStatus.ACTIVE,
    )  # fmt: skip
    snapshots = MetricsSnapshot.objects.bulk_create(
        MetricsSnapshot(snapshot_time=now - timedelta(hours=n), timeframe="1d", btc_price_usd=1) for n in range(ROWS)
    )
    AIRegimeAnalysis.objects.bulk_create(
        AIRegimeAnalysis(
            metrics_snapshot=snapshot, ai_model=model, analysis_time=snapshot.snapshot_time, analysis_timeframe="1d",
            data_source="live", current_regime="Bull", regime_confidence="0.6",
        )
        for snapshot in snapshots
    )  # fmt: skip


def asked(client: http.client.HTTPConnection, path: str) -> tuple[float, bytes]:
    """Seconds and the answer."""
    begun = time.perf_counter()
    client.request("GET", path)
    response = client.getresponse()
    body = response.read()
    spent = time.perf_counter() - begun
    if response.status != http.client.OK:
        sys.exit(f"{path}: {response.status} {body!r}")
    return spent, body


def measured(clients: dict[str, http.client.HTTPConnection], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds by address and server. One round first, that counts for nothing: the same rows from both."""
    for path in PATHS:
        host = {server: f"127.0.0.1:{client.port}".encode() for server, client in clients.items()}
        answers = {asked(client, path)[1].replace(host[server], b"host") for server, client in clients.items()}
        if len(answers) != 1:
            sys.exit(f"the answers differ: {path}")
    spent: dict[str, dict[str, list[float]]] = {path: {server: [] for server in clients} for path in PATHS}
    for _round in range(rounds):
        for path in PATHS:
            for server, client in clients.items():
                spent[path][server].append(asked(client, path)[0])
    return spent


def percentile(seconds: list[float], percent: int) -> float:
    """Milliseconds."""
    return 1e3 * statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]


def report(spent: dict[str, dict[str, list[float]]], rounds: int) -> None:
    for path, servers in spent.items():
        for server, seconds in servers.items():
            figures = "".join(f"{percentile(seconds, percent):9.1f}" for percent in (50, 95, 99))
            print(f"{path:28}{server:6}{figures} ms (p50, p95, p99)")
    ratios = [percentile(servers["read"], 50) / percentile(servers["kept"], 50) for servers in spent.values()]
    p95 = max(percentile(servers["kept"], 95) for servers in spent.values())
    print(f"{min(ratios):.2f}x at least, {statistics.median(ratios):.2f}x median of what reading takes (p50)")
    print(f"p95 of a kept list: {p95:.1f} ms at most ({rounds} rounds)")


if __name__ == "__main__":
    main()
