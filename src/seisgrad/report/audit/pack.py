"""Arrays inside a page: one compressed block of bytes that a browser unpacks without help."""

import base64
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

STEPS = 1023
"""Steps between 0 and the largest magnitude of a kernel: finer than the pixels of a panel."""


def pack(arrays: Mapping[str, NDArray]) -> tuple[dict[str, dict[str, object]], str]:
    """Arrays as one text.

    Args:
        arrays: by name, of ``float32`` or ``int16``; NaN is allowed where the type has it.

    Returns:
        By name the kind, the shape and the offset in bytes of each; and the bytes of all, little endian and one behind
        the other, compressed by zlib and written in base64.
    """
    places: dict[str, dict[str, object]] = {}
    blocks: list[bytes] = []
    offset = 0
    # four-byte numbers first: a browser reads them at multiples of four alone
    for name in sorted(arrays, key=lambda name: -arrays[name].itemsize):
        array = np.ascontiguousarray(arrays[name]).astype(arrays[name].dtype.newbyteorder("<"))
        places[name] = {"kind": array.dtype.name, "shape": list(array.shape), "offset": offset}
        blocks.append(array.tobytes())
        offset += len(blocks[-1])
    return places, base64.b64encode(zlib.compress(b"".join(blocks), 9)).decode("ascii")


def in_steps(rows: NDArray[np.floating]) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Rows ``[..., position]`` as whole numbers times a scale ``[..., 1]`` per row, exact to half a step.

    A row with a value that does not exist has the scale NaN and is NaN as a whole.
    """
    largest = np.abs(rows).max(-1, keepdims=True)
    scale = np.where(largest > 0.0, largest / STEPS, 1.0)
    steps = np.nan_to_num(np.rint(rows / scale)).astype(np.int16)
    return steps, np.where(np.isnan(largest), np.nan, scale).astype(np.float32)
