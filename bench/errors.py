"""
Everything that can go wrong on purpose, as one tree:

* BenchError            every message names the thing, the place and the way out
  - Misuse              the user asked for something that cannot be; exit code 4
  - DuplicateName       two files declare the same variant, metric or report
  - MakeFailed          a variant's folder could not be made
    + MakeKilled        the process that made it was killed; it may go on
  - ProofFailed         a variant is not what its name says
  - Unsupported         a variant cannot do this cell at all
  - BadRun              a file is not a run of ours, or of another schema
  - Unsent              a tracker did not take a run, which is kept
"""

from __future__ import annotations


class BenchError(Exception):
    """Base of every error that this harness raises on purpose."""


class Misuse(BenchError):
    """The user asked for something that cannot be."""


class DuplicateName(BenchError):
    """Two files declare the same variant, metric or report."""


class MakeFailed(BenchError):
    """A variant's folder could not be made."""


class MakeKilled(MakeFailed):
    """The process that made a folder was killed; where the recipe resumes, it may go on."""


class ProofFailed(BenchError):
    """A variant is not what its name says."""


class Unsupported(BenchError):
    """A variant cannot do this cell at all."""


class BadRun(BenchError):
    """A file is not a run of ours, or of another schema."""


class Unsent(BenchError):
    """A tracker did not take a run; the run itself is kept."""
