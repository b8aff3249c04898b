"""The same steps on the device's own clock."""

from bench.metric import Metric, Timed


def _seen(timed: Timed) -> tuple[float, ...] | None:
    return timed.device or None


device_time = Metric(
    name="device_time",
    unit="s",
    better="lower",
    kind="timing",
    summary="time of the step between two events of the device's stream",
    derive=_seen,
)
