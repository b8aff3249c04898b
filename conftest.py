"""The one place where the packages meet: it only names the plugins."""

pytest_plugins = ["bench.plugin", "reports.plugin", "pytester"]
