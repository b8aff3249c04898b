"""The reports, each against figures worked out by hand."""
