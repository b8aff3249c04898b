"""How well a variant predicts the evaluation text, and how near it stays to the teacher."""

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

bits_per_byte = Metric(
    name="bits_per_byte",
    unit="1",
    better="lower",
    kind="paired",
    summary="bits for each byte of the raw text that was scored",
)

word_perplexity = Metric(
    name="word_perplexity",
    unit="1",
    better="lower",
    kind="paired",
    summary="exp of the nats for each word of the raw text; recipe word alone",
)

byte_perplexity = Metric(
    name="byte_perplexity",
    unit="1",
    better="lower",
    kind="paired",
    summary="2 to the bits per byte; recipe word alone",
)

loss_difference = Metric(
    name="loss_difference",
    unit="nat/tok",
    better="lower",
    kind="paired",
    summary="the loss less the teacher's on the same tokens",
)

kl = Metric(
    name="kl",
    unit="nat/tok",
    better="lower",
    kind="paired",
    summary="KL(teacher || variant), mean over the scored tokens",
)

kl_median = Metric(
    name="kl_median",
    unit="nat/tok",
    better="lower",
    kind="paired",
    summary="KL(teacher || variant), median over the scored tokens",
)

kl_p99 = Metric(
    name="kl_p99",
    unit="nat/tok",
    better="lower",
    kind="tail",
    summary="KL(teacher || variant), 99th percentile over the scored tokens",
)

top1 = Metric(
    name="top1",
    unit="1",
    better="higher",
    kind="paired",
    summary="share of tokens at which the teacher and the variant have the same likeliest token",
)

rms_probability = Metric(
    name="rms_probability",
    unit="1",
    better="lower",
    kind="paired",
    summary="root mean square of what the next token's probability differs by from the teacher's",
)
