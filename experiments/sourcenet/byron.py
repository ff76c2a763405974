"""The earthquake of Byron, California, 2019-07-16, from raw records: the fit, and the network before it.

    python experiments/sourcenet/byron.py --data FOLDER

Writes results/byron.csv: how far mechanism and magnitude are from the published solution (strike/dip/rake 234/71/-5, Mw
4.37, 12 km; LLNL's mttime example), at the published depth and with depth searched, for two velocity models and several
limits of the shifts in time. FOLDER holds ``waveforms`` and ``stations`` and is not part of the project.
"""

import argparse
import csv
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from seisgrad.report.provenance import write_record
from seisgrad.source import from_plane, kagan_angle, load, read_event, refine, shipped
from seisgrad.source.earths import named_column
from seisgrad.source.event import Event
from seisgrad.source.long_period import longest_shift_in
from seisgrad.source.picker import measure_picks
from seisgrad.source.sites import arrivals_in

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("SEISGRAD_DATA", HERE.parents[2] / "shared" / "data")) / "source" / "byron2019"
ORIGIN = {"time": "2019-07-16T20:11:01.47", "latitude": 37.8187, "longitude": -121.7568, "depth": 12.38}
DEPTHS = [float(depth) for depth in range(2, 26)]
PUBLISHED = from_plane(*torch.tensor([234.0, 71.0, -5.0], dtype=torch.float64))


def main() -> None:
    """Fit, ask and write."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--data", type=Path, default=DATA)
    rows = []
    for model in ("gil7", "hadley_kanamori"):
        event = read(asked.parse_args().data, model)
        if model == "gil7" and "default" in shipped():
            rows += [asked_of_network(event, model, measured=measured) for measured in (False, True)]
        rows.append(fitted(event, model, "published", [ORIGIN["depth"]], None))
        rows += [fitted(event, model, "searched", DEPTHS, limit) for limit in (3.0, 4.0, 5.0)]
        rows.append(fitted(event, model, "searched", DEPTHS, None, (0.02, 0.1)))
    for line in rows:
        print(line, flush=True)
    with (HERE / "results" / "byron.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[-1]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    write_record(HERE / "results" / "byron.csv")


def read(data: Path, model: str) -> Event:
    """The records of a folder that has no origin of its own kind."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "origin.json").write_text(json.dumps(ORIGIN))
        for part in ("waveforms", "stations"):
            (folder / part).symlink_to((data / part).resolve())
        return read_event(folder, arrivals_in(named_column(model)))


def asked_of_network(event: Event, model: str, *, measured: bool) -> dict[str, object]:
    """A row of the network, with P and S where the velocity model has them, or where they were measured."""
    picks = measure_picks(event)
    if measured:
        late = (picks.times - event.picks)[picks.measured]
        print(
            f"{len(late)} of {2 * len(event.stations)} picks measured, {late.min():+.1f} to {late.max():+.1f} s late"
        )
    said = load("default").answer(event.gather(picks.times if measured else event.picks), event.stations)
    print(*said.warnings, sep="\n")
    by = "network with measured picks" if measured else "network"
    line = row(by, model, "given", said.moment.double(), float(said.magnitude), ORIGIN["depth"])
    return line | {"spread": f"{float(said.radius):.1f}"}


def fitted(
    event: Event,
    model: str,
    depth: str,
    depths: list[float],
    limit: float | None,
    band: tuple[float, float] = (0.02, 0.05),
) -> dict[str, object]:
    """A row of the fit."""
    found = refine(event, named_column(model), band=band, depths=depths, longest_shift=limit)
    line = row("fit", model, depth, found.moment, found.mw, found.depth)
    line |= {
        "band": f"{band[0]:g}-{band[1]:g}",
        "shift_limit": limit or longest_shift_in(band),
        "stations": len(found.stations),
    }
    line |= {"variance_reduction": f"{found.variance_reduction:.3f}", "mw_sigma": f"{found.mw_sigma:.3f}"}
    return line | {"spread": f"{found.mechanism_spread:.1f}"}


def row(by: str, model: str, depth: str, moment: torch.Tensor, mw: float, at: float) -> dict[str, object]:
    """How far an answer is from the published one."""
    angle = f"{float(kagan_angle(moment, PUBLISHED)):.1f}"
    return {"by": by, "model": model, "depth": depth, "km": at, "kagan": angle, "mw": f"{mw:.3f}"}


if __name__ == "__main__":
    main()
