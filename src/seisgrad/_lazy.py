"""What is loaded when first asked for, so that importing stays light (PEP 562), and packages that may be missing."""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from seisgrad.errors import InputError


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Around the imports of packages that only an extra of the distribution installs::

        with extra("records"):
            from obspy import read

    Args:
        name: of the extra, as ``pyproject.toml`` has it.

    Raises:
        InputError: a package is not installed; the sentence says how to install it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise InputError(
            f"this needs the package {package}, which is not installed: pip install 'seisgrad[{name}]'"
        ) from error


def attach(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The module-level ``__getattr__`` and ``__dir__`` of ``package``.

    Args:
        package: the package's ``__name__``.
        homes: public name -> module that holds it. A name equal to its module's last part, such as ``"earth"`` in
            ``"seisgrad.earth"``, is the module itself.

    Returns:
        ``(__getattr__, __dir__)``, to be assigned in the package.
    """

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}; it has {', '.join(sorted(homes))}"
            )
        home = homes[name]
        module = importlib.import_module(home)
        value = module if home == f"{package}.{name}" else getattr(module, name)
        setattr(sys.modules[package], name, value)  # the next access does not come here again
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return load, names
