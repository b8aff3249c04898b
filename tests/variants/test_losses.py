"""The losses against sums written out by hand, in float64."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.variants import tiny
from variants.recipes import losses
from variants.recipes.checkpoint import load
from variants.recipes.losses import Aim, class_centres, kl, norm_and_direction, scores, towards
from variants.recipes.material import Slices

DICE = torch.Generator().manual_seed(0)
GIVEN, WANTED = (torch.randn(5, 7, generator=DICE) * 3 for _ in range(2))


@pytest.fixture(autouse=True)
def plain_floats(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No bfloat16, so that sums can be compared; gradients where `prepare` turned them off."""
    monkeypatch.setattr("variants.recipes.training.cpu_flags", lambda: ())
    with torch.enable_grad():
        yield


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 20.0])
def test_kl_by_hand(temperature: float) -> None:
    total = 0.0
    for given, wanted in zip(GIVEN.tolist(), WANTED.tolist(), strict=True):
        p, q = ([math.exp(v / temperature) for v in row] for row in (wanted, given))
        p, q = ([v / sum(row) for v in row] for row in (p, q))
        total += sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    expected = temperature**2 * total / len(GIVEN)
    assert kl(GIVEN, WANTED, temperature).item() == pytest.approx(expected, rel=1e-4)


def test_norm_and_direction_by_hand() -> None:
    """Of three features: shorter than the teacher's, longer, and of a class without a mean."""
    given = torch.tensor([[3.0, 4.0], [0.0, 20.0], [1.0, 0.0]])
    wanted = torch.tensor([[6.0, 8.0], [0.0, 5.0], [0.0, 2.0]])
    centres = torch.tensor([[0.0, 2.0], [7.0, 0.0], [0.0, 0.0]])
    # <(3,4),(0,1)>/max(5,10); <(0,20),(1,0)>/max(20,5); <(1,0),(0,1)>/max(1,2)
    expected = ((1 - 4 / 10) + (1 - 0 / 20) + (1 - 0 / 2)) / 3
    assert norm_and_direction(given, wanted, centres).item() == pytest.approx(expected)


def test_norm_and_direction_is_least_for_long_features_in_the_right_direction() -> None:
    e, wanted = torch.tensor([[0.6, 0.8]]), torch.tensor([[5.0, 0.0]])
    found = [norm_and_direction(e * length, wanted, e).item() for length in (1, 3, 5, 9)]
    assert found == pytest.approx([0.8, 0.4, 0.0, 0.0], abs=1e-6)


def models(folder: Path) -> tuple:
    first = load(tiny.checkpoint(folder / "a", "gpt2"))
    torch.manual_seed(1)
    return first, tiny.gpt2().eval()


IDS = torch.tensor([[5, 80, 17, 201, 9, 44], [33, 2, 250, 60, 61, 62]])
TEXT = Slices.of(torch.randint(tiny.VOCABULARY, (900,), generator=DICE))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("loss", ["kl", "mse", "nd", "ce"])
def test_each_is_mixed_with_cross_entropy(loss: str, share: float, tmp_path: Path) -> None:
    teacher, student = models(tmp_path)
    with torch.no_grad():
        given, wanted = student(IDS).logits[:, :-1], teacher(IDS).logits[:, :-1]
        features = [m.transformer(IDS)[0][:, :-1].flatten(0, 1) for m in (student, teacher)]
        target = IDS[:, 1:].flatten()
        lp = given.flatten(0, 1).double().log_softmax(-1)
        hard = -lp[torch.arange(len(target)), target].mean()
        soft = {
            "kl": lambda: kl(given.flatten(0, 1), wanted.flatten(0, 1), 3.0),
            "mse": lambda: (given - wanted).double().square().mean(),
            "nd": lambda: norm_and_direction(
                *features, class_centres(teacher, TEXT.learnt)[target]
            ),
            "ce": lambda: hard,
        }[loss]()
    aim = Aim(loss=loss, share=share, temperature=3.0)
    found = towards(teacher, student, aim, TEXT)(IDS)
    assert found.item() == pytest.approx(float(share * soft + (1 - share) * hard), rel=1e-4)
    found.backward()
    assert all(p.grad is None for p in teacher.parameters())
    assert student.transformer.wte.weight.grad is not None


def test_features_are_what_the_output_layer_reads(tmp_path: Path) -> None:
    for architecture in tiny.ARCHITECTURES:
        model = load(tiny.checkpoint(tmp_path / architecture, architecture))
        with torch.no_grad():
            logits, features = scores(model, IDS)
            assert torch.allclose(model.lm_head(features), logits, atol=1e-4)


def test_class_centres_are_the_mean_features_before_each_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, _ = models(tmp_path)
    monkeypatch.setattr(losses, "CENTRE_ROWS", 3)
    tokens = TEXT.learnt
    found = class_centres(teacher, tokens)
    before: dict[int, list[torch.Tensor]] = {}
    for start in torch.linspace(0, len(tokens) - 256, 3).long().tolist():
        ids = tokens[start : start + 256]
        with torch.no_grad():
            features = teacher.transformer(ids[None])[0][0]
        for at in range(255):
            before.setdefault(int(ids[at + 1]), []).append(features[at])
    assert len(before) > 100
    for token in range(tiny.VOCABULARY):
        expected = torch.stack(before[token]).mean(0) if token in before else torch.zeros(64)
        assert torch.allclose(found[token], expected, atol=1e-4)
