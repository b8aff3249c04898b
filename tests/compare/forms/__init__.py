"""The variants that only the comparison has."""
