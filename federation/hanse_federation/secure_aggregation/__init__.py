"""Sums over brands of which nobody sees a part: protocol, state machines, cryptography.

Nothing is imported here, so that the message types stay light to import.
"""
