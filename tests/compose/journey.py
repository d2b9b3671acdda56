"""People's ways through services that run, the work that these do meanwhile, and what they say about it."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from cryptopredict.celery import QUEUES
from system.figures import TASKS
from tests.compose.building import ROOT
from tests.compose.database import MARK
from tests.compose.project import TOKEN
from tests.compose.speaking import Speaker
from tests.compose.ways import Broken, Log, Way

WORK_SECONDS = 240
"""Within which the schedule has something for every queue; what comes most rarely comes each minute."""
FAULT = re.compile(r"\b(?:ERROR|CRITICAL|FATAL|PANIC)\b|^Traceback")
SENDS = "This beat sends from now on"
PASSED = re.compile(r"^PASSED (\S+)", re.MULTILINE)
QUEUE_OF = {task: queue for queue, tasks in QUEUES.items() for task in tasks}


@dataclass(frozen=True)
class Excuse:
    """A line that looks like a fault and is none of the product's.

    Attributes:
        reason: why.
    """

    service: str
    words: str
    reason: str


EXCUSES = (
    Excuse(
        "postgres",
        "violates foreign key constraint",
        "after each journey the tests take its people and rows away, and do not ask who still writes about them",
    ),
)


def go(way: Way, tests: list[str], say: Speaker) -> bool:
    """Start everything and go all ways.

    Returns:
        Whether every way was gone to its end, and nothing ended, fell ill or failed meanwhile.
    Raises:
        Broken: it does not come to that.
    """
    begun = time.monotonic()
    say("Started, in this order:")
    way.up()
    names = [log.name for log in way.logs()]
    say(f"All {len(names)} well, or done, after {time.monotonic() - begun:.0f} s: {', '.join(names)}.")
    say("Otherwise than in the files:")
    for line in way.differences():
        say(f"  {line}")
    addresses, variables = way.addresses(), way.variables()
    mark(variables)
    gone = [through(way, address, variables, tests, say) for address in addresses]
    work, failed = await_work(way, addresses[-1], variables)
    say(f"\nDone by the worker of each queue after the journeys: {work}. Tasks that failed: {failed or 'none'}.")
    say(
        f"All ways were gone through {sum(gone)} of {len(gone)} web processes, {time.monotonic() - begun:.0f} s in all."
    )
    say(f"Ended or unwell on the way: {way.faults or 'none'}.")
    return all(gone) and not way.faults and not failed


def mark(variables: dict[str, str]) -> None:
    """The database of this run may be emptied by tests."""
    with psycopg.connect(variables["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(f"COMMENT ON DATABASE cryptopredict IS '{MARK}'")


def through(way: Way, address: str, variables: dict[str, str], tests: list[str], say: Speaker) -> bool:
    """The tests of the browser on the product that runs there, while its services are looked after.

    Returns:
        Whether all passed, and none was left out.
    """
    say(f"\nThe ways through {address}:")
    begun = time.monotonic()
    options = ["-rA", "--no-header", "--product", address]
    with tempfile.TemporaryFile("w+") as output:
        asked = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=ROOT,
            env=os.environ | variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while asked.poll() is None:
            way.look()
            time.sleep(0.2)
        output.seek(0)
        told = output.read()
    passed = PASSED.findall(told)
    has_passed = asked.returncode == 0 and bool(passed) and "SKIPPED" not in told
    if not has_passed:
        say(told)
    for name in passed:
        say(f"  passed: {name}")
    words = "all passed" if has_passed else "NOT all passed"
    say(f"  {words}, {len(passed)} in {time.monotonic() - begun:.0f} s.")
    return has_passed


def await_work(way: Way, address: str, variables: dict[str, str]) -> tuple[str, str]:
    """Until the worker of each queue has done something more, and exactly one beat sends.

    Returns:
        What was done; what failed since the beginning.
    Raises:
        Broken: it does not come to that.
    """
    # The last journey has taken the schedule away with everything else.
    subprocess.run(
        [sys.executable, "manage.py", "bootstrap"],
        cwd=ROOT,
        env=os.environ | variables,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    before, deadline = ended(address, variables)["success"], time.monotonic() + WORK_SECONDS
    while True:
        way.look()
        now = ended(address, variables)
        more = now["success"] - before
        senders = [log.name for log in way.logs() if SENDS in log.text]
        if all(more[queue] for queue in QUEUES) and len(senders) == 1:
            done = ", ".join(f"{queue} {more[queue]}" for queue in QUEUES)
            return f"{done}; of the beats {senders[0]} sends", ", ".join(now["failure"])
        if way.faults or time.monotonic() > deadline:
            raise Broken(f"done within {WORK_SECONDS} s: {dict(more)}; beats that send: {senders}; {way.faults}")
        time.sleep(1)


def ended(address: str, variables: dict[str, str]) -> dict[str, Counter[str]]:
    """Tasks that have ended, as the web tells Prometheus."""
    token = {"Authorization": f"Bearer {variables[TOKEN]}"}
    with httpx.Client(trust_env=False, timeout=60) as asking:
        return counted(asking.get(f"{address}/metrics", headers=token).raise_for_status().text)


def counted(text: str) -> dict[str, Counter[str]]:
    """Of figures for Prometheus: tasks that succeeded, by queue, and tasks that failed, by name."""
    families = {one.name: one for one in text_string_to_metric_families(text)}
    found: dict[str, Counter[str]] = {"success": Counter(), "failure": Counter()}
    for sample in families[TASKS.name].samples if TASKS.name in families else ():
        task, outcome = sample.labels["task"], sample.labels["outcome"]
        if outcome in found and sample.value:
            found[outcome][QUEUE_OF.get(task, task) if outcome == "success" else task] += int(sample.value)
    return found


def end(way: Way, say: Speaker) -> bool:
    """Stop everything, and read what it has said from its beginning to its end.

    Returns:
        Whether everything ended by itself, and said nothing that tells of a fault.
    """
    try:
        killed = way.stop()
        faults, excused = faults_in(way.logs())
    finally:
        way.remove()
    say(f"Asked to end, and killed because they did not: {', '.join(killed) or 'none'}.")
    for excuse, count in excused.items():
        say(f"Lines of {excuse.service} with {excuse.words!r}, not counted: {count}; {excuse.reason}.")
    say(f"Faults in the logs: {len(faults) or 'none'}.")
    for line in faults:
        say(f"  {line}")
    return not killed and not faults


def faults_in(logs: Iterable[Log]) -> tuple[list[str], Counter[Excuse]]:
    """Lines that tell of a fault, and how many are excused."""
    faults, excused = list[str](), Counter[Excuse]()
    for log in logs:
        for line in log.text.splitlines():
            if not FAULT.search(line):
                continue
            excuse = next((one for one in EXCUSES if one.service == log.service and one.words in line), None)
            if excuse is None:
                faults.append(f"{log.name}: {line}")
            else:
                excused[excuse] += 1
    return faults, excused
