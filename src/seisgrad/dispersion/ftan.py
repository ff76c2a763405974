"""Multiple-filter (frequency-time) analysis of one waveform: pure numbers, no records and no geography.

A surface wave that has travelled r km is a chirp. A Gaussian filter exp(-α((ω-ω₀)/ω₀)²) turns it into a pulse whose
envelope peaks at the group time r/U (Dziewonski, Bloch & Landisman 1969; Herrmann 1973; Levshin et al. 1989). Here are
the filters, the envelopes over time, the track of the ridge through them, and the arrival on the ridge: its time, the
instantaneous frequency at that time (which, and not ω₀, is the frequency that the time belongs to where the spectrum is
not flat: Levshin et al. 1989, Shapiro & Singh 1999), its width and its amplitude.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

OVERSAMPLING = 8  # envelope samples per shortest period
_REACH = 4.0  # a Gaussian is taken to end this many standard deviations from its middle
_ITSELF = 0.7  # maxima nearer than this many pulse widths are one arrival
_SMOOTHING = 0.7  # filter widths over which a group-time curve is smoothed
# cost of moving the ridge by one pulse width from filter to filter, in the logarithm of the envelope
_CONTINUITY = 1.0


# --- filters --------------------------------------------------------------------------------------------------------


def default_alpha(distance_km: float, period: Real) -> Real:
    """Filter parameter for a distance and periods: α = r/(8 km/s · T), kept between 8 and 100.

    The pulse behind the filter is shortest when the filter's own length equals the dispersion over its band, which is
    at α = π r |dU/dT|/U². With the |dlnU/dlnT| ≈ 0.15 of surface waves that is half the number of wavelengths.
    """
    return np.clip(distance_km / (8.0 * period), 8.0, 100.0)


def relative_width(alpha: Real) -> Real:
    """Standard deviation of the filter over its centre, σ_ω/ω₀ = 1/√(2α)."""
    return 1 / np.sqrt(2 * alpha)


def pulse_width(period: Real, alpha: Real) -> Real:
    """Standard deviation in s of the filter's own envelope in time, √(2α)/ω₀."""
    return np.sqrt(2 * alpha) * period / (2 * np.pi)


def _fast_length(atleast: float) -> int:
    """The power of two that is no smaller."""
    return 1 << (int(np.ceil(atleast)) - 1).bit_length()


@dataclass(frozen=True)
class Spectrum:
    """The analytic spectrum of a waveform on a time axis that starts at the source's origin time.

    ``values[k]`` at ``omega[k]`` (rad/s) carries the factor 2/n of the analytic signal, so that the filtered signal at
    time t is the plain sum of values · filter · exp(iωt).
    """

    omega: Real
    values: Complex

    @classmethod
    def of(cls, samples: Real, interval: float, start: float, padding: float) -> "Spectrum":
        """Of ``samples`` [time], the first of them ``start`` s after the origin, with ``padding`` s of zeros behind."""
        number = _fast_length(len(samples) + padding / interval)
        omega = np.asarray(2 * np.pi * np.fft.rfftfreq(number, interval), dtype=np.float64)
        values = np.fft.rfft(samples, number) * (2 / number) * np.exp(-1j * omega * start)
        values[0] = 0.0
        return cls(omega, values)

    def filtered(self, period: Real, alpha: Real) -> Complex:
        """Behind the filters, ``[filter, frequency]``."""
        centre = (2 * np.pi / period)[:, None]
        return self.values * np.exp(-alpha[:, None] * (self.omega / centre - 1) ** 2)

    def compressed(self, curve: "GroupTimes") -> "Spectrum":
        """The wave that arrives along ``curve`` moved to time zero at every period: times exp(i ∫ t dω).

        Behind a phase-matched filter (Herrin & Goforth 1977) a dispersed train is a pulse at zero, so that a filter's
        maximum is no longer pulled to where the curve bends, and other arrivals stand further off in pulse widths.
        """
        positive = self.omega > 0
        time = np.full(len(self.omega), curve.longest)
        time[positive] = curve.at(2 * np.pi / self.omega[positive])
        phase = np.concatenate(([0.0], np.cumsum(0.5 * (time[1:] + time[:-1]) * np.diff(self.omega))))
        return Spectrum(self.omega, self.values * np.exp(1j * phase))

    def up_to(self, period: Real, alpha: Real) -> "Spectrum":
        """Without the frequencies that none of the filters passes."""
        highest = (2 * np.pi / period * (1 + _REACH * relative_width(alpha))).max()
        used = self.omega <= highest
        return Spectrum(self.omega[used], self.values[used])


@dataclass(frozen=True)
class GroupTimes:
    """A group-time curve between the points given, constant beyond them: s at periods in s, ``[point]`` each."""

    period: Real
    time: Real

    @classmethod
    def smooth(cls, period: Real, time: Real, alpha: Real) -> "GroupTimes":
        """A parabola in ln T fitted around every point, with Gaussian weights 0.7 filter widths wide.

        The curve goes on straight for one filter width beyond either end.
        """
        place, reach = np.log(period), _SMOOTHING * relative_width(alpha)
        fits = np.empty((len(period), 3))
        for i, width in enumerate(reach):
            away = (place - place[i]) / width
            powers = np.stack((np.ones_like(away), away, away**2), axis=1)
            weights = np.exp(-0.25 * away**2)  # the square root: they multiply both sides of the equations
            fits[i] = np.linalg.lstsq(powers * weights[:, None], time * weights)[0]
        steps = np.array([-1.0, 1.0]) / _SMOOTHING
        beyond = fits[[0, -1], 0] + fits[[0, -1], 1] * steps
        places = np.concatenate(
            (place[:1] + steps[:1] * reach[:1], place, place[-1:] + steps[1:] * reach[-1:])
        )
        return cls(np.exp(places), np.concatenate((beyond[:1], fits[:, 0], beyond[1:])))

    @property
    def longest(self) -> float:
        """Group time at the longest period, s."""
        return float(self.time[-1])

    def at(self, period: Real) -> Real:
        """Group times at any periods, s."""
        from scipy.interpolate import PchipInterpolator

        inside = np.clip(period, self.period[0], self.period[-1])
        return PchipInterpolator(np.log(self.period), self.time)(np.log(inside))


# --- envelopes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Envelopes:
    """Envelopes behind a bank of filters.

    Attributes:
        time: s after the origin, evenly spaced, ``[time]``.
        amplitude: ``[filter, time]``.
        noise: root mean square of the filtered noise, ``[filter]``, from the median of the envelope over the whole
            record: the envelope of Gaussian noise has the median √(2 ln 2) σ, and arrivals shorter than half the record
            do not move it far.
        share: of the component in the energy of both horizontals, ``[filter, time]``; 1 where only one is known.
    """

    time: Real
    amplitude: Real
    noise: Real
    share: Real

    @classmethod
    def of(
        cls,
        spectrum: Spectrum,
        period: Real,
        alpha: Real,
        span: tuple[float, float],
        other: Spectrum | None = None,
    ) -> "Envelopes":
        """Over ``span``, s after the origin, eight samples per shortest period.

        ``other`` is the spectrum of the horizontal component across the one that is analysed, on the same frequencies.
        """
        time, amplitude = _sampled(spectrum, period, alpha, span)
        noise = np.sqrt(np.median(amplitude**2, axis=-1) / (2 * np.log(2)))
        share = np.ones_like(amplitude)
        if other is not None:
            energy, across = amplitude**2, _sampled(other, period, alpha, span)[1] ** 2
            share = energy / np.fmax(energy + across, np.finfo(float).tiny)
        return cls(time, amplitude, noise, share)

    def at(self, times: Real) -> tuple[Real, Real]:
        """Amplitude and share at ``times`` [point], ``[filter, point]`` each."""
        amplitude = np.array([np.interp(times, self.time, row) for row in self.amplitude])
        share = np.array([np.interp(times, self.time, row) for row in self.share])
        return amplitude, share

    def share_on(self, time: Real) -> Real:
        """Share at one time per filter."""
        return np.array([np.interp(t, self.time, row) for t, row in zip(time, self.share, strict=True)])

    def rivals(self, time: Real, height: Real, width: Real, window: tuple[Real, Real]) -> tuple[Real, Real]:
        """How much the other maxima of each envelope disturb the one at ``time`` of the given ``height``.

        Args:
            time: of the arrivals, s, ``[filter]``.
            height: their amplitude, ``[filter]``.
            width: pulse width of the filters, s; maxima nearer than 0.7 of it are the arrival itself, ``[filter]``.
            window: first and last time at which an arrival could be taken for the wave, s, ``[filter]`` each.

        Returns:
            Ambiguity, the amplitude of the largest rival in the window, times its share, over that of the arrival; and
            interference, the shift of the arrival's maximum by the tail of a rival anywhere, in units of ``width``. A
            Gaussian pulse q times as high and d widths away shifts it by up to q d exp(-d²/2). ``[filter]`` each.
        """
        ambiguity, interference = np.zeros(len(time)), np.zeros(len(time))
        for i, row in enumerate(self.amplitude):
            peaks = 1 + np.flatnonzero((row[1:-1] > row[:-2]) & (row[1:-1] > row[2:]))
            apart = np.abs(self.time[peaks] - time[i]) / width[i]
            peaks, apart = peaks[apart > _ITSELF], apart[apart > _ITSELF]
            ratio = row[peaks] / height[i]
            inside = (self.time[peaks] >= window[0][i]) & (self.time[peaks] <= window[1][i])
            ambiguity[i] = (ratio * self.share[i][peaks])[inside].max(initial=0.0)
            interference[i] = (ratio * apart * np.exp(-0.5 * apart**2)).max(initial=0.0)
        return ambiguity, interference


def _sampled(spectrum: Spectrum, period: Real, alpha: Real, span: tuple[float, float]) -> tuple[Real, Real]:
    """Times and envelopes over ``span``, ``[time]`` and ``[filter, time]``."""
    kept = spectrum.up_to(period, alpha)
    spacing = kept.omega[1] / (2 * np.pi)
    number = _fast_length(max(OVERSAMPLING / (spacing * period.min()), len(kept.omega)))
    step = 1 / (spacing * number)
    used = min(number, int((span[1] - span[0]) / step) + 1)
    passed = kept.filtered(period, alpha) * np.exp(1j * kept.omega * span[0])
    amplitude = np.abs(np.fft.ifft(passed, number, axis=-1)[:, :used]) * number
    return span[0] + step * np.arange(used), amplitude


# --- the ridge ------------------------------------------------------------------------------------------------------


def track(image: Real, noise: Real, time: Real, width: Real) -> NDArray[np.int64]:
    """The ridge over all periods at once: the path of the largest total, found by dynamic programming (Viterbi 1967).

    A path earns the logarithm of the envelope, flattened below the noise so that no valley of it counts, and pays
    ½ (Δt/width)² for every step Δt in time: a true ridge moves by less than a pulse width between filters half a
    filter width apart, while a jump to another path moves by many. Unlike a tracker that follows the nearest maximum,
    it leaves the ridge only where the whole rest of the curve lies elsewhere.

    Args:
        image: envelope, ``[filter, point]``.
        noise: root mean square of the noise, ``[filter]``.
        time: of the points, s, ``[point]``.
        width: pulse width of the filters, s, ``[filter]``.

    Returns:
        The point of the ridge, ``[filter]``.
    """
    gain = 0.5 * np.log(image**2 + noise[:, None] ** 2 + np.finfo(float).tiny)
    moved = 0.5 * _CONTINUITY * (time[:, None] - time[None, :]) ** 2
    total, came_from = gain[0], []
    for i in range(1, len(image)):
        score = total[None, :] - moved / (0.5 * (width[i] + width[i - 1])) ** 2
        best = score.argmax(axis=1)
        total = np.take_along_axis(score, best[:, None], axis=1)[:, 0] + gain[i]
        came_from.append(best)
    path = [int(total.argmax())]
    for best in reversed(came_from):
        path.append(int(best[path[-1]]))
    return np.array(path[::-1])


# --- the arrival on the ridge ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrivals:
    """Maxima of the envelopes.

    Attributes:
        time: s after the origin, ``[filter]``.
        period: instantaneous period at that time, s, ``[filter]``.
        width: standard deviation of the Gaussian that fits the top of the envelope, s, ``[filter]``; NaN where the
            search ended on no maximum.
        amplitude: of the envelope, ``[filter]``.
    """

    time: Real
    period: Real
    width: Real
    amplitude: Real

    @classmethod
    def near(cls, spectrum: Spectrum, period: Real, alpha: Real, start: Real) -> "Arrivals":
        """The maximum uphill from ``start`` [filter], by Newton's method on d ln|z|/dt = Re(ż/z).

        z and its derivatives are sums over the spectrum, so the time is not tied to any sampling.
        """
        kept = spectrum.up_to(period, alpha)
        passed = kept.filtered(period, alpha)
        width = pulse_width(period, alpha)
        time, converged = start.copy(), np.zeros(len(start), dtype=bool)
        for _ in range(12):
            slope, curvature, _, _ = _logarithmic(passed, kept.omega, time)
            hill = curvature < 0
            newton = np.where(hill, -slope / np.where(hill, curvature, 1.0), np.sign(slope) * width)
            step = np.clip(newton, -0.5 * width, 0.5 * width)
            converged = hill & (np.abs(step) < 1e-6 * width)
            time = time + step
            if converged.all():
                break
        _, curvature, frequency, amplitude = _logarithmic(passed, kept.omega, time)
        converged &= (curvature < 0) & (frequency > 0)
        spread = np.where(converged, 1 / np.sqrt(np.where(converged, -curvature, 1.0)), np.nan)
        return cls(time, 2 * np.pi / np.where(converged, frequency, np.nan), spread, amplitude)


def _logarithmic(passed: Complex, omega: Real, time: Real) -> tuple[Real, Real, Real, Real]:
    """Slope and curvature of ln|z|, the instantaneous frequency and |z| at one time per filter."""
    terms = passed * np.exp(1j * omega * time[:, None])
    z, first, second = terms.sum(-1), 1j * (terms * omega).sum(-1), -(terms * omega**2).sum(-1)
    z = np.where(z == 0, np.finfo(float).tiny, z)
    rate = first / z
    return rate.real, (second / z - rate**2).real, rate.imag, np.abs(z)
