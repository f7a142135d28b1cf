"""A local site of the reference and of a folder's documents: `hanse policy serve-docs`.

Rules: it listens on loopback alone and answers GET and HEAD; a page is found in a table, so
that no path of the file system comes from a request; every text is escaped where it is
written; no script, no style but its own, nothing from elsewhere. What is not verified is
called so, and of a signed file that is not verified nothing is shown.
"""
