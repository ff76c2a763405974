"""From a dispersion curve to shear velocity with an honest uncertainty."""

from pathlib import Path

import seisgrad as sg
from seisgrad.dispersion.invert import invert
from seisgrad.dispersion.starting_model import from_data

DATA = Path(__file__).parent / "data"

curves = sg.dispersion.read_curves(DATA / "curves.csv")
result = invert(curves, from_data(curves, 0.3))
posterior = result.posterior
print(posterior.message())

# The curves are those of model.csv with one percent of noise, so the truth is known here.
truth = sg.earth.resample(sg.earth.read_model(DATA / "model.csv"), result.model.depth)
print("depth (km)   vs (km/s)       truth")
rows = zip(result.model.depth, posterior.mean, posterior.sigma, truth.vs, strict=True)
for depth, vs, sigma, true in rows:
    print(f"{float(depth):8.1f}   {float(vs):.2f} ± {float(sigma):.2f}    {float(true):.2f}")
inside = ((posterior.mean - truth.vs).abs() < 2 * posterior.sigma).double().mean()
print(f"{float(inside):.0%} of the layers lie within two standard deviations of the truth")
