"""Events drawn at random: their physics holds, every randomisation does what it says and nothing once switched off."""

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from source_bank_toys import ONSET, toy_bank
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.source import draws, pulses
from seisgrad.source.band import frequencies
from seisgrad.source.drawn import Events
from seisgrad.source.gather import BAND, SAMPLES
from seisgrad.source.ground_noise import HIGH_NOISE, LOW_NOISE, GroundNoise, velocity_decibel
from seisgrad.source.moment_tensor import magnitude, scalar_moment
from seisgrad.source.noise_records import read_noise
from seisgrad.source.prior import Prior
from seisgrad.source.radiation import coefficients, components
from seisgrad.source.randomisation import CLEAN, Randomisation
from seisgrad.source.streams import Streams
from seisgrad.source.task import Draws
from seisgrad.source.windows import cut_windows

BANK = toy_bank()
CLEAN_TEN = replace(CLEAN, stations=(10, 10))


@cache
def prior(randomisation: Randomisation, models: tuple[str, ...] | None = None) -> Prior:
    return Prior(BANK, randomisation, models)


def drawn(randomisation: Randomisation, number: int = 32, seed: int = 1) -> Events:
    return prior(randomisation).events(number, np.random.default_rng(seed))


def there(events: Events, values: Tensor) -> Tensor:
    return values[events.gather.present]


def size(windows: Tensor) -> Tensor:
    return windows.square().mean((-1, -2, -3)).sqrt()


class TestPhysics:
    def test_windows_are_those_of_the_whole_record(self) -> None:
        """A record of the bank, made whole, and cut by the way that real records take, gives the same windows."""
        events = drawn(CLEAN_TEN, 4)
        truth = events.truth
        length = 4096
        f = frequencies(length)
        for k in range(4):
            source = pulses.moment_rate(f, truth.duration[k], torch.tensor(False))
            weights = coefficients(events.moment[k], truth.azimuth[k])
            for j in range(10):
                place = (
                    int(truth.model[k]),
                    int((BANK.depths == truth.depth[k]).nonzero()),
                    int((BANK.distances == truth.distance[k, j]).nonzero()),
                )
                ground = components(weights[j], BANK.traces[place].double())
                velocity = torch.fft.irfft(
                    torch.fft.rfft(ground, length) * source * 2j * torch.pi * f, length
                )
                whole = torch.cat((torch.zeros(3, 200), velocity[:, :500]), -1)[None]
                picks = torch.stack((BANK.p[place], BANK.s[place]))[None]
                windows, _ = cut_windows(whole, BANK.start[place][None] - 20.0, picks)
                apart = (windows[0] - events.gather.windows[k, j]).norm()
                assert apart < 5e-3 * windows.norm()

    def test_the_wave_comes_at_the_pick(self) -> None:
        """Before it there is nothing, whatever the component; P has no T, and S comes after P."""
        windows = drawn(CLEAN_TEN).gather.windows
        largest = windows.abs().amax((-1, -2), keepdim=True)
        assert (windows[:, :, 0, :, : SAMPLES // 2 - 5].abs() < 1e-4 * largest[:, :, 0]).all()
        assert (windows[:, :, 0, :, SAMPLES // 2 : SAMPLES // 2 + 20].abs().amax(-1) > 0).any()
        far = drawn(CLEAN_TEN).truth.distance > 90.0
        assert windows[far][:, 0, 2].abs().max() < 1e-6 * windows[far][:, 1, 2].abs().max()

    def test_amplitude_falls_with_distance(self) -> None:
        """In a full space with 1/r, in the mean over mechanisms."""
        bank = prior(CLEAN_TEN).bank
        moment = draws.event(1000, 2, bank, CLEAN, Streams(np.random.default_rng(0))).moment
        radiation = coefficients(moment / scalar_moment(moment)[:, None], torch.zeros(1000, 1).double())[:, 0]
        row = torch.zeros(1000, dtype=torch.long)
        near, far = (
            bank.motion(bank.entry(row, row + 8.0, row + distance), radiation)[:, 1]
            for distance in (70.0, 140.0)
        )
        ratio = near.double().square().sum().sqrt() / far.double().square().sum().sqrt()
        assert ratio == pytest.approx(math.hypot(140.0, 8.0) / math.hypot(70.0, 8.0), rel=0.05)

    def test_a_magnitude_more_is_31_times_the_amplitude_at_low_frequencies(self) -> None:
        small, large = (drawn(replace(CLEAN_TEN, magnitude=(mw, mw))) for mw in (2.0, 3.0))
        spectra = [
            torch.fft.rfft(e.gather.windows).abs()[..., 1:5].square().sum(-1).sqrt() for e in (small, large)
        ]
        strong = spectra[0] > 1e-3 * spectra[0].amax((1, 2, 3), keepdim=True)
        ratio = (spectra[1] / spectra[0])[strong]
        assert ratio.median() == pytest.approx(10.0**1.5, rel=0.01)
        assert torch.allclose(magnitude(scalar_moment(large.moment)), torch.tensor(3.0, dtype=torch.float64))

    def test_turning_mechanism_and_stations_together_changes_no_window(self) -> None:
        p = prior(CLEAN_TEN)
        events = drawn(CLEAN_TEN, 8)
        truth = events.truth
        angle = math.radians(73.0)
        turn = torch.tensor(
            [
                [math.cos(angle), -math.sin(angle), 0.0],
                [math.sin(angle), math.cos(angle), 0.0],
                [0.0, 0.0, 1.0],
            ],
            dtype=torch.float64,
        )
        from seisgrad.source.moment_tensor import from_matrix, to_matrix

        turned = from_matrix(turn @ to_matrix(events.moment) @ turn.T)
        row = truth.model.repeat_interleave(10)
        entry = p.bank.entry(row, truth.depth.repeat_interleave(10), truth.distance.flatten())
        one = p.bank.motion(entry, coefficients(events.moment, truth.azimuth).flatten(0, 1))
        other = p.bank.motion(entry, coefficients(turned, truth.azimuth + 73.0).flatten(0, 1))
        assert (one - other).abs().max() < 1e-5 * one.abs().max()

    def test_mechanisms_are_turned_all_ways_alike(self) -> None:
        """The mean of M Mᵀ over all turns is that of a rotation-invariant tensor of norm √2: no axis is preferred."""
        from seisgrad.source.moment_tensor import to_basis

        moment = draws.event(4000, 2, prior(CLEAN_TEN).bank, CLEAN, Streams(np.random.default_rng(0))).moment
        basis = to_basis(moment / scalar_moment(moment)[:, None])
        covariance = basis.mT @ basis / len(basis)
        assert (covariance - 0.4 * torch.eye(5, dtype=torch.float64)).abs().max() < 0.04
        assert basis.mean(0).abs().max() < 0.04


#: A field of the randomisation, and a value that shows.
FIELDS = {
    "brune": 1.0,
    "mixed": 1.0,
    "duration_scatter": 0.3,
    "depth_error": 3.0,
    "epicentre_error": 3.0,
    "pick_scaling": 0.05,
    "pick_scatter": (0.1, 0.3),
    "site_scatter": 0.3,
    "component_scatter": 0.2,
    "attenuation": 0.1,
    "coda": 0.4,
    "noise": (0.05, 0.3),
    "flipped": 0.3,
    "without_horizontals": 0.3,
    "without_vertical": 0.3,
    "dropout": 0.5,
}


class TestSwitches:
    @pytest.mark.parametrize("name", FIELDS)
    def test_a_field_changes_events_and_nothing_else_of_them(self, name: str) -> None:
        """With one field on, mechanisms, sizes and depths are those of the clean events; the gather is not."""
        clean, other = drawn(CLEAN_TEN), drawn(replace(CLEAN_TEN, **{name: FIELDS[name]}))
        assert torch.equal(clean.moment, other.moment)
        assert torch.equal(clean.truth.depth, other.truth.depth)
        assert torch.equal(clean.truth.model, other.truth.model)
        pairs = zip(clean.gather, other.gather, strict=True)
        assert any(a.shape != b.shape or not torch.equal(a, b) for a, b in pairs)

    @pytest.mark.parametrize("name", [n for n in FIELDS if n not in ("coda", "dropout")])
    def test_a_field_draws_from_numbers_of_its_own(self, name: str) -> None:
        """Switching one off in full randomisation leaves what all others have drawn."""
        full = Randomisation(stations=(10, 10), dropout=0.0, noise=(0.0, 0.0), flipped=0.0)
        without = replace(full, **{name: getattr(CLEAN, name)})
        a, b = drawn(full), drawn(without)
        assert torch.equal(a.truth.distance, b.truth.distance)
        kept = {"depth_error": "depth", "epicentre_error": "distance"}
        for field in ("distance", "azimuth", "depth", "recorded"):
            if name.startswith("without") and field == "recorded":
                continue
            if kept.get(name) == field or (name == "epicentre_error" and field == "azimuth"):
                continue
            assert torch.equal(getattr(a.gather, field), getattr(b.gather, field)), field

    def test_the_same_generator_draws_the_same_and_another_seed_another(self) -> None:
        one, same, other = (
            drawn(Randomisation(), 8, 3),
            drawn(Randomisation(), 8, 3),
            drawn(Randomisation(), 8, 4),
        )
        assert all(torch.equal(a, b) for a, b in zip(one.gather, same.gather, strict=True))
        assert not torch.equal(one.moment, other.moment)
        gather, moment = prior(Randomisation()).draw(8, np.random.default_rng(3))
        assert torch.equal(moment, one.moment)
        assert torch.equal(gather.windows, one.gather.windows)

    def test_the_first_events_do_not_depend_on_how_many_follow(self) -> None:
        few, many = drawn(Randomisation(stations=(4, 6)), 64), drawn(Randomisation(stations=(4, 6)), 100)
        assert torch.equal(few.moment, many.moment[:64])
        places = few.gather.distance.shape[1]
        assert torch.equal(few.gather.windows, many.gather.windows[:64, :places])
        assert torch.equal(few.truth.late, many.truth.late[:64, :places])
        assert not many.gather.present[:64, places:].any()
        assert not torch.equal(many.moment[64:], many.moment[:36])


class TestRandomisation:
    def test_dropout_is_binomial(self) -> None:
        """With a chance drawn from 0 to 0.6 the mean share of stations that stay is 0.7; four always do."""
        settings = replace(CLEAN, stations=(40, 40), dropout=0.6)
        bank, streams = prior(CLEAN_TEN).bank, Streams(np.random.default_rng(0))
        events = draws.event(2000, 2, bank, settings, streams)
        count = draws.network(events, bank, settings, streams).there.sum(-1).double()
        assert count.min() >= 4
        assert count.mean() / 40.0 == pytest.approx(0.7, abs=0.02)
        # variance of the chance and of the binomial given it: 1600 · 0.6²/12 + 40 · E[p(1 - p)]
        spread = math.sqrt(1600.0 * 0.36 / 12.0 + 40.0 * (0.3 - 0.36 / 3.0))
        assert count.std() == pytest.approx(spread, rel=0.05)

    def test_four_stations_stay_where_all_drop_out(self) -> None:
        events = drawn(replace(CLEAN, stations=(4, 12), dropout=1.0, fewest=4), 400)
        count = events.gather.present.sum(-1)
        assert count.min() == 4
        assert (count <= events.truth.drawn).all()
        assert (events.truth.drawn.unique() == torch.arange(4, 13)).all()

    def test_places_without_a_station_are_empty_and_last(self) -> None:
        gather = drawn(Randomisation(stations=(4, 20))).gather
        present = gather.present
        assert (present.long().diff(dim=-1) <= 0).all()
        for values in (gather.windows, gather.distance, gather.azimuth, gather.place):
            assert not values[~present].any()
            assert values.dtype == torch.float32
        assert gather.windows.isfinite().all()

    def test_a_pick_error_moves_the_wave_by_what_it_says(self) -> None:
        clean, moved = drawn(CLEAN_TEN), drawn(replace(CLEAN_TEN, pick_scatter=(0.2, 0.4), pick_scaling=0.05))
        late = moved.truth.late
        windows, others = clean.gather.windows.double(), moved.gather.windows.double()
        f = torch.fft.rfftfreq(SAMPLES, 0.1, dtype=torch.float64)
        taper = torch.hann_window(SAMPLES, dtype=torch.float64)
        loud = size(windows) > 0.1 * size(windows).amax(1, keepdim=True)
        # the phase between the two at 0.3 to 1 Hz
        cross = torch.fft.rfft(others * taper) * torch.fft.rfft(windows * taper).conj()
        cross = cross[..., (f > 0.3) & (f < 1.0)].sum(3)  # over components
        turn = cross[..., 1:] * cross[..., :-1].conj()
        found = turn.sum(-1).angle() / (2.0 * math.pi * 0.1)
        small = loud[..., None] & (late.abs() < 0.5)
        assert (found - late)[small].abs().median() < 0.05
        assert late[..., 1].std() > late[..., 0].std() > 0.1
        factor = late / torch.tensor([1.0])
        assert factor.abs().max() < 0.05 * BANK.s.max() + 3.0 * 0.4

    def test_a_scaled_travel_time_is_wrong_by_the_same_share_everywhere(self) -> None:
        events = drawn(replace(CLEAN_TEN, pick_scaling=0.08))
        speed = torch.tensor([6.0, 6.3], dtype=torch.float64)[events.truth.model]
        path = (events.truth.distance.square() + events.truth.depth[:, None].square()).sqrt()
        share = events.truth.late[..., 0] / (path / speed[:, None])
        assert share.std(1).max() < 1e-6
        assert 0.06 < share.abs().max() <= 0.08

    def test_depth_and_epicentre_are_wrong_by_what_they_say(self) -> None:
        events = drawn(replace(CLEAN_TEN, epicentre_error=2.0), 400)
        truth, gather = events.truth, events.gather
        true, said = (
            torch.stack((d * torch.deg2rad(a).cos(), d * torch.deg2rad(a).sin()), -1)
            for d, a in ((truth.distance, truth.azimuth), (gather.distance.double(), gather.azimuth.double()))
        )
        wrong = true - said  # of an event the same for all stations
        assert wrong.std(1).max() < 1e-4
        assert wrong[:, 0].std(0).tolist() == pytest.approx([2.0, 2.0], rel=0.12)
        deep = drawn(replace(CLEAN_TEN, depth_error=1.0), 400)
        middle = deep.truth.depth == 8.0
        assert (deep.gather.depth - deep.truth.depth)[middle].std() == pytest.approx(1.0, rel=0.2)
        assert deep.gather.depth.min() >= 4.0

    def test_a_wrong_epicentre_turns_r_and_t(self) -> None:
        """The motion of the ground is the same: from the directions of the gather back to those of the truth."""
        clean, turned = drawn(CLEAN_TEN), drawn(replace(CLEAN_TEN, epicentre_error=3.0))
        angle = torch.deg2rad(turned.gather.azimuth - turned.truth.azimuth).float()[..., None, None]
        r, t = turned.gather.windows[..., 1, :], turned.gather.windows[..., 2, :]
        back = r * angle.cos() - t * angle.sin()
        assert (back - clean.gather.windows[..., 1, :]).abs().max() < 1e-5 * back.abs().max()

    def test_noise_is_as_loud_as_it_says_and_windows_share_it(self) -> None:
        quiet, noisy = drawn(CLEAN_TEN, 64), drawn(replace(CLEAN_TEN, noise=(0.2, 0.2)), 64)
        noise = noisy.gather.windows - quiet.gather.windows
        ratio = size(noise) / size(quiet.gather.windows)
        assert ratio.square().mean().sqrt() == pytest.approx(0.2, rel=0.1)
        near = noisy.truth.distance == 10.0
        assert near.any()
        travel = (noisy.truth.distance.square() + noisy.truth.depth[:, None].square()).sqrt()
        speed = torch.tensor([6.0, 6.3], dtype=torch.float64)[noisy.truth.model][:, None]
        apart = (10.0 * travel / speed * (math.sqrt(3.0) - 1.0)).round().long()
        k, j = (int(i) for i in near.nonzero()[0])
        lag = int(apart[k, j])
        assert torch.allclose(
            noise[k, j, 0, :, lag:], noise[k, j, 1, :, :-lag], atol=1e-5 * float(noise[k, j].abs().max())
        )

    def test_coda_follows_the_wave_and_is_as_strong_as_it_says(self) -> None:
        clean, coda = drawn(CLEAN_TEN, 64), drawn(replace(CLEAN_TEN, coda=0.5), 64)
        before = slice(0, SAMPLES // 2 - 5)
        largest = coda.gather.windows.abs().amax((-1, -2), keepdim=True)[:, :, 0]
        assert (
            coda.gather.windows[:, :, 0, :, before].abs() < 2e-3 * largest
        ).all()  # the ringing of the band
        scattered = (coda.gather.windows - clean.gather.windows)[:, :, 0]
        far = clean.truth.distance > 90.0
        assert (scattered[far][:, 2].abs().amax(-1) > 0).all()  # P on T, which layers alone do not make
        share = scattered[far].square().sum() / clean.gather.windows[far][:, 0].square().sum()
        assert 0.1 < share < 0.4  # 0.25 in the mean, less what comes after the window

    def test_attenuation_takes_high_frequencies_and_is_causal(self) -> None:
        f = frequencies(4096)
        chain = pulses.attenuation(f, torch.tensor(0.2, dtype=torch.float64))
        assert chain[100].abs() == pytest.approx(math.exp(-math.pi * float(f[100]) * 0.2))
        pulse = torch.fft.irfft(chain * torch.exp(-((f / 2.0) ** 2)), 4096)
        assert pulse[2048:-8].abs().max() < 0.02 * pulse.abs().max()
        assert int(pulse.argmax()) >= 1
        clean, dull = drawn(CLEAN_TEN), drawn(replace(CLEAN_TEN, attenuation=0.3))
        rise = [
            torch.fft.rfft(e.gather.windows[:, :, 1]).abs().square().sum((0, 1, 2)) for e in (clean, dull)
        ]
        assert rise[1][3] / rise[0][3] > 1.2 * rise[1][8] / rise[0][8]

    def test_missing_components_are_zero_and_not_recorded(self) -> None:
        gather = drawn(replace(CLEAN_TEN, without_horizontals=0.3, without_vertical=0.2), 200).gather
        assert torch.equal(gather.windows.abs().amax((-1, -3)) == 0.0, ~gather.recorded)
        assert torch.equal(gather.recorded[..., 1], gather.recorded[..., 2])
        assert gather.present.all()
        assert gather.recorded[..., 1].double().mean() == pytest.approx(0.7, abs=0.04)
        assert gather.recorded[..., 0].double().mean() == pytest.approx(1.0 - 0.2 * 0.7, abs=0.03)

    def test_flips_and_site_factors(self) -> None:
        clean = drawn(CLEAN_TEN, 200).gather.windows
        flipped = drawn(replace(CLEAN_TEN, flipped=0.1), 200).gather.windows
        assert torch.equal(clean.abs(), flipped.abs())
        loud = clean.abs().amax((-1, -3)) > 0
        wrong = (clean * flipped).sum((-1, -3)) < 0
        assert wrong[loud].double().mean() == pytest.approx(0.1, abs=0.02)
        site = drawn(replace(CLEAN_TEN, site_scatter=0.4), 200).gather.windows
        factor = (size(site) / size(clean)).log()
        assert factor.std() == pytest.approx(0.4, rel=0.08)
        assert factor.mean() == pytest.approx(0.0, abs=0.04)


class TestSources:
    @pytest.mark.parametrize("brune", [False, True])
    def test_a_moment_rate_begins_at_zero_and_has_area_and_centroid(self, *, brune: bool) -> None:
        f = frequencies(4096)
        rate = torch.fft.irfft(pulses.moment_rate(f, torch.tensor(2.0).double(), torch.tensor(brune)), 4096)
        time = 0.1 * torch.arange(4096, dtype=torch.float64)
        assert rate.sum() == pytest.approx(1.0, rel=1e-3)
        assert rate[-1000:].abs().max() < 0.01 * rate.max()
        assert (rate * time)[:1000].sum() == pytest.approx(1.0, abs=0.02)

    def test_durations_are_those_of_a_corner_frequency(self) -> None:
        """3 MPa and 3.4 km/s: Mw 4 has its corner at 0.49 β (Δσ/M0)^⅓ = 2.23 Hz."""
        corner = 0.49 * 3400.0 * (3e6 / 10**15.1) ** (1 / 3)
        assert corner == pytest.approx(2.23, abs=0.005)
        assert pulses.duration(torch.tensor(10**15.1)) == pytest.approx(2.0 / (math.pi * corner), rel=1e-5)
        events = drawn(replace(CLEAN, stations=(4, 4), duration_scatter=0.3), 400)
        ratio = (events.truth.duration / pulses.duration(scalar_moment(events.moment))).log()
        assert ratio.std() == pytest.approx(0.29, abs=0.03)
        assert ratio.abs().max() <= 0.6 + 1e-9


class TestMixed:
    def test_each_station_has_a_velocity_model_of_its_own(self) -> None:
        """As many as the chance says; a station whose model is that of its event records what it did before."""
        single = drawn(CLEAN_TEN, 400)
        mixed = drawn(replace(CLEAN_TEN, mixed=0.5), 400)
        same = (single.gather.windows == mixed.gather.windows).flatten(2).all(-1)
        # of two models half are the event's own by chance: of a mixed event, half of the stations change
        assert (~same).double().mean() == pytest.approx(0.25, abs=0.04)
        assert same.all(-1).double().mean() == pytest.approx(0.5, abs=0.08)


class TestNoise:
    @pytest.mark.parametrize("high", [False, True])
    def test_peterson_is_that_of_obspy(self, *, high: bool) -> None:
        signal = pytest.importorskip("obspy.signal.spectral_estimation")
        period, decibel = signal.get_nhnm() if high else signal.get_nlnm()
        inside = (period > 0.4) & (period < 20.0)
        period, decibel = period[inside], decibel[inside] + 20.0 * np.log10(period[inside] / (2.0 * np.pi))
        ours = velocity_decibel(HIGH_NOISE if high else LOW_NOISE, torch.from_numpy(period))
        # ObsPy gives the points of a coarser table in between
        assert np.abs(ours.numpy() - decibel).max() < 0.5

    def test_it_has_the_size_and_the_spectrum_it_says(self) -> None:
        noise = GroundNoise(1024).draw(200, np.random.default_rng(0))
        assert noise.square().mean() == pytest.approx(1.0, rel=0.05)
        power = torch.fft.rfft(noise).abs().square().mean((0, 1))
        f = torch.fft.rfftfreq(1024, 0.1)
        assert power[f > 2.5].max() < 1e-9 * power.max()
        microseism, high = (power[(f > a) & (f < b)].mean() for a, b in ((0.15, 0.25), (1.0, BAND[1])))
        assert microseism > 30.0 * high


class TestRecordedNoise:
    @staticmethod
    def write(
        folder: Path, seconds: float = 400.0, components: str = "ZNE", gap: float | None = None
    ) -> None:
        """A station at 20 Hz: a hum at 0.4 Hz in all components, and noise of its own in each."""
        obspy = pytest.importorskip("obspy")
        rng = np.random.default_rng(0)
        time = np.arange(round(20.0 * seconds)) / 20.0
        for name in components:
            data = 1e3 * np.sin(2.0 * np.pi * 0.4 * time) + 100.0 * rng.standard_normal(len(time)) + 5e4
            header = {"network": "XX", "station": "A", "channel": f"BH{name}", "sampling_rate": 20.0}
            stream = obspy.Stream([obspy.Trace(data.astype(np.float32), header)])
            if gap is not None:
                begin = stream[0].stats.starttime
                stream = stream.slice(begin, begin + gap) + stream.slice(begin + gap + 5.0)
            stream.write(folder / f"{name}.mseed", format="MSEED")

    def test_pieces_of_records_are_what_events_get(self, tmp_path: Path) -> None:
        self.write(tmp_path)
        (tmp_path / "readme.txt").write_text("no record")
        noise = read_noise(tmp_path)
        pieces = noise.draw(50, np.random.default_rng(1))
        assert pieces.shape == (50, 3, 1024)
        assert torch.allclose(pieces.square().mean((1, 2)), torch.ones(50), rtol=1e-5)
        assert not torch.equal(pieces[0], pieces[1])
        assert noise.checksum == read_noise(tmp_path).checksum
        power = torch.fft.rfft(pieces).abs().square().mean((0, 1))
        f = torch.fft.rfftfreq(1024, 0.1)
        assert f[power.argmax()] == pytest.approx(0.4, abs=0.02)
        assert power[(f > 0.35) & (f < 0.45)].sum() > 0.9 * power.sum()
        assert power[f > 3.0].max() < 1e-4 * power.max()
        events = Prior(BANK, replace(CLEAN_TEN, noise=(0.2, 0.2)), noise=noise).events(
            8, np.random.default_rng(1)
        )
        clean = drawn(CLEAN_TEN, 8)
        ratio = size(events.gather.windows - clean.gather.windows) / size(clean.gather.windows)
        assert ratio.mean() == pytest.approx(0.2, rel=0.05)

    def test_a_gap_parts_a_record(self, tmp_path: Path) -> None:
        """Stretches of 150 and 245 s: pieces of 102.4 s fit into both, after 20 s for the filter."""
        self.write(tmp_path, gap=150.0)
        assert [len(r[0]) for r in read_noise(tmp_path)._records] == pytest.approx([1300, 2250], abs=5)

    def test_what_is_too_little_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no stretch"):
            read_noise(tmp_path)
        self.write(tmp_path, components="ZN")
        with pytest.raises(InputError, match=r"122\.4 s in which three components"):
            read_noise(tmp_path)
        with pytest.raises(InputError, match="no folder"):
            read_noise(tmp_path / "nowhere")


def test_bad_input_is_told() -> None:
    with pytest.raises(InputError, match=r"no model 'iron'.*slow, fast"):
        Prior(BANK, CLEAN, ["iron"])
    with pytest.raises(InputError, match="longer"):
        Prior(toy_bank(samples=200), CLEAN)
    with pytest.raises(InputError, match=r"0\.05 s"):
        Prior(replace(BANK, time_step=0.05), CLEAN)
    for entries, words in (
        ({"dropout": 1.5}, "dropout"),
        ({"coda": -0.1}, "coda"),
        ({"noise": (0.3, 0.1)}, "smaller number first"),
        ({"noise": (0.0, 0.1)}, "two positive"),
        ({"stations": (2, 10)}, "fewest"),
        ({"clustered": 0.7, "one_sided": 0.7}, "in all"),
        ({"pick_scaling": 0.5}, "pick_scaling"),
    ):
        with pytest.raises(InputError, match=words):
            replace(Randomisation(), **entries)


def test_it_says_what_it_draws() -> None:
    assert isinstance(prior(CLEAN_TEN), Draws)
    said = prior(CLEAN_TEN).description()
    assert said["models"] == ["slow", "fast"]
    assert said["depths"] == [4.0, 12.0, 3]
    assert said["randomisation"]["stations"] == (10, 10)
    assert prior(CLEAN_TEN, ("fast",)).models == ("fast",)
    assert ONSET > 0.0
