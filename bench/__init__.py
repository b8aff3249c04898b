"""Measures compressed forms of one language model with pytest."""

from bench.errors import ProofFailed, Unsupported
from bench.measure import Measure, Note
from bench.metric import Metric, Probe
from bench.model import Model, Proof, Tokens
from bench.variant import Place, Variant
from bench.workload import Grid, Workload

__all__ = [
    "Grid",
    "Measure",
    "Metric",
    "Model",
    "Note",
    "Place",
    "Probe",
    "Proof",
    "ProofFailed",
    "Tokens",
    "Unsupported",
    "Variant",
    "Workload",
]
