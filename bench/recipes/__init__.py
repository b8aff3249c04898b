"""One file per way to score a text; each declares one Recipe."""
