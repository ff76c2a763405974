"""A folder with the records of an earthquake becomes ground motion, and what cannot be used is told in a sentence."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from obspy import Inventory, Stream, Trace, UTCDateTime
from obspy.core.inventory import Channel, Network, Response, Station
from obspy.geodetics import gps2dist_azimuth

from seisgrad.errors import InputError
from seisgrad.source.event import Event, read_event
from seisgrad.source.moment_tensor import from_plane
from seisgrad.source.origin import Origin
from seisgrad.source.quakeml import Solution, write_quakeml

TIME = UTCDateTime("2020-03-01T12:00:00.33")
LATITUDE, LONGITUDE, DEPTH = 38.0, -120.0, 8.0
RATE, BEFORE, AFTER = 50.0, 90.0, 260.0
POLES = [-0.037 + 0.037j, -0.037 - 0.037j]  # a sensor of 120 s
SHORT = [-4.44 + 4.44j, -4.44 - 4.44j]  # of 1 s
GAIN = 1.2e9


def arrivals(distance: torch.Tensor, depth: float) -> tuple[torch.Tensor, torch.Tensor]:
    path = torch.hypot(distance, torch.tensor(depth, dtype=torch.float64))
    return path / 6.0, path / 3.5


def motion_at(time: np.ndarray) -> np.ndarray:
    """Up, away and clockwise, m/s, 0.4 Hz around P and S at 15 and 26 s after the origin: a shape in closed form."""
    pulses = [np.cos(2 * np.pi * 0.4 * (time - t)) * np.exp(-(((time - t) / 3.0) ** 2)) for t in (15.0, 26.0)]
    return 1e-4 * np.stack((pulses[0], 0.5 * pulses[0] + pulses[1], -2.0 * pulses[1]))


class Site:
    """A made station some 91 km north-east of the source; its instruments point as told and record what they should."""

    def __init__(self, folder: Path, name: str = "AAA", place: tuple[float, float] = (38.6, -119.3)) -> None:
        self.folder, self.name, self.place = folder, name, place
        _, self.azimuth, back = gps2dist_azimuth(LATITUDE, LONGITUDE, *place)
        away = np.radians(back + 180)
        time = np.arange(-BEFORE, AFTER, 1 / RATE)
        up, radial, transverse = motion_at(time)
        north = radial * np.cos(away) - transverse * np.sin(away)
        east = radial * np.sin(away) + transverse * np.cos(away)
        self.ground = np.stack((up, north, east))
        self.channels: list[Channel] = []
        self.traces: list[Trace] = []

    def add(
        self,
        code: str,
        azimuth: float,
        dip: float,
        *,
        poles: list[complex] = POLES,
        answers: bool = True,
        units: str = "M/S",
    ) -> Trace:
        """A channel that points somewhere; its trace, to be spoiled before it is written."""
        a, d = np.radians((azimuth, dip))
        along = np.array([-np.sin(d), np.cos(d) * np.cos(a), np.cos(d) * np.sin(a)]) @ self.ground
        response = Response.from_paz(
            [0j, 0j], poles, GAIN, stage_gain_frequency=10.0, input_units=units, output_units="COUNTS"
        )
        entry = Channel(code, "", *self.place, 0.0, 0.0, azimuth=azimuth, dip=dip, sample_rate=RATE)
        entry.response = response if answers else None
        self.channels.append(entry)
        frequency = np.fft.rfftfreq(2 * along.size, 1 / RATE)
        counts = response.get_evalresp_response_for_frequencies(frequency[1:], output="VEL")
        spectrum = np.fft.rfft(along, 2 * along.size)
        spectrum[0], spectrum[1:] = 0, spectrum[1:] * counts
        header = {"network": "XX", "station": self.name, "channel": code, "sampling_rate": RATE}
        samples = np.fft.irfft(spectrum)[: along.size]
        samples += 100 * np.random.default_rng(len(self.traces)).standard_normal(samples.size)
        trace = Trace(samples.astype(np.float32), header | {"starttime": TIME - BEFORE})
        self.traces.append(trace)
        return trace

    def usual(self) -> "Site":
        for code, azimuth, dip in (("BHZ", 0, -90), ("BHN", 0, 0), ("BHE", 90, 0)):
            self.add(code, azimuth, dip)
        return self

    def write(self, form: str = "MSEED") -> None:
        station = Station(self.name, *self.place, 0.0, channels=self.channels)
        Inventory([Network("XX", [station])]).write(
            str(self.folder / f"{self.name}.xml"), format="STATIONXML"
        )
        (self.folder / "records").mkdir(exist_ok=True)
        if form == "MSEED":
            Stream(self.traces).write(str(self.folder / "records" / f"{self.name}.mseed"), format="MSEED")
        else:
            for trace in self.traces:
                trace.write(str(self.folder / "records" / f"{trace.id}.sac"), format="SAC")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    entries = {"time": str(TIME), "latitude": LATITUDE, "longitude": LONGITUDE, "depth": DEPTH}
    (tmp_path / "origin.json").write_text(json.dumps(entries))
    return tmp_path


def reasons(event: Event) -> str:
    return "\n".join(f"{what}: {reason}" for what, reason in event.remarks)


def misfit(event: Event, station: int = 0) -> torch.Tensor:
    """Greatest difference from the true motion, against the greatest motion, of Z, R and T."""
    time = event.start + np.arange(event.motion.shape[-1]) / 10
    truth = torch.from_numpy(motion_at(time))
    found = event.motion[station]
    there = ~found.isnan()
    return torch.where(there, found - truth, 0.0).abs().amax(-1) / truth.abs().amax()


def test_ground_motion_comes_back(folder: Path) -> None:
    """Counts become the velocity they were made of, at the even times, to a few thousandths."""
    Site(folder).usual().write()
    event = read_event(folder, arrivals)
    assert event.stations == ("XX.AAA",)
    assert event.remarks == ()
    assert misfit(event).max() < 5e-3
    assert not event.motion[0, :, 400:1800].isnan().any()
    assert event.lowest.item() == pytest.approx(0.01)
    gather = event.gather()
    assert gather.recorded.all()
    assert gather.windows.shape == (1, 2, 3, 100)


def test_components_are_turned_by_where_they_point(folder: Path) -> None:
    """Oblique horizontals, a vertical with its sign turned round, and three sensors on a slope all say the same."""
    for name, pointing in {
        "BBB": (("BHZ", 0, 90), ("BH1", 37, 0), ("BH2", 127, 0)),
        "CCC": (("BHU", 30, -35.26), ("BHV", 150, -35.26), ("BHW", 270, -35.26)),
    }.items():
        site = Site(folder, name)
        for code, azimuth, dip in pointing:
            site.add(code, azimuth, dip)
        site.write("SAC")
    event = read_event(folder, arrivals)
    assert event.stations == ("XX.BBB", "XX.CCC")
    assert max(misfit(event, k).max().item() for k in (0, 1)) < 5e-3


def test_a_missing_component_leaves_the_others(folder: Path) -> None:
    Site(folder).usual().write()
    flat = Site(folder, "BBB")
    flat.add("BHN", 0, 0)
    flat.add("BHE", 90, 0)
    flat.write()
    upright = Site(folder, "CCC")
    upright.add("BHZ", 0, -90)
    upright.add("BHN", 0, 0)
    upright.write()
    event = read_event(folder, arrivals)
    there = {name: ~event.motion[k].isnan().all(-1) for k, name in enumerate(event.stations)}
    assert there["XX.BBB"].tolist() == [False, True, True]
    assert there["XX.CCC"].tolist() == [True, False, False]
    assert "XX.BBB: it has no component Z" in reasons(event)
    assert "XX.CCC: it has no component R and T" in reasons(event)
    assert max(misfit(event, k).max().item() for k in range(3)) < 5e-3


def clip(trace: Trace) -> None:
    trace.data = np.clip(trace.data, -3e4, 3e4)


def still(trace: Trace) -> None:
    trace.data[:] = 7


def hole(trace: Trace) -> None:
    trace.data[5200:5300] = np.nan


@pytest.mark.parametrize(
    ("spoil", "told"), [(clip, "clipped"), (still, "dead channel"), (hole, "not finite numbers")]
)
def test_a_spoiled_channel_is_told_and_left_out(
    folder: Path, spoil: Callable[[Trace], None], told: str
) -> None:
    site = Site(folder).usual()
    spoil(site.traces[0])
    site.write()
    event = read_event(folder, arrivals)
    assert f"XX.AAA..BHZ: it {'stands still at one value: a ' if spoil is still else ''}" in reasons(event)
    assert told in reasons(event)
    assert event.motion[0, 0].isnan().all()
    assert misfit(event).max() < 5e-3


def test_a_gap_within_the_waves_and_one_after_them(folder: Path) -> None:
    site = Site(folder).usual()
    north, east = site.traces[1:]
    within = (TIME + 17, TIME + 19.5)
    site.traces = [
        site.traces[0],
        *(north.slice(endtime=within[0]), north.slice(starttime=within[1])),
        *(east.slice(endtime=TIME + 60), east.slice(starttime=TIME + 70)),
    ]
    site.write()
    event = read_event(folder, arrivals)
    assert "XX.AAA..BHN: it has a gap of 2.5 s at 17.0 s after the origin" in reasons(event)
    assert "component R and T" in reasons(event)
    assert misfit(event).max() < 5e-3


def test_without_a_response_a_channel_is_left_out(folder: Path) -> None:
    site = Site(folder)
    site.add("BHZ", 0, -90)
    site.add("BHN", 0, 0, answers=False)
    site.add("BHE", 90, 0)
    site.write()
    assert "XX.AAA..BHN: its response is missing" in reasons(read_event(folder, arrivals))


def test_a_clipped_seismometer_gives_way_to_the_accelerometer_beside_it(folder: Path) -> None:
    site = Site(folder).usual()
    clip(site.traces[1])
    for code, azimuth, dip in (("HNZ", 0, -90), ("HNN", 0, 0), ("HNE", 90, 0)):
        site.add(code, azimuth, dip, units="M/S**2")
    site.write()
    event = read_event(folder, arrivals)
    assert misfit(event).max() < 5e-3
    assert not event.motion[0, :, 400:1800].isnan().any()
    assert "clipped" in reasons(event)


def test_a_short_period_sensor_says_from_where_on_it_hears(folder: Path) -> None:
    """A sensor of 1 Hz has a hundredth of its response left at a tenth of its corner, which goes with the square."""
    site = Site(folder)
    for code, azimuth, dip in (("EHZ", 0, -90), ("EHN", 0, 0), ("EHE", 90, 0)):
        site.add(code, azimuth, dip, poles=SHORT)
    site.write()
    event = read_event(folder, arrivals)
    assert event.lowest.item() == pytest.approx(0.1 / 2**0.25, rel=0.25)
    assert misfit(event).max() < 0.02


def test_filters_that_contradict_the_sensitivity_are_left_out(folder: Path) -> None:
    """As in real metadata: the coefficients of a half filter from its middle outwards instead of inwards."""
    site = Site(folder).usual()
    for channel in site.channels:
        spoil_filter(channel.response)
    site.write()
    event = read_event(folder, arrivals)
    assert "the filters in its response make" in reasons(event)
    assert "XX.AAA..BHE, BHN, BHZ" in reasons(event)
    assert misfit(event).max() < 5e-3


def spoil_filter(response: Response) -> None:
    from obspy.core.inventory.response import FIRResponseStage

    half = np.sinc(np.arange(60) / 10.0)
    response.response_stages.append(
        FIRResponseStage(
            stage_sequence_number=len(response.response_stages) + 1,
            stage_gain=1.0,
            stage_gain_frequency=10.0,
            input_units="COUNTS",
            output_units="COUNTS",
            symmetry="ODD",
            coefficients=list(half),
            decimation_input_sample_rate=500.0,
            decimation_factor=10,
            decimation_offset=0,
            decimation_delay=0.0,
            decimation_correction=0.0,
        )
    )


@pytest.mark.parametrize("shift", [-3600.0, 3600.0])
def test_records_of_another_time_are_refused(folder: Path, shift: float) -> None:
    Site(folder).usual().write()
    entries = json.loads((folder / "origin.json").read_text()) | {"time": str(TIME + shift)}
    (folder / "origin.json").write_text(json.dumps(entries))
    with pytest.raises(InputError, match="check the time and the place of the origin"):
        read_event(folder, arrivals)


@pytest.mark.parametrize("shift", [-60.0, 60.0])
def test_waves_that_are_not_where_they_should_be_are_refused(folder: Path, shift: float) -> None:
    """An origin time that is wrong by a minute still lies within the records, but P and S are not there."""
    Site(folder).usual().write()
    entries = json.loads((folder / "origin.json").read_text()) | {"time": str(TIME + shift)}
    (folder / "origin.json").write_text(json.dumps(entries))
    with pytest.raises(
        InputError, match=r"no station .* more motion at P and S .* check the time and the place"
    ):
        read_event(folder, arrivals)


def test_a_station_without_waves_is_told(folder: Path) -> None:
    Site(folder).usual().write()
    deaf = Site(folder, "BBB")
    deaf.ground *= 0.0
    deaf.usual().write()
    told = "XX.BBB: P and S do not stand out of the noise before them"
    assert reasons(read_event(folder, arrivals)) == told


def test_nothing_usable_is_one_sentence(folder: Path) -> None:
    with pytest.raises(InputError, match="holds no StationXML"):
        read_event(folder, arrivals)
    site = Site(folder).usual()
    for trace in site.traces:
        clip(trace)
    site.write()
    with pytest.raises(
        InputError,
        match=r"no station in .* can be used; the first remark: XX.AAA..BHE, BHN, BHZ: it is clipped",
    ):
        read_event(folder, arrivals)
    (folder / "records" / "AAA.mseed").write_bytes(b"nothing")
    with pytest.raises(InputError, match="holds no records that can be read"):
        read_event(folder, arrivals)


def test_what_cannot_be_read_is_told_and_spoils_nothing(folder: Path) -> None:
    Site(folder).usual().write()
    (folder / "broken.xml").write_text("<no>")
    (folder / "records" / "broken.mseed").write_bytes(b"no record")
    stranger = Site(folder, "BBB").usual()
    stranger.write()
    (folder / "BBB.xml").unlink()
    event = read_event(folder, arrivals)
    assert event.stations == ("XX.AAA",)
    assert {"broken.xml", "records/broken.mseed", "XX.BBB"} == {remark.what for remark in event.remarks}


def test_picks_take_the_place_of_predictions(folder: Path) -> None:
    Site(folder).usual().write()
    lines = [
        "network,station,phase,time",
        f"XX,AAA,Pg,{TIME + 15.2}",
        f"XX,AAA,Pn,{TIME + 14.9}",
        f"XX,ZZZ,P,{TIME + 3}",
    ]
    (folder / "picks.csv").write_text("\n".join(lines) + "\n")
    event = read_event(folder, arrivals)
    assert event.picks[0, 0].item() == pytest.approx(14.9, abs=1e-5)
    assert event.picked.tolist() == [[True, False]]
    assert "XX.ZZZ: it has picks and no records" in reasons(event)
    for line, told in (
        (f"XX,AAA,X,{TIME}", r"line 2: the phase is 'X'"),
        ("XX,AAA,P,yesterday", r"line 2: the time is 'yesterday'"),
        (f"XX,AAA,S,{TIME + 14}", "expected S after P"),
    ):
        (folder / "picks.csv").write_text(f"{lines[0]}\n{line}\n")
        with pytest.raises(InputError, match=told):
            read_event(folder, arrivals)
    (folder / "picks.csv").write_text("station,time\n")
    with pytest.raises(InputError, match="no column 'network'"):
        read_event(folder, arrivals)


def test_the_origin_may_be_quakeml(folder: Path) -> None:
    Site(folder).usual().write()
    origin = Origin(str(TIME), LATITUDE, LONGITUDE, DEPTH)
    tensor = from_plane(*torch.tensor([10.0, 80.0, 5.0], dtype=torch.float64), 1e16)
    write_quakeml(Solution(origin, tensor), folder / "event.xml")
    with pytest.raises(InputError, match=r"both event.xml and origin.json"):
        read_event(folder, arrivals)
    (folder / "origin.json").unlink()
    event = read_event(folder, arrivals)
    assert event.origin == origin
    assert misfit(event).max() < 5e-3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"depth": 12380.0}, "is it in metres"),
        ({"latitude": -121.0}, "is it the longitude"),
        ({"time": "noon"}, "origin time is 'noon'"),
        ({"depth": None}, "depth is None"),
    ],
)
def test_a_doubtful_origin_is_refused(folder: Path, change: dict[str, object], told: str) -> None:
    entries = json.loads((folder / "origin.json").read_text()) | change
    (folder / "origin.json").write_text(json.dumps(entries))
    with pytest.raises(InputError, match=told):
        read_event(folder, arrivals)


def test_byron_2019_reads_whole(data_dir: Path, tmp_path: Path) -> None:
    """Twelve stations at 81 to 143 km, where their own table says they are, all with three components."""
    there = data_dir / "source" / "byron2019"
    if not there.is_dir():
        pytest.skip(f"no records in {there}")
    row = next(csv.DictReader((there / "datetime.csv").open()))
    entries = {
        "time": row["origin"],
        **{k: float(row[k[:3]] if k != "depth" else row[k]) for k in ("latitude", "longitude", "depth")},
    }
    (tmp_path / "origin.json").write_text(json.dumps(entries))
    for name in ("waveforms", "stations"):
        (tmp_path / name).symlink_to(there / name)
    event = read_event(tmp_path, arrivals)
    table = list(csv.DictReader((there / "station.csv").open()))
    assert event.stations == tuple(f"{row['network']}.{row['station']}" for row in table)
    assert event.distance.tolist() == pytest.approx([float(row["distance"]) for row in table], abs=1e-3)
    assert event.azimuth.tolist() == pytest.approx([float(row["azimuth"]) for row in table], abs=1e-3)
    assert event.gather().recorded.all()
    peak = event.motion.nan_to_num().abs().amax((1, 2))
    assert ((peak > 1e-5) & (peak < 1e-3)).all(), "m/s, at every station: Mw 4.4 a hundred kilometres away"
    doubtful = {remark.what[:7].rstrip(".") for remark in event.remarks}
    assert doubtful == {"BK.BUCR", "BK.OAKV", "BK.QRDG", "BK.RUSS", "BK.WELL"}
