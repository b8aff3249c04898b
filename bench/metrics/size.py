"""How large a variant is, on disk and once loaded."""

from bench.metric import Metric

disk_bytes = Metric(
    name="disk_bytes",
    unit="B",
    better="lower",
    kind="exact",
    summary="bytes of the weight files in the variant's folder",
)

weight_bytes = Metric(
    name="weight_bytes",
    unit="B",
    better="lower",
    kind="exact",
    summary="bytes of the weights in memory, tied tensors counted once",
)

bits_per_weight = Metric(
    name="bits_per_weight",
    unit="1",
    better="lower",
    kind="exact",
    summary="bits of the weight files over the numbers they stand for, scales and tables included",
)

parameters = Metric(
    name="parameters",
    unit="1",
    better="lower",
    kind="exact",
    summary="how many numbers the weights stand for, tied ones counted once",
)
