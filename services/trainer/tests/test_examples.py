import re

import pytest

from parley_trainer.dataset import Malformed, Message, Row
from parley_trainer.errors import NothingLearnedError
from parley_trainer.examples import IGNORED, Dropped, Encoded, Example, TemplateError, encode_row
from parley_trainer.intake import Intake

END = ord("$")


class Letters:
    """A tokenizer whose tokens are characters; `merges` are pairs that become one."""

    def __init__(self, end: str = "$\n", merges: tuple[str, ...] = ()) -> None:
        self.end = end
        self.merges = merges

    def render(self, messages: list[dict[str, str]], *, prompt: bool) -> str:
        if any(message["role"] == "tool" for message in messages):
            raise TemplateError("no tools here")
        turns = [f"{message['role'][0]}:{message['content']}{self.end}" for message in messages]
        return "".join(turns) + ("a:" if prompt else "")

    def encode(self, text: str) -> list[int]:
        pieces = re.findall("|".join([*map(re.escape, self.merges), r"[\s\S]"]), text)
        return [hash(piece) if len(piece) > 1 else ord(piece) for piece in pieces]


def row(*turns: tuple[str, str], context: tuple[int, ...] = ()) -> Row:
    return Row(
        1,
        tuple(
            Message(role, content, learned=role == "assistant" and i not in context)
            for i, (role, content) in enumerate(turns)
        ),
    )


def encode(of: Row, tokenizer: Letters | None = None, longest: int = 100) -> Encoded:
    return encode_row(of, tokenizer or Letters(), {END}, END, longest)


def read(example: Example) -> tuple[str, str]:
    """What comes before the loss, and what takes it."""
    start = next(i for i, label in enumerate(example.labels) if label != IGNORED)
    assert example.labels[start:] == example.input_ids[start:]
    assert set(example.labels[:start]) <= {IGNORED}
    letters = "".join(map(chr, example.input_ids))
    return letters[:start], letters[start:]


QUESTION = ("user", "q")


def test_the_loss_is_on_the_answer_and_the_token_that_ends_it() -> None:
    assert encode(row(QUESTION, ("assistant", "yes"))) == [
        Example(
            [*map(ord, "u:q$\na:yes$")],
            [*[IGNORED] * 7, *map(ord, "yes$")],
        )
    ]


def test_each_learned_turn_is_an_example_of_its_own() -> None:
    turns = row(QUESTION, ("assistant", "one"), ("user", "r"), ("assistant", "two"), ("user", "rest"))
    examples = encode(turns)
    assert isinstance(examples, list)
    assert [*map(read, examples)] == [
        ("u:q$\na:", "one$"),
        ("u:q$\na:one$\nu:r$\na:", "two$"),
    ]
    assert [example.learned_tokens() for example in examples] == [4, 4]


def test_a_turn_of_weight_0_is_context() -> None:
    turns = row(QUESTION, ("assistant", "one"), ("user", "r"), ("assistant", "two"), context=(1,))
    examples = encode(turns)
    assert isinstance(examples, list)
    assert [*map(read, examples)] == [("u:q$\na:one$\nu:r$\na:", "two$")]


def test_a_turn_that_the_template_leaves_open_is_ended() -> None:
    examples = encode(row(QUESTION, ("assistant", "yes")), Letters(end="\n"))
    assert isinstance(examples, list)
    assert read(examples[0]) == ("u:q\na:", "yes\n$")


def test_tokens_that_merge_over_the_border_do_not_move_it() -> None:
    merging = Letters(merges=(":y",))
    examples = encode(row(QUESTION, ("assistant", "yes")), merging)
    assert isinstance(examples, list)
    assert read(examples[0]) == ("u:q$\na:", "yes$")


@pytest.mark.parametrize(("longest", "fits"), [(11, True), (10, False)])
def test_a_row_over_the_limit_is_dropped_not_cut(longest: int, fits: bool) -> None:
    encoded = encode(row(QUESTION, ("assistant", "yes")), longest=longest)
    if fits:
        assert isinstance(encoded, list)
    else:
        assert encoded == Dropped("too-long", "it has 11 tokens at messages[1], over 10")


def test_a_row_of_which_one_turn_is_too_long_is_dropped_whole() -> None:
    turns = row(QUESTION, ("assistant", "one"), ("user", "r"), ("assistant", "two"))
    encoded = encode(turns, longest=15)
    assert isinstance(encoded, Dropped) and encoded.reason == "too-long"


def test_what_the_template_refuses_is_dropped() -> None:
    encoded = encode(row(QUESTION, ("tool", "t"), ("assistant", "a")))
    assert encoded == Dropped("outside-template", "the chat template refuses it: no tools here")


def test_an_answer_that_does_not_follow_its_prompt_is_dropped() -> None:
    class Thinking(Letters):
        def render(self, messages: list[dict[str, str]], *, prompt: bool) -> str:
            return super().render(messages, prompt=prompt) + ("<think>" if prompt else "")

    encoded = encode(row(QUESTION, ("assistant", "yes")), Thinking())
    assert isinstance(encoded, Dropped) and encoded.reason == "outside-template"


def test_every_dropped_row_is_counted_by_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    intake = Intake(
        [
            Malformed(1, "is not JSON"),
            row(QUESTION),
            row(QUESTION, ("assistant", "yes")),
            row(QUESTION, ("assistant", "y" * 100)),
            row(QUESTION, ("assistant", "z" * 100)),
            row(QUESTION, ("tool", "t"), ("assistant", "yes")),
        ]
    )
    examples = intake.encode(encode)
    assert (intake.read, len(intake.rows), len(examples)) == (6, 1, 1)
    assert intake.dropped == {"malformed": 1, "nothing-to-learn": 1, "too-long": 2, "outside-template": 1}
    assert "dropped line 1, malformed: is not JSON\n" in capsys.readouterr().err


def test_no_row_left_is_an_error_that_says_where_they_went() -> None:
    words = r"nothing learned: no row of 2 can be trained on \(dropped: 1 malformed, 1 nothing-to-learn\)"
    with pytest.raises(NothingLearnedError, match=words):
        Intake([Malformed(1, "is not JSON"), row(QUESTION)])
    with pytest.raises(NothingLearnedError, match=r"no row of 1 can be trained on \(dropped: 1 too-long\)"):
        Intake([row(QUESTION, ("assistant", "y" * 100))]).encode(encode)
    with pytest.raises(NothingLearnedError, match=r"no row of 0 can be trained on$"):
        Intake([])
