import json
from typing import Any

import pytest
from conftest import Workshop, sha256

from parley_trainer.errors import JobError
from parley_trainer.job import parse_job, read_job
from parley_trainer.method import DEFAULTS, parse_method


@pytest.fixture
def fields(workshop: Workshop) -> dict[str, Any]:
    return workshop.fields()


def changed(fields: dict[str, Any], path: str, value: Any) -> str:
    """The text of a job with one field changed."""
    made = json.loads(json.dumps(fields))
    *outer, name = path.split(".")
    of = made
    for key in outer:
        of = of[key]
    of[name] = value
    return json.dumps(made)


def test_a_job_is_read_as_it_is_written(fields: dict[str, Any]) -> None:
    fields["parent"] = {"path": "/parent", "sha256": sha256("parent")}
    job = parse_job(json.dumps({**fields, "whatever": 1}))
    assert (job.job, job.base, job.seed) == ("cycle.i1.gen-1.0", "tiny", 7)
    assert job.parent is not None and job.parent.sha256 == sha256("parent")
    assert job.method.batch_size == 4


def test_without_a_uri_the_rows_come_from_their_path(fields: dict[str, Any]) -> None:
    del fields["dataset"]["uri"]
    assert parse_job(json.dumps(fields)).dataset.uri == fields["dataset"]["path"]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("job", "", "job must be a string that is not empty"),
        ("base", 3, "base must be a string"),
        ("parent", "x", "parent must be an object"),
        ("parent", {"path": "x", "sha256": "ab"}, "parent.sha256 must be 64 hexadecimal digits"),
        ("dataset", None, "dataset must be an object"),
        ("dataset.sha256", sha256("x").upper(), "dataset.sha256 must be 64 hexadecimal digits in lower case"),
        ("dataset.path", None, "dataset.path must be a string"),
        ("method", [], "method must be an object"),
        ("seed", 1.5, "seed must be an integer from -9007199254740991"),
        ("seed", True, "seed must be an integer"),
        ("seed", 2**53, "seed must be an integer"),
        ("output", None, "output must be a string"),
        ("method.epochs", 0, "method.epochs must be an integer from 1 to 10000, got 0"),
        ("method.learningRate", 0, "method.learningRate must be a number from 1e-12"),
        ("method.dropout", 1, "method.dropout must be a number from 0 to 0.99, got 1"),
        (
            "method.scheduler",
            "step",
            'method.scheduler must be one of "cosine", "linear", "constant", got "step"',
        ),
        ("method.precision", "fp16", 'must be one of "float32", "bf16"'),
        ("method.gradientCheckpointing", 1, "method.gradientCheckpointing must be true or false, got 1"),
        ("method.targets", [], 'method.targets must be "all-linear" or a list of names of layers'),
        ("method.targets", ["q_proj", 1], "method.targets must be"),
        ("method.learning_rate", 1e-4, "method.learning_rate is no setting; there are kind, rank"),
        ("method.kind", "qlora", 'method.kind must be one of "lora", "full"'),
    ],
)
def test_a_bad_field_is_named(fields: dict[str, Any], path: str, value: Any, words: str) -> None:
    with pytest.raises(JobError) as raised:
        parse_job(changed(fields, path, value))
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "job is not JSON"),
        ("[]", "job must be an object"),
        ("[" * 100_000, "job is not JSON"),
        ("\ud800".encode("utf-8", "surrogatepass"), "job is not JSON"),
    ],
)
def test_what_is_no_object_is_refused(text: str | bytes, words: str) -> None:
    with pytest.raises(JobError, match=words):
        parse_job(text)


def test_an_absent_file_is_named(workshop: Workshop) -> None:
    with pytest.raises(JobError, match=r"cannot read .*none\.json: No such file"):
        read_job(workshop.folder / "none.json")


def test_every_setting_has_a_default() -> None:
    assert parse_method({}) == parse_method(DEFAULTS)
    assert parse_method({}).learning_rate == 2e-4


@pytest.mark.parametrize(
    ("given", "other"),
    [({"targets": ["v_proj", "q_proj", "v_proj"]}, {"targets": ["q_proj", "v_proj"]}), ({"rank": 16}, {})],
)
def test_settings_that_mean_the_same_are_the_same(given: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse_method(given) == parse_method(other)


def test_full_finetuning_has_its_own_learning_rate_and_no_adapter() -> None:
    assert parse_method({"kind": "full"}).learning_rate == 1e-5
    assert parse_method({"kind": "full", "learningRate": 1e-3}).learning_rate == 1e-3
    with pytest.raises(JobError, match=r'method\.rank has no meaning with method\.kind "full"'):
        parse_method({"kind": "full", "rank": 16})


@pytest.mark.parametrize(
    ("path", "value"),
    [("seed", 8), ("base", "other"), ("method.rank", 8), ("dataset.sha256", sha256("x")), ("job", "j")],
)
def test_the_digest_of_a_job_follows_all_that_it_says(fields: dict[str, Any], path: str, value: Any) -> None:
    job = parse_job(json.dumps(fields))
    assert job.sha256() == parse_job(json.dumps(fields)).sha256()
    assert job.sha256() != parse_job(changed(fields, path, value)).sha256()
