"""The embedded teacher: a small GPT-2 that this project trained itself, and its recipe."""
