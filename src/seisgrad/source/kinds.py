"""The kinds of networks that read a moment tensor from records; a new one is a line here."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from seisgrad.source.harmonic import HarmonicNet, HarmonicSize
from seisgrad.source.sourcenet import PaperNet, PaperSize

KINDS: Mapping[str, tuple[type, Callable[[Any], nn.Module]]] = {
    "harmonic": (HarmonicSize, HarmonicNet),
    "sourcenet": (PaperSize, PaperNet),
}
"""The class of its size and the untrained network of a kind, by name."""
