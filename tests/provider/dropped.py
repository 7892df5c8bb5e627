"""An adapter put beside the others as a file, and nothing else."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provider import adapters, registry

EXAMPLE = "nowhere"
_PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-provider.md"
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.S | re.M)


@contextmanager
def dropped(folder: Path, name: str, code: str) -> Iterator[None]:
    """`name`.py among the adapters, as long as this lasts; the registry looks again."""
    (folder / f"{name}.py").write_text(code)
    before = adapters.__path__
    adapters.__path__ = [*before, str(folder)]
    registry.found.cache_clear()
    try:
        yield
    finally:
        adapters.__path__ = before
        sys.modules.pop(f"{adapters.__name__}.{name}", None)
        registry.found.cache_clear()


@contextmanager
def example(folder: Path) -> Iterator[None]:
    """The adapter of docs/adding-a-provider.md and its sample, as files and nothing else."""
    adapter, sample = example_code()
    name = f"tests.provider.adapters.{EXAMPLE}.sample"
    with dropped(folder, EXAMPLE, adapter):
        module = types.ModuleType(name)
        sys.modules[name] = module
        try:
            exec(compile(sample, name, "exec"), vars(module))
            yield
        finally:
            del sys.modules[name]


def example_code() -> list[str]:
    """The two files of the page: the adapter and its sample."""
    return _PYTHON.findall(_PAGE.read_text())
