"""What is loaded when first asked for, so that importing stays light (PEP 562), and packages that may be missing."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from seisgrad.errors import InputError

PACKAGES = {
    "records": "obspy",
    "waves": "deepwave",
    "datasets": "zarr",
    "training": "lightning_fabric",
    "cluster": "distributed",
}
"""What the extras install of their own, by the name of its import."""


def require(*extras: str) -> None:
    """Refuse what needs several extras, before it has begun and in one sentence.

    Args:
        extras: that are needed, of :data:`PACKAGES`.

    Raises:
        InputError: packages are not installed; the sentence names them all and says how to install them.
    """
    missing = [name for name in extras if importlib.util.find_spec(PACKAGES[name]) is None]
    if missing:
        raise InputError(_missing([PACKAGES[name] for name in missing], missing))


def _missing(packages: list[str], extras: list[str]) -> str:
    which = "package {}, which is" if len(packages) == 1 else "packages {}, which are"
    named = which.format(" and ".join(packages))
    return f"this needs the {named} not installed: pip install 'seisgrad[{','.join(extras)}]'"


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
        raise InputError(_missing([(error.name or "").partition(".")[0]], [name])) from error


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
