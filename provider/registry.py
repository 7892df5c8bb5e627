"""Finds the adapters: every public module of `provider.adapters` holds exactly one."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from functools import cache

from provider import adapters
from provider.adapter import Adapter


class UnknownAdapter(LookupError):
    """No adapter has this slug."""


@cache
def found() -> dict[str, Adapter]:
    """Every adapter by its slug.

    Raises TypeError where a module does not hold exactly one, or one that contradicts itself.
    """
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
        _look_at(adapter)
        if adapter.slug in result:
            raise TypeError(f"two adapters call themselves {adapter.slug}")
        result[adapter.slug] = adapter
    return result


# Where a credential may be kept: with the channel, in the settings, at a fixed address, or a key.
_PLACE = re.compile(r"|setting:[A-Z0-9_]+|https://\S+|[A-Z0-9_]+\.[A-Z0-9_]+")


def _look_at(adapter: Adapter) -> None:
    """What it names as credentials must be among them: a name nobody keeps is always empty."""
    for name, place in adapter.credentials.items():
        if not _PLACE.fullmatch(place):
            raise TypeError(
                f"{adapter.slug}: {place!r} is no place of a credential ({name}); one is '', "
                "'setting:NAME', 'https://…' or 'PARAMETER.QUESTION'"
            )
    for attribute, names in {
        "token_name": (adapter.token_name,) if adapter.token_name else (),
        "secret_names": adapter.secret_names,
        "refresh_names": adapter.refresh_names,
    }.items():
        unknown = [name for name in names if name not in adapter.credentials]
        if unknown:
            raise TypeError(
                f"{adapter.slug}: {attribute} names {', '.join(unknown)}, "
                "which is not among its credentials"
            )


def get(slug: str) -> Adapter:
    try:
        return found()[slug]
    except KeyError:
        raise UnknownAdapter(slug) from None
