"""Correlations day by day on disk: a Zarr group in which a day appears whole or not at all.

A rerun makes the days that are missing and those whose records or stations have changed; more days may be asked for
later. Each day is a group with one array for every two blocks of the stations that recorded on it, the reasons for
what was left out, and the fingerprints of what it was made from. It is put in place by one renaming, so that workers
need not know of each other.
"""

import contextlib
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.noise.drafts import clear_drafts, draft_beside
from seisgrad.noise.fingerprints import Fingerprints, Sources, differences
from seisgrad.noise.layout import Block, Layout
from seisgrad.noise.products import lags
from seisgrad.noise.quality import Rejection
from seisgrad.noise.settings import Settings, difference

with extra("datasets"):
    import zarr

FORMAT = "seisgrad daily correlations 2"
_CHUNK = 2**22  # numbers in a chunk, at most


class DailyStore:
    """The days that are there.

    Args:
        path: of the store.
        settings: how the correlations are made.
        block: stations in a block; a store that is there keeps its own.

    Raises:
        InputError: at ``path`` lies something else, or a store made otherwise.
    """

    def __init__(self, path: Path, settings: Settings, block: int) -> None:
        self.path, self._settings = path, settings
        self._read: dict[date, dict[str, int]] = {}
        asked = settings.as_json()
        if path.exists():
            found = _attributes(path)
            if differs := difference(asked, found):
                raise InputError(
                    f"{path} was made with {differs}; repeat its settings to go on, or give another path"
                )
            self.block = int(found["block"])
            clear_drafts(path)
            for torn in path.glob(".seisgrad-*"):  # days that a kill left half-written
                shutil.rmtree(torn, ignore_errors=True)
            return
        self.block = block
        try:
            with draft_beside(path) as draft:
                zarr.open_group(draft, mode="w", attributes={"format": FORMAT, "block": block, **asked})
                os.replace(draft, path)
        except OSError as error:
            raise InputError(
                f"{path} cannot be written ({error.strerror or error}); choose another place"
            ) from error

    def missing(self, days: Sequence[date], fingerprints: Fingerprints) -> dict[date, tuple[str, ...]]:
        """The days that are still to be made; of those that were made from something else, what is new."""
        found = {}
        for day in days:
            if not (self.path / day.isoformat()).exists():
                found[day] = ()
            elif new := differences(fingerprints.of(day), self._sources(day)):
                found[day] = tuple(new)
        return found

    def rejected(self, day: date) -> list[Rejection]:
        """What was left out on a day."""
        with self._naming(day):
            return [Rejection(**row) for row in self._day(day).attrs["rejected"]]  # type: ignore[arg-type, union-attr]

    def read(
        self, days: Sequence[date], pairs: Sequence[tuple[str, str]]
    ) -> tuple[Float[Tensor, "day pair component lag"], Float[Tensor, "day pair"]]:
        """Some pairs on all days, and the seconds behind each: NaN and 0 where a station did not record.

        Raises:
            InputError: a day that cannot be read; it is named.
        """
        shape = (len(days), len(pairs), len(self._settings.components), len(lags(self._settings)))
        kind = torch.float64 if self._settings.precision == "double" else torch.float32
        values = torch.full(shape, torch.nan, dtype=kind)
        seconds = torch.zeros(shape[:2], dtype=torch.float64)
        for at, day in enumerate(days):
            numbers = self._numbers(day)
            layout = Layout(len(numbers), self.block)
            places: dict[Block, list[tuple[int, int]]] = defaultdict(list)
            for row, ends in enumerate(pairs):
                if numbers.keys() >= set(ends):
                    block, place = layout.place(*(numbers[name] for name in ends))
                    places[block].append((row, place))
            with self._naming(day):
                group: Any = self._day(day)
                for block, both in places.items():
                    rows, there = map(_as_slice, zip(*both, strict=True))
                    arrays = group[_name(block)]
                    values[at, rows] = torch.from_numpy(arrays["correlation"].oindex[there])
                    seconds[at, rows] = torch.from_numpy(arrays["seconds"].oindex[there])
        return values, seconds

    def _sources(self, day: date) -> Sources:
        """What a day was made from."""
        with self._naming(day):
            return self._day(day).attrs["sources"]  # type: ignore[return-value]

    def _numbers(self, day: date) -> dict[str, int]:
        """The numbers of the stations in the blocks of a day, which are kept: a day is read many times, in parts."""
        if day not in self._read:
            self._read[day] = {name: number for number, name in enumerate(sorted(self._sources(day)))}
        return self._read[day]

    def _day(self, day: date) -> zarr.Group:
        return zarr.open_group(self.path / day.isoformat(), mode="r")

    @contextlib.contextmanager
    def _naming(self, day: date) -> Iterator[None]:
        """An InputError that names the day where it cannot be read."""
        try:
            yield
        except (KeyError, OSError, ValueError, RuntimeError) as error:
            raise InputError(
                f"{self.path / day.isoformat()} is damaged: delete this folder, and the same command makes it again"
            ) from error


class DayDraft:
    """A day that is being written; see :func:`writing_day`.

    Attributes:
        scratch: a folder that goes when the day is written, or at the next run where it was not.
    """

    def __init__(self, path: Path) -> None:
        self._group = zarr.open_group(path, mode="w")
        self.scratch = path.parent

    def put(
        self, block: Block, values: Float[Tensor, "pair component lag"], seconds: Float[Tensor, " pair"]
    ) -> None:
        """Write the pairs of two blocks of stations."""
        group = self._group.create_group(_name(block))
        each = values.shape[1] * values.shape[2]
        chunks = (max(1, min(len(values), _CHUNK // each)), *values.shape[1:])
        group.create_array("correlation", data=values.numpy(), chunks=chunks, compressors=None)
        group.create_array("seconds", data=seconds.numpy())

    def finish(self, sources: Sources, rejected: Sequence[Rejection]) -> None:
        """Say what it was made from and what was left out."""
        self._group.attrs["sources"] = sources
        self._group.attrs["rejected"] = [asdict(rejection) for rejection in sorted(rejected)]


@contextlib.contextmanager
def writing_day(store: Path, day: date) -> Iterator[DayDraft]:
    """A day to fill, which takes its place in the store when the block ends well."""
    place = store / day.isoformat()
    with tempfile.TemporaryDirectory(prefix=".seisgrad-", dir=store) as folder:
        draft = Path(folder) / day.isoformat()
        yield DayDraft(draft)
        with contextlib.suppress(FileNotFoundError):
            os.replace(place, Path(folder) / "before")
        try:
            os.replace(draft, place)
        except OSError:
            if not place.exists():  # another worker may have been as fast
                raise


def kept_lag(path: Path) -> float | None:
    """The largest lag in s of the store at ``path``, None where there is none.

    Raises:
        InputError: something else is there.
    """
    return float(_attributes(path)["lag"]) if path.exists() else None


def _attributes(path: Path) -> dict[str, Any]:
    try:
        found = dict(zarr.open_group(path, mode="r").attrs)
    except (OSError, KeyError, ValueError):
        found = {}
    made = str(found.get("format"))
    if made != FORMAT and made.startswith(FORMAT[:-1]):
        raise InputError(f"{path} was made by another version of seisgrad ({made}): give another path")
    if made != FORMAT:
        raise InputError(f"{path} is there and holds no daily correlations: choose another place")
    return found


def _as_slice(numbers: Sequence[int]) -> slice | list[int]:
    """Numbers as a slice where they follow one another, which is the usual case and reads and writes in one go."""
    first, after = numbers[0], numbers[0] + len(numbers)
    return slice(first, after) if list(numbers) == list(range(first, after)) else list(numbers)


def _name(block: Block) -> str:
    return f"{block[0]}-{block[1]}"
