"""The brand's side of an alliance."""
