"""Correlations day by day on disk: a Zarr group in which a day appears whole or not at all.

A rerun makes the days that are missing; more days may be asked for later. Each day is a group with one array for every
two blocks of stations and the reasons for what was left out, and it is put in place by one renaming, so that workers
need not know of each other.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zarr
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.noise.correlations import Place
from seisgrad.noise.quality import Rejection
from seisgrad.noise.settings import Settings, difference

FORMAT = "seisgrad daily correlations 1"
_CHUNK = 2**22  # numbers in a chunk, at most

Block = tuple[int, int]
"""Two blocks of stations, the first not after the second."""


class DailyStore:
    """The days that are there.

    Args:
        path: of the store.
        places: of the stations.
        settings: how the correlations are made.
        block: stations in a block; a store that is there keeps its own.

    Raises:
        InputError: at ``path`` lies something else, or a store made otherwise.
    """

    def __init__(self, path: Path, places: Sequence[Place], settings: Settings, block: int) -> None:
        self.path = path
        asked = settings.as_json() | {"stations": [asdict(place) for place in places]}
        if path.exists():
            found = self._attributes()
            if differs := difference(asked, found):
                raise InputError(
                    f"{path} was made with {differs}; repeat its settings to go on, or give another path"
                )
            self.block = int(found["block"])
            for torn in path.glob(".seisgrad-*"):  # what a kill left half-written
                shutil.rmtree(torn, ignore_errors=True)
            return
        self.block = block
        try:
            with tempfile.TemporaryDirectory(prefix=".seisgrad-", dir=path.absolute().parent) as folder:
                draft = Path(folder) / path.name
                zarr.open_group(draft, mode="w", attributes={"format": FORMAT, "block": block, **asked})
                os.replace(draft, path)
        except OSError as error:
            raise InputError(
                f"{path} cannot be written ({error.strerror or error}); choose another place"
            ) from error

    def _attributes(self) -> dict[str, Any]:
        try:
            found = dict(zarr.open_group(self.path, mode="r").attrs)
        except (OSError, KeyError, ValueError):
            found = {}
        if found.get("format") != FORMAT:
            raise InputError(f"{self.path} is there and holds no daily correlations: choose another place")
        return found

    def missing(self, days: Sequence[date]) -> list[date]:
        """The days that are still to be made."""
        return [day for day in days if not (self.path / day.isoformat()).exists()]

    def forget(self, days: Sequence[date]) -> None:
        """Take days away, so that they are made again."""
        for day in days:
            shutil.rmtree(self.path / day.isoformat())

    def rejected(self, day: date) -> list[Rejection]:
        """What was left out on a day."""
        return [Rejection(**row) for row in self._day(day).attrs["rejected"]]  # type: ignore[arg-type, union-attr]

    def read(
        self, days: Sequence[date], block: Block, pairs: slice
    ) -> tuple[Float[Tensor, "day pair component lag"], Float[Tensor, "day pair"]]:
        """Some pairs of a block on all days, and the seconds behind each.

        Raises:
            InputError: a day that cannot be read; it is named.
        """
        values, seconds = [], []
        for day in days:
            try:
                group: Any = self._day(day)[_name(block)]
                values.append(group["correlation"][pairs])
                seconds.append(group["seconds"][pairs])
            except (KeyError, OSError, ValueError, RuntimeError) as error:
                raise InputError(
                    f"{self.path / day.isoformat()} is damaged: delete this folder, and the same command makes it again"
                ) from error
        return torch.from_numpy(np.stack(values)), torch.from_numpy(np.stack(seconds))

    def _day(self, day: date) -> zarr.Group:
        return zarr.open_group(self.path / day.isoformat(), mode="r")


class DayDraft:
    """A day that is being written; see :func:`writing_day`."""

    def __init__(self, path: Path) -> None:
        self._group = zarr.open_group(path, mode="w")

    def put(
        self, block: Block, values: Float[Tensor, "pair component lag"], seconds: Float[Tensor, " pair"]
    ) -> None:
        """Write the pairs of two blocks of stations."""
        group = self._group.create_group(_name(block))
        each = values.shape[1] * values.shape[2]
        chunks = (max(1, min(len(values), _CHUNK // each)), *values.shape[1:])
        group.create_array("correlation", data=values.numpy(), chunks=chunks, compressors=None)
        group.create_array("seconds", data=seconds.numpy())

    def finish(self, rejected: Sequence[Rejection]) -> None:
        """Say what was left out."""
        self._group.attrs["rejected"] = [asdict(rejection) for rejection in sorted(rejected)]


@contextlib.contextmanager
def writing_day(store: Path, day: date) -> Iterator[DayDraft]:
    """A day to fill, which appears in the store when the block ends well."""
    with tempfile.TemporaryDirectory(prefix=".seisgrad-", dir=store) as folder:
        draft = Path(folder) / day.isoformat()
        yield DayDraft(draft)
        if not (store / day.isoformat()).exists():  # another worker may have been as fast
            os.replace(draft, store / day.isoformat())


def _name(block: Block) -> str:
    return f"{block[0]}-{block[1]}"
