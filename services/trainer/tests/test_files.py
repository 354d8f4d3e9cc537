from pathlib import Path

import pytest
from conftest import Workshop, sha256

from parley_trainer.base import check_parent, locate_base
from parley_trainer.checkpoint import checkpoints_folder, latest_checkpoint, mark_complete, step_of
from parley_trainer.digest import folder_digest
from parley_trainer.errors import JobError
from parley_trainer.job import Job, Parent


def test_a_folder_has_the_digest_that_sha256sum_would_give(tmp_path: Path) -> None:
    for name in ["b", "a/x", "a-b", "ä"]:
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "folder" / "b")
    (tmp_path / "folder" / "linked").symlink_to(tmp_path / "folder" / "a")
    lines = "".join(f"{sha256(name)}  {name}\n" for name in ["a-b", "a/x", "b", "ä"])
    assert folder_digest(tmp_path / "folder") == sha256(lines)


def test_what_is_no_folder_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ["none", "file"]:
        with pytest.raises(OSError):
            folder_digest(tmp_path / name)


def test_a_base_is_a_folder_of_models_by_name_or_itself(tmp_path: Path) -> None:
    (tmp_path / "org" / "model").mkdir(parents=True)
    (tmp_path / "org" / "model" / "config.json").write_text("{}")
    assert locate_base("org/model", str(tmp_path)) == str(tmp_path / "org" / "model")
    assert locate_base("org/model", None) == "org/model"
    with pytest.raises(JobError, match=f"base other: no model at {tmp_path}/other, where PARLEY_MODELS"):
        locate_base("other", str(tmp_path))
    for outside in ["../x", "/x", "org/../../x"]:
        with pytest.raises(JobError, match="base must be a name inside PARLEY_MODELS"):
            locate_base(outside, str(tmp_path))


CONFIG = (
    '{"peft_type": "LORA", "base_model_name_or_path": "tiny", "r": 16, "lora_alpha": 32,'
    ' "target_modules": ["q_proj", "v_proj"]}'
)


def continued(workshop: Workshop, config: str, method: dict[str, object] | None = None) -> Job:
    """A job whose parent has an adapter_config.json."""
    folder = workshop.folder / "parent"
    folder.mkdir(exist_ok=True)
    (folder / "adapter_config.json").write_text(config)
    parent = {"path": str(folder), "sha256": folder_digest(folder)}
    return workshop.job(parent=parent, method=method or {})


def test_an_adapter_of_the_same_form_can_be_continued(workshop: Workshop) -> None:
    check_parent(continued(workshop, CONFIG))
    check_parent(continued(workshop, CONFIG, {"targets": ["v_proj", "q_proj"]}))


@pytest.mark.parametrize(
    ("change", "method", "words"),
    [
        (("tiny", "big"), {}, 'parent has base_model_name_or_path "big", but base is "tiny"'),
        (("16", "8"), {}, "parent has r 8, but method.rank is 16"),
        (("32", "16"), {}, "parent has lora_alpha 16, but method.alpha is 32"),
        (("LORA", "IA3"), {}, 'parent has peft_type "IA3", but an adapter\'s type is "LORA"'),
        (('["q_proj", "v_proj"]', '"all"'), {}, "parent has no list of target_modules"),
        (
            ("", ""),
            {"targets": ["q_proj"]},
            'parent has target_modules ["q_proj", "v_proj"], but method.targets',
        ),
        (("", ""), {"kind": "full"}, 'parent must be a whole model where method.kind is "full"'),
        ((CONFIG, "{"), {}, "parent/adapter_config.json is not JSON"),
    ],
)
def test_an_adapter_of_another_form_is_refused(
    workshop: Workshop, change: tuple[str, str], method: dict[str, object], words: str
) -> None:
    with pytest.raises(JobError) as raised:
        check_parent(continued(workshop, CONFIG.replace(*change), method))
    assert words in str(raised.value)


def test_a_parent_must_be_there_and_have_its_digest(workshop: Workshop) -> None:
    job = continued(workshop, CONFIG)
    assert job.parent is not None
    for path, words in [("none", "parent.path: cannot read"), (".", "parent has sha256")]:
        parent = {"path": str(workshop.folder / path), "sha256": job.parent.sha256}
        with pytest.raises(JobError, match=words):
            check_parent(workshop.job(parent=parent))


def test_a_folder_without_an_adapter_is_no_parent_of_one(workshop: Workshop) -> None:
    (workshop.folder / "model").mkdir()
    (workshop.folder / "model" / "config.json").write_text("{}")
    parent = {"path": str(workshop.folder / "model"), "sha256": folder_digest(workshop.folder / "model")}
    with pytest.raises(JobError, match=r"parent has no adapter_config\.json"):
        check_parent(workshop.job(parent=parent))
    check_parent(workshop.job(parent=parent, method={"kind": "full"}))
    assert workshop.job(parent=parent).parent == Parent(**parent)


def test_the_furthest_complete_checkpoint_of_this_job_counts(workshop: Workshop) -> None:
    job, other = workshop.job(), workshop.job(seed=8)
    assert latest_checkpoint(job) is None
    for step, whose in [(9, job), (10, job), (11, other), (12, None)]:
        folder = checkpoints_folder(job) / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        (folder / "weights").write_text("w")
        if whose:
            mark_complete(whose, step)
    found = latest_checkpoint(job)
    assert found is not None and step_of(found) == 10
