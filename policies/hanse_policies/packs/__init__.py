"""Legal packs: data about law, the language that it is tested in, and what ships.

Nothing here says that anything is allowed by law. A pack whose checks are all met has none
of its rules violated, which is what the decision says, with the pack's version and whether
counsel signed it.
"""
