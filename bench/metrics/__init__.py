"""One file per kind of thing that can be measured; each file declares its metrics."""
