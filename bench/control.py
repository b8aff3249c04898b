"""The control cell: a fixed matmul and copy, which no change of the project can make slower."""

from __future__ import annotations

from collections.abc import Callable

CONTROL = "control"
"""Its name among the cells."""
SIDE, COPIED = 256, 4 * 2**20
"""Rows of the square matrices, and bytes that are copied."""


def control() -> Callable[[], object]:
    """The step: about a millisecond of arithmetic and of memory."""
    import numpy

    square = numpy.ones((SIDE, SIDE), numpy.float32) / SIDE
    source = numpy.zeros(COPIED, numpy.uint8)
    target = numpy.empty_like(source)

    def step() -> None:
        numpy.matmul(square, square)
        numpy.copyto(target, source)

    return step
