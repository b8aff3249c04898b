"""The recipes against lm-evaluation-harness's own code and llama.cpp's own logits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import corpus
from bench.quality import quality
from bench.scoring import score
from bench.settings import Settings
from bench.text import Text, evaluation
from tests.oracles import smol

pytestmark = pytest.mark.slow
WINDOW = 512


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return smol.adopted(tmp_path_factory.mktemp("smol") / "teacher")


@pytest.fixture(scope="module")
def ours(folder: Path) -> Iterator[Any]:
    model = smol.load(folder)
    yield model
    model.close()


def text_of(folder: Path, recipe: str, tokens: int, name: str = "demo") -> Text:
    """The evaluation text, cut by `recipe`."""
    asked = {"recipe": recipe, "eval_tokens": str(tokens), "window": str(WINDOW), "text": name}
    return evaluation(Settings.resolve(asked.get, lambda _: None), folder, 8192)


def told(what: str, mine: float, theirs: float) -> None:
    """The agreement, for the README: pytest -s shows it."""
    print(f"\n{what}: {mine:.6f} here, {theirs:.6f} there, ratio {mine / theirs:.8f}")


def test_word_perplexity_is_lm_evals(folder: Path, ours: Any) -> None:
    pytest.importorskip("lm_eval")
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM
    from transformers import AutoModelForCausalLM, AutoTokenizer

    text = text_of(folder, "word", 4096)
    documents = corpus.documents("demo")[: len(text.streams)]
    documents[-1] = _start_of(documents[-1], text.streams[-1].bytes)
    theirs = HFLM(
        pretrained=AutoModelForCausalLM.from_pretrained(folder).eval(),
        tokenizer=AutoTokenizer.from_pretrained(folder),
        max_length=WINDOW,
        batch_size=1,
    )
    asked = [Instance("loglikelihood_rolling", {}, (text,), 0) for text in documents]
    total = sum(theirs.loglikelihood_rolling(asked, disable_tqdm=True))
    found = quality(score(ours, text), text)
    words, bytes_ = sum(s.words for s in text.streams), sum(s.bytes for s in text.streams)
    assert found.word_perplexity is not None and found.bits_per_byte is not None
    told("word perplexity", found.word_perplexity.value, math.exp(-total / words))
    told("bits per byte", found.bits_per_byte.value, -total / bytes_ / math.log(2))
    assert math.log(found.word_perplexity.value) == pytest.approx(-total / words, rel=1e-5)
    assert found.bits_per_byte.value == pytest.approx(-total / bytes_ / math.log(2), rel=1e-5)


def test_words_and_bytes_are_lm_evals() -> None:
    counted = pytest.importorskip("lm_eval.tasks.wikitext.preprocess_wikitext").process_results
    from bench.streams import _stream
    from bench.tokenizing import Tokenized

    for page in corpus.documents("demo")[:20]:
        mine = _stream(page, Tokenized((1,), (1,)))
        theirs = counted({"page": page}, (0.0,))
        assert (mine.words, mine.bytes) == (
            theirs["word_perplexity"][1], theirs["bits_per_byte"][1],
        )  # fmt: skip


PAGE = """ = Valkyria <unk> = \n \n Senjō no Valkyria 3 : Chronicles ( Japanese : 戦場 , lit
 .  Valkyria 3 ) , is a " role @-@ playing " game ; it sold 1 @,@ 000 copies at 3 @.@ 5 ° C . \n
 = = Plot = = \n \n = = = Notes = = = \n \n The players ' units ' moves [ sic ] aren 't N { x } !
 What ? It 's the soldiers ' own . \n"""


def test_the_detokenised_page_is_lm_evals() -> None:
    oracle = pytest.importorskip("lm_eval.tasks.wikitext.preprocess_wikitext")
    from bench.wikitext import detokenised

    for page in (PAGE, PAGE.replace("\n", " \n "), *corpus.documents("demo")[:20]):
        assert detokenised(page) == oracle.wikitext_detokenizer({"page": page})


def test_the_second_halves_are_llama_cpps(folder: Path, ours: Any, tmp_path: Path) -> None:
    """Its chunks and its logits of our tokens; its weights and cache in float32.

    Its own tokenizer cuts some runs of signs otherwise than the checkpoint's (the first time at
    token 1,754 of this text), so the ids are given.
    """
    llama_cpp = pytest.importorskip("llama_cpp")
    file = smol.in_float32(smol.gguf_file(), tmp_path / "float32.gguf")
    theirs = llama_cpp.Llama(
        str(file), n_ctx=WINDOW, n_batch=WINDOW, logits_all=True, verbose=False,
        n_threads=1, n_threads_batch=1, type_k=0, type_v=0, flash_attn=False,
    )  # fmt: skip
    text = text_of(folder, "llama.cpp", 2048)
    raw = corpus.content("demo")[:40_000].encode()
    tokens = theirs.tokenize(raw, add_bos=False, special=False)
    assert tokens[:1000] == list(text.tokens[:1000])
    assert theirs.metadata.get("tokenizer.ggml.add_bos_token") == "false"
    assert text.prefix is None
    losses = []
    for start in range(0, 2048, WINDOW):
        chunk = list(text.tokens[start : start + WINDOW])
        theirs.reset()
        theirs.eval(chunk)
        scores = theirs.scores[:WINDOW].astype(np.float64)
        for at in range(WINDOW // 2, WINDOW - 1):
            row = scores[at] - scores[at].max()
            losses.append(np.log(np.exp(row).sum()) - row[chunk[at + 1]])
    found = quality(score(ours, text), text)
    told("llama.cpp perplexity", found.perplexity.value, math.exp(np.mean(losses)))
    assert sum(found.loss.weights) == len(losses) == 4 * 255
    assert found.loss.value == pytest.approx(np.mean(losses), abs=1e-4)


def test_strided_is_the_published_loop(folder: Path, ours: Any) -> None:
    """huggingface.co/docs/transformers/perplexity, its mean weighted by what each window scores."""
    import torch
    from transformers import AutoModelForCausalLM

    text = text_of(folder, "hf-strided", 2048)
    text = replace(text, stride=256)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids, total, count, previous = torch.tensor([text.tokens]), 0.0, 0, 0
    for begin in range(0, 2048, 256):
        end = min(begin + WINDOW, 2048)
        target = ids[:, begin:end].clone()
        target[:, : -(end - previous)] = -100
        with torch.no_grad():
            loss = model(ids[:, begin:end], labels=target).loss
        valid = int((target != -100).sum()) - (begin == 0)
        total, count, previous = total + float(loss) * valid, count + valid, end
        if end == 2048:
            break
    found = quality(score(ours, text), text)
    told("hf-strided perplexity", found.perplexity.value, math.exp(total / count))
    assert found.loss.value == pytest.approx(total / count, rel=1e-4)


def _start_of(document: str, size: int) -> str:
    """Its first `size` bytes."""
    return document.encode()[:size].decode()
