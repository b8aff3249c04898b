"""The suites: pytest files whose cells are one variant under one workload each."""
