"""One file out of many: scripts, style, weights and the figures of the audit, put into the page's template.

The page may fetch nothing, so everything stands in it. The network's matrices are rounded to a small step of each row
to keep it near eight megabytes; what that costs is far below what the network itself is off by, and is tested.
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
from numpy.typing import NDArray
from torch import Tensor

import seisgrad
from seisgrad.audit import verdict
from seisgrad.dispersion.surrogate import SHIPPED
from seisgrad.explorer.settings import PRESETS, SETTINGS
from seisgrad.nn import weights

ENGINE = (
    "earth", "even", "stack", "love", "rayleigh", "exact", "nodes", "forms", "residual", "network", "learned",
    "weights", "worker",
)  # fmt: skip
"""What calculates, in the order in which the files need each other; the page's workers run these too."""
FRONT = ("drawing", "profile", "curves", "kernels", "verdict", "desk", "app")
"""What draws and listens."""
STEP = 1.5e-4
"""Step of the rounded weights, in root mean squares of their row."""


def page(name: str = "default") -> str:
    """The page, as text of one HTML file.

    Args:
        name: of a shipped surrogate of dispersion that is a network of modes.

    Raises:
        InputError: an unknown name, or weights that cannot be honoured.
    """
    tensors, card = weights.load(SHIPPED.folder(name))
    listing, compressed, plain = packed(tensors)
    facts = {
        "name": name,
        "version": seisgrad.__version__,
        "tensors": listing,
        "compressed": len(compressed),
        "arguments": card["arguments"],
        "doubt_factor": card["doubt_factor"],
        "band": [min(card["layout"]["periods"]), max(card["layout"]["periods"])],
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


def packed(tensors: Mapping[str, Tensor]) -> tuple[list[dict[str, Any]], bytes, bytes]:
    """Names and shapes, then the bytes of the matrices, compressed, and of the vectors.

    A matrix is rounded to whole numbers of ``STEP`` root mean squares of each row, which are folded to unsigned ones
    and split into three planes, of low, middle and high bytes: the last is nearly empty. All are compressed together.
    Vectors, and the steps of the rows in the place of their matrix, are float32.
    """
    listing, whole, vectors = [], [], []
    for name, tensor in tensors.items():
        values = tensor.numpy().astype(np.float32)
        listing.append({"name": name, "shape": list(values.shape)})
        if values.ndim == 1:
            vectors.append(values)
            continue
        folded, step = rounded(values)
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


def rounded(matrix: NDArray[np.float32]) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Whole numbers ``[row, column]``, folded so that 0, -1, 1, -2 … are 0, 1, 2, 3 …, and the step of each row."""
    step = STEP * np.sqrt(np.mean(np.square(matrix, dtype=np.float64), 1)).astype(np.float32)
    step = np.where(step > 0, step, np.float32(1.0))
    whole = np.rint(matrix / step[:, None]).astype(np.int32)
    return ((whole << 1) ^ (whole >> 31)).astype(np.uint32), step


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
