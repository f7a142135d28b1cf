"""The lints, a module a family; each is a pure function over a set of documents."""
