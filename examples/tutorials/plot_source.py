"""
Earthquake sources: a mechanism, twice
======================================

An earthquake that never was, recorded by ten stations: its moment tensor by least squares on long periods, and by the
network that reads windows around P and S.
"""

# %%
# Green's functions of a layered earth make the records, here those of GIL7 in Northern California, and noise is
# added. The motion is that of the vertical, away from the source, and clockwise.

import matplotlib.pyplot as plt
import numpy as np
import torch

import seisgrad as sg
from seisgrad.plot.mechanism import beachball
from seisgrad.source.earths import named_column
from seisgrad.source.layered import Band
from seisgrad.source.origin import Origin
from seisgrad.source.traveltime import first_arrivals

column, depth = named_column("gil7"), 8.0
generator = torch.Generator().manual_seed(2)
azimuth = torch.tensor(
    [12.0, 47.0, 80.0, 121.0, 150.0, 188.0, 231.0, 262.0, 300.0, 338.0], dtype=torch.float64
)
distance = torch.tensor([38.0, 61.0, 92.0, 47.0, 110.0, 72.0, 55.0, 84.0, 66.0, 120.0], dtype=torch.float64)
strike, dip, rake = torch.tensor([215.0, 62.0, -35.0], dtype=torch.float64)
truth = sg.source.from_plane(strike, dip, rake, 10 ** (1.5 * 4.6 + 9.1))

begin = -20.0  # s after the origin
physics = sg.source.Physics(
    column,
    distance,
    azimuth,
    depth,
    band=Band(2048, 0.1, 2.0, 2.5),
    start=torch.full((10,), begin, dtype=torch.float64),
)
motion = physics(truth)
size = motion.abs().amax((1, 2), keepdim=True)
motion = motion + 0.001 * size * torch.randn(motion.shape, generator=generator, dtype=torch.float64)

travel = first_arrivals(column, np.array([depth]), distance.numpy())
picks = torch.stack([torch.from_numpy(travel.p[0]), torch.from_numpy(travel.s[0])], 1)

order = distance.argsort()
fig, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
time = begin + 0.1 * torch.arange(motion.shape[-1])
for k in order.tolist():
    ax.plot(time, distance[k] + 14.0 * motion[k, 0] / size[k, 0], lw=0.6, color="#1d2530")
ax.plot(picks[order, 0], distance[order], "o", ms=3, color="#0072b2", label="P")
ax.plot(picks[order, 1], distance[order], "o", ms=3, color="#d55e00", label="S")
ax.set(
    xlabel="time after the origin (s)",
    ylabel="distance (km)",
    xlim=(-5, 80),
    title="Vertical motion, each by its peak",
)
ax.legend()

# %%
# :func:`~seisgrad.source.read_event` makes an event of a folder of records; here it is put together by hand. Its
# depth is deliberately two kilometres wrong.

place = torch.stack(
    [
        -121.5 + distance / 90 * torch.sin(azimuth.deg2rad()),
        37.8 + distance / 111 * torch.cos(azimuth.deg2rad()),
    ],
    1,
)
event = sg.source.Event(
    origin=Origin("2024-05-04T03:02:01", 37.8, -121.5, depth + 2.0),
    stations=tuple(f"XX.S{k:02d}" for k in range(10)),
    place=place,
    distance=distance,
    azimuth=azimuth,
    motion=motion,
    start=begin,
    picks=picks,
    picked=torch.ones(10, 2, dtype=torch.bool),
    lowest=torch.full((10,), 0.01, dtype=torch.float64),
    remarks=(),
)

# %%
# **The fit.** At every depth, displacement between 20 and 50 s is a linear function of the moment tensor: least
# squares, with a small shift in time of each station. Stations drawn with replacement say how sure the answer is.

fitted = sg.source.refine(event, column, depths=(3.0, 5.0, 7.0, 8.0, 9.0, 11.0, 14.0, 18.0), draws=60)
angle = float(sg.source.kagan_angle(fitted.moment, truth))
print(
    f"depth {fitted.depth:g} km (truth {depth:g}), Mw {fitted.mw:.2f} (truth 4.60), Kagan angle {angle:.1f}°"
)
for remark in fitted.remarks:
    print(remark)

fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), width_ratios=(1, 1.4), layout="constrained")
axes[0].plot(fitted.depths, 100 * fitted.depth_reductions, "o-", color="#0072b2")
axes[0].axvline(depth, color="0.6", ls="--")
axes[0].set(xlabel="depth (km)", ylabel="variance reduction (%)", title="Which depth? (dashed: the truth)")
for row, k in enumerate(range(0, len(fitted.stations), 2)):
    scale = fitted.records[k].abs().max()
    axes[1].plot(fitted.time, fitted.records[k, 2] / scale - 1.6 * row, color="#1d2530", lw=1.2)
    axes[1].plot(fitted.time, fitted.predicted[k, 2] / scale - 1.6 * row, color="#d55e00", lw=1.0)
axes[1].set(xlabel="time after the origin (s)", yticks=[], title="Transverse displacement: recorded, fitted")

# %%
# **The network** never saw this earth. It reads five seconds on either side of P and of S, and says within which
# angle the true mechanism should lie nine times of ten.

answer = sg.source.load("default").answer(event.gather())
off = float(sg.source.kagan_angle(answer.moment.double(), truth))
print(
    f"Mw {float(answer.magnitude):.2f}; Kagan angle {off:.1f}°, it expects at most {float(answer.radius):.0f}°"
)
for warning in answer.warnings:
    print(warning)

fig, axes = plt.subplots(1, 3, figsize=(8, 3), layout="constrained")
beachball(axes[0], truth)
beachball(axes[1], fitted.moment, others=fitted.ensemble[:40], colour="#0072b2")
beachball(axes[2], answer.moment.double(), colour="#d55e00")
for ax, title in zip(axes, ("truth", f"fit, {angle:.0f}° away", f"network, {off:.0f}° away"), strict=True):
    ax.set_title(title)

# %%
# The Kagan angle compares double couples. What else a ball shows, where the white and the coloured parts do not
# meet in a corner, is the part of the tensor that is none, of which a few stations tell less. Synthetic records
# through one layered earth are kind to both; :doc:`/source` has what happened on a real earthquake.

plt.show()

# sphinx_gallery_thumbnail_number = 3
