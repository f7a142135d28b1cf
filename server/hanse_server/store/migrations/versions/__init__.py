"""One module a step; a step that was shipped never changes."""
