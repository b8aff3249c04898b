"""The metrics that only the comparison has; tests/compare/plugin.py adds them to ours."""
