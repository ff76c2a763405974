"""Group velocity from a record: trains whose answer is known, noise, other arrivals, bad input, and a real record."""

import datetime
from pathlib import Path

import numpy as np
import pytest
import torch
from obspy import Inventory, Stream, Trace, UTCDateTime
from obspy.core.inventory import Channel, Network, Response
from obspy.core.inventory import Station as Site
from scipy.interpolate import PchipInterpolator

from seisgrad.dispersion.ftan import track
from seisgrad.dispersion.geometry import GreatCircle
from seisgrad.dispersion.measure import Event, Flag, Station, measure
from seisgrad.errors import InputError

ORIGIN = UTCDateTime("2020-02-29T12:00:00")
EVENT = Event(0.0, 0.0, 10.0, ORIGIN)
RAYLEIGH = (
    (4, 10, 15, 20, 28, 40, 55, 80, 110, 160, 230, 400),
    (2.9, 3.0, 3.15, 3.4, 3.65, 3.83, 3.88, 3.8, 3.7, 3.6, 3.53, 3.6),
)
LOVE = ((4, 10, 20, 30, 50, 100, 400), (3.2, 3.4, 3.7, 3.95, 4.2, 4.35, 4.4))  # fmt: skip


class Train:
    """A wave train of known group velocity: the sum over frequencies with the phase -∫ r/U dω and a smooth spectrum."""

    def __init__(self, curve=RAYLEIGH, distance=3000.0, interval=1.0, dominant=45.0, breadth=0.6):
        self.distance, self.interval = distance, interval
        self.curve = PchipInterpolator(np.log(curve[0]), curve[1])
        self.longest = curve[0][-1]
        self.shortest = curve[0][0]
        number = 1 << int(np.ceil(np.log2(distance / interval)))
        omega = 2 * np.pi * np.fft.rfftfreq(number, interval)
        period = 2 * np.pi / np.fmax(omega, 1e-9)
        delay = distance / self.velocity(period)
        phase = np.concatenate(([0.0], np.cumsum(0.5 * (delay[1:] + delay[:-1]) * np.diff(omega))))
        spectrum = np.exp(-0.5 * (np.log(period / dominant) / breadth) ** 2) * np.exp(-1j * phase)
        self.samples = np.fft.irfft(spectrum, number)
        self.samples /= np.abs(self.samples).max()

    def velocity(self, period):
        return self.curve(np.log(np.clip(period, self.shortest, self.longest)))

    @property
    def station(self) -> Station:
        """On the equator, where a degree of longitude is the equatorial radius times π/180."""
        return Station(0.0, float(np.degrees(self.distance / 6378.137)))

    def trace(self, samples=None, channel="LHZ", slowest=1.8) -> Trace:
        first, last = int(self.distance / 8 / self.interval), int(self.distance / slowest / self.interval)
        values = np.array((self.samples if samples is None else samples)[first:last])
        header = {"network": "XX", "station": "SYN", "channel": channel, "delta": self.interval}
        return Trace(values, header | {"starttime": ORIGIN + first * self.interval})


def noise(number: int, level: float, seed: int) -> np.ndarray:
    """Gaussian noise with a power of 1/f, of the given root mean square."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(2 * number))
    spectrum[1:] *= np.fft.rfftfreq(2 * number)[1:] ** -0.5
    spectrum[0] = 0.0
    samples = np.fft.irfft(spectrum)[:number]
    return level * samples / samples.std()


def noisy(train: Train, level: float, seed: int) -> Trace:
    trace = train.trace()
    trace.data += noise(len(trace), level, seed)
    return trace


# --- the known answer -----------------------------------------------------------------------------------------------


def test_an_impulse_travels_at_distance_over_time_at_every_period():
    train = Train()
    samples = np.zeros_like(train.samples)
    samples[857] = 1.0
    result = measure(train.trace(samples), EVENT, train.station, floor=0.0)
    expected = result.distance_km / 857.0
    inner = (result.period > 6) & (result.period < 70)
    assert result.good[inner].all()
    torch.testing.assert_close(
        result.velocity[inner],
        torch.full((int(inner.sum()),), expected, dtype=torch.float64),
        rtol=2e-4,
        atol=0.0,
    )
    torch.testing.assert_close(
        result.velocity[result.good],
        torch.full((int(result.good.sum()),), expected, dtype=torch.float64),
        rtol=2e-3,
        atol=0.0,
    )


@pytest.mark.parametrize(("distance", "tolerance"), [(9222.6, 2e-3), (3000.0, 3e-3), (1000.0, 7e-3)])
def test_group_velocity_of_a_dispersed_train_is_unbiased(distance, tolerance):
    # The curve climbs by 0.25 km/s over five seconds of period and turns over at 55 s, where a filter alone is pulled.
    train = Train(distance=distance, breadth=0.9)
    result = measure(train.trace(), EVENT, train.station, floor=0.0)
    good = result.good & (result.period > 8)
    assert good.sum() > 0.7 * (result.period > 8).sum()
    assert result.period[good].max() > 60 * min(1.0, distance / 3000)
    expected = train.velocity(result.period.numpy()) * result.distance_km / distance
    error = result.velocity.numpy() / expected - 1
    assert np.abs(error[good]).max() < tolerance
    # and what error there is, is inside the sigma that the measurement states of itself, without the floor
    assert (np.abs(error * expected / result.sigma.numpy())[good]).max() < 2.5


@pytest.mark.parametrize("alpha", [10.0, 40.0])
def test_the_answer_does_not_hang_on_the_filter(alpha):
    train = Train()
    periods = [20.0, 24.0, 32.0, 42.0, 55.0]
    result = measure(train.trace(), EVENT, train.station, periods=periods, alpha=alpha)
    assert result.good.all()
    np.testing.assert_allclose(result.velocity, train.velocity(np.array(periods)), rtol=5e-3)


def test_sigma_is_calibrated_under_noise():
    train = Train()
    periods = [20.0, 25.0, 32.0, 40.0, 50.0]
    expected = train.velocity(np.array(periods))
    residual = []
    for seed in range(100):
        result = measure(noisy(train, 0.1, seed), EVENT, train.station, periods=periods, floor=0.0)
        scaled = (result.velocity.numpy() - expected) / result.sigma.numpy()
        residual.append(scaled[result.good.numpy()])
    residual = np.concatenate(residual)
    assert len(residual) > 450
    assert 0.5 < residual.std() < 1.5
    assert abs(residual.mean()) < 0.5
    assert 0.55 < (np.abs(residual) < 1).mean() < 0.85


def test_sigma_follows_the_noise_and_never_falls_below_the_floor():
    train = Train()
    loud, quiet = (
        measure(noisy(train, level, 1), EVENT, train.station, periods=[40.0, 80.0], floor=0.0).sigma
        for level in (0.15, 0.01)
    )
    assert (loud > 1.2 * quiet).all()
    floored = measure(train.trace(), EVENT, train.station, periods=[40.0], floor=0.02)
    assert floored.sigma.item() > 0.02 * floored.velocity.item()


def test_noise_alone_gives_no_picks():
    train = Train()
    flags = torch.cat([
        measure(train.trace(noise(len(train.samples), 1.0, seed)), EVENT, train.station).flags for seed in range(8)
    ])  # fmt: skip
    assert (flags == 0).float().mean() < 0.01
    assert (flags & int(Flag.LOW_SNR) > 0).float().mean() > 0.9


def test_the_instrument_delays_the_group_and_its_response_takes_that_back():
    # A pendulum of 120 s free period delays 60 s by about T²/(√2 π T0), some 7 s of 775 s.
    train = Train(dominant=60.0)
    natural = 2 * np.pi / 120.0
    pole = natural * complex(-(0.5**0.5), 0.5**0.5)
    response = Response.from_paz(
        [0j, 0j], [pole, pole.conjugate()], 1e6, input_units="M/S", output_units="COUNTS"
    )
    omega = 2 * np.pi * np.fft.rfftfreq(len(train.samples), train.interval)
    transfer = (1j * omega) ** 2 / ((1j * omega - pole) * (1j * omega - pole.conjugate()))
    record = train.trace(np.fft.irfft(np.fft.rfft(train.samples) * transfer))
    periods = [40.0, 60.0]
    expected = train.velocity(np.array(periods))
    raw = measure(record, EVENT, train.station, periods=periods)
    assert "not removed" in " ".join(raw.notes)
    delay = -np.diff(np.unwrap(np.angle(transfer))) / np.diff(omega)
    late = np.interp(2 * np.pi / np.array(periods), omega[1:], delay)
    np.testing.assert_allclose(3000.0 / raw.velocity.numpy() - 3000.0 / expected, late, rtol=0.4)
    removed = measure(record, EVENT, train.station, periods=periods, response=response)
    assert "removed to ground velocity" in " ".join(removed.notes)
    np.testing.assert_allclose(removed.velocity, expected, rtol=3e-3)


# --- components -----------------------------------------------------------------------------------------------------


def horizontals(love: Train, rayleigh: Train, azimuths=(0.0, 90.0), letters="NE", towards=90.0) -> Stream:
    """Horizontals that point to ``azimuths``, of a Love and a Rayleigh wave that both travel ``towards`` an azimuth."""
    traces = []
    for azimuth, letter in zip(azimuths, letters, strict=True):
        angle = np.radians(azimuth - towards)
        samples = np.cos(angle) * rayleigh.samples + np.sin(angle) * love.samples
        traces.append(rayleigh.trace(samples, f"LH{letter}"))
    return Stream(traces)


def station_xml(azimuths: dict[str, float]) -> Inventory:
    flat = Response.from_paz([], [], 1.0, input_units="M/S", output_units="COUNTS")
    channels = [
        Channel(f"LH{letter}", "", 0.0, 0.0, 0.0, 0.0, azimuth=azimuth, dip=0.0, response=flat)
        for letter, azimuth in azimuths.items()
    ]
    return Inventory([Network("XX", [Site("SYN", 0.0, 0.0, 0.0, channels=channels)])])


def test_love_is_found_on_the_transverse_and_rayleigh_on_the_vertical():
    love, rayleigh = Train(LOVE), Train()
    record = horizontals(love, rayleigh) + Stream([rayleigh.trace()])
    periods = np.array([20.0, 30.0, 45.0, 60.0])
    for wave, train in (("love", love), ("rayleigh", rayleigh)):
        result = measure(record, EVENT, train.station, wave, periods=torch.as_tensor(periods))
        assert result.good.all()
        assert result.curves.wave == (wave,) * 4
        np.testing.assert_allclose(result.velocity, train.velocity(periods), rtol=3e-3)


def test_oblique_horizontals_need_their_azimuths():
    love, rayleigh = Train(LOVE), Train()
    record = horizontals(love, rayleigh, (37.0, 127.0), "12")
    with pytest.raises(InputError, match=r"where XX\.SYN\.\.LH1 points is not known"):
        measure(record, EVENT, love.station, "love")
    periods = [20.0, 30.0, 45.0]
    turned = measure(
        record, EVENT, love.station, "love", periods=periods, response=station_xml({"1": 37.0, "2": 127.0})
    )
    straight = measure(horizontals(love, rayleigh), EVENT, love.station, "love", periods=periods)
    np.testing.assert_allclose(turned.velocity, straight.velocity, rtol=1e-3)


def test_a_rayleigh_wave_off_its_path_is_not_taken_for_love():
    # 25 degrees off the great circle and four times as strong: on the transverse component it is the larger one.
    love, rayleigh = Train(LOVE, distance=9000.0), Train(distance=9000.0)
    east, north = np.cos(np.radians(25.0)) * rayleigh.samples, np.sin(np.radians(25.0)) * rayleigh.samples
    periods = [25.0, 30.0, 40.0, 50.0]

    def record(strength: float) -> Stream:
        return Stream([love.trace(north - strength * love.samples, "LHN"), love.trace(east, "LHE")])

    both = measure(record(0.25), EVENT, love.station, "love", periods=periods)
    np.testing.assert_allclose(both.velocity, love.velocity(np.array(periods)), rtol=0.01)
    assert both.good.sum() >= 2
    alone = measure(record(0.0), EVENT, love.station, "love", periods=periods)
    assert all("polarisation" in reason for reason in alone.reasons)
    assert not len(alone.curves)


def test_the_instrument_that_spans_the_window_is_taken():
    train = Train()
    short = train.trace(channel="BHZ")
    short.trim(short.stats.starttime + 400, short.stats.starttime + 700)
    result = measure(Stream([short, train.trace()]), EVENT, train.station, periods=[30.0])
    assert "LHZ" in result.notes[0]


# --- other arrivals and the edges of what can be measured ----------------------------------------------------------


def test_a_second_path_of_like_strength_is_flagged_and_a_weak_one_is_not():
    train = Train()
    periods = [20.0, 25.0, 30.0, 40.0, 50.0]
    for delay in (70, 100, 150, -80):
        record = train.trace(train.samples + 0.9 * np.roll(train.samples, delay))
        strong = measure(record, EVENT, train.station, periods=periods)
        assert strong.good.sum() <= 1
        assert any("multipath" in reason for reason in strong.reasons)
    record = train.trace(train.samples + 0.05 * np.roll(train.samples, 70))
    weak = measure(record, EVENT, train.station, periods=periods)
    assert weak.good.all()
    np.testing.assert_allclose(weak.velocity, train.velocity(np.array(periods)), rtol=6e-3)


def test_two_crossing_modes_are_flagged_or_told_apart():
    # An overtone that is slower than the fundamental below 40 s and faster above it: the ridges cross.
    train = Train()
    other = Train(((4, 20, 40, 60, 80, 400), (2.7, 2.8, 3.83, 4.4, 4.6, 4.6)))
    record = train.trace(train.samples + 0.8 * other.samples)
    result = measure(record, EVENT, train.station, periods=[25.0, 30.0, 35.0, 45.0, 50.0])
    assert not result.good[[0, 4]].any()
    off = (result.velocity.numpy() - train.velocity(result.period.numpy())) / result.sigma.numpy()
    assert (np.abs(off[result.good.numpy()]) < 2).all()


def test_the_track_does_not_follow_a_brighter_patch():
    time, filters = np.arange(400.0), 30
    true = 150 + 3.0 * np.arange(filters)
    image = np.exp(-0.5 * ((time - true[:, None]) / 10) ** 2)
    image[12:15] += 3 * np.exp(-0.5 * ((time - 320) / 10) ** 2)
    path = track(image, np.full(filters, 1e-3), time, np.full(filters, 10.0))
    assert np.abs(path - true).max() <= 5
    greedy = image.argmax(axis=1)
    assert np.abs(greedy - true).max() > 100


def test_edges_and_short_paths_are_flagged():
    train = Train()
    edge = measure(train.trace(), EVENT, train.station, periods=[30.0, 55.0], velocities=(3.0, 3.9))
    assert "edge_of_window" in edge.reasons[1]
    near = Train(distance=450.0, interval=0.5, dominant=20.0)
    result = measure(near.trace(slowest=1.2), EVENT, near.station, periods=[15.0, 60.0])
    assert result.reasons[0] == "ok"
    assert "few_cycles" in result.reasons[1]
    assert result.curves.period.tolist() == [15.0]


# --- records as they come -------------------------------------------------------------------------------------------


def test_files_integers_and_pieces_give_the_same_curve(tmp_path):
    train = Train()
    whole = train.trace(np.round(1e6 * train.samples))
    expected = measure(whole, EVENT, train.station, periods=[20.0, 40.0]).velocity
    whole.data = whole.data.astype(np.int32)
    whole.write(str(tmp_path / "a.mseed"), format="MSEED")
    whole.write(str(tmp_path / "a.sac"), format="SAC")
    middle = whole.stats.starttime + 400
    pieces = [whole.slice(endtime=middle), whole.slice(starttime=middle + 1)]
    pieces[1].data = pieces[1].data.astype(np.float32)
    for record in (whole, Stream(pieces), str(tmp_path / "a.mseed"), [tmp_path / "a.sac"]):
        velocity = measure(record, EVENT, train.station, periods=[20.0, 40.0]).velocity
        torch.testing.assert_close(velocity, expected, rtol=1e-6, atol=0.0)
    assert whole.data.dtype == np.int32  # the caller's record is left as it was


def test_event_time_may_be_text_datetime_or_obspy():
    times = ("2020-02-29T12:00:00", datetime.datetime(2020, 2, 29, 12), ORIGIN)
    assert len({str(Event(0.0, 0.0, 0.0, time).origin) for time in times}) == 1


def test_a_gap_outside_the_window_does_not_matter_and_one_inside_is_an_error():
    train = Train()
    trace = train.trace()
    start = trace.stats.starttime

    def without(first: float, last: float) -> Stream:
        return Stream([trace.slice(endtime=start + first), trace.slice(starttime=start + last)])

    for record in (without(50.0, 90.0), without(50.0, 90.0).merge()):  # two pieces, and one masked array
        result = measure(record, EVENT, train.station, periods=[40.0])
        assert result.velocity.item() == pytest.approx(train.velocity(40.0), rel=3e-3)
    with pytest.raises(InputError, match="has a gap there"):
        measure(without(500.0, 520.0), EVENT, train.station)


def test_the_image_and_the_notes_say_what_was_done():
    train = Train()
    result = measure(train.trace(), EVENT, train.station)
    image = result.image
    assert (
        image.envelope.shape
        == (len(image.period), len(image.velocity))
        == (len(image.ridge), len(image.velocity))
    )
    torch.testing.assert_close(image.envelope.amax(1), torch.ones(len(image.period), dtype=torch.float64))
    assert (result.image.period.diff() > 0).all()
    assert set(result.period.tolist()) <= set(image.period.tolist())
    assert len(result.reasons) == len(result.period) == len(result.sigma)
    assert result.azimuth == pytest.approx(90.0)
    assert result.back_azimuth == pytest.approx(270.0)
    assert any("trend removed" in note for note in result.notes)


def test_distances_are_those_of_the_ellipsoid():
    path = GreatCircle.between(Event(13.049, -88.660, 60.0, ORIGIN), Station(59.649, 9.598))
    assert path.distance_km == pytest.approx(9222.6, abs=0.5)  # 9214.6 km on a sphere
    assert path.back_azimuth == pytest.approx(283.8, abs=0.1)


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ((91.0, 0.0, 0.0, ORIGIN), "latitude is 91"),
        ((0.0, 400.0, 0.0, ORIGIN), "longitude is 400"),
        ((float("nan"), 0.0, 0.0, ORIGIN), "latitude is nan"),
        ((0.0, 0.0, 33000.0, ORIGIN), "depth is 33000"),
        ((0.0, 0.0, 0.0, "yesterday"), "time is 'yesterday', expected UTC"),
    ],
)
def test_impossible_events_are_refused(event, message):
    with pytest.raises(InputError, match=message):
        Event(*event)


@pytest.mark.parametrize(
    ("place", "message"), [((0.0, 0.0), "stands on the epicentre"), ((0.0, 179.5), "where all paths meet")]
)
def test_a_station_without_a_path_is_refused(place, message):
    with pytest.raises(InputError, match=message):
        measure(Train().trace(), EVENT, Station(*place))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wave": "lamb"}, "wave is 'lamb'"),
        ({"velocities": (5.0, 2.5)}, "slowest and the fastest"),
        ({"velocities": (2500.0, 5000.0)}, "in km/s"),
        (
            {"velocities": (1.0, 5.0)},
            r"arrive from 600 to 3000 s after the origin, but the record spans 375 to 1665 s",
        ),
        ({"periods": [2.0, 10.0]}, "expected 3 s"),
        ({"periods": [10.0, 900.0]}, "length of the velocity window"),
        ({"periods": [20.0, 10.0]}, "increase strictly"),
        ({"periods": [-5.0, 10.0]}, "period 1 is -5 s"),
        ({"alpha": 0.0}, "alpha is 0.0"),
        ({"floor": -1.0}, "floor is -1.0"),
        ({"response": "nowhere.xml"}, "nowhere.xml is not a file"),
        ({"response": station_xml({"E": 90.0})}, r"holds nothing for XX\.SYN\.\.LHZ"),
    ],
)
def test_impossible_requests_are_refused(options, message):
    train = Train()
    with pytest.raises(InputError, match=message) as caught:
        measure(train.trace(), EVENT, train.station, **options)
    assert "\n" not in str(caught.value)


def broken(what: str) -> Stream:
    train = Train()
    good = train.trace()
    stream = Stream([good])
    if what == "late":
        good.stats.starttime -= 7200
    if what == "horizontal":
        good.stats.channel = "LHN"
    if what == "unnamed":
        good.stats.channel = ""
    if what == "dead":
        good.data[:] = 7.0
    if what == "nan":
        good.data[500] = np.nan
    if what == "text":
        good.data = np.array(["a"] * len(good))
    if what == "empty":
        stream = Stream()
    if what == "two stations":
        stream.append(good.copy())
        stream[1].stats.station = "OTHER"
    if what == "two rates":
        stream.append(good.copy())
        stream[1].stats.sampling_rate = 2.0
    if what == "coarse":
        good.decimate(100, no_filter=True)
    return stream


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("late", "after the record ends"),
        ("horizontal", r"vertical component \(Z\), but the record holds LHN"),
        ("unnamed", "but the record holds unnamed"),
        ("dead", "the same value throughout"),
        ("nan", "not finite"),
        ("text", "expected numbers"),
        ("empty", "holds no samples"),
        ("two stations", r"2 stations \(XX\.OTHER, XX\.SYN\)"),
        ("two rates", r"sampled at \[1\.0, 2\.0\] Hz"),
        ("coarse", "no period can be measured"),
    ],
)
def test_broken_records_are_refused(what, message):
    with pytest.raises(InputError, match=message):
        measure(broken(what), EVENT, Train().station)


def test_love_without_a_horizontal_is_refused():
    train = Train()
    with pytest.raises(InputError, match=r"two horizontals .* but the record holds LHE, LHZ"):
        measure(Stream([train.trace(), train.trace(channel="LHE")]), EVENT, train.station, "love")


@pytest.mark.parametrize(
    "content", [b"", b"not a seismogram at all\n", b"\x00" * 5000, bytes(range(256)) * 20]
)
def test_files_that_are_no_records_are_refused(tmp_path, content):
    path = tmp_path / "record.mseed"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot read the record .*record\.mseed"):
        measure(path, EVENT, Train().station)
    with pytest.raises(InputError, match="cannot read the response"):
        measure(Train().trace(), EVENT, Train().station, response=path)
    with pytest.raises(InputError, match="is not a file"):
        measure(tmp_path, EVENT, Train().station)


# --- the real record ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kono():
    """KONO, three components at 1 Hz, of the El Salvador earthquake of 2001-01-13: 9 223 km."""
    import obspy

    path = Path(obspy.__file__).parent / "io/seisan/tests/data/2001-01-13-1742-24S.KONO__004"
    if not path.is_file():
        pytest.skip("this ObsPy was installed without its test data")
    event, station = Event(13.049, -88.660, 60.0, "2001-01-13T17:33:32.4"), Station(59.649, 9.598)
    return lambda wave, **options: measure(path, event, station, wave, **options)


def test_kono_rayleigh_is_clean_from_20_to_200_s_and_flagged_below_18(kono):
    result = kono(
        "rayleigh", periods=[12.0, 15.0, 17.0, 20.0, 25.0, 30.0, 40.0, 55.0, 80.0, 110.0, 150.0, 200.0]
    )
    assert "L0Z" in result.notes[0]
    assert not result.good[:3].any()
    assert result.good[3:].all()
    velocity = dict(zip(result.period.tolist(), result.velocity.tolist(), strict=True))
    assert velocity[20.0] == pytest.approx(3.4, abs=0.1)
    assert velocity[55.0] == pytest.approx(3.9, abs=0.04)
    assert velocity[150.0] == pytest.approx(3.6, abs=0.04)
    assert (result.sigma[3:] < 0.05).all()


@pytest.mark.parametrize("shortest", [10.0, 15.0, 22.0])
def test_kono_love_is_clean_where_it_is_clean_and_flagged_between(kono, shortest):
    # Whatever else is asked for: below 25 s a stray Rayleigh wave is the strongest on the transverse component.
    asked = [shortest, 26.0, 30.0, 40.0, 50.0, 65.0, 78.0, 85.0, 90.0, 100.0, 125.0, 150.0]
    result = kono("love", periods=asked)
    assert not result.good[0]
    clean, disturbed = slice(1, 6), slice(6, 10)
    assert result.good[clean].all()
    assert ((result.velocity[clean] > 4.15) & (result.velocity[clean] < 4.4)).all()
    assert not result.good[disturbed].any()
    assert result.good[10:].all()


def test_kono_by_default_covers_the_record(kono):
    result = kono("rayleigh")
    good = result.period[result.good]
    assert good.min() < 22
    assert good.max() > 150
    assert (good.max() / good.min()).log() / len(good) < 0.3
