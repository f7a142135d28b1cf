"""What changed between two versions of a document, and whether it allows more or less."""
