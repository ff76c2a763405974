"""A real browser without a window: the page as it stands after its scripts have run and a reader has acted."""

import html
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Seen(NamedTuple):
    """A page after its scripts have run.

    Attributes:
        dom: the document as text.
        console: what its scripts complained of.
    """

    dom: str
    console: list[str]

    def text(self, name: str) -> str:
        """The plain text of the element with this id, which holds no element of the same kind."""
        found = re.search(rf'<(\w+)[^>]*\bid="{name}"[^>]*>(.*?)</\1>', self.dom, re.DOTALL)
        assert found is not None, f"no element {name}"
        return html.unescape(re.sub(r"<[^>]+>", " ", found[2])).strip()


def look(page: Path, folder: Path, *, fragment: str = "", act: str = "", width: int = 1200) -> Seen:
    """Open a page from disk, cut off from every network, let a reader act, and read it; skips without a browser.

    Args:
        page: the file.
        folder: for the copy that is opened, and for the browser's own files.
        fragment: behind the # of the address.
        act: a script that runs when the page says it is ready; what it changes is seen.
        width: of the window, pixels.
    """
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    ready = 'document.getElementById("explorer").dataset.ready'
    wait = f"const wait = setInterval(() => {{ if ({ready}) {{ clearInterval(wait); {act} }} }}, 10);"
    copy = folder / "copy.html"
    text = page.read_text(encoding="utf-8")
    copy.write_text(text.replace("</body>", f"<script>{wait}</script></body>"), encoding="utf-8")
    done = subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={folder / 'browser'}", f"--window-size={width},1600",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--virtual-time-budget=5000",
            "--dump-dom", f"{copy.as_uri()}#{fragment}",
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Seen(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])
