"""Only operators that give the same bits again: set where a recipe runs, before it does."""

from __future__ import annotations

import os

WORKSPACE = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
"""Read when CUDA is first used; what torch asks for."""


def only_deterministic() -> None:
    """For all that torch does in this process from here on; as a runtime has it for measuring.

    An operator that has no such form raises, and what needs it is not made.
    """
    import torch

    os.environ.update([WORKSPACE])
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # a check, and slow
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
