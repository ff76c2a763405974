"""What many stations take: peak memory, seconds and bytes of a day of all nine components, and of the stack of a month.

    python benchmarks/noise_memory.py [--stations 100] [--days 30] [--memory 1]

Records of one day are made and correlated; the days of the month are that day again, linked, and stacked. Seconds are
one thread's processor time. Prints, and writes results/noise_memory.csv.
"""

import argparse
import csv
import os
import resource
import shutil
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import torch
from obspy import Inventory, Trace, UTCDateTime
from obspy.core.inventory import Channel, Network, Site, Station

from seisgrad import noise
from seisgrad.noise.assembly import stack_days
from seisgrad.noise.daily_store import DailyStore
from seisgrad.noise.day import Job
from seisgrad.noise.folder import scan
from seisgrad.noise.stacking import resampled_days
from seisgrad.report.provenance import write_record

HERE = Path(__file__).parent
DAY, RATE = date(2020, 3, 1), 2.5


def main() -> None:
    """Make, measure, write."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--stations", type=int, default=100)
    asked.add_argument("--days", type=int, default=30)
    asked.add_argument("--memory", type=float, default=1.0)
    chosen = asked.parse_args()
    torch.set_num_threads(1)
    nine = tuple(a + b for a in "ZRT" for b in "ZRT")
    settings = noise.Settings(band=(0.1, 0.5), lag=100.0, components=nine, response=False)
    row = {"stations": chosen.stations, "days": chosen.days, "memory_GB": chosen.memory}
    with tempfile.TemporaryDirectory() as folder:
        records, store = Path(folder) / "records", Path(folder) / "days.zarr"
        stations, places = make_records(records, chosen.stations)
        begin = time.process_time()
        noise.correlate(records, stations, store, settings, memory=chosen.memory)
        row |= {"seconds_a_day": round(time.process_time() - begin, 1), "peak_GB_of_a_day": peak()}
        row["GB_a_day_on_disk"] = round(
            sum(f.stat().st_size for f in store.rglob("*") if f.is_file()) / 1e9, 3
        )
        days = [DAY + timedelta(days=number) for number in range(chosen.days)]
        for day in days[1:]:
            shutil.copytree(store / DAY.isoformat(), store / day.isoformat(), copy_function=os.link)
        begin = time.process_time()
        held = DailyStore(store, settings, 1)
        job = Job(scan(records), stations, tuple(places), settings, held.block, store)
        nothing = np.zeros((chosen.days, chosen.stations), dtype=bool)
        found, _ = stack_days(job, held, days, "linear", resampled_days(chosen.days, 0, 0), nothing)
        assert found is not None
        row |= {
            "block": held.block,
            "pairs": len(found.pairs),
            "seconds_to_stack": round(time.process_time() - begin, 1),
            "peak_GB": peak(),
        }
    with open(HERE / "results" / "noise_memory.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, row, lineterminator="\n")
        writer.writeheader()
        writer.writerow(row)
    write_record(HERE / "results" / "noise_memory.csv")
    print(row)


def peak() -> float:
    """GB of this process so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)


def make_records(folder: Path, number: int) -> tuple[Inventory, list[noise.Place]]:
    """A day of white noise, three components a station on a square, and where they stand."""
    draw = np.random.default_rng(0)
    folder.mkdir()
    stations, places = [], []
    for i in range(number):
        spot = {"latitude": 0.05 * (i // 10), "longitude": 0.05 * (i % 10), "elevation": 0.0}
        parts = []
        for code, azimuth, dip in (("BHZ", 0.0, -90.0), ("BHN", 0.0, 0.0), ("BHE", 90.0, 0.0)):
            parts.append(Channel(code, "", depth=0.0, azimuth=azimuth, dip=dip, **spot))
            samples = (1e4 * draw.standard_normal(round(86400 * RATE))).astype(np.int32)
            header = {"network": "XX", "station": f"S{i:03d}", "channel": code, "sampling_rate": RATE}
            start = UTCDateTime(DAY.year, DAY.month, DAY.day)
            Trace(samples, header | {"starttime": start}).write(
                str(folder / f"{i:03d}.{code}"), format="MSEED"
            )
        stations.append(Station(f"S{i:03d}", channels=parts, site=Site("s"), **spot))
        places.append(noise.Place(f"XX.S{i:03d}", spot["latitude"], spot["longitude"]))
    return Inventory([Network("XX", stations=stations)]), places


if __name__ == "__main__":
    main()
