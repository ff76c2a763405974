"""
Ambient noise: from records to a profile
========================================

Eight hours of noise at four stations: correlations, Green's functions, a dispersion curve, and the ground below.
"""

# %%
# Waves from all sides over a known earth: every frequency has its phase velocity by the exact dispersion
# operator, and each direction an amplitude of its own, drawn anew for every stretch of record. Four stations, and
# as many hours as it takes.

import matplotlib.pyplot as plt
import numpy as np
import torch

import seisgrad as sg
from seisgrad.dispersion.invert import invert
from seisgrad.dispersion.starting_model import from_data
from seisgrad.plot.profile import ensemble, profile_band, staircase

earth = sg.LayeredModel(
    [1.0, 2.0, 4.0, 0.0], [3.6, 4.4, 5.2, 5.9], [2.0, 2.5, 3.0, 3.4], [2.2, 2.4, 2.5, 2.7]
)
offsets = np.array([0.0, 14.0, 33.0, 60.0])  # km along the equator
places = [sg.noise.Place(f"XX.S{i}", 0.0, float(np.degrees(km / 6378.137))) for i, km in enumerate(offsets)]
rate, samples, stretches = 4.0, 1600, 75  # Hz, samples per stretch, stretches: eight hours in all

frequency = np.fft.rfftfreq(samples, 1 / rate)
inside = np.flatnonzero((frequency > 0.08) & (frequency < 0.65))
f = frequency[inside]
c = sg.dispersion.velocity(earth, (1 / f[::-1]).tolist()).numpy()[::-1]
angle = np.linspace(0.0, 2.0 * np.pi, 240, endpoint=False)
travel = np.exp(
    -2j * np.pi * (f / c)[:, None, None] * offsets[:, None] * np.cos(angle)
)  # [frequency, station, direction]
draw = np.random.default_rng(1)
shape = (len(f), len(angle), stretches)
waves = draw.standard_normal(shape) + 1j * draw.standard_normal(shape)
spectra = np.zeros((len(places), stretches, len(frequency)), dtype=complex)
spectra[:, :, inside] = np.moveaxis(travel @ waves, 0, -1)
records = np.fft.irfft(spectra, samples)  # [station, stretch, time]
records /= records.std()
records += 0.3 * draw.standard_normal(records.shape)  # what each instrument hears alone

fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
time = np.arange(samples) / rate
for i in range(len(places)):
    ax.plot(time, offsets[i] + 2.0 * records[i, 0], lw=0.6, color="#1d2530")
ax.set(xlabel="time (s)", ylabel="station at (km)", title="Seven minutes of noise")

# %%
# Each stretch is correlated by itself and the correlations are averaged. Positive lags are waves from the first
# station to the second, negative lags those the other way. The line is the group velocity that the earth has at 3
# s.

settings = sg.noise.Settings(
    band=(0.1, 0.5),
    lag=60.0,
    segment=samples / rate,
    rate=rate,
    response=False,
    normalisation="none",
    whiten=False,
)
motion = torch.from_numpy(records.reshape(len(places), 1, -1))
found = sg.noise.correlate_motion(motion, places, settings)

fig, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
distance = [pair.distance for pair in found.pairs]
for length, row in zip(distance, found.of("ZZ"), strict=True):
    ax.plot(found.lag, length + 6.0 * row / row.abs().max(), lw=0.7, color="#1d2530")
group = float(sg.dispersion.velocity(earth, [3.0], kind="group")[0])
for way in (-1, 1):
    ax.plot([0.0, way * 62.0 / group], [0.0, 62.0], "--", color="#d55e00")
ax.set(xlabel="lag (s)", ylabel="distance (km)", title=f"Correlations, and {group:.2f} km/s")

# %%
# The derivative of a correlation is the Green's function between the stations. Its phase tells the phase velocity
# but for whole waves; a rough reference, here a tenth too fast, only decides how many. What cannot be decided, or
# is too near or too noisy, is left out, and a reason says why.

egf = sg.noise.to_egf(sg.noise.fold(found))
periods = np.geomspace(2.0, 8.0, 12)
expected = sg.noise.Reference(periods, 1.1 * sg.dispersion.velocity(earth, periods.tolist()).numpy())
curves = sg.noise.measure_curves(egf, "phase", periods=periods, reference=expected)
for left_out in curves.rejected[:3]:
    print(left_out)

fig, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
picks = curves.curves
ax.errorbar(
    picks.period,
    picks.velocity,
    2.0 * picks.sigma,
    fmt="o",
    ms=3.5,
    lw=0.8,
    color="#0072b2",
    label="picks, 2σ",
)
ax.plot(periods, sg.dispersion.velocity(earth, periods.tolist()), color="black", label="truth")
ax.plot(periods, expected.velocity, "--", color="0.6", label="reference")
ax.set(xlabel="period (s)", ylabel="phase velocity (km/s)")
ax.legend()

# %%
# All pairs see the same earth here, so that their picks can be joined, and the curve inverted.

weight = picks.sigma**-2.0
joined = []  # period, velocity, sigma
for period in picks.period.unique():
    at = picks.period == period
    mean = (weight * picks.velocity)[at].sum() / weight[at].sum()
    joined.append((float(period), float(mean), max(float(weight[at].sum() ** -0.5), 0.002 * float(mean))))
columns = torch.tensor(joined).T
curve = sg.dispersion.DispersionCurves.from_columns(
    wave="rayleigh", kind="phase", mode=0, period=columns[0], velocity=columns[1], sigma=columns[2]
)
starting = from_data(curve, sigma=0.2)
profile = invert(curve, starting)
print(profile.posterior.message())

fig, ax = plt.subplots(figsize=(4.6, 4.4), layout="constrained")
mean, sigma = profile.posterior.mean, profile.posterior.sigma
ensemble(ax, starting.rock_depth, starting.prior.sample(400, seed=1), bottom=14.0)
profile_band(ax, starting.rock_depth, mean, sigma, bottom=14.0, label="posterior, 2σ")
depth, vs = staircase(earth.depth, earth.vs, 14.0)
ax.plot(vs, depth, color="black", label="truth")
ax.set_xlabel("vs (km/s)")
ax.legend()
plt.show()

# sphinx_gallery_thumbnail_number = 2
