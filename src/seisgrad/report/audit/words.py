"""What the axes and numbers of an audit are called, in files, figures and on the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seisgrad.audit.layout import Layout


@dataclass(frozen=True)
class Words:
    """Units and names that an audit's layout does not know.

    Attributes:
        position: unit of the profile's axis.
        output: unit of the outputs' axis.
        value: unit of the values.
        model: unit of the models, for an axis.
        names: parameters in words, by their name in the layout; others stand as they are.
        kernels: unit of the kernels per unit of position, by parameter.
    """

    position: str = "1"
    output: str = "1"
    value: str = "1"
    model: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    kernels: Mapping[str, str] = field(default_factory=dict)

    def parameter(self, name: str) -> str:
        """A parameter in words."""
        return self.names.get(name, name)


DISPERSION = Words(
    position="km",
    output="s",
    value="km/s",
    model="km/s, g/cm³",
    names={"rho": "density"},
    kernels={"vp": "1/km", "vs": "1/km", "rho": "(km/s)/(g/cm³)/km"},
)
"""The words of surface-wave dispersion."""


def band(group: str) -> str:
    """A group of outputs as a heading: ``rayleigh 2-5`` as ``Rayleigh 2–5``."""
    return group[:1].upper() + group[1:].replace("-", "–")


def parameters_of(metric: str, layout: Layout) -> tuple[str, ...]:
    """The parameters on the first axis of a metric: one without a name for the values, and for all together."""
    return ("",) if metric.startswith(("value_", "whole_")) else layout.parameters


def branch(name: str, all_names: Sequence[str]) -> str:
    """A branch without the words that all branches share: ``Rayleigh`` where all are phase velocities of one mode."""
    split = [other.split() for other in all_names]
    shared = set.intersection(*map(set, split)) if len(split) > 1 else set()
    kept = " ".join(word for word in name.split() if word not in shared) or name
    return kept[:1].upper() + kept[1:]
