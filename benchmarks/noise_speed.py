"""Correlations of ambient noise on one thread: component-pairs x days per second, ours and those of peers.

    python benchmarks/noise_speed.py --peers PYTHON [--stations 8] [--repeats 3]

PYTHON is an interpreter in which yam==0.7.3 and seislib==1.2.1 are installed; without it ours is measured alone, and no
table is written.

Writes results/noise_speed.csv with two cases. ``records to stacks``: from a folder of miniSEED with one day of three
components at 20 Hz, responses removed, to the stack of all nine components of all pairs. ``correlator``: from motion at
2 Hz that is in memory, normalised and whitened there, to the same; seislib whitens every pair on its own and has one
component at a time, yam's is the correlation of segments alone. Both have segments of an hour that do not overlap. Ours
and the peers run in turn in processes of their own, and the fastest of the repeats counts. Seconds are processor time,
which on one thread is time on a quiet core.
"""

import argparse
import csv
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from obspy import Inventory, Stream, Trace, UTCDateTime, read_inventory
from obspy.core.inventory import Channel, Network, Response, Site, Station

HERE = Path(__file__).parent
DAY, RATE, SLOW, BAND, LAG = UTCDateTime(2020, 3, 1), 20.0, 2.0, (0.1, 0.5), 100.0
NINE = [a + b for a in "ZRT" for b in "ZRT"]
PEERS = ("yam", "seislib")


def main() -> None:
    """Measure all in turn and write."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--peers", default="", help="python in which the peers are installed")
    asked.add_argument("--stations", type=int, default=8)
    asked.add_argument("--repeats", type=int, default=3)
    asked.add_argument("--one", nargs=2, metavar=("WHO", "FOLDER"), help=argparse.SUPPRESS)
    chosen = asked.parse_args()
    if chosen.one:
        print(json.dumps(measured(*chosen.one, chosen.stations)))
        return
    fastest: dict[tuple[str, str], float] = {}
    with tempfile.TemporaryDirectory() as folder:
        make_records(Path(folder), chosen.stations)
        for _ in range(chosen.repeats):
            for who in ("seisgrad", *(PEERS if chosen.peers else ())):
                python = sys.executable if who == "seisgrad" else chosen.peers
                words = [python, __file__, "--one", who, folder, "--stations", str(chosen.stations)]
                single = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
                done = subprocess.run(words, env=os.environ | single, capture_output=True, text=True)
                if done.returncode:
                    raise SystemExit(done.stderr)
                for case, rate in json.loads(done.stdout.splitlines()[-1]).items():
                    fastest[case, who] = max(rate, fastest.get((case, who), 0.0))
    rows = [
        {
            "case": case,
            "program": who,
            "stations": chosen.stations,
            "component_pairs_x_days_per_s": f"{rate:.4g}",
            "times_slower_than_ours": f"{fastest[case, 'seisgrad'] / rate:.3g}",
            "processor": platform.processor() or platform.machine(),
        }
        for (case, who), rate in sorted(fastest.items())
    ]
    if chosen.peers:
        with open(HERE / "results" / "noise_speed.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        # not at the top: peers run this file where there is no seisgrad
        from seisgrad.report.provenance import write_record

        write_record(HERE / "results" / "noise_speed.csv")
    for row in rows:
        print(*row.values())


def make_records(folder: Path, number: int) -> None:
    """A day of white noise in counts, three components a station, and the StationXML."""
    draw = np.random.default_rng(0)
    response = Response.from_paz([0j, 0j], [-0.037 - 0.037j, -0.037 + 0.037j], 1e6, 1.0, "M/S", "COUNTS")
    stations = []
    for i in range(number):
        spot = {"latitude": 0.1 * (i // 4), "longitude": 0.1 * (i % 4), "elevation": 0.0}
        angles = {"BHZ": (0.0, -90.0), "BHN": (0.0, 0.0), "BHE": (90.0, 0.0)}
        parts = []
        for code, (azimuth, dip) in angles.items():
            parts.append(Channel(code, "", depth=0.0, azimuth=azimuth, dip=dip, response=response, sample_rate=RATE,
                                 start_date=DAY - 86400, **spot))  # fmt: skip
            samples = (1e4 * draw.standard_normal(round(86400 * RATE))).astype(np.int32)
            header = {"network": "XX", "station": f"S{i:02d}", "channel": code, "sampling_rate": RATE}
            trace = Trace(samples, header | {"starttime": DAY})
            (folder / "records").mkdir(exist_ok=True)
            trace.write(str(folder / "records" / f"{trace.id}.20200301.mseed"), format="MSEED")
        stations.append(Station(f"S{i:02d}", channels=parts, site=Site("s"), start_date=DAY - 86400, **spot))
    Inventory([Network("XX", stations=stations)]).write(str(folder / "stations.xml"), format="STATIONXML")


def measured(who: str, folder: str, number: int) -> dict[str, float]:
    """Component-pairs x days per second, by case."""
    pairs = number * (number - 1) // 2
    runs: dict[str, tuple[Callable[[], object], int]] = {
        "seisgrad": seisgrad_runs,
        "yam": yam_runs,
        "seislib": seislib_runs,
    }[who](Path(folder), number)
    found = {}
    for case, (run, components) in runs.items():
        begin = time.process_time()
        run()
        found[case] = pairs * components / (time.process_time() - begin)
    return found


def slow_motion(number: int) -> np.ndarray:
    """``[station, component, time]`` at 2 Hz."""
    return np.random.default_rng(1).standard_normal((number, 3, round(86400 * SLOW)))


def seisgrad_runs(folder: Path, number: int) -> dict:
    import scipy.interpolate
    import scipy.signal  # noqa: F401
    import torch
    import zarr  # noqa: F401

    from seisgrad import noise

    torch.set_num_threads(1)
    settings = noise.Settings(band=BAND, lag=LAG, components=tuple(NINE), normalisation="one-bit")
    places = [noise.Place(f"XX.S{i:02d}", 0.1 * (i // 4), 0.1 * (i % 4)) for i in range(number)]
    motion = torch.from_numpy(slow_motion(number))
    noise.correlate_motion(motion[:2, :, :20000], places[:2], settings)  # imports
    read_inventory(str(folder / "stations.xml"))[0][0][0].response.get_evalresp_response_for_frequencies(
        [1.0]
    )

    def whole() -> None:
        with tempfile.TemporaryDirectory() as store:
            noise.correlate(folder / "records", folder / "stations.xml", Path(store) / "days.zarr", settings)

    return {
        "records to stacks": (whole, 9),
        "correlator": (lambda: noise.correlate_motion(motion, places, settings), 9),
    }


def yam_runs(folder: Path, number: int) -> dict:
    from obspy.geodetics import gps2dist_azimuth
    from yam.correlate import _slide_and_correlate_traces, correlate

    inventory = read_inventory(str(folder / "stations.xml"))
    inventory[0][0][0].response.get_evalresp_response_for_frequencies([1.0])
    files = str(
        folder / "records" / "{network}.{station}.{location}.{channel}.{t.year}{t.month:02d}{t.day:02d}.mseed"
    )
    io = {"inventory": inventory, "data": files, "data_format": "MSEED"}

    def whole() -> None:
        correlate(
            io, DAY, "x", edge=0, length=3600, overlap=0, max_lag=LAG, component_combinations=NINE, stack="1d",
            remove_response=True, downsample=SLOW, filter=BAND, normalization=("1bit", "spectral_whitening"),
            spectral_whitening_options={"smooth": 0.02},
        )  # fmt: skip

    motion = slow_motion(number)
    traces = [
        [as_trace(samples, i, c) for c, samples in zip("ZRT", three, strict=True)]
        for i, three in enumerate(motion)
    ]

    def correlator() -> None:
        for i, j in itertools.combinations(range(number), 2):
            path = gps2dist_azimuth(0.1 * (i // 4), 0.1 * (i % 4), 0.1 * (j // 4), 0.1 * (j % 4))
            for one, other in itertools.product(traces[i], traces[j]):
                stream = _slide_and_correlate_traces(
                    DAY, DAY + 86400, 3600, 0, None, LAG, "x", True, (one, other, *path)
                )
                np.mean([trace.data for trace in stream], 0)

    return {"records to stacks": (whole, 9), "correlator": (correlator, 9)}


def seislib_runs(folder: Path, number: int) -> dict:
    from seislib.an import noisecorr

    traces = [as_trace(three[0], i, "Z") for i, three in enumerate(slow_motion(number))]

    def correlator() -> None:
        for one, other in itertools.combinations(traces, 2):
            noisecorr(one.copy(), other.copy(), window_length=3600, overlap=0)

    return {"correlator": (correlator, 1)}


def as_trace(samples: np.ndarray, station: int, letter: str) -> Trace:
    """A trace at 2 Hz."""
    header = {"network": "XX", "station": f"S{station:02d}", "channel": f"BH{letter}", "sampling_rate": SLOW}
    return Stream([Trace(samples, header | {"starttime": DAY})])[0]


if __name__ == "__main__":
    main()
