"""
A first dispersion curve and its kernels
========================================

A layered earth, its Rayleigh waves, and which depths each period sees.
"""

# %%
# A crust of two layers over a mantle that gets faster with depth. Thickness in km (the last entry is the
# half-space and is ignored), velocities in km/s, density in g/cm³.

import matplotlib.pyplot as plt
import torch

import seisgrad as sg

thickness = [2.0, 14.0, 18.0, 30.0, 40.0, 0.0]
vp = [4.2, 5.9, 6.7, 8.0, 8.1, 8.3]
vs = [2.3, 3.4, 3.8, 4.45, 4.5, 4.6]
rho = [2.4, 2.7, 2.9, 3.33, 3.36, 3.4]
model = sg.LayeredModel(thickness, vp, vs, rho)
periods = torch.logspace(0.0, 2.0, 120)

# %%
# Phase and group velocity of the first modes. A mode that does not exist at a period is NaN there, so the curves end
# by themselves at their cutoff.

fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
for ax, kind in zip(axes, ("phase", "group"), strict=True):
    for mode in range(4):
        velocity = sg.dispersion.velocity(model, periods, wave="rayleigh", kind=kind, mode=mode)
        ax.semilogx(periods, velocity, label=f"mode {mode}")
    ax.set(title=f"Rayleigh {kind} velocity", xlabel="period (s)")
axes[0].set_ylabel("velocity (km/s)")
axes[0].legend()

# %%
# The kernels are derivatives, exact to rounding, of the velocity at one period with respect to the parameter of one
# layer. To see them as functions of depth, cut the earth into thin layers and take the kernel per km, which does not
# depend on how thin they are.

depth = torch.arange(0.0, 121.0, 1.0)
fine = sg.earth.resample(model, depth)
seconds = [5.0, 15.0, 30.0, 60.0]
kernels = sg.dispersion.kernels(fine, seconds, wave="rayleigh", kind="phase", mode=0)
per_km = kernels.per_km().vs[:, :-1]  # without the half-space, which has no thickness

fig, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
axes[0].stairs(fine.vs[:-1], depth, orientation="horizontal", baseline=None)
axes[0].set(xlabel="vs (km/s)", ylabel="depth (km)", title="The earth")
for period, row in zip(seconds, per_km, strict=True):
    axes[1].plot(row, depth[:-1] + 0.5, label=f"{period:g} s")
axes[1].set(xlabel="∂c/∂vs per km of layer (1/km)", title="What each period sees")
axes[1].legend()
axes[1].invert_yaxis()

# %%
# The same numbers come from automatic differentiation, because the velocity is a torch function of the model.

vs_leaf = fine.vs.clone().requires_grad_()
same_earth = sg.LayeredModel(fine.thickness, fine.vp, vs_leaf, fine.rho)
sg.dispersion.velocity(same_earth, seconds)[2].backward()
assert vs_leaf.grad is not None
print(f"largest difference at 30 s: {(vs_leaf.grad - kernels.vs[2]).abs().max():.1e}")

plt.show()

# sphinx_gallery_thumbnail_number = 2
