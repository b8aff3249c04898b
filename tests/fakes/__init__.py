"""Stand-in variants: real folders and real numbers, in milliseconds and without a framework."""
