"""The soak's own parts: its clock, what it calls flat, its charts; and, in full, two simulated days of it."""

import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.cryptopredict.installation import CONNECT, installation
from tests.soak import report
from tests.soak.clock import Clock, missing, variables
from tests.soak.judging import MOST_OF_EARLIER, growth, verdict
from tests.soak.plots import COLOURS, plot

ROOT = Path(__file__).resolve().parent.parent
DAYS = list(range(1, 181))
UNDER_CLOCK = """
import select, subprocess, sys, threading, time
def told():
    bare = {"PATH": "/usr/bin:/bin"}
    server = float(subprocess.run(["date", "+%s"], env=bare, capture_output=True, text=True).stdout)
    begin = time.monotonic()
    time.sleep(0.05)
    threading.Event().wait(0.05)
    print(time.time(), server, time.monotonic() - begin, flush=True)
told()
for line in sys.stdin:
    told()
"""
TIMEOUTS = f"""
import os, pathlib, sys, threading
from datetime import timedelta
sys.path.insert(0, {str(ROOT)!r})
from tests.soak.clock import Clock
other, said = psycopg.connect(os.environ["DATABASE_OWNER_URL"], **said), []
def ask(session, statement):
    try:
        session.execute(statement)
        said.append("answered")
    except psycopg.Error as error:
        said.append(type(error).__name__)
owner.execute("CREATE TABLE wanted ()")
owner.execute("CREATE TABLE held ()")
clock = Clock(pathlib.Path(os.environ["FAKETIME_TIMESTAMP_FILE"]))
before = owner.execute("SELECT now()").fetchone()[0]
clock.jump(clock.now() + timedelta(days=40, hours=1))
said.append(str((owner.execute("SELECT now()").fetchone()[0] - before).days))
other.execute("BEGIN")
other.execute("LOCK TABLE wanted")
owner.execute("SET lock_timeout = 500")
ask(owner, "TABLE wanted")
owner.execute("SET lock_timeout = 0")
owner.execute("SET statement_timeout = 500")
ask(owner, "SELECT pg_sleep(30)")
owner.execute("SET statement_timeout = 0")
owner.execute("BEGIN")
owner.execute("LOCK TABLE held")
waiting = threading.Thread(target=ask, args=(owner, "TABLE wanted"))
waiting.start()
ask(other, "TABLE held")
other.execute("ROLLBACK")
waiting.join(30)
print(*said[:3], *sorted(said[3:]))
"""
needs_library = pytest.mark.skipif(bool(missing()), reason=missing())


def noisy(begin: float, a_month: float, noise: float, seed: int = 1) -> list[float]:
    chance = random.Random(seed)  # noqa: S311 - noise of a measurement
    return [begin + a_month * day / 30 + chance.gauss(0, noise) for day in DAYS]


def test_what_stays_is_flat_and_what_grows_is_found() -> None:
    flat = verdict("a", DAYS, noisy(200, 0, 3), 3)
    grows = verdict("b", DAYS, noisy(200, 14, 3), 3)
    assert flat is not None
    assert grows is not None
    assert (flat.word, grows.word) == ("flat", "grows")
    assert grows.slope == pytest.approx(14 / 263 * 100, rel=0.15)
    assert grows.low < grows.slope < grows.high


def test_days_on_which_the_machine_was_busy_do_not_count() -> None:
    """Some late days ten times as slow: a mean would climb, the middle of the slopes does not."""
    values = noisy(20, 0, 0.5)
    for day in range(120, 180, 3):
        values[day] *= 10
    found = verdict("a", DAYS, values, 10)
    assert found is not None
    assert found.word == "flat", found


def test_noise_leaves_it_open() -> None:
    found = verdict("a", DAYS[:24], noisy(20, 0, 8)[:24], 1)
    assert found is not None
    assert found.word == "uncertain"
    assert verdict("a", DAYS[:6], noisy(20, 0, 1)[:6], 1) is None, "too few days say nothing"
    assert verdict("a", DAYS, [0.0] * len(DAYS), 1) is None


def test_little_memory_may_grow_by_a_little() -> None:
    """A tenth of a megabyte a month is five percent of two: nothing that would matter in years."""
    values = noisy(2.2, 0.12, 0.01)
    strict, lax = verdict("a", DAYS, values, 3), verdict("a", DAYS, values, 3, least=1.0)
    assert strict is not None
    assert lax is not None
    assert (strict.word, lax.word) == ("grows", "flat")


def test_what_goes_to_the_archive_is_no_growth() -> None:
    moved = [
        sample | {"tables": {"price_data": 400.0 - day, "price_data_archive": 2.0 * day}}
        for day, sample in enumerate(result_of()["samples"], 1)
    ]
    (table,) = [one for one in report.growths(moved) if one.name.startswith("table")]
    assert table.name == "table: price_data"
    assert table.second_half == pytest.approx(30)


def test_even_growth_and_growth_that_becomes_more() -> None:
    even = growth("a", DAYS, [5 * day for day in DAYS])
    more = growth("b", DAYS, [day**2 / 20 for day in DAYS])
    small = growth("c", DAYS, [day**2 / 1e6 for day in DAYS])
    assert even is not None
    assert more is not None
    assert small is not None
    assert (even.is_even, more.is_even, small.is_even) == (True, False, True)
    assert even.second_half == pytest.approx(150)
    assert more.second_half > MOST_OF_EARLIER * more.first_half


def result_of(**more: Any) -> dict[str, Any]:
    """Figures of a soak that showed nothing bad."""
    memory = noisy(200, 0, 1)
    samples = [
        {
            "day": day,
            "memory": {"web": memory[day - 1]},
            "valkey_used": 5.0,
            "times": {"home": 30.0 + day % 3},
            "disk": {"database": 100.0 + day},
            "tables": {"price_data": 50.0 + day},
            "runs": {"1d": day},
            "backups": min(day, 7) - (day % 7 == 0),
            "archived": 1,
            "load": 2.0,
        }
        for day in DAYS
    ]
    gone = {"readyz": [503], "readyz_seconds": 0.4, "healthz": [200], "healthz_seconds": 0.1, "same_processes": True}
    lists: dict[str, list[Any]] = {name: [] for name in ("refused", "restarts", "not_calm", "inbox", "invariants")}
    said = {"begun": "2026-01-01", "minutes": 1.0, "version": "1", "hours": 4, "people": 3, "cores": 2, "stops": 9}
    counts = {"answers": {"200": 9}, "tasks": {"drill completed": 1}, "schedule": {}}
    return said | counts | lists | {"samples": samples, "database_gone": gone} | more


def test_what_a_soak_must_not_show() -> None:
    good = result_of()
    assert report.faults(good) == []
    grown = [sample | {"memory": {"web": 200.0 + sample["day"]}} for sample in good["samples"]]
    late = good["database_gone"] | {"readyz_seconds": 2.4}
    restarted = good["database_gone"] | {"same_processes": False}
    bad: dict[str, Any] = {
        "memory of web grows": {"samples": grown},
        "restarted: web": {"restarts": ["web: [1] is [2]"]},
        "refused: day 3": {"refused": ["day 3: GET x: 500"]},
        "invariant: ": {"invariants": ["1 events"]},
        "error inbox: KeyError": {"inbox": [{"error": "KeyError", "place": "a.py", "message": "b"}]},
        "not calm: ": {"not_calm": ["x"]},
        "/readyz without": {"database_gone": late},
        "/healthz without": {"database_gone": restarted},
    }
    for begin, change in bad.items():
        (found,) = report.faults(result_of(**change))
        assert found.startswith(begin)


def test_the_table_takes_its_place_in_the_page(tmp_path: Path) -> None:
    page = tmp_path / "soak.md"
    page.write_text(f"Before\n{report.BEGIN}\nold\n{report.END}\nAfter\n")
    for _ in range(2):
        report.write(tmp_path, result_of())
    said = page.read_text()
    assert said.startswith("Before\n")
    assert said.endswith(f"{report.END}\nAfter\n")
    assert "old" not in said
    assert said.count("| memory of web |") == 1
    assert "No faults." in said
    assert len(json.loads((tmp_path / "soak.json").read_text())["samples"]) == len(DAYS)
    assert {path.name for path in (tmp_path / "soak").iterdir()} == set(report.charts(result_of()["samples"]))


def test_a_chart_has_its_lines_inside() -> None:
    drawn = ET.fromstring(plot("Größe & mehr", "MB", [1, 2, 4], {"a": [0, 5, 9.7], "<b>": [1, 1, 1]}))  # noqa: S314 - ours
    space = "{http://www.w3.org/2000/svg}"
    lines = [one.attrib["points"].split() for one in drawn.iter(f"{space}polyline")]
    assert [len(points) for points in lines] == [3, 3]
    width, height = (float(number) for number in drawn.attrib["viewBox"].split()[2:])
    for point in [point for points in lines for point in points]:
        x, y = map(float, point.split(","))
        assert 0 < x < width
        assert 0 < y < height
    assert "<b>" in [one.text for one in drawn.iter(f"{space}text")]
    with pytest.raises(ValueError, match="colours"):
        plot("a", "b", [1], {str(number): [1.0] for number in range(len(COLOURS) + 1)})


@needs_library
def test_the_clock_jumps_for_all_and_spans_stay_real(tmp_path: Path) -> None:
    """Of a Python process and of one that it begins with a bare environment, as it does the servers."""
    clock = Clock(tmp_path / "clock")
    clock.begin()
    command = [sys.executable, "-c", UNDER_CLOCK]
    process = subprocess.Popen(
        command, env=os.environ | variables(clock.file), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for jump in (timedelta(0), timedelta(days=40), timedelta(days=1)):
            wanted = time.time() + clock.offset + jump.total_seconds()
            if jump:
                clock.jump(clock.now() + jump)
                process.stdin.write("\n")
                process.stdin.flush()
            python, server, spent = map(float, process.stdout.readline().split())
            assert wanted - 2 <= python <= wanted + 60
            assert wanted - 2 <= server <= wanted + 60
            assert 0.09 < spent < 60
    finally:
        process.communicate(timeout=30)
    assert process.returncode == 0
    with pytest.raises(ValueError, match="past"):
        clock.jump(datetime.now(UTC) - timedelta(days=1))


def test_files_become_as_old_as_the_clock_says(tmp_path: Path) -> None:
    """Written by the kernel in real time, they look as if of now; those that have their time keep it."""
    made = tmp_path / "backups" / "one"
    made.mkdir(parents=True)
    file = made / "part"
    file.write_text("x")
    clock = Clock(tmp_path / "clock")
    real = time.time()
    os.utime(file, (real - 86400 * 3, real - 86400 * 3))
    os.utime(made, (real - 86400 * 3, real - 86400 * 3))
    clock.offset = 86400.0 * 3
    assert clock.stamp(tmp_path) == 2
    assert file.stat().st_mtime == pytest.approx(real, abs=60)
    assert clock.stamp(tmp_path) == 0


@pytest.mark.full
@needs_library
def test_waits_in_the_database_end_when_their_time_is_over() -> None:
    """Of locks, statements and deadlocks, after a jump of forty days."""
    with installation() as made:
        clock = Clock(made.home.parent / "clock")
        clock.begin()
        made.variables = variables(clock.file)
        done = made.python_with_services(CONNECT, TIMEOUTS)
        assert done.stdout.split() == ["40", "LockNotAvailable", "QueryCanceled", "DeadlockDetected", "answered"]


@pytest.mark.full
@needs_library
def test_two_days_of_it(tmp_path: Path) -> None:
    """A real product from nothing: what is due each day is done, people are served, and nothing is at fault."""
    kept = tmp_path / "kept.json"
    command = [sys.executable, "-m", "tests.soak", "--days", "2", "--hours", "24", "--people", "2", "--kept", str(kept)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]
    found = json.loads(kept.read_text())
    assert [sample["day"] for sample in found["samples"]] == [1, 2]
    assert found["samples"][-1]["runs"]["1d"] >= 3
    assert found["samples"][-1]["backups"] >= 1
    assert found["database_gone"]["readyz"] == [503]
    assert found["schedule"]["sweep old rows"] >= 2
