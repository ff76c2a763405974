"""Make the small inputs in ``examples/data`` again: synthetic, seeded, and exact but for the noise that is said.

``python examples/make_data.py`` writes all of them but the two plans (``acoustic.yaml``, ``elastic.yaml``).
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from obspy import Inventory, Stream, Trace, UTCDateTime
from obspy.core.inventory import Channel, Network, Response, Station
from obspy.geodetics import gps2dist_azimuth

import seisgrad as sg
from seisgrad.source.earths import named_column
from seisgrad.source.layered import Band
from seisgrad.source.physics import Physics

DATA = Path(__file__).parent / "data"
CRUST = sg.LayeredModel([2.0, 8.0, 12.0, 13.0, 0.0], [4.4, 5.9, 6.3, 6.8, 8.0], [2.5, 3.4, 3.65, 3.9, 4.5],
                        [2.3, 2.65, 2.75, 2.9, 3.3])  # fmt: skip
PERIODS = torch.tensor([4.0, 6.0, 8.0, 10.0, 14.0, 18.0, 24.0, 30.0, 40.0], dtype=torch.float64)


def curves() -> None:
    """Phase and group velocities of the model with 1 % of noise; and of four sites where it is faster to the east."""
    rng = np.random.default_rng(1)
    sg.earth.write_model(CRUST, DATA / "model.csv")
    one, sites = [], []
    for kind in ("phase", "group"):
        exact = sg.dispersion.velocity(CRUST, PERIODS, kind=kind).numpy()
        one.append(_picks(kind, exact, rng))
    sg.dispersion.write_curves(sg.dispersion.DispersionCurves.concatenate(one), DATA / "curves.csv")
    for k in range(4):
        faster = 1.0 + 0.01 * k
        exact = faster * sg.dispersion.velocity(CRUST, PERIODS).numpy()
        sites.append(_picks("phase", exact, rng, f"S{k}", 46.0, 8.0 + 0.5 * k))
    sg.dispersion.write_curves(sg.dispersion.DispersionCurves.concatenate(sites), DATA / "sites.csv")


def _picks(kind: str, exact, rng, site: str = "", latitude: float = 0.0, longitude: float = 0.0):
    sigma = 0.01 * exact
    velocity = exact + sigma * rng.standard_normal(len(exact))
    place = {"site": [site] * 9, "latitude": [latitude] * 9, "longitude": [longitude] * 9} if site else {}
    return sg.dispersion.DispersionCurves.from_columns(
        wave="rayleigh", kind=kind, period=PERIODS, velocity=velocity, sigma=sigma, **place
    )


def record() -> None:
    """A Rayleigh wave of the model, 1200 km from its source, with a velocity that changes with the period."""
    rate, number = 2.0, 1200
    frequency = np.fft.rfftfreq(2 * number, 1 / rate)
    inside = (frequency > 0.02) & (frequency < 0.3)
    distance, _, _ = gps2dist_azimuth(45.0, 0.0, 45.0, 15.0)
    period = torch.from_numpy(1 / frequency[inside]).flip(0)
    phase = sg.dispersion.velocity(CRUST, period).flip(0).numpy()
    spectrum = np.zeros(len(frequency), dtype=complex)
    smooth = np.sin(np.pi * (frequency[inside] - 0.02) / 0.28) ** 2
    spectrum[inside] = smooth * np.exp(-2j * np.pi * frequency[inside] * distance / 1000 / phase)
    wave = np.fft.irfft(spectrum)[:number]
    wave += 0.005 * np.abs(wave).max() * np.random.default_rng(2).standard_normal(number)
    header = {"network": "XX", "station": "AAA", "channel": "BHZ", "sampling_rate": rate}
    trace = Trace(
        (1e6 * wave / np.abs(wave).max()).astype(np.int32), header | {"starttime": UTCDateTime(2020, 1, 1)}
    )
    Stream([trace]).write(str(DATA / "record.mseed"), format="MSEED")


def sections() -> None:
    """An acoustic body and an elastic basin, their starts, and the spectra that they send back."""
    grid = sg.acoustic.Grid((16, 24), 0.2)
    z, x = grid.z[:, None], grid.x
    start = sg.earth.Section(torch.full(grid.shape, 3.0), None, (0.2, 0.2))
    body = 3.0 + 0.25 * torch.exp(-((z - 1.6) ** 2 + (x - 2.4) ** 2) / 0.4)
    sg.earth.write_section(start, DATA / "start.nc")
    sources = torch.tensor([[0.2, 0.6], [0.2, 2.2], [0.2, 4.0]], dtype=torch.float64)
    receivers = torch.stack([torch.full((12,), 2.8), torch.linspace(0.2, 4.4, 12)], -1).double()
    survey = sg.acoustic.Survey(sources, receivers, torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64))
    exact = sg.acoustic.Physics(grid, survey, velocity=(2.4, 3.8))(
        sg.earth.Section(body, None, (0.2, 0.2)).earth
    )
    sg.acoustic.write_spectra(sg.acoustic.Spectra(survey, exact.double()), DATA / "spectra.nc")
    wide = sg.elastic.Grid((16, 48), 0.5)
    z, x = wide.z[:, None], wide.x
    vs = (1.9 + 0.15 * z).clamp(max=3.2).expand(wide.shape)
    basin = vs - 0.4 * torch.exp(-((z / 1.5) ** 2)) * torch.exp(-(((x - 12.0) / 4.0) ** 2))
    sg.earth.write_solid(sg.earth.SolidSection(vs, spacing=(0.5, 0.5)), DATA / "elastic_start.nc")
    along = sg.elastic.Survey(
        torch.tensor([2.0, 12.0, 21.0]).double(),
        torch.linspace(1.0, 22.5, 16).double(),
        torch.tensor([0.15, 0.25]).double(),
    )
    earth = sg.earth.SolidSection(basin, spacing=(0.5, 0.5)).earth
    found = sg.elastic.Harmonic(wide, along)(earth)
    sg.elastic.write_spectra(sg.elastic.Spectra(along, found.double()), DATA / "elastic_spectra.nc")


def noise() -> None:
    """Four hours on two days of three stations in Rayleigh waves from east and west, at 3 km/s, 0.04 to 0.15 Hz."""
    rng, number = np.random.default_rng(3), 14400
    east, north = np.array([0.0, 110.0, 210.0]), np.array([0.0, 9.0, 0.0])
    near = np.radians(np.linspace(-15.0, 15.0, 9))
    for day in range(2):
        frequency = np.fft.rfftfreq(number, 1.0)
        inside = np.flatnonzero((frequency > 0.04) & (frequency < 0.15))
        spectra = np.zeros((3, len(frequency)), dtype=complex)
        for azimuth in (*(0.5 * np.pi + near), *(1.5 * np.pi + near)):
            amplitude = rng.standard_normal(len(inside)) + 1j * rng.standard_normal(len(inside))
            along = east * np.sin(azimuth) + north * np.cos(azimuth)
            spectra[:, inside] += amplitude * np.exp(-2j * np.pi * frequency[inside] * along[:, None] / 3.0)
        motion = np.fft.irfft(spectra, number)
        for k, series in enumerate(motion):
            header = {"network": "XX", "station": f"S{k}", "channel": "LHZ", "sampling_rate": 1.0}
            start = UTCDateTime(2020, 3, 1 + day, 6)
            trace = Trace((300 * series / series.std()).astype(np.int32), header | {"starttime": start})
            Stream([trace]).write(str(DATA / "records" / f"S{k}.2020-03-0{1 + day}.mseed"), format="MSEED")
    stations = []
    for k in range(3):
        place = (north[k] / 111.195, east[k] / 111.195, 0.0)
        channel = Channel("LHZ", "", *place, 0.0, azimuth=0.0, dip=-90.0, sample_rate=1.0)
        stations.append(Station(f"S{k}", *place, channels=[channel]))
    Inventory([Network("XX", stations)]).write(str(DATA / "stations.xml"), format="STATIONXML")


def earthquake() -> None:
    """Mw 4.5, strike 20, dip 60, rake -100, 8 km deep in the earth GIL7, at five stations, with 0.2 % of noise."""
    time, epicentre, depth, rate, gain, before = (
        UTCDateTime("2021-05-04T03:02:01"),
        (36.0, -118.0),
        8.0,
        10.0,
        1e9,
        60.0,
    )
    places = [(36.5, -118.1), (36.2, -117.3), (35.4, -117.6), (35.3, -118.5), (36.1, -118.8)]
    plane = (torch.tensor(angle, dtype=torch.float64) for angle in (20.0, 60.0, -100.0))
    moment = sg.source.from_plane(*plane, moment=10 ** (1.5 * 4.5 + 9.1))
    rays = [gps2dist_azimuth(*epicentre, *place) for place in places]
    distance, azimuth = (torch.tensor([ray[k] for ray in rays], dtype=torch.float64) for k in (0, 1))
    start = torch.zeros(5, dtype=torch.float64)
    band = Band(1200, 1 / rate, 0.5, 1.0)
    physics = Physics(named_column("gil7"), distance / 1000, azimuth, depth, band=band, start=start)
    motion, rng = physics(moment).numpy(), np.random.default_rng(5)
    origin = {"time": str(time), "latitude": epicentre[0], "longitude": epicentre[1], "depth": depth}
    (DATA / "event" / "origin.json").write_text(json.dumps(origin) + "\n", encoding="utf-8")
    response = Response.from_paz(
        [], [], gain, stage_gain_frequency=1.0, input_units="M/S", output_units="COUNTS"
    )
    stations, records = [], Stream()
    for k, (place, ray) in enumerate(zip(places, rays, strict=True)):
        away = np.radians(ray[2] + 180)
        up, radial, transverse = motion[k]
        north = radial * np.cos(away) - transverse * np.sin(away)
        east = radial * np.sin(away) + transverse * np.cos(away)
        channels = []
        for code, bearing, dip, samples in (("BHZ", 0, -90, up), ("BHN", 0, 0, north), ("BHE", 90, 0, east)):
            channel = Channel(code, "", *place, 0.0, 0.0, azimuth=bearing, dip=dip, sample_rate=rate)
            channel.response = response
            channels.append(channel)
            whole = np.concatenate([np.zeros(round(before * rate)), samples])
            whole += 0.002 * np.abs(motion).max() * rng.standard_normal(whole.size)
            header = {"network": "XX", "station": f"S{k}", "channel": code, "sampling_rate": rate}
            records += Trace((gain * whole).astype(np.float32), header | {"starttime": time - before})
        stations.append(Station(f"S{k}", *place, 0.0, channels=channels))
    Inventory([Network("XX", stations)]).write(str(DATA / "event" / "stations.xml"), format="STATIONXML")
    records.write(str(DATA / "event" / "records.mseed"), format="MSEED")


if __name__ == "__main__":
    for folder in ("records", "event"):
        shutil.rmtree(DATA / folder, ignore_errors=True)
        (DATA / folder).mkdir(parents=True)
    for make in (curves, record, sections, noise, earthquake):
        make()
