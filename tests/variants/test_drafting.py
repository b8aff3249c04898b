"""Decoding by drafts writes what the plain loop writes, and counts what it did."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import ProofFailed, Unsupported
from bench.variant import Place
from tests.variants import tiny
from variants import prompt_lookup, speculative
from variants.recipes.checkpoint import load
from variants.recipes.distil import reduced
from variants.runtimes.drafting import DraftingModel, agreed, by_lookup, by_model
from variants.runtimes.pytorch import TorchModel, prepare
from variants.runtimes.speculative import PairedModel

PLACE = Place(threads=2)
ROW = [5, 80, 17, 201, 9, 44, 120, 7]


@pytest.fixture(scope="module", params=list(tiny.ARCHITECTURES))
def folder(request, tmp_path_factory):
    folder = tiny.checkpoint(tmp_path_factory.mktemp(request.param), request.param)
    prepare(folder, PLACE)
    return folder


@pytest.fixture(scope="module")
def written(folder) -> list[int]:
    """What the plain loop writes behind ROW."""
    return TorchModel(load(folder)).generate([ROW], 40)[0]


class Oracle:
    """Drafts the right tokens but for every `wrong`-th."""

    def __init__(self, text: list[int], wrong: int) -> None:
        self.text, self.wrong, self.asked = text, wrong, list[int]()

    def __call__(self, length: int):
        def propose(tokens: list[int], most: int) -> list[int]:
            self.asked.append(most)
            at = range(len(tokens), len(tokens) + most)
            return [
                (self.text[i] + 1) % tiny.VOCABULARY if i % self.wrong == 0 else self.text[i]
                for i in at
            ]

        return propose


@pytest.mark.parametrize("wrong", [1, 2, 3, 5, 7, 1000])
@pytest.mark.parametrize("most", [1, 4, 64])
def test_whatever_is_drafted_the_text_is_the_same(folder, written, wrong, most):
    drafter = Oracle(ROW + written, wrong)
    model = DraftingModel(load(folder), drafter, most)
    ticks = []
    assert model.generate([ROW], 40, lambda: ticks.append(1)) == [written]
    assert len(ticks) == 40
    found = model.speculation()
    assert found.tokens == 39  # the first came from the prompt itself
    assert found.accepted == 39 - found.steps
    if wrong == 1:
        assert (found.steps, found.accepted) == (39, 0)
    if wrong == 1000:
        assert found.steps == -(-39 // (most + 1))
        assert found.accepted == found.drafted
    assert min(drafter.asked) >= 0  # never more than the text has room for


def test_right_and_wrong_drafts_by_hand(folder, written):
    """Of 8 + 10 tokens those at 9, 12 and 15 are drafted wrongly, 4 drafts a step.

    The first token (8) comes from the prompt. Drafts 9 10 11 12: none holds, 9 is the model's.
    10 11 | 12 13: two hold, 12 is its own. 13 14 | 15 16: two, 15 its own. 16 is 17's room.
    """
    model = DraftingModel(load(folder), Oracle(ROW + written, 3), 4)
    assert model.generate([ROW], 10) == [written[:10]]
    found = model.speculation()
    assert (found.steps, found.drafted, found.accepted, found.tokens) == (4, 13, 5, 9)


def test_a_chosen_text_is_the_one_that_the_plain_loop_chooses(folder):
    def second():
        return lambda scores: [int(np.argsort(scores[0])[-2])]

    plain = TorchModel(load(folder)).decode([ROW], 12, second())
    model = DraftingModel(load(folder), Oracle(ROW + plain[0], 2), 3)
    assert model.decode([ROW], 12, second()) == plain
    assert model.speculation().accepted > 0


def test_the_teacher_as_its_own_draft_is_always_right(folder, written):
    model = PairedModel(load(folder), load(folder), 4)
    assert model.generate([ROW], 40) == [written]
    found = model.speculation()
    assert (found.acceptance, found.steps) == (1.0, 8)


def test_a_smaller_draft_changes_no_token(folder, written):
    torch.manual_seed(0)
    model = PairedModel(load(folder), reduced(load(folder)).eval(), 3)
    assert model.generate([ROW], 40) == [written]
    assert model.generate([ROW], 40) == [written]
    assert model.speculation().drafted > 0


def test_a_draft_model_proposes_its_own_greedy_text(folder, written):
    """Also behind drafts of its own that were refused, which its cache must forget."""
    small = TorchModel(load(folder))
    propose = by_model(small)(len(ROW) + 40)
    text = ROW + written
    assert propose(text[:9], 4) == text[9:13]
    other = [*text[:11], 3]  # two held, then came a token of the model's own
    drafts = small.generate([other], 3)[0]
    assert propose(other, 3) == drafts
    other = [*other, drafts[0], 5]
    assert propose(other, 2) == small.generate([other], 2)[0]
    assert propose(other, 0) == []


def looked_up(tokens: list[int], most: int, longest: int) -> list[int]:
    """The same by search."""
    for size in range(min(longest, len(tokens) - 1), 0, -1):
        for at in range(len(tokens) - size - 1, -1, -1):
            if tokens[at : at + size] == tokens[-size:]:
                return tokens[at + size : at + size + most]
    return []


@given(
    text=st.lists(st.integers(0, 3), min_size=1, max_size=40),
    steps=st.lists(st.integers(1, 5), max_size=10),
    most=st.integers(1, 6),
    longest=st.integers(1, 4),
)
@settings(deadline=None)
def test_a_look_up_is_the_search(text, steps, most, longest):
    propose, end = by_lookup(longest)(len(text)), 1
    for step in [0, *steps]:
        end = min(len(text), end + step)
        assert propose(text[:end], most) == looked_up(text[:end], most, longest)


def test_agreed_stops_at_the_first_that_was_not_drafted():
    scores = torch.eye(5)[[3, 1, 4, 2]]
    assert agreed(scores, [3, 1, 4], None) == [3, 1, 4, 2]
    assert agreed(scores, [3, 0, 4], None) == [3, 1]
    assert agreed(scores[:1], [], None) == [3]


def test_more_than_one_row_is_refused(folder):
    model = prompt_lookup.prompt_lookup.open(folder, PLACE)
    with pytest.raises(Unsupported, match="batch 1 only, not 2"):
        model.generate([ROW, ROW], 2)
    assert len(model.first_token([ROW, ROW])) == 2


def test_the_proof_shows_the_counts(folder):
    proof = prompt_lookup.prompt_lookup.open(folder, PLACE).proof()
    assert proof["drafts"] == 8
    assert [set(one) for one in proof["probes"]] == [
        {"steps", "drafted", "accepted", "tokens", "acceptance", "tokens_per_step"}
    ] * 2
    assert all(one["tokens"] == proof["probe_tokens"] - 1 for one in proof["probes"])


def test_a_text_that_drafts_have_changed_is_no_proof(folder, monkeypatch):
    model = prompt_lookup.prompt_lookup.open(folder, PLACE)
    credulous = lambda scores, drafts, choose: [*drafts, int(scores[-1].argmax())]  # noqa: E731
    monkeypatch.setattr("variants.runtimes.drafting.agreed", credulous)
    with pytest.raises(ProofFailed, match="expected the tokens of the plain greedy loop, found"):
        model.proof()


def test_a_draft_of_another_vocabulary_is_refused():
    small = tiny.gpt2()
    small.config.vocab_size = 299
    with pytest.raises(Unsupported, match="the draft knows 299 tokens, the model 300"):
        PairedModel(tiny.gpt2(), small, 4)


def test_a_window_cannot_take_drafts_back():
    torch.manual_seed(0)
    module = tiny.llama()
    module.config.layer_types = ["sliding_attention"] * 4
    module.config.sliding_window = 16
    with pytest.raises(Unsupported, match="cannot forget the drafts that were refused"):
        DraftingModel(module.eval(), by_lookup(2), 4).generate([ROW], 4)


def test_both_are_weighed_and_let_go(folder):
    model = PairedModel(load(folder), reduced(load(folder)), 4)
    alone = TorchModel(load(folder))
    draft = TorchModel(reduced(load(folder)))
    assert model.parameters() == alone.parameters() + draft.parameters()
    both = [one.weight_bytes()["float32"] for one in (alone, draft)]
    assert model.weight_bytes() == {"float32": sum(both)}
    assert model.work() is None
    model.close()
    with pytest.raises(RuntimeError, match="closed"):
        model.parameters()


def test_the_variant_finds_its_draft_in_its_folder(folder, tmp_path):
    variant = speculative.speculative.tuned({"drafts": "2"})
    out = tmp_path / "out"
    (out / "student").mkdir(parents=True)
    load(folder).save_pretrained(out / "student")
    variant.build(folder, out)
    model = variant.open(out, PLACE)
    proof = model.proof()
    assert (proof["drafts"], proof["draft_layers"]) == (2, 4)
    assert proof["break_even_by_bytes"] == pytest.approx({"tokens_per_step": 3, "acceptance": 1})
    assert model.speculation().acceptance == 1
