"""The job, as `job.json` says it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from . import fields
from .errors import JobError
from .method import Method, parse_method

_LARGEST_SAFE_INTEGER = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Parent:
    """The adapter (or whole model) to go on from."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """The rows: a file, where it comes from, and its digest."""

    path: str
    uri: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Job:
    """One training of one agent."""

    job: str
    base: str
    """The served name of the base model."""
    parent: Parent | None
    dataset: Dataset
    method: Method
    seed: int
    output: str
    """The directory that gets `adapter/` and `result.json`."""

    def sha256(self) -> str:
        """A digest of all that the job says, by which a repeated run knows its own result."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def read_job(path: Path) -> Job:
    """Reads `job.json`; raises JobError when it cannot be read, or as `parse_job` does."""
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise JobError(f"cannot read {path}: {cause.strerror}") from cause
    return parse_job(content)


def parse_job(content: str | bytes) -> Job:
    """Parses the text of `job.json`. Unknown fields are ignored; JobError names a bad one."""
    of = fields.parse_object(content, "job")
    dataset = fields.mapping(of, "dataset")
    path = fields.text(dataset, "dataset.path")
    return Job(
        job=fields.text(of, "job"),
        base=fields.text(of, "base"),
        parent=_parent(of),
        dataset=Dataset(
            path=path,
            uri=fields.text(dataset, "dataset.uri") if "uri" in dataset else path,
            sha256=fields.digest(dataset, "dataset.sha256"),
        ),
        method=parse_method(fields.mapping(of, "method") if "method" in of else {}),
        seed=fields.integer(of, "seed", -_LARGEST_SAFE_INTEGER, _LARGEST_SAFE_INTEGER),
        output=fields.text(of, "output"),
    )


def _parent(of: fields.Object) -> Parent | None:
    if of.get("parent") is None:
        return None
    parent = fields.mapping(of, "parent")
    return Parent(fields.text(parent, "parent.path"), fields.digest(parent, "parent.sha256"))
