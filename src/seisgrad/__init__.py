"""Seismic forward models you can differentiate, learn and trust.

The rooms and the everyday names below are loaded when first used::

    import seisgrad as sg

    model = sg.LayeredModel(thickness, vp, vs, rho)
    curve = sg.dispersion.velocity(model, periods, wave="rayleigh", kind="phase", mode=0)
"""

import logging
from typing import TYPE_CHECKING

from seisgrad._lazy import attach

if TYPE_CHECKING:
    from seisgrad import (
        acoustic,
        audit,
        checks,
        dataset,
        dispersion,
        earth,
        elastic,
        inversion,
        noise,
        operator,
        plot,
        source,
    )
    from seisgrad.earth import LayeredModel
    from seisgrad.operator import Operator, Space, jacobian, jvp, vjp

__version__ = "0.1.0"
__all__ = [
    "LayeredModel",
    "Operator",
    "Space",
    "acoustic",
    "audit",
    "checks",
    "dataset",
    "dispersion",
    "earth",
    "elastic",
    "inversion",
    "jacobian",
    "jvp",
    "noise",
    "operator",
    "plot",
    "source",
    "vjp",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())

_ROOMS = (
    "acoustic",
    "audit",
    "checks",
    "dataset",
    "dispersion",
    "earth",
    "elastic",
    "inversion",
    "noise",
    "operator",
    "plot",
    "source",
)
__getattr__, __dir__ = attach(
    __name__,
    {room: f"seisgrad.{room}" for room in _ROOMS}
    | {"LayeredModel": "seisgrad.earth"}
    | dict.fromkeys(("Operator", "Space", "jacobian", "jvp", "vjp"), "seisgrad.operator"),
)
