"""Put a trained surrogate into the package, its errors measured on 1000 unseen earths per prior.

python experiments/kernels/ship.py CHECKPOINT NAME [--models 1000]
"""

import argparse
import shutil
from pathlib import Path

from seisgrad.dispersion.surrogate import SHIPPED
from seisgrad.report.error_card import measure


def main() -> None:
    """Measure, then copy card and weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("name")
    parser.add_argument("--models", type=int, default=1000)
    arguments = parser.parse_args()
    gained = measure(arguments.checkpoint, arguments.models)
    folder = SHIPPED.path / arguments.name
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("weights.safetensors", "card.json"):
        shutil.copyfile(arguments.checkpoint / file, folder / file)
    for errors in gained["errors"]:
        for row in errors["bands"]:
            print(errors["prior"], row)


if __name__ == "__main__":
    main()
