"""Whether what ``make dist`` has built is whole: ``check_dist.py FOLDER_OF_BOTH FOLDER_OF_A_SECOND_WHEEL``.

The wheel holds every file of the package that git knows, the weights and ``py.typed`` among them, and nothing else. The
wheel that came from the sdist is the same, file by file, as the one that came from the checkout.
"""

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

IN_THE_SDIST = (
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CITATION.cff",
    "Makefile",
    "constraints.txt",
    "pyproject.toml",
)


def contents(wheel: Path) -> dict[str, str]:
    """The SHA-256 of every file of a wheel by its name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def complaints(both: Path, second: Path) -> list[str]:
    """What is wrong with the sdist and the wheel in ``both``, and the wheel in ``second``."""
    (wheel,), (sdist,), (other,) = both.glob("*.whl"), both.glob("*.tar.gz"), second.glob("*.whl")
    found = contents(wheel)
    tracked = subprocess.run(["git", "ls-files", "src"], capture_output=True, text=True, check=True).stdout
    wanted = {name.removeprefix("src/") for name in tracked.split()}
    packed = {name for name in found if name.startswith("seisgrad/")}
    wrong = [f"{wheel.name} lacks {name}" for name in sorted(wanted - packed)]
    wrong += [f"{wheel.name} holds {name}, which git does not know" for name in sorted(packed - wanted)]
    if not any(name.endswith("licenses/LICENSE") for name in found):
        wrong.append(f"{wheel.name} holds no licence")
    again = contents(other)
    wrong += [
        f"{name} of the wheel made from the sdist is not that of the checkout"
        for name in sorted(found.keys() | again.keys())
        if found.get(name) != again.get(name)
    ]
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    return wrong + [f"{sdist.name} lacks {name}" for name in IN_THE_SDIST if name not in names]


if __name__ == "__main__":
    found = complaints(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(found) or "wheel and sdist are whole, and the sdist makes the same wheel")
    sys.exit(bool(found))
