"""What the page begins with and allows: earths to start from, periods, and the bounds of what can be dragged."""

from typing import Any

SETTINGS: dict[str, Any] = {
    "vs": [0.3, 5.5],  # km/s
    "bottom": 120.0,  # km, of the drawing; the deepest top lies a little above
    "gap": [0.15, 0.04],  # least thickness of a layer: km, and share of its depth
    "ratio": [1.6, 2.1],  # vp/vs
    "dense": 43,  # periods of the exact curves, equally spaced in ln T over the network's band
    "rest": 2,  # the network is asked at every second of these at rest,
    "drag": 6,  # and at every sixth while a finger moves
    "refine": [0.25, 0.05],  # thickness of a kernel's layers: km, and share of their depth
    "period": 20.0,  # s, chosen at first
}
PRESETS: list[dict[str, Any]] = [
    {
        "name": "Continent",
        "tops": [0.0, 1.0, 4.0, 10.0, 20.0, 36.0, 60.0, 95.0],
        "vs": [2.3, 2.9, 3.3, 3.5, 3.75, 4.4, 4.5, 4.65],
        "ratio": 1.75,
    },
    {
        "name": "Sedimentary basin",
        "tops": [0.0, 0.6, 2.0, 5.0, 10.0, 20.0, 32.0, 80.0],
        "vs": [0.8, 1.4, 2.2, 3.0, 3.4, 3.7, 4.35, 4.5],
        "ratio": 1.9,
    },
    {
        "name": "Low-velocity zone in the mantle",
        "tops": [0.0, 2.0, 8.0, 18.0, 34.0, 58.0, 88.0, 108.0],
        "vs": [2.8, 3.3, 3.55, 3.8, 4.5, 4.05, 4.5, 4.7],
        "ratio": 1.75,
    },
    {
        "name": "Slow layer in the crust",
        "tops": [0.0, 1.0, 4.0, 10.0, 18.0, 30.0, 55.0, 90.0],
        "vs": [2.5, 3.0, 3.4, 2.9, 3.6, 4.2, 4.4, 4.6],
        "ratio": 1.75,
    },
    {
        "name": "Oceanic lithosphere",
        "tops": [0.0, 0.4, 2.0, 8.0, 25.0, 50.0, 80.0, 110.0],
        "vs": [1.0, 2.7, 3.75, 4.6, 4.55, 4.35, 4.3, 4.45],
        "ratio": 1.8,
    },
]
"""Earths without water: tops (km) and vs (km/s) of the layers, the last the half-space, and vp/vs."""
