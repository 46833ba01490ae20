"""Background jobs on PostgreSQL (pgqueuer): queued in the caller's transaction, run by the worker process.

A job is run at least once: a worker that dies between the work and the mark leaves it to another. Failures are tried
again after 10 s, 30 s, 90 s … up to an hour, `Job.attempts` times; then the job stands as failed until somebody looks.
"""

from app.jobs.housekeeping import JOBS
from app.jobs.queue import (
    GiveUp,
    QueueState,
    drop_failed,
    enqueue,
    enqueue_once,
    failed_jobs,
    part,
    progress,
    progress_of,
    queue_state,
    retry_failed,
    running_job_id,
)
from app.jobs.store import FailedJob, JobCount, JobProgress
from app.jobs.worker import Pace, run_worker

__all__ = [
    "JOBS",
    "FailedJob",
    "GiveUp",
    "JobCount",
    "JobProgress",
    "Pace",
    "QueueState",
    "drop_failed",
    "enqueue",
    "enqueue_once",
    "failed_jobs",
    "part",
    "progress",
    "progress_of",
    "queue_state",
    "retry_failed",
    "run_worker",
    "running_job_id",
]
