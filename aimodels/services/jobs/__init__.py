"""Jobs of the models: one row each, taken by one worker at a time, that survive whatever happens to a worker."""

from aimodels.services.jobs.context import LONGEST_PHASE, JobContext, Stopped
from aimodels.services.jobs.orders import cancel_job, change_job, enqueue_job, pause_job, resume_job, retry_job
from aimodels.services.jobs.queue import reap_lost_jobs
from aimodels.services.jobs.running import Handler, Handlers, has_work, run_next_job
from aimodels.services.jobs.schedule import enqueue_due_jobs
from aimodels.services.jobs.timing import timing

__all__ = [
    "LONGEST_PHASE",
    "Handler",
    "Handlers",
    "JobContext",
    "Stopped",
    "cancel_job",
    "change_job",
    "enqueue_due_jobs",
    "enqueue_job",
    "has_work",
    "pause_job",
    "reap_lost_jobs",
    "resume_job",
    "retry_job",
    "run_next_job",
    "timing",
]
