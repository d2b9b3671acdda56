"""What a server loads beside its first answers, so that no page waits for it."""

import subprocess
import sys

FIRST_PORTFOLIO = """
import sys
import numpy as np
from selection.compute.money_weighted import discount_rates
from cryptopredict.running.loading import begin_loading_late
import threading
if {late}:
    begin_loading_late()
    [one.join() for one in threading.enumerate() if one.name == "late loading"]
before = set(sys.modules)
discount_rates(np.array([-100.0, 121.0]), np.array([0.0, 1.0]))
print(len(set(sys.modules) - before))
"""


def loaded_by_first_portfolio(*, late: bool) -> int:
    """How many modules the first money-weighted return of a process still has to load."""
    code = FIRST_PORTFOLIO.format(late=late)
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def test_the_first_portfolio_has_nothing_left_to_load() -> None:
    assert loaded_by_first_portfolio(late=False) > 100
    assert loaded_by_first_portfolio(late=True) == 0
