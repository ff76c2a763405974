"""Firefox without a window, held by its own remote protocol over a socket: real pointers, no network."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NAMES = ("firefox-esr", "firefox")
# everything outside goes to a proxy that is not there
_SETTINGS = """
user_pref("marionette.port", 0);
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("ui.systemUsesDarkTheme", 0);
"""
# the page lets no text be evaluated but a script of its own, and what that declares is no property of the window
_ASK = """
const script = document.createElement("script");
script.textContent = `document.documentElement.dataset.told = JSON.stringify([${arguments[0]}])`;
document.body.append(script);
script.remove();
return document.documentElement.dataset.told;
"""
_CONSOLE = """
return Services.console.getMessageArray().filter((one) => one instanceof Ci.nsIScriptError)
  .filter((one) => one.sourceName.startsWith("file:")).map((one) => one.errorMessage);
"""


class Firefox:
    """One page in one browser; what it can do is named as in :class:`devtools.Browser`."""

    def __init__(self, page: Path, folder: Path, *, width: int = 1200, height: int = 1500) -> None:
        browser = next(filter(None, map(shutil.which, NAMES)), None)
        if browser is None:
            pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
        profile = folder / "profile"
        profile.mkdir()
        (profile / "user.js").write_text(_SETTINGS, encoding="utf-8")
        options = ["--headless", "--no-remote", "--marionette", "--remote-allow-system-access"]
        self._process = subprocess.Popen(
            [browser, *options, "--profile", str(profile)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._socket = _connected(profile / "MarionetteActivePort")
        self._rest, self._number = b"", 0
        self._read()
        self.call("WebDriver:NewSession")
        self.call("WebDriver:SetWindowRect", width=width, height=height)
        self.call("WebDriver:Navigate", url=page.as_uri())

    def __enter__(self) -> "Firefox":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def call(self, method: str, **parameters: Any) -> Any:
        """One call of the protocol and its result."""
        self._number += 1
        message = json.dumps([0, self._number, method, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, number, error, result = self._read()
        assert number == self._number
        assert error is None, error
        return result

    def _read(self) -> Any:
        while b":" not in self._rest:
            self._more()
        length, self._rest = self._rest.split(b":", 1)
        while len(self._rest) < int(length):
            self._more()
        message, self._rest = self._rest[: int(length)], self._rest[int(length) :]
        return json.loads(message)

    def _more(self) -> None:
        more = self._socket.recv(1 << 20)
        assert more, "the browser has ended"
        self._rest += more

    @property
    def complaints(self) -> list[str]:
        """What the page's scripts raised, and what the browser refused them."""
        self.call("Marionette:SetContext", value="chrome")
        found = self.call("WebDriver:ExecuteScript", script=_CONSOLE, args=[])["value"]
        self.call("Marionette:SetContext", value="content")
        return found

    def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript."""
        told = self.call("WebDriver:ExecuteScript", script=_ASK, args=[expression])["value"]
        return json.loads(told)[0]

    def wait(self, expression: str, seconds: float = 60.0) -> Any:
        """The first true value of an expression."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := self.ask(expression):
                return value
            time.sleep(0.05)
        raise AssertionError(f"never true: {expression}; the console says {self.complaints}")

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8,
             meanwhile: Callable[[], None] = lambda: None, kind: str = "mouse") -> None:  # fmt: skip
        """Press, move in steps, and let go; ``meanwhile`` is called with the button still down, or the finger."""
        places = [
            tuple(a + (b - a) * i / steps for a, b in zip(start, end, strict=True)) for i in range(steps + 1)
        ]
        moves = [{"type": "pointerMove", "duration": 16, "x": round(x), "y": round(y)} for x, y in places]
        self._act(kind, [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:]])
        meanwhile()
        self._act(kind, [{"type": "pointerUp", "button": 0}])

    def _act(self, kind: str, actions: list[dict[str, Any]]) -> None:
        source = {"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": actions}
        self.call("WebDriver:PerformActions", actions=[source])


def _connected(port: Path, seconds: float = 120.0) -> socket.socket:
    """The socket whose number the browser writes into a file when it listens."""
    end = time.monotonic() + seconds
    while not (port.is_file() and port.read_text(encoding="utf-8").strip()):
        assert time.monotonic() < end, "the browser never listened"
        time.sleep(0.1)
    return socket.create_connection(("127.0.0.1", int(port.read_text(encoding="utf-8"))))
