"""What a process that serves does with the garbage of requests."""

import subprocess
import sys

LITTER = """
import gc
import cryptopredict.settings  # few rounds, for the sake of loading
from cryptopredict.running.parts import settle_memory
if {settled}:
    settle_memory()
most = 0
for number in range(100_000):
    cycle = []
    cycle.append(cycle)
    if number % 1_000 == 0:
        most = max(most, len(gc.get_objects()))
print(most)
"""


def most_objects(*, settled: bool) -> int:
    """How many objects the collector had to look through at most, while cycles were left behind."""
    code = LITTER.format(settled=settled)
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def test_what_requests_leave_behind_is_gone_soon() -> None:
    assert most_objects(settled=False) > 50_000
    assert most_objects(settled=True) < 10_000
