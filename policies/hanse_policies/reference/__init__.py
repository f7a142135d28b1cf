"""The reference: pages that are written from the catalogues, in Markdown.

Rules: a page holds what the code says; the same code gives the same text. `docs/reference`
is written from here, and `hanse policy serve-docs` shows the pages on the base install.
"""
