"""Each figure by itself, drawn from records alone."""
