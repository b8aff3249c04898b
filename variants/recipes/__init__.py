"""What several variants' `make` share; imported only by `make`, so heavy imports may stand here."""
