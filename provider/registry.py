"""Finds the adapters: every public module of `provider.adapters` holds exactly one."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

from provider import adapters
from provider.adapter import Adapter


class UnknownAdapter(LookupError):
    """No adapter has this slug."""


@cache
def found() -> dict[str, Adapter]:
    """Every adapter by its slug. Raises TypeError where a module does not hold exactly one."""
    result: dict[str, Adapter] = {}
    for module_info in pkgutil.iter_modules(adapters.__path__):
        if module_info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{adapters.__name__}.{module_info.name}")
        classes = [
            item
            for item in vars(module).values()
            if inspect.isclass(item)
            and issubclass(item, Adapter)
            and item.__module__ == module.__name__
        ]
        if len(classes) != 1:
            raise TypeError(f"{module.__name__} must hold exactly one Adapter, not {len(classes)}")
        adapter = classes[0]()
        if adapter.slug in result:
            raise TypeError(f"two adapters call themselves {adapter.slug}")
        result[adapter.slug] = adapter
    return result


def get(slug: str) -> Adapter:
    try:
        return found()[slug]
    except KeyError:
        raise UnknownAdapter(slug) from None
