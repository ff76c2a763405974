"""One file out of many: scripts, style, weights and the figures of the audit, put into the page's template.

The page may fetch nothing, so everything stands in it. The network's matrices are rounded to a small step of each row
to keep it near eight megabytes (:mod:`.rounding`); what that costs is far below what the network itself is off by, and
is tested.
"""

import base64
import csv
import gzip
import html
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np
from torch import Tensor

import seisgrad
from seisgrad.audit import verdict
from seisgrad.dispersion import surrogate
from seisgrad.dispersion.modal.network import ModeNetwork
from seisgrad.errors import InputError
from seisgrad.explorer.rounding import FINE_STEP, STEP, input_moments, rounded
from seisgrad.explorer.settings import PRESETS, SETTINGS

ENGINE = (
    "earth", "even", "stack", "love", "rayleigh", "exact", "nodes", "forms", "residual", "network", "learned",
    "weights", "worker",
)  # fmt: skip
"""What calculates, in the order in which the files need each other; the page's workers run these too."""
FRONT = ("drawing", "profile", "curves", "kernels", "verdict", "desk", "app")
"""What draws and listens."""


def page(name: str = "default") -> str:
    """The page, as text of one HTML file.

    Args:
        name: of a shipped surrogate of dispersion that is a network of modes.

    Raises:
        InputError: an unknown name, weights that cannot be honoured, or a network of another kind.
    """
    net = surrogate.load(name)
    network, card = net.network, net.card
    if not isinstance(network, ModeNetwork):
        raise InputError(
            f"{name} is no network of modes, expected a surrogate that is one, such as 'default'"
        )
    band = min(card["layout"]["periods"]), max(card["layout"]["periods"])
    listing, compressed, plain = packed(network.state_dict(), input_moments(network, band))
    facts = {
        "name": name,
        "version": seisgrad.__version__,
        "tensors": listing,
        "compressed": len(compressed),
        "arguments": card["arguments"],
        "doubt_factor": card["doubt_factor"],
        "band": band,
        "errors": card["errors"],
        "audit": audited(name),
        "thresholds": {"physics": verdict.PHYSICS, "shape": verdict.SHAPE, "earnest": verdict.EARNEST},
        "settings": SETTINGS,
        "presets": PRESETS,
    }
    return Template(_read("page.html")).substitute(
        version=html.escape(seisgrad.__version__),
        style=_read("explorer.css"),
        facts=json.dumps(facts, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
        matrices=_text(compressed),
        vectors=_text(plain),
        step=f"{100 * STEP:g}",
        engine="\n".join(_read(f"js/{part}.js") for part in ENGINE),
        front="\n".join(_read(f"js/{part}.js") for part in FRONT),
    )


def packed(
    tensors: Mapping[str, Tensor], moments: Mapping[str, Tensor]
) -> tuple[list[dict[str, Any]], bytes, bytes]:
    """Names and shapes, then the bytes of the matrices, compressed, and of the vectors.

    The whole numbers of steps that a matrix is rounded to are split into three planes, of low, middle and high bytes:
    the last is nearly empty. All are compressed together. Vectors, and the steps of the rows in the place of their
    matrix, are float32.

    Args:
        tensors: by name.
        moments: of the inputs of each linear layer, by the layer's name.
    """
    listing, whole, vectors = [], [], []
    for name, tensor in tensors.items():
        values = tensor.numpy().astype(np.float32)
        listing.append({"name": name, "shape": list(values.shape)})
        if values.ndim == 1:
            vectors.append(values)
            continue
        layer = name.removesuffix(".weight")
        fineness = FINE_STEP if layer.endswith(".back") else STEP
        folded, step = rounded(tensor, moments[layer], fineness)
        whole.append(folded.ravel())
        vectors.append(step)
    numbers = np.concatenate(whole)
    planes = b"".join((numbers >> shift & 255).astype(np.uint8).tobytes() for shift in (0, 8, 16))
    plain = b"".join(part.astype("<f4").tobytes() for part in vectors)
    compressed = gzip.compress(planes, 9, mtime=0)
    return listing, compressed, plain


def _text(data: bytes) -> str:
    """Five characters for four bytes (as base64.b85encode, but a comma for the "<" that could end a script)."""
    return base64.b85encode(data + bytes(-len(data) % 4)).decode().replace("<", ",")


def audited(name: str) -> list[dict[str, Any]]:
    """What the audit found on one surrogate: mean, interval and median by models, quantity, parameter and group."""
    return list(_audited(name))


def _audited(name: str) -> Iterator[dict[str, Any]]:
    for row in csv.DictReader(_read("audits.csv").splitlines()):
        if row["operator"] == name:
            numbers = {
                key: float(row[key]) if row[key] else None for key in ("mean", "low", "high", "median")
            }
            yield {key: row[key] for key in ("models", "quantity", "parameter", "group")} | numbers


def _read(name: str) -> str:
    return (files("seisgrad.explorer") / name).read_text(encoding="utf-8")
