import pytest
import torch

from tiny_lm.conversations import Row
from tiny_lm.pretrain import NOT_LEARNED, Phase, Progress, Schedule, collate, new_model, summed_loss
from tiny_lm.tokenizer import PAD_ID

SCHEDULE = Schedule(
    phases=(Phase(2, {"textbook": 4}), Phase(3, {"critique": 2, "summary": 1})), warmup_steps=2
)


def test_phases_follow_each_other() -> None:
    batches = [SCHEDULE.batch_at(step) for step in range(SCHEDULE.steps)]
    assert batches == [{"textbook": 4}] * 2 + [{"critique": 2, "summary": 1}] * 3
    with pytest.raises(IndexError, match="the schedule has 5 steps and no step 5"):
        SCHEDULE.batch_at(5)


def test_the_learning_rate_rises_stays_and_falls() -> None:
    schedule = Schedule()
    rates = [schedule.learning_rate_at(step) / schedule.learning_rate for step in range(schedule.steps)]
    top = range(schedule.warmup_steps, schedule.steps // 2)
    assert rates[0] == pytest.approx(1 / schedule.warmup_steps)
    assert all(rates[step] == pytest.approx(1) for step in top)
    assert rates[schedule.steps // 2 :] == sorted(rates[schedule.steps // 2 :], reverse=True)
    assert rates[-1] == pytest.approx(schedule.final_share, abs=0.01)


def test_labels_stand_where_the_learned_tokens_are() -> None:
    ids, labels = collate([Row([5, 6, 7], [False, True, True]), Row([8, 9], [False, True])])
    assert ids.tolist() == [[5, 6, 7], [8, 9, PAD_ID]]
    assert labels.tolist() == [[NOT_LEARNED, 6, 7], [NOT_LEARNED, 9, NOT_LEARNED]]


def test_loss_is_that_of_the_next_learned_token_alone() -> None:
    torch.manual_seed(0)
    model = new_model()
    ids, labels = collate([Row([1, 20, 30, 40], [False, False, True, True]), Row([1, 50], [False, True])])
    loss, tokens = summed_loss(model, ids, labels)
    chances = model(input_ids=ids).logits.log_softmax(-1)
    expected = -(chances[0, 1, 30] + chances[0, 2, 40] + chances[1, 0, 50])
    assert tokens == 3
    assert loss.item() == pytest.approx(expected.item(), rel=0.01)


def test_the_model_has_about_a_million_parameters_and_heads_that_engines_support() -> None:
    model = new_model()
    assert 800_000 < model.num_parameters() < 1_200_000
    assert model.config.head_dim in (32, 64, 80)


def test_the_time_left_follows_the_length_of_the_rows() -> None:
    progress = Progress(SCHEDULE)
    progress.count({"textbook": 2.0})
    progress.count({"textbook": 1.0})
    progress.started -= 100
    per_step = {"textbook": 4 * 39, "debate": 2 * 111 + 100}
    left = 100 * 3 * per_step["debate"] / (2 * per_step["textbook"])
    assert progress.line() == (
        f"step 2 of 5: loss of a token: textbook 1.5000; 100 s, about {left:.0f} s left"
    )
    assert not progress.is_due()
