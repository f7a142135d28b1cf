"""The samples that ship with the lints: for each one that fails it, and one that passes."""

from __future__ import annotations

from importlib.resources import files


def sample_texts(lint: str, outcome: str) -> dict[str, str]:
    """Read the documents of a sample.

    Args:
        lint: The lint's id.
        outcome: `fails` or `passes`.

    Returns:
        The text of each document by its file's name, sorted; none where there is no sample.
    """
    folder = files("hanse_policies.lint") / "samples" / lint / outcome
    if not folder.is_dir():
        return {}
    found = {file.name: file for file in folder.iterdir() if file.name.endswith(".yaml")}
    return {name: found[name].read_text(encoding="utf-8") for name in sorted(found)}
