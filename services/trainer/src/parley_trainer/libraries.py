"""Settings of the libraries that must be made before they are imported."""

import os
from importlib.metadata import version

_ENVIRONMENT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def prepare_libraries() -> None:
    """No telemetry, no progress bars; what the environment says already stays."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def library_versions() -> dict[str, str]:
    """What a training depends on to the bit, besides its inputs."""
    return {name: version(name) for name in ("torch", "transformers", "trl", "peft")}
