"""What the stand-ins run on."""
