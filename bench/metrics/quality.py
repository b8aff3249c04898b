"""How well a variant predicts the evaluation text."""

from bench.metric import Metric

loss = Metric(
    name="loss",
    unit="nat/tok",
    better="lower",
    kind="paired",
    summary="mean negative log-likelihood of the text's tokens",
)

perplexity = Metric(
    name="perplexity",
    unit="1",
    better="lower",
    kind="paired",
    summary="exp(loss), per token of this tokenizer",
)
