"""What the stand-ins are made by."""
