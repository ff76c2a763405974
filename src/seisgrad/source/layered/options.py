"""How the solver is compiled."""

from typing import Any

#: Results must not depend on how terms are grouped, so reassociation stays off.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "nsz", "arcp"}}
#: For functions that only compiled code calls and that make no arrays.
INNER: dict[str, Any] = OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
