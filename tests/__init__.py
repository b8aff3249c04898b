"""Tests mirror rooms: tests/<room>/test_<file>.py."""
