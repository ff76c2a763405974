"""A folder with an earthquake that never was: exact seismograms of a known mechanism, as records with responses."""

import json
from pathlib import Path

import numpy as np
import torch
from obspy import Inventory, Stream, Trace, UTCDateTime
from obspy.core.inventory import Channel, Network, Response, Station
from obspy.geodetics import gps2dist_azimuth

from seisgrad.source.earths import named_column
from seisgrad.source.layered import Band
from seisgrad.source.moment_tensor import from_plane
from seisgrad.source.physics import Physics

TIME = UTCDateTime("2021-05-04T03:02:01")
LATITUDE, LONGITUDE, DEPTH = 36.0, -118.0, 8.0
PLANE = (20.0, 60.0, -100.0)
MAGNITUDE = 4.5
RATE, GAIN = 10.0, 1e9
_BEFORE, _SAMPLES = 100.0, 2000


def earthquake(folder: Path, places: list[tuple[float, float]], *, depth: float = DEPTH) -> torch.Tensor:
    """Write the folder, with a station ``XX.S00`` and so on at each latitude and longitude; gives the moment tensor."""
    moment = from_plane(*torch.tensor(PLANE, dtype=torch.float64), moment=10 ** (1.5 * MAGNITUDE + 9.1))
    rays = [gps2dist_azimuth(LATITUDE, LONGITUDE, *place) for place in places]
    distance = torch.tensor([ray[0] / 1000 for ray in rays], dtype=torch.float64)
    azimuth = torch.tensor([ray[1] for ray in rays], dtype=torch.float64)
    start = torch.zeros(len(places), dtype=torch.float64)
    band = Band(1000, 1 / RATE, 0.5, 1.0)
    physics = Physics(named_column("gil7"), distance, azimuth, depth, band=band, start=start)
    motion = physics(moment).numpy()
    (folder / "origin.json").write_text(
        json.dumps({"time": str(TIME), "latitude": LATITUDE, "longitude": LONGITUDE, "depth": depth})
    )
    rng = np.random.default_rng(5)
    for k, (place, ray) in enumerate(zip(places, rays, strict=True)):
        _write_station(folder, f"S{k:02d}", place, ray[2], motion[k], rng)
    return moment


def _write_station(
    folder: Path,
    name: str,
    place: tuple[float, float],
    back: float,
    motion: np.ndarray,
    rng: np.random.Generator,
) -> None:
    away = np.radians(back + 180)
    up, radial, transverse = motion
    north, east = (
        radial * np.cos(away) - transverse * np.sin(away),
        radial * np.sin(away) + transverse * np.cos(away),
    )
    response = Response.from_paz(
        [], [], GAIN, stage_gain_frequency=1.0, input_units="M/S", output_units="COUNTS"
    )
    channels, traces = [], Stream()
    ways = (("BHZ", 0.0, -90.0, up), ("BHN", 0.0, 0.0, north), ("BHE", 90.0, 0.0, east))
    for code, azimuth, dip, samples in ways:
        channel = Channel(code, "", *place, 0.0, 0.0, azimuth=azimuth, dip=dip, sample_rate=RATE)
        channel.response = response
        channels.append(channel)
        quiet = round(_BEFORE * RATE)
        whole = np.zeros(quiet + _SAMPLES)
        whole[quiet : quiet + samples.size] = samples
        whole += 0.002 * np.abs(motion).max() * rng.standard_normal(whole.size)
        header = {"network": "XX", "station": name, "channel": code, "sampling_rate": RATE}
        traces += Trace((GAIN * whole).astype(np.float32), header | {"starttime": TIME - _BEFORE})
    station = Station(name, *place, 0.0, channels=channels)
    Inventory([Network("XX", [station])]).write(str(folder / f"{name}.xml"), format="STATIONXML")
    traces.write(str(folder / f"{name}.mseed"), format="MSEED")
