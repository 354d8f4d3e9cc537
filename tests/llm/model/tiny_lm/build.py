"""The model, made once: kept in a cache folder that is named by the digest of what it is made from."""

import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from pathlib import Path

from tiny_lm.conversations import PROMPTS_FILE

RECIPE = (
    PROMPTS_FILE,
    *(
        Path(__file__).parent / name
        for name in (
            "__init__.py",
            "conversations.py",
            "pretrain.py",
            "problems.py",
            "teacher.py",
            "tokenizer.py",
        )
    ),
)
"""The files that decide what the model becomes."""


def recipe_digest() -> str:
    """The first 12 hexadecimal digits of the SHA-256 of the recipe's files."""
    digest = hashlib.sha256()
    for file in sorted(RECIPE):
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def cache_folder() -> Path:
    """Where this recipe's model is kept, in `$XDG_CACHE_HOME` or `~/.cache`."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "parley" / f"tiny-lm-{recipe_digest()}"


def build() -> Path:
    """The folder of the finished model; it is pretrained first when it is not there yet.

    Who comes while another makes it waits for that one. What was interrupted is made anew.
    """
    folder = cache_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            partial = folder.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            make(partial)
            partial.rename(folder)
    return folder


def make(folder: Path) -> None:
    """Pretrain into a folder, and say there how it was done."""
    import torch
    import transformers

    from tiny_lm.pretrain import Schedule, pretrain, processes_to_use

    schedule, processes = Schedule(), processes_to_use()
    print(f"pretraining a tiny language model in {processes} processes", file=sys.stderr)
    started = time.monotonic()
    pretrain(folder, schedule, processes)
    made = {
        "recipe": recipe_digest(),
        "steps": schedule.steps,
        "seed": schedule.seed,
        "processes": processes,
        "seconds": round(time.monotonic() - started),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    (folder / "pretraining.json").write_text(json.dumps(made, indent=2) + "\n")
