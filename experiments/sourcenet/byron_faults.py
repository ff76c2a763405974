"""Byron 2019 with one station spoiled on purpose: is it found, and what does it do to the mechanism?

    python experiments/sourcenet/byron_faults.py --data FOLDER

Writes results/byron_faults.csv: each fault at each station in turn, the angle from the published mechanism, and which
stations the fit left out. GIL7, depths of 5 to 13 km. FOLDER is as for byron.py, and no part of the project.
"""

import argparse
import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from byron import DATA, HERE, PUBLISHED, read

from seisgrad.report.provenance import write_record
from seisgrad.source import from_plane, kagan_angle, magnitude, scalar_moment
from seisgrad.source.earths import named_column
from seisgrad.source.event import Event
from seisgrad.source.linear_fit import sums_of
from seisgrad.source.long_period import long_period, longest_shift_in
from seisgrad.source.misfits import settle
from seisgrad.source.moment_tensor import from_basis
from seisgrad.source.pulses import duration
from seisgrad.source.refine import BAND

DEPTHS = (5.0, 7.0, 9.0, 11.0, 13.0)
Motion = torch.Tensor


def swapped(motion: Motion, azimuth: torch.Tensor) -> Motion:
    """North and east taken for each other."""
    angle = torch.deg2rad(azimuth)
    up, away, across = motion
    north, east = away * angle.cos() - across * angle.sin(), away * angle.sin() + across * angle.cos()
    north, east = east, north
    return torch.stack(
        (up, north * angle.cos() + east * angle.sin(), east * angle.cos() - north * angle.sin())
    )


FAULTS: dict[str, Callable[[Motion, torch.Tensor], Motion]] = {
    "gain 10": lambda motion, _: 10.0 * motion,
    "gain 5": lambda motion, _: 5.0 * motion,
    "gain 0.1": lambda motion, _: 0.1 * motion,
    "upside down": lambda motion, _: -motion,
    "north and east swapped": swapped,
    "clock 2 s late": lambda motion, _: motion.roll(20, -1),
}


def main() -> None:
    """Spoil, fit and write."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--data", type=Path, default=DATA)
    event = read(asked.parse_args().data, "gil7")
    rows = [row(event, "none", "")]
    for name, fault in FAULTS.items():
        for k, station in enumerate(event.stations):
            motion = event.motion.clone()
            motion[k] = fault(motion[k], event.azimuth[k])
            rows.append(row(replace(event, motion=motion), name, station))
            print(rows[-1], flush=True)
    path = HERE / "results" / "byron_faults.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    write_record(path)


def row(event: Event, fault: str, station: str) -> dict[str, str]:
    """The fit of one version of the event."""
    seconds = float(duration(scalar_moment(from_plane(*torch.zeros(3), moment=4e15))))
    data = long_period(
        event,
        named_column("gil7"),
        BAND,
        DEPTHS,
        longest_shift=longest_shift_in(BAND),
        basis=5,
        duration=seconds,
    )
    best, _, left_out = settle(data, sums_of(data))
    moment = from_basis(best.coefficients[0, best.deepest[0]])
    without = [remark.what for remark in data.remarks] + [event.stations[data.stations[k]] for k in left_out]
    return {
        "fault": fault,
        "station": station,
        "kagan": f"{float(kagan_angle(moment, PUBLISHED)):.1f}",
        "mw": f"{float(magnitude(scalar_moment(moment))):.3f}",
        "left_out": " ".join(without),
        "found": str(int(station in without)),
    }


if __name__ == "__main__":
    main()
