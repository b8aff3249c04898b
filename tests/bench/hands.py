"""A clock that a test moves by hand."""


class Hands:
    """Stands for perf_counter; moves when it is told to, and counts who looks."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.reads = 0

    def __call__(self) -> float:
        self.reads += 1
        return self.now
