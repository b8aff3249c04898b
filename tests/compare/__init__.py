"""Side by side with other tools: scripts to be run by hand, since no test asserts a time."""
