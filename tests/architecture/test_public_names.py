"""What a package calls public exists, is sorted, and is named once."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import pytest

PACKAGES = (
    "hanse_policies",
    "hanse_federation",
    "hanse_flower",
    "hanse_clients",
    "hanse_server",
    "hanse_demo",
)


def packages_below(name: str) -> list[str]:
    root = importlib.import_module(name)
    found = pkgutil.walk_packages(root.__path__, f"{name}.")
    return [name, *(module.name for module in found if module.ispkg)]


ALL_PACKAGES = [inner for name in PACKAGES for inner in packages_below(name)]


def order(name: str) -> tuple[int, str]:
    """Order as ruff does (RUF022): constants, then classes, then the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def public_names(package: ModuleType) -> list[str]:
    return list(getattr(package, "__all__", ()))


@pytest.mark.parametrize("name", ALL_PACKAGES)
def test_public_names_are_sorted_and_each_once(name: str) -> None:
    names = public_names(importlib.import_module(name))
    assert names == sorted(set(names), key=order)


@pytest.mark.parametrize("name", ALL_PACKAGES)
def test_public_names_exist(name: str) -> None:
    package = importlib.import_module(name)
    assert [public for public in public_names(package) if not hasattr(package, public)] == []
