"""Training of a tiny model, in this process."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import QUICK, Train, Workshop, sums
from peft import PeftModel
from safetensors.torch import load_file
from tiny import write_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from parley_trainer.digest import folder_digest
from parley_trainer.errors import JobError, NothingLearnedError
from parley_trainer.examples import IGNORED, encode_row
from parley_trainer.fit import create_trainer
from parley_trainer.intake import Intake
from parley_trainer.job import Job, Parent
from parley_trainer.model import load_model
from parley_trainer.run import Surroundings, run_job
from parley_trainer.tokenizer import load_tokenizer

LINEAR = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]


def adapter_of(job: Job) -> Path:
    return Path(job.output) / "adapter"


def as_parent(job: Job) -> dict[str, str]:
    return {"path": str(adapter_of(job)), "sha256": folder_digest(adapter_of(job))}


@pytest.fixture
def workshop(trained_workshop: Workshop) -> Workshop:
    return trained_workshop


def batches_of(job: Job, models: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Of each batch, as the model gets it: the sequences, and what of them takes loss."""
    from parley_trainer.dataset import check_dataset, read_rows

    location = str(models / "tiny")
    tokenizer = load_tokenizer(location)
    intake = Intake(read_rows(check_dataset(job.dataset)))
    examples = intake.encode(
        lambda row: encode_row(row, tokenizer, tokenizer.ends, tokenizer.end, tokenizer.context)
    )
    trainer = create_trainer(job, load_model(job, location), tokenizer.tokenizer, examples, lambda *_: None)

    def text(tokens: torch.Tensor) -> str:
        return str(tokenizer.tokenizer.decode(tokens))

    for batch in trainer.get_train_dataloader():
        ids, labels, mask = batch["input_ids"], batch["labels"], batch["attention_mask"]
        assert bool(((labels == ids) | (labels == IGNORED)).all())
        yield (
            [text(row[on == 1]) for row, on in zip(ids, mask, strict=True)],
            [text(row[row != IGNORED]) for row in labels],
        )


def test_the_loss_of_a_batch_is_on_the_learned_turns_and_their_ends_alone(
    workshop: Workshop, models: Path
) -> None:
    def turn(role: str, content: str, **weight: int) -> dict[str, Any]:
        return {"role": role, "content": content, **weight}

    critic = [
        turn("system", "You check."),
        turn("user", "2+2"),
        turn("assistant", "five", weight=0),
        turn("user", "The others say 4. 2+2"),
        turn("assistant", "four"),
        turn("user", "Sure? 2+2"),
        turn("assistant", "yes, four", weight=1),
    ]
    generation = [turn("user", "1+1"), turn("assistant", "two")]
    rows = [{"messages": critic}, {"messages": generation}]
    ((sequences, learned),) = batches_of(workshop.job(rows=rows), models)
    asked = "<s><sys>You check.<e>\n<user>2+2<e>\n<asst>five<e>\n<user>The others say 4. 2+2<e>\n<asst>"
    assert dict(zip(sequences, learned, strict=True)) == {
        "<s><user>1+1<e>\n<asst>two<e>": "two<e>",
        f"{asked}four<e>": "four<e>",
        f"{asked}four<e>\n<user>Sure? 2+2<e>\n<asst>yes, four<e>": "yes, four<e>",
    }


def test_a_training_learns_and_says_what_it_did(workshop: Workshop, train: Train) -> None:
    rows: list[Any] = [*sums(24), "nope\n", {"messages": [{"role": "user", "content": "q"}]}]
    rows += [{"messages": [{"role": "user", "content": "x" * 300}, {"role": "assistant", "content": "y"}]}]
    rows += [{"messages": [{"role": "tool", "content": "x"}, {"role": "assistant", "content": "y"}]}]
    job = workshop.job(rows=rows)
    result, steps = train(job)
    assert {name: result[name] for name in ("rowsRead", "rowsTrained", "rowsDropped", "examples")} == {
        "rowsRead": 28,
        "rowsTrained": 24,
        "rowsDropped": {"malformed": 1, "nothing-to-learn": 1, "too-long": 1, "outside-template": 1},
        "examples": 24,
    }
    assert result["tokens"] == sum(len(f"it is {n + 1}") + 1 for n in range(24))
    assert len(result["loss"]) == len(result["gradientNorms"]) == 12
    assert steps == [(step, 12, loss) for step, loss in enumerate(result["loss"], start=1)]
    assert abs(result["loss"][0] - math.log(102)) < 0.5
    assert result["loss"][-1] < result["loss"][0] - 0.5
    assert result["gradientNorm"] == pytest.approx(sum(result["gradientNorms"]) / 12)
    assert (result["parentSha256"], result["datasetSha256"]) == (None, job.dataset.sha256)
    assert result["adapterSha256"] == folder_digest(adapter_of(job))
    assert result["resumedFromStep"] == 0 and result["seconds"] > 0
    assert json.loads((Path(job.output) / "result.json").read_text()) == result
    assert sorted(path.name for path in Path(job.output).iterdir()) == ["adapter", "result.json"]


def test_an_adapter_holds_what_an_engine_loads_and_a_card(
    workshop: Workshop, train: Train, models: Path
) -> None:
    job = workshop.job()
    result, _ = train(job)
    folder = adapter_of(job)
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny"
    assert (config["r"], config["lora_alpha"], config["target_modules"]) == (16, 32, LINEAR)
    assert not any(str(workshop.folder.parent) in path.read_text() for path in folder.glob("*[!s]"))
    weights = load_file(folder / "adapter_model.safetensors")
    assert len(weights) == 2 * 2 * len(LINEAR)
    assert {name.rpartition(".lora_")[2] for name in weights} == {"A.weight", "B.weight"}
    base = AutoModelForCausalLM.from_pretrained(models / "tiny")
    tokens = AutoTokenizer.from_pretrained(models / "tiny")("<s><user>3+1<e>\n<asst>it is 4<e>")
    ids = torch.tensor([tokens["input_ids"]])
    before = base(ids, labels=ids).loss.item()
    assert PeftModel.from_pretrained(base, str(folder))(ids, labels=ids).loss.item() < before - 0.1
    card = (folder / "README.md").read_text()
    for fact in [
        "base_model: tiny",
        "| parent | none |",
        f"| dataset | {job.dataset.sha256} |",
        "| dataset from | artifact:datasets/rows.jsonl |",
        "| job | cycle.i1.gen-1.0 |",
        "| rows trained | 24 |",
        f"| loss, last step | {result['loss'][-1]:.4f} |",
        "LoRA, rank 16, alpha 32",
    ]:
        assert fact in card


@pytest.mark.parametrize("method", [{}, {"dropout": 0.2, "gradientAccumulation": 2, "scheduler": "linear"}])
def test_equal_jobs_give_equal_bytes_and_other_seeds_do_not(
    workshop: Workshop, train: Train, method: dict[str, Any]
) -> None:
    def digest(output: str, seed: int) -> str:
        result, _ = train(workshop.job(output, seed=seed, method={**QUICK, **method}))
        return str(result["adapterSha256"])

    seed = 2**48 - 1
    assert digest("first", seed) == digest("second", seed)
    assert digest("third", seed - 1) != digest("first", seed)


def test_accumulated_gradients_are_those_of_one_batch(workshop: Workshop, train: Train) -> None:
    whole, _ = train(workshop.job("whole", method={**QUICK, "batchSize": 12}))
    parts, _ = train(workshop.job("parts", method={**QUICK, "batchSize": 4, "gradientAccumulation": 3}))
    assert parts["loss"] == pytest.approx(whole["loss"], rel=1e-4)
    assert parts["gradientNorms"] == pytest.approx(whole["gradientNorms"], rel=1e-3)


def test_a_child_goes_on_where_its_parent_ended(workshop: Workshop, train: Train) -> None:
    parent = workshop.job("parent")
    first, _ = train(parent)
    child, _ = train(workshop.job("child", parent=as_parent(parent)))
    assert child["parentSha256"] == first["adapterSha256"] != child["adapterSha256"]
    assert child["loss"][0] == pytest.approx(first["loss"][-1], abs=0.4)
    assert child["loss"][0] < first["loss"][0] - 0.5
    card = (workshop.folder / "child" / "adapter" / "README.md").read_text()
    assert f"| parent | {first['adapterSha256']} |" in card


def test_a_parent_that_does_not_fit_its_base_is_refused(
    workshop: Workshop, train: Train, models: Path
) -> None:
    parent = workshop.job("parent", method={**QUICK, "targets": ["q_proj", "v_proj"]})
    train(parent)
    folder = adapter_of(parent)

    def refuse(words: str) -> None:
        with pytest.raises(JobError, match=words):
            train(workshop.job("child", parent=as_parent(parent)))

    config = json.loads((folder / "adapter_config.json").read_text())
    refuse(r"parent: its tensors are not those of method\.targets, here \['down_proj', .*they differ in")
    (folder / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": "wide"}))
    write_model(models / "wide", hidden=128)
    with pytest.raises(JobError, match=r"parent: cannot load its adapter: [\s\S]*size mismatch"):
        train(workshop.job("child", base="wide", parent=as_parent(parent)))
    (folder / "adapter_model.safetensors").write_bytes(b"\x00" * 100)
    (folder / "adapter_config.json").write_text(json.dumps(config))
    refuse("parent: cannot load its adapter")


def test_layers_that_the_base_has_not_are_named(workshop: Workshop, train: Train) -> None:
    for targets in [["q_proj", "query"], ["lm_head", "query"]]:
        with pytest.raises(
            JobError, match=r"method\.targets: no layers .*'query'.*; the base has .*'q_proj'"
        ):
            train(workshop.job(method={**QUICK, "targets": targets}))


def test_a_base_that_cannot_be_loaded_is_named(workshop: Workshop, train: Train, models: Path) -> None:
    broken = models / "broken"
    write_model(broken)
    (broken / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(JobError, match="base: cannot load the model at"):
        train(workshop.job(base="broken"))
    (broken / "chat_template.jinja").unlink()
    with pytest.raises(JobError, match="has no chat template"):
        train(workshop.job(base="broken"))
    (broken / "tokenizer.json").unlink()
    with pytest.raises(JobError, match="base: cannot load the tokenizer at"):
        train(workshop.job(base="broken"))


def test_without_a_folder_of_models_a_base_is_a_path_or_a_hub_id(workshop: Workshop, models: Path) -> None:
    alone = Surroundings(models=None, rank=0)
    result = run_job(workshop.job(base=str(models / "tiny")), alone, lambda *_: None)
    assert result["rowsTrained"] == 24
    with pytest.raises(JobError, match="base: cannot load the tokenizer at no/such-model"):
        run_job(workshop.job("other", base="no/such-model"), alone, lambda *_: None)


def test_a_base_with_missing_weights_is_refused(workshop: Workshop, train: Train, models: Path) -> None:
    from safetensors.torch import save_file

    write_model(models / "partial")
    file = models / "partial" / "model.safetensors"
    weights = load_file(file)
    del weights["model.layers.1.self_attn.q_proj.weight"]
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(
        JobError, match=r"has missing_keys: \['model\.layers\.1\.self_attn\.q_proj\.weight'\]"
    ):
        train(workshop.job(base="partial"))


def model_of(models: Path, name: str, weight: float) -> None:
    """A model all whose weights are one number."""
    write_model(models / name)
    model = AutoModelForCausalLM.from_pretrained(models / name)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(weight)
    model.save_pretrained(models / name)


def test_a_loss_that_is_no_number_ends_the_training_at_once(
    workshop: Workshop, train: Train, models: Path
) -> None:
    model_of(models, "nan", math.nan)
    words = r"nothing learned: the loss is nan at step 1 of 12; a method\.learningRate below 0\.005 may help"
    with pytest.raises(NothingLearnedError, match=words):
        train(workshop.job(base="nan"))


def test_a_gradient_of_zero_teaches_nothing(workshop: Workshop, train: Train, models: Path) -> None:
    model_of(models, "zero", 0)
    with pytest.raises(NothingLearnedError, match="the gradient is zero in every step"):
        train(workshop.job(base="zero"))
    assert not adapter_of(workshop.job()).exists()


def test_steps_too_small_to_change_a_weight_teach_nothing(
    workshop: Workshop, train: Train, models: Path
) -> None:
    model_of(models, "ones", 1)
    method = {"kind": "full", "learningRate": 1e-12, "maxGradientNorm": 0}
    with pytest.raises(NothingLearnedError, match="the weights are the same as before"):
        train(workshop.job(base="ones", method=method))


def test_one_row_and_one_step_are_enough(workshop: Workshop, train: Train) -> None:
    method = {**QUICK, "epochs": 1, "warmupRatio": 0.5}
    result, steps = train(workshop.job(rows=sums(1), method=method))
    assert [(step, of) for step, of, _ in steps] == [(1, 1)]
    assert result["gradientNorm"] > 0


def test_a_finished_job_is_not_trained_again_unless_its_adapter_changed(
    workshop: Workshop, train: Train
) -> None:
    job = workshop.job()
    first, _ = train(job)
    assert train(job) == (first, [])
    (adapter_of(job) / "README.md").unlink()
    again, steps = train(job)
    assert len(steps) == 12
    assert again["adapterSha256"] == first["adapterSha256"]


def test_a_whole_model_can_be_trained_and_continued(workshop: Workshop, train: Train, models: Path) -> None:
    method = {"kind": "full", "batchSize": 4, "learningRate": 3e-3}
    parent = workshop.job("parent", method=method)
    first, _ = train(parent)
    assert first["loss"][-1] < first["loss"][0] - 0.5
    trained = AutoModelForCausalLM.from_pretrained(adapter_of(parent))
    assert AutoTokenizer.from_pretrained(adapter_of(parent)).chat_template
    base = AutoModelForCausalLM.from_pretrained(models / "tiny")
    changed = [
        name
        for (name, before), after in zip(base.named_parameters(), trained.parameters(), strict=True)
        if not torch.equal(before, after)
    ]
    assert changed == [name for name, _ in base.named_parameters()]
    child, _ = train(workshop.job("child", method=method, parent=as_parent(parent)))
    assert child["loss"][0] < first["loss"][0] - 0.5
    assert child["parentSha256"] == first["adapterSha256"]
    assert "| kind | full |" in (adapter_of(parent) / "README.md").read_text()


def test_a_job_and_its_parent_may_say_the_same_in_other_words(workshop: Workshop, train: Train) -> None:
    parent = workshop.job("parent")
    train(parent)
    named = workshop.job("child", method={**QUICK, "targets": LINEAR}, parent=as_parent(parent))
    implied = replace(named, output=f"{named.output}-implied", method=workshop.job(method=QUICK).method)
    assert implied.parent == Parent(**as_parent(parent))
    assert train(named)[0]["loss"] == train(implied)[0]["loss"]
