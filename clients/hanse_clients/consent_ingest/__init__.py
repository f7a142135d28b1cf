"""Consent registers of other shapes, brought into the one table that the mapping reads."""
