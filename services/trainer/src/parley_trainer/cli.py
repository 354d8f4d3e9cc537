"""The command: `python -m parley_trainer [--exit-with-parent] job.json`."""

import argparse
import json
import os
import sys
import threading
import traceback
from pathlib import Path

from .errors import JobError, TrainingError
from .job import read_job
from .run import Surroundings, run_job

LEARNED = 0
FAILED = 1
BAD_INPUT = 2
ORPHANED = 130


def main(arguments: list[str]) -> int:
    """
    Runs one job and returns the exit code: 0 learned, 1 nothing learned or another failure, 2 bad input.
    Standard output gets one line `{"step", "steps", "loss"}` a step, standard error everything else.
    """
    parser = argparse.ArgumentParser("parley_trainer", description="Finetunes a model as a job says.")
    parser.add_argument("job", type=Path, metavar="job.json")
    parser.add_argument(
        "--exit-with-parent",
        action="store_true",
        help="exit when standard input closes, as it does when the process dies that holds it",
    )
    options = parser.parse_args(arguments)
    if options.exit_with_parent:
        threading.Thread(target=_exit_at_end_of_input, daemon=True).start()
    surroundings = Surroundings(
        models=os.environ.get("PARLEY_MODELS") or None, rank=int(os.environ.get("RANK", "0"))
    )
    own_output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def report(step: int, steps: int, loss: float) -> None:
        if surroundings.rank == 0:
            print(json.dumps({"step": step, "steps": steps, "loss": loss}), file=own_output, flush=True)

    try:
        run_job(read_job(options.job), surroundings, report)
    except (JobError, TrainingError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT if isinstance(error, JobError) else FAILED
    except Exception:
        traceback.print_exc()
        return FAILED
    return LEARNED


def _exit_at_end_of_input() -> None:
    while os.read(0, 65536):
        pass
    os._exit(ORPHANED)
