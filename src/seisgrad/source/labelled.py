"""Earthquakes of which records and mechanisms are known: read from a folder of folders, and kept as one file."""

import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.nn.tensor_files import write_whole
from seisgrad.source.event import Event, read_event
from seisgrad.source.event_files import Remark
from seisgrad.source.gather import Gather, joined
from seisgrad.source.labels import read_label
from seisgrad.source.sites import Arrivals

LEAST = 4
"""Stations with picks of P and S without which an event is left out."""
_SUFFIX = ".npz"


@dataclass(frozen=True)
class Labelled:
    """Events with known mechanisms.

    Attributes:
        names: of the events.
        gather: of all, with places for the most stations of any.
        moment: N·m.
        time: of the origin, s since 1970.
        latitude, longitude: of the epicentre, degrees.
        remarks: what was left out, and why.
    """

    names: tuple[str, ...]
    gather: Gather
    moment: Float[Tensor, "event 6"]
    time: Float[Tensor, " event"]
    latitude: Float[Tensor, " event"]
    longitude: Float[Tensor, " event"]
    remarks: tuple[Remark, ...] = ()

    def save(self, path: Path, origin: str = "") -> None:
        """Write all of it into one file, as a whole; ``origin`` says what it was made from."""
        arrays = {f"gather_{name}": x.numpy() for name, x in self.gather._asdict().items()}
        arrays |= {name: getattr(self, name).numpy() for name in ("moment", "time", "latitude", "longitude")}
        remarks = np.array([tuple(remark) for remark in self.remarks], dtype=str).reshape(-1, 2)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, names=np.array(self.names), remarks=remarks, origin=origin, **arrays)
        write_whole(path, buffer.getvalue())

    @classmethod
    def open(cls, path: Path) -> "Labelled":
        """The inverse of :meth:`save`.

        Raises:
            InputError: no such file.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                gather = Gather(*(torch.from_numpy(data[f"gather_{name}"]) for name in Gather._fields))
                numbers = {
                    name: torch.from_numpy(data[name]) for name in ("moment", "time", "latitude", "longitude")
                }
                remarks = tuple(Remark(*row) for row in data["remarks"].tolist())
                return cls(tuple(data["names"].tolist()), gather, remarks=remarks, **numbers)
        except (OSError, KeyError, ValueError) as error:
            raise InputError(
                f"{path} holds no labelled events ({error}); give the folder of the events"
            ) from error


def labelled_events(
    data: Path, arrivals: Arrivals, tell: Callable[[int, int], None] = lambda done, total: None
) -> Labelled:
    """The events of a folder of folders, or of a file that :meth:`Labelled.save` has written.

    Every folder below is one event as :func:`seisgrad.source.read_event` and
    :func:`seisgrad.source.labels.read_label` read it. Stations without picks of both P and S are left out, for a window
    around a predicted arrival may show another wave; then events with fewer than four stations. What was read is kept
    beside the folder, ``FOLDER.npz``, and read from there as long as no file below the folder changes.

    Args:
        data: the folder or the file.
        arrivals: predicts P and S, to tell picks that cannot be.
        tell: told how many of how many events are read.

    Raises:
        InputError: no folder, or no event in it that can be used.
    """
    if data.suffix == _SUFFIX:
        return Labelled.open(data)
    if not data.is_dir():
        raise InputError(f"{data} is no folder, expected one with a folder for each labelled event")
    kept, fingerprint = data.absolute().with_name(data.absolute().name + _SUFFIX), _fingerprint(data)
    if _made_from(kept) == fingerprint:
        return Labelled.open(kept)
    folders = sorted(path for path in data.iterdir() if path.is_dir() and not path.name.startswith("."))
    found: list[tuple[str, Event, Tensor]] = []
    remarks: list[Remark] = []
    for number, folder in enumerate(folders):
        tell(number, len(folders))
        try:
            event, moment = read_event(folder, arrivals), read_label(folder)
        except InputError as error:
            remarks.append(Remark(folder.name, f"it is left out: {error}"))
            continue
        picked = int(event.picked.all(-1).sum())
        if picked < LEAST:
            reason = f"it is left out: {picked} stations have picks of P and S, expected at least {LEAST}"
            remarks.append(Remark(folder.name, reason))
            continue
        found.append((folder.name, event, moment))
    if not found:
        first = f"; the first: {remarks[0].what}: {remarks[0].reason}" if remarks else ""
        raise InputError(f"{data} holds no labelled event that can be used{first}")
    origins = [event.origin for _, event, _ in found]
    events = Labelled(
        tuple(name for name, _, _ in found),
        joined([_picked(event).batch for _, event, _ in found]),
        torch.stack([moment for _, _, moment in found]),
        torch.tensor([origin.utc.timestamp for origin in origins], dtype=torch.float64),
        torch.tensor([origin.latitude for origin in origins], dtype=torch.float64),
        torch.tensor([origin.longitude for origin in origins], dtype=torch.float64),
        tuple(remarks),
    )
    events.save(kept, fingerprint)
    return events


def _picked(event: Event) -> Gather:
    """Single precision, and only stations with picks of both."""
    there = event.picked.all(-1)
    gather = event.gather()
    of_stations = {name: x[there] for name, x in gather._asdict().items() if name != "depth"}
    return Gather(**of_stations, depth=gather.depth).to(torch.float32)


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for where, below, names in os.walk(folder, followlinks=True):
        below.sort()
        for path in (Path(where) / name for name in sorted(names)):
            status = path.stat()
            digest.update(f"{path.relative_to(folder)} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _made_from(kept: Path) -> str | None:
    if not kept.is_file():
        return None
    try:
        with np.load(kept, allow_pickle=False) as data:
            return str(data["origin"])
    except (OSError, KeyError, ValueError):
        return None
