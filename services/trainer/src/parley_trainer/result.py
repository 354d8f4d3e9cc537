"""`result.json`, the last thing that a training writes."""

import json
import os
from pathlib import Path
from typing import TypedDict, cast

from . import fields
from .digest import folder_digest
from .errors import JobError
from .job import Job


class Result(TypedDict):
    """The figures of a training that learned something."""

    rowsRead: int
    rowsTrained: int
    rowsDropped: dict[str, int]
    """How many rows were dropped, by reason."""
    examples: int
    """One for each learned turn of the rows trained on."""
    tokens: int
    """Tokens that took loss, in one epoch."""
    loss: list[float]
    """Mean negative log-likelihood a learned token of each step's batch, in nats."""
    gradientNorm: float
    """Mean of `gradientNorms`."""
    gradientNorms: list[float]
    """Euclidean norm of each step's gradient, before it is cut."""
    parentSha256: str | None
    datasetSha256: str
    adapterSha256: str
    jobSha256: str
    resumedFromStep: int
    """Steps that an earlier process of this job had done; 0 when there was none."""
    seconds: float
    """Wall time of the process that finished the job."""
    versions: dict[str, str]
    """Of the libraries that trained."""


def adapter_folder(job: Job) -> Path:
    """Where the adapter is written."""
    return Path(job.output, "adapter")


def _file(job: Job) -> Path:
    return Path(job.output, "result.json")


def read_finished(job: Job) -> Result | None:
    """
    The result of an earlier run of this job, if its adapter still has the digest that it says; otherwise
    None. Raises JobError when `result.json` is unreadable or belongs to another job.
    """
    path = _file(job)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as cause:
        raise JobError(f"output: cannot read {path}: {cause.strerror}") from cause
    result = fields.parse_object(content, str(path))
    if result.get("jobSha256") != job.sha256():
        raise JobError(f"{path} belongs to another job; give this one an output of its own")
    try:
        digest = folder_digest(adapter_folder(job))
    except OSError:
        return None
    return cast(Result, result) if digest == result.get("adapterSha256") else None


def remove_result(job: Job) -> None:
    """Removes a result that does not hold any more."""
    _file(job).unlink(missing_ok=True)


def write_result(job: Job, result: Result) -> None:
    """Writes `result.json`: whole or not at all."""
    path = _file(job)
    partial = path.with_name("result.json.part")
    with partial.open("w") as file:
        json.dump(result, file, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
