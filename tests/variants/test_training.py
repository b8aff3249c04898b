"""The training loop: the rate's own formula, resumed after any kill, stopped when it is enough."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from bench.errors import MakeFailed, Unsupported
from tests.variants import tiny
from variants.recipes import training
from variants.recipes.material import BLOCK, KEPT_BACK, Slices
from variants.recipes.state import ENDING, clear
from variants.recipes.training import Lesson, Plan, next_token_loss, one_cycle, train

TOKENS = torch.randint(tiny.VOCABULARY, (BLOCK * 40,), generator=torch.Generator().manual_seed(0))
PLAN = Plan(steps=7, rate=1e-2, batch=2, length=16)


class Killed(BaseException):
    """As a signal would end it: nothing of ours catches it."""


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """States every second step, looks every third; gradients where `prepare` turned them off."""
    monkeypatch.setattr(training, "SAVED_EVERY", 2)
    monkeypatch.setattr(training, "LOOKS_EVERY", 3)
    with torch.enable_grad():
        yield


def model() -> PreTrainedModel:
    """With dropout, so that its dice count too."""
    torch.manual_seed(0)
    made = tiny.gpt2()
    for part in made.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.3
    return made


def lesson(student: PreTrainedModel, tokens: torch.Tensor = TOKENS) -> Lesson:
    return Lesson("learning", student, lambda ids: next_token_loss(student, ids), tokens)


def weights(trained: PreTrainedModel) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in trained.named_parameters()}


def same(one: PreTrainedModel, other: PreTrainedModel) -> bool:
    """Bit by bit."""
    theirs = dict(other.named_parameters())
    return all(torch.equal(value, theirs[name]) for name, value in one.named_parameters())


@pytest.mark.parametrize("steps", [1, 2, 3, 11, 25, 240])
def test_the_rate_is_that_of_torchs_one_cycle(steps: int) -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    oracle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 3e-3, total_steps=steps, pct_start=0.1, cycle_momentum=False
    )
    for step in range(steps):
        assert one_cycle(step, Plan(steps=steps, rate=3e-3)) == pytest.approx(
            optimizer.param_groups[0]["lr"], rel=1e-9
        )
        optimizer.step()
        if step < steps - 1:
            oracle.step()


def test_the_rate_of_ten_steps_begins_at_its_top() -> None:
    """torch divides by zero here."""
    assert one_cycle(0, Plan(steps=10, rate=3e-3)) == 3e-3
    assert one_cycle(9, Plan(steps=10, rate=3e-3)) == pytest.approx(3e-3 / 25 / 1e4)


@pytest.mark.parametrize("kill_at", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("patience", [0, 2])
def test_a_killed_training_goes_on_to_the_same_bits(
    kill_at: int, patience: int, tmp_path: Path
) -> None:
    plan = Plan(steps=7, rate=1e-2, batch=2, length=16, patience=patience)
    whole, parts = model(), model()
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    expected = train(lesson(whole), plan, tmp_path / "whole")
    calls = []

    def loss(ids: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        if len(calls) == kill_at + 1:
            raise Killed
        return next_token_loss(parts, ids)

    with pytest.raises(Killed):
        train(Lesson("learning", parts, loss, TOKENS), plan, tmp_path / "parts")
    again = model()  # a new process begins with the untrained model
    found = train(lesson(again), plan, tmp_path / "parts")
    assert found == expected
    assert same(again, whole)


def test_a_kill_while_the_state_is_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(tensors: object, path: Path, header: object) -> None:
        Path(path).write_bytes(b"half a file")
        raise Killed

    whole, first = model(), model()
    (tmp_path / "whole").mkdir()
    train(lesson(whole), PLAN, tmp_path / "whole")
    written = []

    def once(*args: object) -> None:
        written.append(1)
        (half if len(written) == 2 else save_file)(*args)

    monkeypatch.setattr("variants.recipes.state.save_file", once)
    with pytest.raises(Killed):
        train(lesson(first), PLAN, tmp_path)
    again = model()
    train(lesson(again), PLAN, tmp_path)
    assert same(again, whole)
    clear(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["whole"]


def test_an_ended_training_is_read_back_without_a_step(tmp_path: Path) -> None:
    first, again = model(), model()
    train(lesson(first), PLAN, tmp_path)

    def never(ids: torch.Tensor) -> torch.Tensor:
        raise AssertionError

    train(Lesson("learning", again, never, TOKENS), PLAN, tmp_path)
    assert same(again, first)


@pytest.mark.parametrize("how", ["cut", "another plan", "another model"])
def test_a_state_that_does_not_fit_is_said_and_left_alone(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, again = model(), model()
    state = tmp_path / f"learning{ENDING}"
    (tmp_path / "whole").mkdir()
    train(lesson(whole), PLAN, tmp_path / "whole")
    train(lesson(model()), PLAN if how != "another plan" else Plan(steps=3, rate=1), tmp_path)
    if how == "cut":
        state.write_bytes(state.read_bytes()[:99])
    elif how == "another model":
        other = {name: t[..., :1].clone() for name, t in load_file(state).items() if t.dim()}
        save_file(other, state, {"plan": "?", "standing": "{}"})
    train(lesson(again), PLAN, tmp_path)
    assert same(again, whole)
    assert "the training begins anew" in capsys.readouterr().out


def test_the_state_is_safetensors_and_holds_no_frozen_weight(tmp_path: Path) -> None:
    partly = model()
    for name, weight in partly.named_parameters():
        weight.requires_grad_("h.3." in name)
    before = weights(partly)
    train(lesson(partly), PLAN, tmp_path)
    held = load_file(tmp_path / f"learning{ENDING}")
    assert held
    assert all("h.3." in name for name in held)
    after = weights(partly)
    assert {n for n in after if not torch.equal(after[n], before[n])} <= {
        n for n in after if "h.3." in n
    }


def test_checkpoints_are_kept_at_their_steps_and_before_the_state(tmp_path: Path) -> None:
    plan, kept = Plan(steps=7, rate=1e-2, batch=2, length=16, checkpoints=(2, 5)), {}
    student, killed = model(), []

    def keep(step: int) -> None:
        kept[step] = weights(student)
        if step == 5 and not killed:
            killed.append(step)
            raise Killed

    with pytest.raises(Killed):
        train(lesson(student), plan, tmp_path, keep)
    first = kept.pop(5)
    student = model()
    train(lesson(student), plan, tmp_path, keep)
    assert set(kept) == {2, 5}
    assert all(torch.equal(kept[5][name], first[name]) for name in first)


def test_it_stops_where_the_held_out_slice_gains_nothing_and_keeps_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, seen = iter([3.0, 2.0, 2.5, 2.25, 1.0]), []
    student = model()

    def look(*_: object) -> float:
        seen.append(weights(student))
        return next(said)

    monkeypatch.setattr(training, "held_out_loss", look)
    plan = Plan(steps=30, rate=1e-2, batch=2, length=16, patience=2)
    found = train(lesson(student), plan, tmp_path)
    assert (found.step, found.best_step, found.best, found.ended) == (12, 6, 2.0, True)
    now = weights(student)
    assert all(torch.equal(now[name], seen[1][name]) for name in now)
    assert training.facts(found)["kept_step"] == 6


def test_the_held_out_slice_is_never_learnt() -> None:
    tokens = torch.arange(BLOCK * 70)
    found = Slices.of(tokens)
    assert len(found.learnt) + len(found.looked_at) == len(tokens)
    assert set(found.learnt.tolist()).isdisjoint(found.looked_at.tolist())
    assert (found.looked_at // BLOCK).unique().tolist() == [KEPT_BACK - 1, 2 * KEPT_BACK - 1]
    few = Slices.of(torch.arange(80))
    assert (len(few.learnt), few.looked_at.tolist()) == (70, list(range(70, 80)))


def test_the_held_out_loss_is_the_mean_of_plain_cross_entropies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "LOOKED_AT", 2)
    reader = model().eval()
    tokens = TOKENS[:40]
    expected = []
    for start in (0, 24):
        ids = tokens[start : start + 16][None]
        with torch.no_grad():
            likely = reader(ids).logits.double().log_softmax(-1)[0, :-1]
        expected.append(-likely[torch.arange(15), ids[0, 1:]].mean().item())
    found = training.held_out_loss(reader, tokens, 16)
    assert found == pytest.approx(sum(expected) / 2, rel=2e-2)  # bfloat16 where it is hardware


def test_a_loss_that_is_no_number_names_the_step_and_the_way_out(tmp_path: Path) -> None:
    student = model()

    def loss(ids: torch.Tensor) -> torch.Tensor:
        return next_token_loss(student, ids) * float("nan")

    with pytest.raises(MakeFailed, match=r"learning: the loss is nan at step 1 of 7; take a lower"):
        train(Lesson("learning", student, loss, TOKENS), PLAN, tmp_path)


def test_too_short_a_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="100 tokens of training text are too few for rows of 16"):
        train(lesson(model(), TOKENS[:100]), PLAN, tmp_path)
