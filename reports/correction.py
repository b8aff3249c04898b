"""Many tests at once: Holm for what blocks, Benjamini and Hochberg for the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def holm(p: Array, family: Array) -> Array:
    """Adjusted p-values (..., K): below a level, they keep the chance of any false one below it.

    Only where `family` is true; elsewhere 1. Holm 1979, Scandinavian Journal of Statistics 6:2.
    """
    import numpy

    ordered, order, count = _ordered(p, family)
    left = count - numpy.arange(p.shape[-1])
    grown = numpy.maximum.accumulate(numpy.where(left > 0, ordered * left, 1.0), axis=-1)
    return _back(grown, order, family)


def benjamini_hochberg(p: Array, family: Array) -> Array:
    """Adjusted p-values (..., K): of those below a level, that share at most is false.

    Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57:1.
    """
    import numpy

    ordered, order, count = _ordered(p, family)
    ranks = numpy.arange(1, p.shape[-1] + 1)
    scaled = numpy.where(ranks <= count, ordered * count / ranks, 1.0)
    least = numpy.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    return _back(least, order, family)


def _ordered(p: Array, family: Array) -> tuple[Array, Array, Array]:
    """p in order with those outside the family last, the order, and the family's size."""
    import numpy

    inside = numpy.where(family, p, numpy.inf)
    order = numpy.argsort(inside, axis=-1, kind="stable")
    ordered = numpy.take_along_axis(inside, order, axis=-1)
    return (
        numpy.where(numpy.isfinite(ordered), ordered, 1.0),
        order,
        family.sum(axis=-1, keepdims=True),
    )


def _back(adjusted: Array, order: Array, family: Array) -> Array:
    import numpy

    found = numpy.ones_like(adjusted)
    numpy.put_along_axis(found, order, adjusted, axis=-1)
    return numpy.where(family, numpy.clip(found, 0.0, 1.0), 1.0)
