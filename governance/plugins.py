"""One folder, one constant per file, one immutable mapping: the whole plug-in mechanism."""

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def discover(package: str, constant: str) -> Mapping[str, Any]:
    """Every `constant` of the modules directly inside a package, by its `name`, in order of name.

    A module without the constant, or two modules with one name, is a bug of ours and raises TypeError: there is no list to edit and so
    nothing that could say which of the two was meant.
    """
    parent = importlib.import_module(package)
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(parent.__path__):
        plugin = getattr(importlib.import_module(f"{package}.{module.name}"), constant, None)
        if plugin is None:
            raise TypeError(f"{package}.{module.name} defines no {constant}")
        if plugin.name in found:
            raise TypeError(f"{package}.{module.name} names a second {constant} {plugin.name!r}")
        found[plugin.name] = plugin
    return MappingProxyType(dict(sorted(found.items())))
