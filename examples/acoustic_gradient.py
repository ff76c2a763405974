"""The gradient of a waveform misfit to the velocity of every node, from two simulations a source, and its proof."""

from pathlib import Path

import torch

import seisgrad as sg

DATA = Path(__file__).parent / "data"

observed = sg.acoustic.read_spectra(DATA / "spectra.nc")
start = sg.earth.read_section(DATA / "start.nc")
grid = sg.acoustic.Grid(start.shape, start.spacing[0])
physics = sg.acoustic.Physics(grid, observed.survey, velocity=(2.4, 3.8))

earth = start.earth.clone().requires_grad_()  # [2, z, x]: velocity, density
residual = physics(earth) - observed.values
misfit = 0.5 * residual.square().sum()
(gradient,) = torch.autograd.grad(misfit, earth)
inside = gradient[0].detach().clone()
inside[grid.z < 0.9] = inside[grid.z > 2.3] = 0.0  # it is largest at the sources and the receivers themselves
z, x = divmod(int(inside.argmin()), grid.shape[1])
print(f"misfit {float(misfit.detach()):.4g}; away from sources and receivers it falls fastest")
print(
    f"where the velocity grows at z {float(grid.z[z]):.1f}, x {float(grid.x[x]):.1f} km; the body is at 1.6, 2.4 km"
)

# A gradient is worth its test: what it foretells of a small step, and what happens.
step = -1e-3 * gradient.detach() / gradient.abs().max()
step[1] = 0.0
with torch.no_grad():
    change = 0.5 * (physics(earth + step) - observed.values).square().sum() - misfit
print(f"foretold change {float((gradient * step).sum()):.4e}, real change {float(change):.4e}")
