"""Whether an event is like those a network has learned from, and in what it is not, said so that it can be acted on."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.source.gather import SAMPLES, Gather

#: What is looked at of the records of a station; each is how the message calls it.
FEATURES = (
    "the size of P against S",
    "motion before the P pick",
    "motion before the S pick",
    "peaks of P above the mean",
    "peaks of S above the mean",
    "frequency of P",
    "frequency of S",
    "horizontal motion in P",
    "vertical motion in S",
    "samples at the largest amplitude",
)
_SHARE = 0.999  # of events like those of the training that pass
_EARLY = SAMPLES // 2 - SAMPLES // 10  # samples that lie clearly before a pick
_AT_MOST = 0.98  # of the largest amplitude: what is beyond is at it
_TINY = 1e-12


def features(gather: Gather) -> Float[Tensor, "*batch station feature"]:
    """The :data:`FEATURES` of every station, of order one; 0 at places that hold none."""
    windows = torch.where(gather.recorded[..., None, :, None], gather.windows, 0.0)
    largest = windows.abs().amax((-3, -2, -1), keepdim=True).clamp(min=torch.finfo(windows.dtype).tiny)
    windows = windows / largest
    energy = windows.square().mean(-1) + _TINY  # [..., station, phase, component]
    both = energy.sum(-1)
    early = windows[..., :_EARLY].square().mean(-1).sum(-1) + _TINY
    peak = windows.abs().amax((-1, -2)) + _TINY
    slope = windows.diff(dim=-1).square().mean(-1).sum(-1) + _TINY
    flat = (windows.abs() >= _AT_MOST * windows.abs().amax(-1, keepdim=True)) & (windows != 0)
    horizontal, vertical = energy[..., 0, 1:].sum(-1), energy[..., 1, 0]
    numbers = (
        (both[..., 0] / both[..., 1]).log(),
        *(early / both).log().unbind(-1),
        *(peak.square() / both).log().unbind(-1),
        *(slope / both).log().unbind(-1),
        (horizontal / both[..., 0]).log().clamp(min=-5.0),
        (vertical / both[..., 1]).log().clamp(min=-5.0),
        flat.sum(-1).amax((-1, -2)).to(windows).clamp(min=1.0).log(),
    )
    return torch.where(gather.present[..., None], torch.stack(numbers, -1), 0.0)


def gap(gather: Gather) -> Float[Tensor, "*batch"]:
    """The largest angle between neighbouring stations as seen from the epicentre, degrees; 360 with fewer than two."""
    there = gather.present
    azimuth = torch.where(there, gather.azimuth % 360.0, torch.inf).sort(-1).values
    steps = azimuth.diff(dim=-1)
    last = torch.where(azimuth.isfinite(), azimuth, -torch.inf).amax(-1)
    around = azimuth[..., 0] + 360.0 - last
    largest = torch.where(steps.isfinite(), steps, 0.0).amax(-1) if azimuth.shape[-1] > 1 else 0.0 * around
    return torch.where(there.sum(-1) > 1, torch.maximum(largest, around), 360.0)


class Familiar:
    """What a training has seen.

    Args:
        entries: of the card, as from :func:`seen`.
    """

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self._entries = entries
        self._mean, self._spread, self._inverse = (
            torch.tensor(entries[name], dtype=torch.float64) for name in ("mean", "spread", "inverse")
        )

    def distances(self, gather: Gather) -> Float[Tensor, "*batch station"]:
        """The Mahalanobis distance of every station's records from those of the training, in standard deviations per
        feature; 0 where there is none."""
        apart = features(gather.to(torch.float64)) - self._mean
        distance = (apart @ self._inverse).square().mean(-1).sqrt()
        return torch.where(gather.present, distance, 0.0)

    def complaints(self, gather: Gather, names: Sequence[str] = ()) -> list[str]:
        """In what one event is unlike the training, one sentence each; empty where it is not.

        Args:
            gather: the event.
            names: of its stations; without any they are numbered.
        """
        seen, there = self._entries, gather.present
        number, open_angle = int(there.sum()), float(gap(gather))
        said = []
        if number < seen["stations"][0]:
            said.append(
                f"{number} stations are fewer than the {seen['stations'][0]} that training had at least"
            )
        if number > seen["stations"][1]:
            said.append(
                f"{number} stations are more than the {seen['stations'][1]} that training had at most"
            )
        if number > 1 and open_angle > seen["gap"]:
            said.append(
                f"the azimuthal gap is {open_angle:.0f} degrees, in training {seen['gap']:.0f} at most"
            )
        for name, unit, values in (
            ("distance", "km", gather.distance[there]),
            ("depth", "km", gather.depth[None]),
        ):
            low, high = seen[name]
            strange = values[(values < low) | (values > high)]
            if len(strange):
                said.append(
                    f"a {name} of {float(strange[0]):.4g} {unit} is outside {low:.4g} to {high:.4g} {unit}, the range "
                    "of training"
                )
        without = float((~gather.recorded[..., 0] & there).sum() / max(number, 1))
        if without > seen["without_vertical"]:
            said.append(
                f"{without:.0%} of the stations have no vertical record, in training {seen['without_vertical']:.0%} "
                "at most"
            )
        return said + self._of_records(gather, there, number, names or range(len(there)))

    def _of_records(
        self, gather: Gather, there: Bool[Tensor, " station"], number: int, names: Sequence[object]
    ) -> list[str]:
        distance = self.distances(gather)
        strange = (distance > self._entries["station"]).nonzero().flatten().tolist()
        mean = float((distance.square().sum() / max(number, 1)).sqrt())
        if mean <= self._entries["event"] and 3 * len(strange) <= number:
            return []
        apart = (features(gather.to(torch.float64))[there] - self._mean).mean(0) / self._spread
        worst = int(apart.abs().argmax())
        told = (
            f"the records are unlike those of training, most in {FEATURES[worst]} ({float(apart[worst]):+.1f} standard "
            "deviations in the mean): check the origin time, the picks, the response and clipping"
        )
        strangest = ", ".join(str(names[k]) for k in strange[:5])
        return [told + (f"; strangest are {strangest}" if strange else "")]


def seen(gather: Gather) -> dict[str, Any]:
    """What there is in a batch of events drawn as for the training, JSON-able.

    Args:
        gather: some thousand events.
    """
    there = gather.present
    count = there.sum(-1)
    values = features(gather.to(torch.float64))
    of_stations = values[there]
    mean = of_stations.mean(0)
    covariance = torch.cov(of_stations.mT) + 1e-4 * torch.eye(len(mean), dtype=torch.float64)
    inverse = torch.linalg.inv(torch.linalg.cholesky(covariance)).mT
    squares = ((values - mean) @ inverse).square().mean(-1)
    event = (torch.where(there, squares, 0.0).sum(-1) / count.clamp(min=1)).sqrt()
    distance, depth = gather.distance[there], gather.depth
    without = (~gather.recorded[..., 0] & there).sum(-1) / count.clamp(min=1)
    return {
        "stations": [int(count.min()), int(count.max())],
        "gap": float(gap(gather).amax()),
        "distance": [float(distance.min()), float(distance.max())],
        "depth": [float(depth.min()), float(depth.max())],
        "without_vertical": float(without.double().quantile(_SHARE)),
        "mean": mean.tolist(),
        "spread": of_stations.std(0).clamp(min=1e-2).tolist(),
        "inverse": inverse.tolist(),
        "station": float(_quantile(squares[there].sqrt())),
        "event": float(_quantile(event)),
    }


def _quantile(values: Float[Tensor, " number"]) -> Float[Tensor, ""]:
    """The value that :data:`_SHARE` of them do not pass; ``torch.quantile`` takes no more than 16 million."""
    return values.sort().values[min(len(values) - 1, int(_SHARE * len(values)))]
