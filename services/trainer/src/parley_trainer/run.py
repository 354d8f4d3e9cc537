"""One job from its file to its result."""

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .base import check_parent, locate_base
from .card import FILE as CARD
from .card import card
from .checkpoint import latest_checkpoint, remove_checkpoints, step_of
from .dataset import check_dataset, read_rows
from .digest import folder_digest
from .errors import NothingLearnedError, TrainingError, one_line
from .examples import encode_row
from .intake import Intake
from .job import Job
from .libraries import library_versions, prepare_libraries
from .memory import advice, is_out_of_memory
from .result import Result, adapter_folder, read_finished, remove_result, write_result

if TYPE_CHECKING:
    from .fit import Report


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a job does not say."""

    models: str | None
    """Folder of base models by name; without it a base is a path or a hub id."""
    rank: int
    """Which process of one training this is; the one of rank 0 writes."""


def run_job(job: Job, surroundings: Surroundings, report: "Report") -> Result:
    """
    Trains as the job says and writes `adapter/` and, last, `result.json`. A result of this very job that is
    there already is returned as it is; a job that was cut off goes on from its last checkpoint. Raises
    JobError for bad input, NothingLearnedError, and TrainingError when memory runs out.
    """
    began = time.monotonic()
    finished = read_finished(job)
    if finished is not None:
        return finished
    check_parent(job)
    location = locate_base(job.base, surroundings.models)
    intake = Intake(read_rows(check_dataset(job.dataset)))
    if surroundings.rank == 0:
        remove_result(job)
    prepare_libraries()
    try:
        result = _train(job, location, intake, surroundings.rank, report)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise TrainingError(f"out of memory: {advice(job.method)}; it was: {one_line(error)}") from error
    result["seconds"] = round(time.monotonic() - began, 3)
    if surroundings.rank == 0:
        write_result(job, result)
        remove_checkpoints(job)
    return result


def _train(job: Job, location: str, intake: Intake, rank: int, report: "Report") -> Result:
    """Everything that needs the libraries, which take seconds to import; `seconds` is left open."""
    from .tokenizer import load_tokenizer

    tokenizer = load_tokenizer(location)
    longest = min(job.method.max_length, tokenizer.context)
    examples = intake.encode(lambda row: encode_row(row, tokenizer, tokenizer.ends, tokenizer.end, longest))

    from .fit import create_trainer, fit, seed_everything
    from .model import load_model
    from .weights import fingerprint, is_finite, write_weights

    seed_everything(job)
    model = load_model(job, location)
    before = fingerprint(model)
    checkpoint = latest_checkpoint(job)
    trainer = create_trainer(job, model, tokenizer.tokenizer, examples, report)
    fitted = fit(trainer, checkpoint)
    if not is_finite(model):
        raise NothingLearnedError("the trained weights are not finite")
    if fingerprint(model) == before:
        raise NothingLearnedError("the weights are the same as before, to the bit")

    versions = library_versions()
    tokens = sum(example.learned_tokens() for example in examples)
    text = card(job, rows=len(intake.rows), tokens=tokens, loss=fitted.loss, versions=versions)
    adapter = adapter_folder(job)
    if rank == 0:
        partial = adapter.with_name("adapter.part")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(adapter, ignore_errors=True)
        write_weights(model, tokenizer.tokenizer, partial, job.base)
        (partial / CARD).write_text(text)
        partial.rename(adapter)
    norms = fitted.gradient_norms
    return Result(
        rowsRead=intake.read,
        rowsTrained=len(intake.rows),
        rowsDropped=dict(intake.dropped),
        examples=len(examples),
        tokens=tokens,
        loss=fitted.loss,
        gradientNorm=sum(norms) / len(norms),
        gradientNorms=norms,
        parentSha256=job.parent.sha256 if job.parent else None,
        datasetSha256=job.dataset.sha256,
        adapterSha256=folder_digest(adapter) if rank == 0 else "",
        jobSha256=job.sha256(),
        resumedFromStep=step_of(checkpoint) if checkpoint else 0,
        seconds=0,
        versions=versions,
    )
