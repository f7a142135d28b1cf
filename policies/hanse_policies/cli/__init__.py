"""The `hanse policy` commands, one module each.

The commands are thin over the package's public names and take them from
`hanse_policies` when they run, so that `hanse policy --help` loads no document
model.
"""
