"""The rules that decide, one family a module."""
