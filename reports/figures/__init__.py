"""Pictures of figures: pure functions from numbers to static SVG."""
