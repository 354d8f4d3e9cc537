"""Checkpoints of a job: what a killed training goes on from."""

import os
import shutil
from pathlib import Path

from .digest import folder_files
from .job import Job

_MARKER = "complete"


def checkpoints_folder(job: Job) -> Path:
    """Where the checkpoints of a job are, each in `checkpoint-<step>/`."""
    return Path(job.output, "checkpoints")


def latest_checkpoint(job: Job) -> Path | None:
    """The furthest checkpoint of this very job that was written to its end."""
    wanted = job.sha256()
    complete = [
        path.parent
        for path in checkpoints_folder(job).glob(f"checkpoint-*/{_MARKER}")
        if path.read_text() == wanted
    ]
    return max(complete, key=step_of, default=None)


def step_of(checkpoint: Path) -> int:
    """After how many steps a checkpoint was taken."""
    return int(checkpoint.name.rpartition("-")[2])


def mark_complete(job: Job, step: int) -> None:
    """Says that the checkpoint of a step is whole, once all of it is on the disk."""
    folder = checkpoints_folder(job) / f"checkpoint-{step}"
    for path in folder_files(folder):
        _sync(path)
    marker = folder / _MARKER
    marker.write_text(job.sha256())
    _sync(marker)


def remove_checkpoints(job: Job) -> None:
    """Removes all checkpoints of a job."""
    shutil.rmtree(checkpoints_folder(job), ignore_errors=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
