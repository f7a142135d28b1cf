"""The operator's side of an alliance."""
