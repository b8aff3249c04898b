"""The trunk, room by room, each against an oracle of its own."""
