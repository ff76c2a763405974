"""Which depths does a period listen to? Kernels of a layered model from a file."""

from pathlib import Path

import torch

import seisgrad as sg

DATA = Path(__file__).parent / "data"

model = sg.earth.read_model(DATA / "model.csv")
periods = torch.tensor([4.0, 8.0, 16.0, 32.0], dtype=torch.float64)
found = sg.dispersion.kernels(model, periods, wave="rayleigh", kind="phase")

# A kernel is layer-integrated: divided by the thickness it is the sensitivity per kilometre. The half-space has none.
tops, rock = model.depth, model.thickness[:-1]
for period, velocity, row in zip(periods, found.velocity, found.vs, strict=True):
    layer = int((row[:-1] / rock).argmax())
    print(
        f"{float(period):4.0f} s: {float(velocity):.3f} km/s, most sensitive per km to vs between "
        f"{float(tops[layer]):.0f} and {float(tops[layer + 1]):.0f} km; "
        f"{float(row[-1] / row.sum()):.0%} of it in the half-space"
    )

# A law that they obey: the logarithmic kernels to vp and vs sum to the phase over the group velocity.
total = (found.vs * model.vs + found.vp * model.vp).sum(-1) / found.velocity
group = sg.dispersion.velocity(model, periods, wave="rayleigh", kind="group")
for period, left, right in zip(periods, total, found.velocity / group, strict=True):
    print(
        f"{float(period):4.0f} s: sum of the kernels {float(left):.8f}, phase over group velocity {float(right):.8f}"
    )
