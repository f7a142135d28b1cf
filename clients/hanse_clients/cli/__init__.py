"""The `hanse brand` commands, one module each."""
