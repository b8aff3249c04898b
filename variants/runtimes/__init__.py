"""What runs a loaded variant; imported only by `load`, so heavy imports stand at the top here."""
