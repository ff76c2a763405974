"""
Surface waves: from a record to shear velocity
==============================================

One earthquake, one station, one profile with its error bars; then the same inversion with the learned operator.
"""

# %%
# The record is part of ObsPy: Kongsberg in Norway, after the earthquake of 13 January 2001 off El Salvador, Mw
# 7.7. Surface waves took most of an hour for 9200 km, and arrived sorted by period: that is dispersion.

from pathlib import Path

import matplotlib.pyplot as plt
import obspy
import torch

import seisgrad as sg
from seisgrad.dispersion.invert import invert
from seisgrad.dispersion.starting_model import from_reference
from seisgrad.plot.fit import fit
from seisgrad.plot.profile import ensemble, profile, profile_band
from seisgrad.report import kono

record = Path(obspy.__file__).parent / "io/seisan/tests/data/2001-01-13-1742-24S.KONO__004"
centroid = obspy.UTCDateTime("2001-01-13T17:33:32.4") + 17.0  # the origin, and half of its duration
event = sg.dispersion.Event(13.049, -88.660, 60.0, centroid)
station = sg.dispersion.Station(59.649, 9.598)
periods = (20.0, 24.0, 29.0, 36.0, 45.0, 56.0, 70.0, 90.0, 115.0)

# %%
# Multiple-filter analysis follows the envelope from period to period. The uncertainty of a pick comes from the width
# of the filter and the noise; what cannot be read off a record, such as a wrong origin time, is put in by hand as a
# ``floor``, here 1 % of the velocity. The record comes without its response: the sensor is taken to be an STS-1, flat
# to 360 s, whose delay at long periods would else be taken for slow waves.

measured = sg.dispersion.measure(
    record, event, station, "rayleigh", periods=periods, floor=0.01, response=kono.response()
)
print(f"{measured.distance_km:.0f} km; {int(measured.good.sum())} of {len(periods)} periods are good")

fig, ax = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
sg.plot.time_frequency(ax, measured)
ax.set_title("The envelope, and the group velocities that were picked")

# %%
# What was believed before is the other half of an answer. ``from_reference`` makes a depth grid as fine as the
# data can tell, a prior around a reference earth (here PREM, 8 % either way) and the tie by which vp and density
# follow vs. Half of the path lies over deep ocean, which one profile cannot be: it is an average, and the crust
# of PREM stands for it.

table = measured.curves
starting = from_reference(table, sg.earth.prem(), "PREM", sigma=0.08)
found = invert(table, starting, earth="spherical")
print(found.posterior.message())

# %%
# The band is two standard deviations. Where it is as wide as the prior, the record says nothing.

bottom = 300.0
fig, axes = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
ensemble(axes[0], starting.rock_depth, starting.prior.sample(400, seed=1), bottom=bottom)
posterior = found.posterior
profile_band(
    axes[0], starting.rock_depth, posterior.mean, posterior.sigma, bottom=bottom, label="posterior, 2σ"
)
profile(axes[0], starting.rock_depth, posterior.mean, bottom=bottom)
axes[0].set(xlabel="vs (km/s)", title="Before (grey) and after (blue)", xlim=(2.5, 5.6))
fit(
    axes[1], found.survey.periods, found.observed[0], found.sigma[0], found.predicted[0],
    prior=found.prior_prediction[0], kind="group",
)  # fmt: skip
axes[1].set(title="Data, the prior's (dashed) and what was found", ylabel="group velocity (km/s)")
axes[1].set_xticks([20, 30, 50, 70, 100], ["20", "30", "50", "70", "100"], minor=False)
axes[1].minorticks_off()

# %%
# This is the short way, and the band does not know what it leaves out. ``seisgrad demo`` takes the same record with the
# oceans under the path, the Love wave beside the Rayleigh wave, PREM at the period of the waves instead of 1 s, and the
# errors that all periods share, such as 8 s of the origin time. It finds 4.25 km/s at a depth of 150 km, far outside of
# the band here: error bars hold what they were told.

# %%
# The learned operator has the same face. It stands in for physics where it was trained, here phase velocities of
# 2 to 60 seconds over flat ground, and exact steps then have the last word: the model that comes out is that of
# physics.

branch = sg.dispersion.Branch("rayleigh", "phase", 0)
survey = sg.dispersion.Survey((branch,), torch.tensor([4.0, 7.0, 11.0, 16.0, 23.0, 32.0, 42.0, 55.0]))
depth = torch.tensor([0.0, 2, 5, 9, 14, 20, 27, 35, 44, 54, 66, 80, 100], dtype=torch.float64)
physics = sg.dispersion.Physics(survey, depth)
learned = sg.dispersion.load("default", survey, depth)
tie = sg.earth.BrocherTie(depth)

believed = sg.inversion.GaussianPrior(
    3.3 + 0.012 * depth, sg.inversion.depth_covariance(depth, sigma=0.3, length=15.0)
)
truth = believed.sample(1, seed=3)[0]
noise = torch.randn(1, 8, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
data = (physics @ tie)(truth) + 0.02 * noise

exact = sg.inversion.gauss_newton(physics @ tie, data, 0.02, believed)
fast = sg.inversion.gauss_newton(learned @ tie, data, 0.02, believed)
finished = sg.inversion.finish(physics @ tie, fast, data, 0.02)
print(finished.message())

fig, ax = plt.subplots(figsize=(4.6, 4.4), layout="constrained")
profile_band(ax, depth, exact.mean, exact.sigma, bottom=120.0, label="physics, 2σ")
for value, style, label in (
    (fast.mean, "--", "learned operator"),
    (finished.posterior.mean, ":", "learned, finished by physics"),
    (truth, "-", "truth"),
):
    ax.step(
        value,
        depth,
        style,
        where="post",
        color="black" if label == "truth" else "#d55e00",
        lw=1.4,
        label=label,
    )
ax.set_xlabel("vs (km/s)")
ax.legend(loc="lower left")
plt.show()
