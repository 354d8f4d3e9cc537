import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parley_trainer.digest import file_digest
from parley_trainer.job import Job, parse_job

os.environ["HF_HUB_OFFLINE"] = "1"
SOURCE = Path(__file__).parents[1] / "src"
QUICK = {"batchSize": 4, "learningRate": 5e-3, "checkpointSteps": 1000}


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of base models that holds `tiny`."""
    from tiny import write_model

    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "tiny")
    return folder


def sums(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Rows of one question and one answer."""
    return [
        {"messages": [_turn("user", f"{n}+1"), _turn("assistant", f"it is {n + 1}")]}
        for n in range(start, start + count)
    ]


def _turn(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "content": content}


class Workshop:
    """Makes jobs in a folder, and runs them as processes."""

    def __init__(self, folder: Path, models: Path | None = None) -> None:
        self.folder = folder
        self.models = models

    def dataset(self, rows: list[Any], name: str = "rows.jsonl") -> dict[str, str]:
        path = self.folder / name
        path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows))
        return {"path": str(path), "uri": f"artifact:datasets/{name}", "sha256": file_digest(path)}

    def fields(self, output: str = "output", **changes: Any) -> dict[str, Any]:
        rows = changes.pop("rows", None)
        return {
            "job": "cycle.i1.gen-1.0",
            "base": "tiny",
            "parent": None,
            "dataset": self.dataset(sums(24) if rows is None else rows),
            "method": QUICK,
            "seed": 7,
            "output": str(self.folder / output),
            **changes,
        }

    def job(self, output: str = "output", **changes: Any) -> Job:
        return parse_job(json.dumps(self.fields(output, **changes)))

    def file(self, fields: dict[str, Any], name: str = "job.json") -> Path:
        path = self.folder / name
        path.write_text(json.dumps(fields))
        return path

    def environment(self) -> dict[str, str]:
        models = {"PARLEY_MODELS": str(self.models)} if self.models else {}
        return {**os.environ, "PYTHONPATH": str(SOURCE), **models}

    def start(self, *arguments: str | Path, launcher: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Starts the command; its standard input is a pipe that stays open."""
        return subprocess.Popen(
            [sys.executable, *launcher, "-m", "parley_trainer", *map(str, arguments)],
            env=self.environment(),
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str | Path, launcher: tuple[str, ...] = ()) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of the command."""
        with self.start(*arguments, launcher=launcher) as process:
            output, errors = process.communicate(timeout=150)
        return process.returncode, output, errors


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A workshop without models."""
    return Workshop(tmp_path)


@pytest.fixture
def trained_workshop(tmp_path: Path, models: Path) -> Workshop:
    """A workshop whose base is the tiny model."""
    return Workshop(tmp_path, models)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


Steps = list[tuple[int, int, float]]
Train = Callable[[Job], tuple[Any, Steps]]


@pytest.fixture
def train(models: Path) -> Train:
    """Runs a job in this process; its result and what it reported."""
    from parley_trainer.run import Surroundings, run_job

    def run(job: Job) -> tuple[Any, Steps]:
        steps: Steps = []
        result = run_job(job, Surroundings(models=str(models), rank=0), lambda *step: steps.append(step))
        return result, steps

    return run
