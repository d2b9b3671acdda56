"""Workers for tests, in processes of their own: their work goes through phases and leaves effects that can be counted.

For every line that it reads it forks a worker and tells its number: loading takes longer than the work.
"""

import os
import signal
import sys
import time
from typing import Any

from cryptopredict.running.loading import load_models

load_models()

from aimodels.models import AIModel  # noqa: E402
from aimodels.services import jobs  # noqa: E402
from aimodels.services.artefacts import keep_artefact  # noqa: E402

PHASES = ("reading", "training", "calibrating", "testing", "keeping")


def train(job: jobs.JobContext) -> dict[str, Any]:
    """Each phase is done once and kept; the end is a version whose name is the job's."""
    import numpy as np

    first = 0 if job.state is None else job.state["phases"]
    seconds = job.config.get("seconds", 0.2)
    for number in range(first, len(PHASES)):
        for step in range(4):
            job.progress(PHASES[number], (number + step / 4) / len(PHASES), done=number, total=len(PHASES))
            time.sleep(seconds / 4)
        job.checkpoint({"phases": number + 1})
    path = keep_artefact({"weights": np.arange(50_000, dtype=np.float64)}, {"job": job.job_id})
    with job.landing():
        AIModel.objects.get_or_create(
            name=job.model.name,
            version=f"job-{job.job_id}",
            defaults={
                "architecture": "test",
                "model_type": job.model.model_type,
                "training_data_timeframe": "1d",
                "target_variable": "return",
                "model_file_path": path,
            },
        )
    return {"path": path}


def stubborn(job: jobs.JobContext) -> dict[str, Any]:
    """Never looks whether it is to stop."""
    job.log("begun")
    time.sleep(60)
    return {}


def die(job: jobs.JobContext) -> dict[str, Any]:
    """Takes its worker down with it, as running out of memory does."""
    os._exit(9)


HANDLERS: jobs.Handlers = {
    (name, "asset"): handler for name, handler in (("train", train), ("stubborn", stubborn), ("die", die))
}


def work(parent: int) -> None:
    """Do what waits for as long as the test runs."""
    while os.getppid() == parent:
        if jobs.run_next_job(HANDLERS, is_alone=True) is None:
            time.sleep(0.05)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are gone at once
    for _ in sys.stdin:
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            work(parent)
            os._exit(0)
        print(child, flush=True)  # noqa: T201
