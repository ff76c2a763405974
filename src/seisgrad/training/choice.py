"""Which network to train, of which size and how: what configuration files of several systems have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seisgrad.config import from_mapping, read_config, require_known, section
from seisgrad.errors import InputError
from seisgrad.training.config import with_budget
from seisgrad.training.settings import Settings

SECTIONS = ("network", "arguments", "training")


@dataclass(frozen=True)
class Kind:
    """A kind of network.

    Attributes:
        size: the class of its size.
        usual: settings of the training that a file need not write; hold one budget.
        least: smallest whole numbers of the size by name, where they are not 1.
    """

    size: type
    usual: Mapping[str, Any]
    least: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """What to train and how.

    Attributes:
        network: name of its kind.
        size: of the network.
        settings: of the training.
        others: the entries of further sections, by section.
    """

    network: str
    size: Any
    settings: Settings
    others: Mapping[str, Mapping[str, Any]]


def choose(
    path: Path | None,
    kinds: Mapping[str, Kind],
    *,
    network: str | None = None,
    training: Mapping[str, Any] | None = None,
    others: Sequence[str] = (),
) -> Choice:
    """The choice of a configuration file, or the default one, with what was asked for beside it.

    Args:
        path: a YAML or JSON file; none for the defaults.
        kinds: of networks by name; the first is the default.
        network: in place of the file's; the file's arguments then count only if they are for the same one.
        training: settings in place of the file's; one budget replaces another.
        others: further sections that the file may have.

    Raises:
        InputError: a file that cannot be read; an unknown section, key or network; a value of the wrong kind.
    """
    entries = read_config(path) if path else {}
    where = str(path) if path else "the configuration"
    for key in entries:
        require_known(key, (*SECTIONS, *others), where)
    named = entries.get("network", next(iter(kinds)))
    chosen = network or named
    if not isinstance(chosen, str) or chosen not in kinds:
        raise InputError(f"{where}: there is no network {chosen!r}, expected one of {', '.join(kinds)}")
    kind = kinds[chosen]
    arguments = section(entries, "arguments", where) if chosen == named else {}
    size = from_mapping(kind.size, arguments, f"{where}: arguments")
    for key, value in asdict(size).items():
        least = 0 if isinstance(value, bool) else kind.least.get(key, 1)
        if value < least:
            raise InputError(f"{where}: arguments: {key} is {value}, expected at least {least}")
    settings = with_budget(section(entries, "training", where), training or {}, kind.usual)
    return Choice(
        chosen,
        size,
        Settings.from_dict(settings, f"{where}: training"),
        {name: section(entries, name, where) for name in others},
    )
