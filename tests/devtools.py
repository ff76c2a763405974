"""A real browser without a window, held by its developer tools through a pipe: real pointers, real keys, no network."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from browser import NAMES

# The browser reads its orders from descriptor 3 and answers on 4.
_HAND_OVER = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3), os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One page in one browser.

    Attributes:
        requests: addresses that the page asked for.
        complaints: what its console or an exception of its scripts said.
    """

    def __init__(
        self, page: Path, folder: Path, *, width: int = 1200, height: int = 1500, scheme: str = "light"
    ) -> None:
        browser = next(filter(None, map(shutil.which, NAMES)), None)
        if browser is None:
            pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
        self.requests: list[str] = []
        self.complaints: list[str] = []
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        options = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
            f"--user-data-dir={folder / 'browser'}", "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars",
        ]  # fmt: skip
        command = [sys.executable, "-ISc", _HAND_OVER, str(theirs_in), str(theirs_out), browser, *options]
        self._process = subprocess.Popen(
            command, pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._number, self._rest, self._session = 0, b"", ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=page.as_uri())

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One call of the protocol and its result; what happens meanwhile is noted."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._note(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._in, 1 << 20)
            assert more, "the browser has ended"
            self._rest += more
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"]))
        elif event.get("method") == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(told["args"]))
        elif event.get("method") == "Log.entryAdded":
            self.complaints.append(told["entry"]["text"])

    def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression: str, seconds: float = 60.0) -> Any:
        """The first true value of an expression."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := self.ask(expression):
                return value
            time.sleep(0.02)
        raise AssertionError(f"never true: {expression}; the console says {self.complaints}")

    def pointer(self, kind: str, x: float, y: float) -> None:
        """A mouse event: ``mousePressed``, ``mouseMoved``, ``mouseReleased``."""
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8,
             meanwhile: Callable[[], None] = lambda: None) -> None:  # fmt: skip
        """Press, move in steps, and let go; ``meanwhile`` is called with the button still down."""
        self.pointer("mousePressed", *start)
        for i in range(1, steps + 1):
            self.pointer("mouseMoved", *(a + (b - a) * i / steps for a, b in zip(start, end, strict=True)))
        meanwhile()
        self.pointer("mouseReleased", *end)

    def touch(self, places: Sequence[tuple[float, float]]) -> None:
        """A finger down at the first place, moved through the others, and up."""
        for i, (x, y) in enumerate(places):
            self.call(
                "Input.dispatchTouchEvent",
                type="touchMove" if i else "touchStart",
                touchPoints=[{"x": x, "y": y}],
            )
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, name: str, shift: bool = False) -> None:
        """Press and release one key."""
        for kind in ("keyDown", "keyUp"):
            codes = {"Tab": 9, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=codes[name],
                      modifiers=8 if shift else 0)  # fmt: skip
