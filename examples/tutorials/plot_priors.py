"""
The ensembles of earths
=======================

What surrogates are trained on and audits draw from: named, seeded distributions. Model number ``i`` of an ensemble
depends on the seed and on ``i`` alone.
"""

# %%
# Each ensemble is drawn on the grid it is meant for. Grey: the middle 90 % of 400 models; lines: five of them.

import matplotlib.pyplot as plt
import numpy as np

from seisgrad.dispersion.prior import PRIORS

fig, axes = plt.subplots(3, len(PRIORS), figsize=(16, 9.5), sharey="col", layout="constrained")
for column, (name, prior) in enumerate(PRIORS.items()):
    draw = prior.draw(400, seed=1)
    model, depth = draw.model, prior.depth.numpy()
    metres = depth[-1] < 1.0
    quantities = (
        ("vs (km/s)", model.vs),
        ("vp/vs", model.vp / model.vs),
        ("density (g/cm³)", model.rho),
    )
    for row, (label, values) in enumerate(quantities):
        ax = axes[row, column]
        low, high = np.quantile(values.numpy(), [0.05, 0.95], axis=0)
        ax.fill_betweenx(1e3 * depth if metres else depth, low, high, color="0.85")
        ax.plot(values[:5].T, 1e3 * depth if metres else depth, lw=0.9)
        ax.set(xlabel=label)
    axes[0, column].set_title(name)
    axes[0, column].invert_yaxis()
    for ax in axes[:, column]:
        ax.set_ylabel("depth (m)" if metres else "depth (km)")
plt.show()

# %%
# Every ensemble says in words what it draws, and counts what it rejects by cause.

for name, prior in PRIORS.items():
    print(f"{name}: {prior.description}\n    rejected in 400: {dict(prior.draw(400, seed=1).rejected)}\n")
