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

parameters = Metric(
    name="parameters",
    unit="1",
    better="lower",
    kind="exact",
    summary="how many numbers the weights stand for, tied ones counted once",
)
