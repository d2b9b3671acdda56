"""kill -9 of a server or of the supervisor in the middle of writing: the next start works, and no batch is half there.

One round of each with a plain writer; ten of each, and of the import of real data, with ``--full``.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cryptopredict.installation import CONNECT, Installation, installation, kill

SIZE = 5000
WRITER = """
import time
owner.execute("CREATE TABLE IF NOT EXISTS batches (batch int, n int)")
number = owner.execute("SELECT coalesce(max(batch), 0) FROM batches").fetchone()[0]
while True:
    number += 1
    with owner.transaction():
        owner.execute("INSERT INTO batches SELECT %s, generate_series(1, 5000)", [number])
    queue.set("batches", number)
    print(number, time.time(), flush=True)
"""
BATCHES = """
import json
rows = owner.execute("SELECT batch, count(*) FROM batches GROUP BY batch ORDER BY batch").fetchall()
print(json.dumps([rows, int(queue.get("batches") or 0)]))
"""
CANDLES = """
import json
rows = owner.execute("SELECT asset_id, timeframe, count(*) FROM price_data GROUP BY 1, 2")
names = dict(owner.execute("SELECT id, symbol FROM assets").fetchall())
print(json.dumps({f"{names[asset]} {timeframe}": count for asset, timeframe, count in rows}))
"""
QUEUE_SECONDS = 2.0
"""The queue's server may hold back for so long what it writes to its file, while the disk is busy: that much of the
queue can go with it. Jobs are rows of PostgreSQL, and swept."""
VICTIMS = ["postmaster", "valkey", "supervisor"]


def strike(here: Installation, victim: str) -> None:
    """Kill it, and see it dead."""
    kill(
        {
            "postmaster": here.postmasters,
            "valkey": lambda: here.processes("valkey-server"),
            "supervisor": here.supervisors,
        }[victim]()[0]
    )


def interrupted(here: Installation, command: list[str], victim: str, after: int) -> list[str]:
    """Start a command, strike after so many lines; what it has said until it ended."""
    process = here.popen(*command)
    assert process.stdout is not None
    try:
        said = [process.stdout.readline() for _ in range(after)]
        strike(here, victim)
        output, _ = process.communicate(timeout=300)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)
    here.assert_nothing_left(10)
    return [*said, *output.splitlines()]


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    return 10 if request.config.getoption("--full") else 1


@pytest.mark.long
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_writer_interrupted(copied: Installation, victim: str, rounds: int) -> None:
    """Every batch that was acknowledged is there, whole; at most the one in flight besides."""
    for number in range(rounds):
        command = ["with_services", "--", copied.python, "-c", CONNECT + WRITER]
        said = [line.split() for line in interrupted(copied, command, victim, after=1 + 3 * number)]
        acknowledged, struck = int(said[-1][0]), float(said[-1][1])
        rows, queued = json.loads(copied.python_with_services(CONNECT, BATCHES).stdout)
        copied.assert_nothing_left()
        assert {count for _, count in rows} == {SIZE}
        assert acknowledged <= len(rows) <= acknowledged + 1
        kept = sum(1 for _, at in said if victim != "valkey" or float(at) < struck - QUEUE_SECONDS)
        assert int(said[0][0]) + kept - 1 <= queued <= acknowledged + 1


# -- the import of real data ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def migrated() -> Iterator[Installation]:
    with installation() as here:
        for command in ("migrate", "bootstrap"):
            result = here.manage(command)
            assert result.returncode == 0, result.stderr
        yield here


def candles(here: Installation) -> dict[str, int]:
    """Number of candles by symbol and timeframe."""
    found: dict[str, int] = json.loads(here.python_with_services(CONNECT, CANDLES).stdout)
    return found


@pytest.mark.full
@pytest.mark.parametrize("victim", VICTIMS)
def test_an_import_interrupted(migrated: Installation, victim: str, shared: Path) -> None:
    """Of every file all rows are there, or none; the same command again brings the rest, and nothing twice."""
    command = ["import_market", "-v", "2", str(shared / "data" / "candles" / "binance-spot-2024")]
    with installation() as clean:
        subprocess.run(["cp", "-a", migrated.home, clean.home], check=True)
        assert clean.manage(*command, seconds=300).returncode in {0, 1}
        whole = candles(clean)
    for number in range(10):
        with installation() as here:
            subprocess.run(["cp", "-a", migrated.home, here.home], check=True)
            interrupted(here, command, victim, after=5 + 10 * number)
            stored = candles(here)
            here.assert_nothing_left()
            assert stored.items() <= whole.items()
            assert here.manage(*command, seconds=300).returncode in {0, 1}
            assert candles(here) == whole
            here.assert_nothing_left()
