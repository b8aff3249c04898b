"""Other tools' own figures on a real model and text; slow, and skipped where they are not here."""
