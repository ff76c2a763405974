"""
Acoustic waves: full-waveform inversion
=======================================

Sources on the left, receivers around, a slow body in between: from pressure to a picture of the velocity, first with
the learned operator and then with the physics.
"""

# %%
# The earth is six kilometres wide and as deep. It is small so that this page builds quickly; nothing else is special.

import matplotlib.pyplot as plt
import torch

import seisgrad as sg
from seisgrad.inversion import Stage, fwi
from seisgrad.plot.section import misfit_course, places, section_image

grid = sg.acoustic.Grid((40, 40), 0.16)
side = grid.extent[1]
even = torch.linspace(0.5, side - 0.5, 6)
sources = torch.stack([even, torch.full_like(even, 0.16)], -1)  # z, x
ring = torch.linspace(0.0, side, 20)
receivers = torch.cat(
    [
        torch.stack([ring, torch.full_like(ring, side)], -1),
        torch.stack([torch.zeros(19), ring[1:]], -1),
        torch.stack([torch.full((19,), side), ring[1:]], -1),
    ]
)
survey = sg.acoustic.Survey(sources, receivers, torch.tensor([2.0, 3.0, 4.0]))
physics = sg.acoustic.Physics(grid, survey, velocity=(2.4, 3.6))

start = torch.tensor([3.0, 2.2])[:, None, None].expand(2, *grid.shape).clone()  # velocity, density
truth = start.clone()
z, x = grid.z[:, None], grid.x
truth[0] -= 0.30 * torch.exp(-((z - 2.2) ** 2 + (x - 3.0) ** 2) / 0.6)
truth[0] += 0.20 * torch.exp(-((z - 4.4) ** 2 + (x - 4.2) ** 2) / 0.5)
clean = physics(truth)
noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
data = clean + 0.02 * clean.square().mean().sqrt() * noise

# %%
# One gradient, by physics and by the learned operator. Neither was told what the other does: the physics
# simulates forward and backward in time, the learned operator is differentiated by torch. They point the same
# way, which is what an inversion needs to know; ``seisgrad audit acoustic`` asks it thoroughly.

learned = sg.acoustic.load("default", grid, survey)


def gradient(operator: sg.Operator) -> torch.Tensor:
    """Of half the squared residual to the velocity of each node, at the start."""
    return sg.vjp(operator, start, operator(start) - data)[0]


exact, quick = gradient(physics), gradient(learned)
print(
    f"cosine of the two gradients: {float(torch.cosine_similarity(exact.flatten(), quick.flatten(), 0)):.4f}"
)
print(f"relative difference: {float((exact - quick).norm() / exact.norm()):.3f}")

fig, axes = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True, layout="constrained")
spread = float(exact.abs().quantile(0.98))
for ax, values, name in zip(axes, (exact, quick), ("physics", "learned operator"), strict=True):
    ax.pcolormesh(grid.x, grid.z, values, cmap="RdBu_r", vmin=-spread, vmax=spread)
    places(ax, sources, receivers)
    ax.set(title=f"Gradient by the {name}", xlabel="x (km)", aspect="equal")
axes[0].set_ylabel("z (km)")
axes[0].invert_yaxis()

# %%
# The unknown is the velocity alone, so a small operator in front of the others holds the density. Low frequencies
# come first, because they see no second minimum; each stage is one band more.


class HeldDensity(sg.Operator):
    """Velocity [z, x] to velocity and density [2, z, x]."""

    def __init__(self) -> None:
        axes = {"z": grid.z, "x": grid.x}
        self.domain = sg.Space("velocity", ("z", "x"), grid.shape, "km/s", axes)
        self.codomain = physics.domain

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        """The same with the density of the start beside it."""
        return torch.stack([x, start[1].to(x).expand_as(x)], -3)


stages = [Stage(iterations=6, highest=high, rate=0.05, smoothing=0.16) for high in (2.0, 3.0, 4.0)]
last = [Stage(iterations=2, rate=0.02, smoothing=0.16)]
found = fwi(
    learned,
    data,
    start[0],
    stages=stages,
    then=(physics, last),
    parameterisation=HeldDensity(),
    bounds=(2.4, 3.6),
)
print(found.message())

# %%
# Fast steps on the learned operator, then a few dear ones on the physics: the history says which made each model.

error = [(model - truth[0]).norm() / (start[0] - truth[0]).norm() for model in (start[0], found.model[0])]
print(f"error of the model: {float(error[0]):.2f} at the start, {float(error[1]):.2f} at the end")

fig, axes = plt.subplots(1, 2, figsize=(8.4, 3.4), sharey=True, layout="constrained")
for ax, velocity, title in zip(
    axes, (truth[0], found.model[0]), ("The truth", "What was found"), strict=True
):
    section = sg.earth.Section(velocity.double(), start[1].double(), (grid.spacing, grid.spacing))
    section_image(ax, section, limits=(2.6, 3.25))
    ax.set_title(title)
axes[0].set_ylim(side, 0.0)
fig.colorbar(axes[0].collections[0], ax=axes, label="velocity (km/s)")

# %%
fig, ax = plt.subplots(figsize=(6.5, 3), layout="constrained")
misfit_course(ax, found.history)
ax.set_title("Misfit against simulations; squares are the physics")
ax.legend()
plt.show()

# sphinx_gallery_thumbnail_number = 2
