"""Correlations on disk: a Zarr group that xarray opens, and folded correlations as columns of text."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.noise.correlations import CorrelationKind, Correlations, Pair, Place
from seisgrad.noise.drafts import draft_beside

with extra("datasets"):
    import zarr

if TYPE_CHECKING:
    from xarray import Dataset

FORMAT = "seisgrad correlations 1"
_AXES = ("pair", "component", "lag")
_FURTHER = {"replicates": "replicate", "sides": "side"}
_PLACE = ("station", "latitude", "longitude")


def write_correlations(correlations: Correlations, path: str | os.PathLike[str]) -> None:
    """A Zarr group with ``correlation(pair, component, lag)``, coordinates, perhaps ``replicates`` and ``sides``.

    What is at ``path`` is replaced where it is such a group; the new one appears whole or not at all.

    Raises:
        InputError: something else is at ``path``, or nothing can be written there.
    """
    path = Path(path)
    if path.exists() and not _is_ours(path):
        raise InputError(f"{path} is there and holds no correlations, so it is kept: choose another place")
    try:
        with draft_beside(path) as draft:
            # version 2 of the format has a specification of text, version 3 none that is stable
            _as_dataset(correlations).to_zarr(draft, zarr_format=2, consolidated=True)
            if path.exists():
                shutil.move(path, draft.with_name("before"))
            os.replace(draft, path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}); choose another place"
        ) from error


def read_correlations(path: str | os.PathLike[str]) -> Correlations:
    """Correlations as :func:`write_correlations` leaves them.

    Raises:
        InputError: there is nothing, or something else.
    """
    from xarray import open_zarr

    path = Path(path)
    if not path.exists():
        raise InputError(f"there is nothing at {path}; make correlations with seisgrad noise correlate")
    if not _is_ours(path):
        raise InputError(f"{path} holds no correlations of seisgrad in the format {FORMAT!r}")
    try:
        with open_zarr(path, chunks=None) as content:
            return _as_correlations(content.load())
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (
        KeyError,
        OSError,
        ValueError,
        RuntimeError,
    ) as error:  # the last where a chunk cannot be unpacked
        raise InputError(f"{path} is damaged ({error}); make it again") from error


def read_folded_text(paths: Sequence[str | os.PathLike[str]], kind: CorrelationKind = "C") -> Correlations:
    """Vertical correlations from columns of text, one file a pair, as EGFAnalysis of Yao et al. (2006) reads them.

    A file begins with two lines of longitude, latitude and elevation (m), of A and of B; then come lines of lag in s
    and the values at that positive and negative lag. Its name is ``A_B.dat``.

    Args:
        paths: the files; all have the same lags.
        kind: what they hold, which they do not say: ``C``, or ``EGF`` where −d/dt was taken already.

    Raises:
        InputError: a file that is missing or of another form; it is named.
    """
    if kind == "EGF2D":
        raise InputError("kind is EGF2D, expected C or EGF: no other program shifts the phase by π/4")
    if not len(paths):
        raise InputError("there is no file, expected text such as A_B.dat, one file a pair")
    pairs, lags, values = zip(*(_columns(Path(path)) for path in paths), strict=True)
    for path, lag in zip(paths, lags, strict=True):
        if lag.shape != lags[0].shape or not np.allclose(lag, lags[0]):
            raise InputError(f"{path} has other lags than {paths[0]}, expected the same in all files")
    both = torch.from_numpy(np.stack(values))[:, None]  # [pair, component, lag, side]
    lag = torch.from_numpy(lags[0])
    if kind == "C":
        two_sided = torch.cat([both[..., 1:, 1].flip(-1), both[..., 0]], -1)
        return Correlations("C", torch.cat([-lag[1:].flip(0), lag]), False, ("ZZ",), pairs, two_sided)
    return Correlations("EGF", lag, True, ("ZZ",), pairs, both.mean(-1), sides=both.movedim(-1, 0))


def _columns(path: Path) -> tuple[Pair, np.ndarray, np.ndarray]:
    """The pair, lags, and values at positive and negative lag ``[lag, 2]`` of one file."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; check the path")
    names = path.stem.split("_")
    if len(names) != 2 or not all(names):
        raise InputError(f"{path} has a name that tells no pair, expected the stations, such as A_B.dat")
    try:
        table = np.loadtxt(path, ndmin=2)
    except ValueError as error:
        raise InputError(f"{path} is no table of three columns of numbers ({error})") from error
    if table.shape[0] < 5 or table.shape[1] != 3 or not np.isfinite(table).all():
        raise InputError(
            f"{path} holds {table.shape[0]} lines of {table.shape[1]} numbers, expected 3 finite ones a line: two "
            "lines of longitude, latitude and elevation, then lag, value at positive and at negative lag"
        )
    try:
        ends = [Place(name, row[1], row[0]) for name, row in zip(names, table[:2].tolist(), strict=True)]
    except InputError as error:
        raise InputError(f"{path}: {error}; its lines begin with the longitude") from error
    return Pair.between(*ends), table[2:, 0], table[2:, 1:]


def _as_dataset(correlations: Correlations) -> "Dataset":
    from xarray import Dataset

    pairs = correlations.pairs
    variables: dict[str, Any] = {"correlation": (_AXES, correlations.values.detach().cpu().numpy())}
    for name, axis in _FURTHER.items():
        if (values := getattr(correlations, name)) is not None:
            variables[name] = ((axis, *_AXES), values.detach().cpu().numpy())
    coords: dict[str, Any] = {
        "lag": ("lag", correlations.lag.numpy(), {"units": "s"}),
        "component": ("component", np.array(correlations.components)),
        "pair": ("pair", np.array([pair.name for pair in pairs])),
    }
    for end in ("a", "b"):
        places = [getattr(pair, end) for pair in pairs]
        coords[f"station_{end}"] = ("pair", np.array([place.name for place in places]))
        for name, unit in (("latitude", "degrees_north"), ("longitude", "degrees_east")):
            coords[f"{name}_{end}"] = ("pair", [getattr(place, name) for place in places], {"units": unit})
    for name, unit in (("distance", "km"), ("azimuth", "degree"), ("back_azimuth", "degree")):
        coords[name] = ("pair", [getattr(pair, name) for pair in pairs], {"units": unit})
    attributes = {"format": FORMAT, "kind": correlations.kind, "folded": int(correlations.folded)}
    return Dataset(variables, coords, attributes)


def _as_correlations(content: "Dataset") -> Correlations:
    def column(name: str) -> list:
        return content[name].values.tolist()

    a, b = (
        [Place(*row) for row in zip(*(column(f"{name}_{end}") for name in _PLACE), strict=True)]
        for end in ("a", "b")
    )
    paths = zip(a, b, column("distance"), column("azimuth"), column("back_azimuth"), strict=True)

    def tensor(name: str, *axes: str) -> Tensor:
        return torch.from_numpy(np.array(content[name].transpose(*axes).values))

    return Correlations(
        content.attrs["kind"],
        tensor("lag", "lag"),
        bool(content.attrs["folded"]),
        tuple(column("component")),
        tuple(Pair(*path) for path in paths),
        tensor("correlation", *_AXES),
        *(tensor(name, axis, *_AXES) if name in content else None for name, axis in _FURTHER.items()),
    )


def _is_ours(path: Path) -> bool:
    try:
        return zarr.open_group(path, mode="r").attrs.get("format") == FORMAT
    except (OSError, KeyError, ValueError):
        return False
