"""Adds the comparison's own metrics to Weighbridge's, as a user's conftest.py would."""

from pathlib import Path

import bench.metrics

bench.metrics.__path__.append(str(Path(__file__).parent / "metrics"))
