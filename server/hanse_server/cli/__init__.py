"""The `hanse operator` commands, one module each."""
