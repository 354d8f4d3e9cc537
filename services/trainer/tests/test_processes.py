"""The command as finetune runs it: killed, orphaned, short of memory, several at once."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import QUICK, Train, Workshop, sums

from parley_trainer.digest import folder_digest


@pytest.fixture
def workshop(trained_workshop: Workshop) -> Workshop:
    return trained_workshop


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Returns when the condition holds; fails when the process ends before or a minute has passed."""
    limit = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.002)


def result_of(fields: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((Path(fields["output"]) / "result.json").read_text())
    return result


def test_a_killed_training_goes_on_and_ends_as_if_it_had_not_been(workshop: Workshop, train: Train) -> None:
    method = {**QUICK, "epochs": 12, "dropout": 0.1, "checkpointSteps": 5}
    undisturbed, _ = train(workshop.job("undisturbed", rows=sums(40), method=method))
    fields = workshop.fields(rows=sums(40), method=method)
    job = workshop.file(fields)
    checkpoints = Path(fields["output"]) / "checkpoints"
    with workshop.start(job) as process:
        wait_until(lambda: any(checkpoints.glob("*/complete")), process)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (Path(fields["output"]) / "result.json").exists()
    code, output, errors = workshop.run(job)
    assert code == 0, errors
    result = result_of(fields)
    resumed = result["resumedFromStep"]
    assert 0 < resumed < 120
    reported = [json.loads(line) for line in output.splitlines()]
    assert [line["step"] for line in reported] == list(range(resumed + 1, 121))
    assert result["loss"] == undisturbed["loss"]
    assert result["adapterSha256"] == undisturbed["adapterSha256"]
    assert not checkpoints.exists()


def test_bf16_and_gradient_checkpointing_learn_too(workshop: Workshop) -> None:
    method = {**QUICK, "precision": "bf16", "gradientCheckpointing": True, "threads": 2}
    fields = workshop.fields(method=method)
    code, output, errors = workshop.run(workshop.file(fields))
    assert code == 0, errors
    lines = [json.loads(line) for line in output.splitlines()]
    assert [line["step"] for line in lines] == list(range(1, 13))
    assert lines[-1]["loss"] < lines[0]["loss"] - 0.5
    assert result_of(fields)["loss"] == [line["loss"] for line in lines]


def test_of_two_processes_of_one_training_one_reports_and_writes(workshop: Workshop) -> None:
    fields = workshop.fields(method={**QUICK, "checkpointSteps": 2})
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    code, output, errors = workshop.run(workshop.file(fields), launcher=launcher)
    assert code == 0, errors
    steps = [json.loads(line)["step"] for line in output.splitlines() if line.startswith("{")]
    assert steps == list(range(1, 7))
    adapter = Path(fields["output"]) / "adapter"
    assert result_of(fields)["adapterSha256"] == folder_digest(adapter)
    assert result_of(fields)["rowsTrained"] == 24


SHORT_OF_MEMORY = """
import resource, sys
import parley_trainer.fit, parley_trainer.model
from parley_trainer.cli import main
(used,) = [int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmData")]
limit = used * 1024 + (100 << 20)
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
sys.exit(main(sys.argv[1:]))
"""


def test_a_training_out_of_memory_names_the_settings_to_lower(workshop: Workshop) -> None:
    long = [{"messages": [{"role": "user", "content": "x" * 240}, {"role": "assistant", "content": "y"}]}]
    fields = workshop.fields(rows=long * 600, method={"batchSize": 600})
    script = workshop.folder / "short.py"
    script.write_text(SHORT_OF_MEMORY)
    process = subprocess.run(
        [sys.executable, str(script), str(workshop.file(fields))],
        env=workshop.environment(),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert process.returncode == 1, process.stderr
    last = process.stderr.splitlines()[-1]
    assert last.startswith("out of memory: lower method.batchSize (600) and raise")
    assert "lower method.maxLength (2048); or set method.gradientCheckpointing to true" in last


def test_a_training_ends_with_the_process_that_started_it(workshop: Workshop) -> None:
    fields = workshop.fields(method={**QUICK, "epochs": 10_000})
    with workshop.start("--exit-with-parent", workshop.file(fields)) as process:
        assert process.stdout is not None and process.stdin is not None
        assert json.loads(process.stdout.readline())["step"] == 1
        process.stdin.close()
        assert process.wait(timeout=20) == 130
