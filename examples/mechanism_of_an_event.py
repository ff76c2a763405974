"""Moment tensor, magnitude and depth of an earthquake from a folder of records; this one is simulated, so known."""

from pathlib import Path

import torch

import seisgrad as sg
from seisgrad.source.earths import named_column
from seisgrad.source.sites import arrivals_in

DATA = Path(__file__).parent / "data"

column = named_column("gil7")
event = sg.source.read_event(DATA / "event", arrivals_in(column))
found = sg.source.refine(event, column, band=(0.02, 0.05), depths=(4.0, 6.0, 8.0, 10.0, 12.0))

plane = (torch.tensor(angle, dtype=torch.float64) for angle in (20.0, 60.0, -100.0))
truth = sg.source.from_plane(*plane, moment=10 ** (1.5 * 4.5 + 9.1))
print(f"Mw {found.mw:.2f} ± {found.mw_sigma:.2f} at {found.depth:g} km (true: 4.50 at 8 km)")
for strike, dip, rake in sg.source.nodal_planes(found.moment).tolist():
    print(f"strike {strike:.0f}, dip {dip:.0f}, rake {rake:.0f}")
angle = float(sg.source.kagan_angle(found.moment, truth))
print(f"{angle:.1f} degrees (Kagan) from the truth; the fit itself says ± {found.mechanism_spread:.1f}")
print(f"{found.variance_reduction:.0%} of the variance of {len(found.stations)} stations explained")
