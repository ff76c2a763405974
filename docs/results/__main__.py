"""Write docs/results.md anew: ``python docs/results``, or ``--check`` to say whether it agrees with the tables."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from results.page import PAGE, ROOT, Page


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 where they disagree")
    asked = parser.parse_args()
    page, path = Page(), ROOT / PAGE
    if asked.check:
        agrees = path.is_file() and path.read_text(encoding="utf-8") == page.text()
        if not agrees:
            print(f"{PAGE} is not that of the tables: run python docs/results", file=sys.stderr)
        return int(not agrees)
    path.write_text(page.text(), encoding="utf-8")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
