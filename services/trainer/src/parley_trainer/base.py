"""Where the weights of a base model are, and where an adapter to go on from says that it belongs."""

from pathlib import Path, PurePath

from . import fields
from .digest import folder_digest
from .errors import JobError
from .fields import Object
from .job import Job, Parent
from .method import ALL_LINEAR, Method

ADAPTER_CONFIG = "adapter_config.json"


def locate_base(base: str, models: str | None) -> str:
    """
    The folder or hub id that holds the base model: `<models>/<base>` where `models` is given, otherwise
    `base` itself. Raises JobError when there is no model in that folder.
    """
    if models is None:
        return base
    if PurePath(base).is_absolute() or ".." in PurePath(base).parts:
        raise JobError(f"base must be a name inside PARLEY_MODELS, got {base}")
    folder = Path(models, base)
    if not (folder / "config.json").is_file():
        raise JobError(f"base {base}: no model at {folder}, where PARLEY_MODELS says that it is")
    return str(folder)


def check_parent(job: Job) -> None:
    """Raises JobError unless the parent has its digest and is what the method can go on from."""
    if job.parent is None:
        return
    folder = Path(job.parent.path)
    _check_digest(job.parent, folder)
    is_adapter = (folder / ADAPTER_CONFIG).is_file()
    if job.method.kind == "full":
        if is_adapter or not (folder / "config.json").is_file():
            raise JobError('parent must be a whole model where method.kind is "full"')
        return
    if not is_adapter:
        raise JobError(f'parent has no {ADAPTER_CONFIG}; with method.kind "lora" it must be an adapter')
    config = fields.parse_object((folder / ADAPTER_CONFIG).read_bytes(), f"parent/{ADAPTER_CONFIG}")
    _check_config(config, job.base, job.method)


def _check_digest(parent: Parent, folder: Path) -> None:
    try:
        found = folder_digest(folder)
    except OSError as cause:
        raise JobError(f"parent.path: cannot read {folder}: {cause.strerror}") from cause
    if found != parent.sha256:
        raise JobError(f"parent has sha256 {found}, the job says {parent.sha256}")


def _check_config(config: Object, base: str, method: Method) -> None:
    said = {
        "peft_type": ("an adapter's type", "LORA"),
        "base_model_name_or_path": ("base", base),
        "r": ("method.rank", method.rank),
        "lora_alpha": ("method.alpha", method.alpha),
    }
    for name, (where, value) in said.items():
        if config.get(name) != value:
            found = fields.shown(config.get(name))
            raise JobError(f"parent has {name} {found}, but {where} is {fields.shown(value)}")
    targets = config.get("target_modules")
    if not isinstance(targets, list) or not all(isinstance(name, str) for name in targets):
        raise JobError("parent has no list of target_modules")
    if method.targets != ALL_LINEAR and set(targets) != set(method.targets):
        found, wanted = fields.shown(sorted(targets)), fields.shown(list(method.targets))
        raise JobError(f"parent has target_modules {found}, but method.targets is {wanted}")
