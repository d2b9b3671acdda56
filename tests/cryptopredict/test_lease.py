"""Who wants the servers to run starts their supervisor again, however often it is killed, once it has served."""

import os
import subprocess
from pathlib import Path

import pytest

from cryptopredict.embedded.client import MOST_KILLS, Lease
from cryptopredict.embedded.errors import ServicesError


class Sleepers(Lease):
    """Its supervisors are real processes that do nothing."""

    def _start_supervisor(self) -> None:
        self._report, report = os.pipe()
        self._supervisor = subprocess.Popen(["sleep", "600"], pass_fds=[report])
        os.close(report)

    def kill(self) -> None:
        """Look, which starts one where there is none, and kill it."""
        assert self.look() is None
        assert self._supervisor is not None
        self._supervisor.kill()
        self._supervisor.wait()


@pytest.mark.parametrize("has_served", [False, True])
def test_a_supervisor_that_is_killed_again_and_again(tmp_path: Path, has_served: bool) -> None:
    lease = Sleepers(tmp_path, {"postgres"})
    lease._has_served = has_served
    for _ in range(MOST_KILLS):
        lease.kill()
    if not has_served:
        with pytest.raises(ServicesError, match="ended with status -9"):
            lease.look()
        return
    for _ in range(2 * MOST_KILLS):
        lease.kill()
    lease.kill()
    os.close(lease._report)
