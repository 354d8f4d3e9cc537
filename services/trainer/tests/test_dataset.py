from pathlib import Path

import pytest
from conftest import Workshop, sha256, sums

from parley_trainer.dataset import Malformed, Row, check_dataset, read_rows
from parley_trainer.errors import JobError
from parley_trainer.job import Dataset

USER = '{"role":"user","content":"q"}'


def rows_of(folder: Path, content: bytes) -> list[Row | Malformed]:
    path = folder / "rows.jsonl"
    path.write_bytes(content)
    return list(read_rows(path))


def test_a_row_says_which_turns_take_loss(tmp_path: Path) -> None:
    line = (
        f'{{"messages":[{{"role":"system","content":"s"}},{USER},'
        '{"role":"assistant","content":"a","weight":0},'
        f'{USER},{{"role":"assistant","content":"b"}},{USER},'
        '{"role":"assistant","content":"c","weight":1.0}]}'
    )
    (row,) = rows_of(tmp_path, line.encode())
    assert isinstance(row, Row)
    assert row.learned_turns() == [4, 6]
    assert [message.content for message in row.messages] == ["s", "q", "a", "q", "b", "q", "c"]


def test_a_weight_on_other_turns_means_nothing(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, b'{"messages":[{"role":"user","content":"q","weight":1}]}\n')
    assert isinstance(row, Row) and row.learned_turns() == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"nope", "is not JSON"),
        (b"", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[]", "messages must be an array"),
        (b'{"messages":[]}', "messages must be an array that is not empty"),
        (b'{"messages":["a"]}', r"messages\[0\] must have a string role"),
        (b'{"messages":[{"role":"user"}]}', r"messages\[0\] must have a string role and a string content"),
        (
            b'{"messages":[{"role":"user","content":"q","weight":0.5}]}',
            r"messages\[0\].weight must be 0 or 1",
        ),
        (b'{"messages":[{"role":"user","content":"q","weight":true}]}', r"weight must be 0 or 1"),
        (b'{"messages":[{"role":"user","content":"q","weight":[]}]}', r"weight must be 0 or 1"),
        (b'{"messages":[{"role":"assistant","content":"a"}]}', "answers nothing"),
        (b"[" * 100_000, "nested too deeply|not JSON"),
    ],
)
def test_a_malformed_line_is_counted_and_the_next_one_read(tmp_path: Path, line: bytes, why: str) -> None:
    good = f'{{"messages":[{USER}]}}\n'.encode()
    first, malformed, last = rows_of(tmp_path, good + line + b"\n" + good)
    assert isinstance(first, Row) and isinstance(last, Row)
    assert last.line == 3
    assert isinstance(malformed, Malformed) and malformed.line == 2
    with pytest.raises(ValueError, match=why):
        raise ValueError(malformed.why)


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert rows_of(tmp_path, b"") == []


def test_the_file_must_have_the_digest_that_the_job_says(workshop: Workshop) -> None:
    dataset = Dataset(**workshop.dataset(sums(2)))
    assert [row.line for row in read_rows(check_dataset(dataset))] == [1, 2]
    other = Dataset(dataset.path, dataset.uri, sha256("other"))
    with pytest.raises(JobError, match=f"dataset has sha256 {dataset.sha256}, the job says {other.sha256}"):
        check_dataset(other)
    with pytest.raises(JobError, match=r"dataset\.path: cannot read .*none: No such file"):
        check_dataset(Dataset(str(workshop.folder / "none"), "", dataset.sha256))
