"""Measures compressed forms of one language model with pytest."""

from bench.duel import Duel
from bench.errors import ProofFailed, Unsupported
from bench.measure import Measure
from bench.metric import Metric, Probe, Reading
from bench.model import Model, Proof, Tokens
from bench.note import Note
from bench.tunable import tunable
from bench.variant import Place, Variant
from bench.workload import Grid, Workload

__all__ = [
    "Duel",
    "Grid",
    "Measure",
    "Metric",
    "Model",
    "Note",
    "Place",
    "Probe",
    "Proof",
    "ProofFailed",
    "Reading",
    "Tokens",
    "Unsupported",
    "Variant",
    "Workload",
    "tunable",
]
