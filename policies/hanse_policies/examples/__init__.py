"""Examples of decisions, run as unit tests of policies."""
