"""The command, as far as it goes without loading a model."""

import json
import os
import time
from typing import Any

import pytest
from conftest import Workshop, sha256

from parley_trainer.digest import folder_digest


def written(workshop: Workshop, fields: dict[str, Any], result: dict[str, Any]) -> None:
    """The output of a job that ended before."""
    adapter = workshop.folder / "output" / "adapter"
    adapter.mkdir(parents=True)
    (adapter / "weights").write_text("w")
    job = workshop.job()
    assert fields["output"] == job.output
    made = {"jobSha256": job.sha256(), "adapterSha256": folder_digest(adapter), **result}
    (workshop.folder / "output" / "result.json").write_text(json.dumps(made))


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"method": {"epoch": 1}}, 2, "method.epoch is no setting"),
        ({"dataset": {"path": "/none", "sha256": sha256("")}}, 2, "dataset.path: cannot read /none"),
        ({"parent": {"path": "/none", "sha256": sha256("")}}, 2, "parent.path: cannot read /none"),
        ({"rows": [{"messages": [{"role": "user", "content": "q"}]}]}, 1, "nothing learned: no row of 1"),
    ],
)
def test_bad_input_is_refused_before_anything_heavy_is_loaded(
    workshop: Workshop, changes: dict[str, Any], code: int, words: str
) -> None:
    job = workshop.file(workshop.fields(**changes))
    began = time.monotonic()
    returned, output, errors = workshop.run(job)
    assert (returned, output) == (code, "")
    assert words in errors.splitlines()[-1]
    assert time.monotonic() - began < 2


def test_a_base_that_is_not_there_is_named(workshop: Workshop) -> None:
    workshop.models = workshop.folder / "models"
    code, _, errors = workshop.run(workshop.file(workshop.fields()))
    assert code == 2
    assert errors == f"base tiny: no model at {workshop.models}/tiny, where PARLEY_MODELS says that it is\n"


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("--unknown", "a")])
def test_a_wrong_call_shows_the_usage(workshop: Workshop, arguments: tuple[str, ...]) -> None:
    code, _, errors = workshop.run(*arguments)
    assert code == 2
    assert "usage: parley_trainer" in errors


def test_a_finished_job_returns_its_result_at_once(workshop: Workshop) -> None:
    fields = workshop.fields()
    written(workshop, fields, {})
    began = time.monotonic()
    assert workshop.run(workshop.file(fields)) == (0, "", "")
    assert time.monotonic() - began < 2


def test_a_result_of_another_job_is_not_taken_and_not_overwritten(workshop: Workshop) -> None:
    fields = workshop.fields()
    written(workshop, fields, {"jobSha256": sha256("other")})
    code, _, errors = workshop.run(workshop.file(fields))
    assert code == 2
    assert "belongs to another job; give this one an output of its own" in errors


def test_it_exits_when_its_standard_input_closes(workshop: Workshop) -> None:
    fields = workshop.fields()
    rows = workshop.folder / "never-written.jsonl"
    os.mkfifo(rows)
    fields["dataset"]["path"] = str(rows)
    with workshop.start("--exit-with-parent", workshop.file(fields)) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=30) == 130
