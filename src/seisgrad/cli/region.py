"""``seisgrad invert`` on a table of many sites: batches that are kept as they are done, and a region in the end."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from seisgrad.cli.choices import load_operator
from seisgrad.cli.console import Console
from seisgrad.cli.outputs import whole_file, whole_folder
from seisgrad.cli.progress import SampleBar
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.dispersion import DispersionCurves
    from seisgrad.dispersion.region import Outcome, Sites
    from seisgrad.dispersion.starting_model import StartingModel
    from seisgrad.dispersion.survey import Earth

PARTS = "parts"
"""Folder of the batches that are done, inside the output folder while the work goes on."""


def invert_region(
    picks: "DispersionCurves",
    starting: "StartingModel",
    source: Path,
    out: Path,
    *,
    earth: "Earth",
    floor: float,
    operator: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Invert all sites with one prior, and write the region.

    Raises:
        InputError: a site at two places, or parts of another work in the output folder.
    """
    from seisgrad.dispersion.region import Sites

    sites = Sites.of(picks, earth)
    settings = {
        "curves": _fingerprint(sites),
        "prior": _fingerprint_of(starting.prior.mean, starting.prior.covariance, starting.depth),
        "earth": earth,
        "floor": floor,
        "operator": operator,
    }
    kept = _Kept(out / PARTS, settings)
    with SampleBar(shown=not quiet and not as_json) as bar:
        try:
            outcome = _invert(sites, starting, kept, bar, floor, operator)
        except KeyboardInterrupt:
            raise typer.Abort(
                f"interrupted with {bar.done} of {bar.total} sites done; the same command goes on"
            ) from None
    _write(sites, starting, outcome, source, out, Console(1, quiet=quiet, as_json=as_json))
    kept.clear()


def _invert(
    sites: "Sites", starting: "StartingModel", kept: "_Kept", bar: SampleBar, floor: float, operator: str
) -> "Outcome":
    """What is missing, and with it what was there."""
    from seisgrad.dispersion.region import TOGETHER, Outcome, invert_sites

    parts = kept.read()
    before = sum(len(part.status) for part in parts)
    bar.update(before, before, len(sites))
    for first, part in invert_sites(
        sites,
        starting,
        floor=floor,
        operator=lambda survey, depth: load_operator(operator, survey, depth),
        first=before,
        together=TOGETHER,
    ):
        kept.write(first, part)
        parts.append(part)
        bar.update(before, first + len(part.status), len(sites))
    return Outcome.together(parts)


def _write(
    sites: "Sites",
    starting: "StartingModel",
    outcome: "Outcome",
    source: Path,
    out: Path,
    console: Console,
) -> None:
    from seisgrad.report.figures import png
    from seisgrad.report.region import (
        Region,
        counts,
        maps_figure,
        region_dataset,
        region_page,
        sections_figure,
        sites_csv,
    )

    region = Region(sites, starting, outcome)
    placed = bool((sites.latitude.isfinite() & sites.longitude.isfinite()).all())
    with console:
        with console.step("Draw the maps and write the region"), whole_folder(out) as folder:
            drawn = {}
            if placed and bool(outcome.vs.isfinite().any()):
                drawn = {"maps": png(maps_figure(region)), "sections": png(sections_figure(region))}
            region_dataset(region).to_netcdf(folder / "region.nc", engine="h5netcdf")
            (folder / "sites.csv").write_text(sites_csv(region), encoding="utf-8")
            for name, picture in drawn.items():
                (folder / f"{name}.png").write_bytes(picture)
            page = region_page(region, source.name, drawn)
            (folder / "report.html").write_text(page.html(), encoding="utf-8")
        ended = counts(outcome)
        files = {"region": out / "region.nc", "sites": out / "sites.csv", "report": out / "report.html"}
        console.finish(
            {"sites": len(sites), "status": ended, "files": files},
            f"{len(sites)} sites: " + ", ".join(f"{n} {name}" for name, n in ended.items() if n),
            f"wrote {out / 'region.nc'} and {out / 'report.html'}",
        )


class _Kept:
    """Batches on disk, each whole or not there, under the settings that they belong to.

    Args:
        folder: of the batches.
        settings: JSON-able; parts under other ones are refused.

    Raises:
        InputError: parts of another work.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder, self._settings = folder, folder / "settings.json"
        if self._settings.is_file():
            found = json.loads(self._settings.read_text(encoding="utf-8"))
            other = [name for name, value in settings.items() if found.get(name) != value]
            if other:
                raise InputError(
                    f"{folder} holds parts of an inversion with another choice of {', '.join(other)}; repeat that one "
                    "to go on with it, or give another --out"
                )
            return
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(self._settings) as file:
            file.write_text(json.dumps(settings, indent=1), encoding="utf-8")

    def write(self, first: int, part: "Outcome") -> None:
        """Keep a batch that begins with site ``first``."""
        arrays = {name: getattr(part, name) for name in part.__dataclass_fields__}
        plain = {name: np.array(v) if name == "message" else v.numpy() for name, v in arrays.items()}
        with whole_file(self.folder / f"{first:09d}.npz") as file, file.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **plain)

    def read(self) -> "list[Outcome]":
        """The batches that are there, from the first site on without a gap."""
        import torch

        from seisgrad.dispersion.region import Outcome

        parts: list[Outcome] = []
        done = 0
        for path in sorted(self.folder.glob("*.npz")):
            if int(path.stem) != done:
                break
            with np.load(path) as data:
                fields: dict[str, Any] = {
                    name: torch.from_numpy(data[name]) for name in data if name != "message"
                }
                parts.append(Outcome(message=tuple(data["message"].tolist()), **fields))
            done += len(parts[-1].status)
        return parts

    def clear(self) -> None:
        """Forget the batches: the region is written."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _fingerprint(sites: "Sites") -> str:
    named = ["\n".join(sites.names), " ".join(str(branch) for branch in sites.survey.branches)]
    numbers = _fingerprint_of(
        sites.latitude, sites.longitude, sites.survey.periods, sites.velocity, sites.sigma
    )
    return hashlib.sha256("\n".join([*named, numbers]).encode()).hexdigest()


def _fingerprint_of(*arrays: Any) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(array.contiguous().numpy().tobytes())
    return digest.hexdigest()
