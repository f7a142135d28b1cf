"""A whole league on one machine, for watching."""
