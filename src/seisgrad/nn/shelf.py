"""Where trained networks are found: by name those that come with the package, others by their folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seisgrad.errors import InputError
from seisgrad.nn import weights


@dataclass(frozen=True)
class Shelf:
    """A folder that holds the folders of trained networks.

    Args:
        path: of the folder.
    """

    path: Path

    @property
    def names(self) -> list[str]:
        """Of the networks on it, sorted."""
        return sorted(card.parent.name for card in self.path.glob("*/card.json"))

    def folder(self, name: str | Path) -> Path:
        """The folder of a network by its name, or ``name`` itself where that is a folder.

        Raises:
            InputError: neither.
        """
        if isinstance(name, str) and name in self.names:
            return self.path / name
        if str(name) and Path(name).is_dir():
            return Path(name)
        raise InputError(
            f"there is no surrogate {str(name)!r}, expected one of {', '.join(self.names)}, or a folder that seisgrad "
            "train has written"
        )

    def card(self, name: str | Path) -> dict[str, Any]:
        """The card of a network, without its weights."""
        return weights.files(self.folder(name)).read_record()

    def verify(self, name: str | Path) -> dict[str, Any]:
        """The card of a network whose weights are whole: of the SHA-256 that it states, finite, and of a format that
        this version reads.

        Raises:
            InputError: what is wrong with them.
        """
        return weights.load(self.folder(name))[1]

    def annotate(self, name: str | Path, entries: Mapping[str, Any]) -> None:
        """Add entries to the card of a network, or replace them."""
        pair = weights.files(self.folder(name))
        pair.annotate(pair.read_record() | dict(entries))
