"""A headless Chromium, driven by its chromedriver with the commands of https://www.w3.org/TR/webdriver2/."""

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ARGUMENTS = ["headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "hide-scrollbars"]
SECONDS = 60  # for the start, on a busy machine


def is_installed() -> bool:
    """Whether there are both programs; in Debian they are the packages chromium and chromium-driver."""
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    """Context manager for a browser with one window."""

    def __enter__(self) -> "Browser":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.profile = tempfile.TemporaryDirectory(prefix="chromium", ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
        try:
            self.wait()
            arguments = [*ARGUMENTS, f"user-data-dir={self.profile.name}"]
            wanted = {
                "browserName": "chrome",
                "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": arguments},
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            }
            session = self.ask("session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        except BaseException:
            self.end()
            raise
        self.address += f"/session/{session}"
        self.ask("url", {"url": "about:blank"})
        self.log("performance")  # the requests of the browser's own first page
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.ask("", method="DELETE")
        finally:
            self.end()

    def end(self) -> None:
        """Ends the driver, and removes the profile."""
        self.driver.terminate()
        self.driver.wait()
        self.profile.cleanup()

    def wait(self) -> None:
        """Waits until the driver answers."""
        began = time.monotonic()
        while True:
            try:
                return self.ask("status", method="GET")
            except OSError:
                if time.monotonic() - began > SECONDS:
                    raise
                time.sleep(0.1)

    def ask(self, command: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
        """Sends a command to the driver, and returns the value of its answer."""
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(f"{self.address}/{command}".rstrip("/"), data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{command}: {error.read().decode()}") from None

    def look(self, width: int, scheme: str = "light", height: int = 900) -> None:
        """Sets the size of the window in pixels, and the colour scheme: light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        scheme_of = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.ask("goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": size})
        self.ask("goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": scheme_of})

    def open(self, page: Path) -> None:
        """Opens a file."""
        self.ask("url", {"url": page.resolve().as_uri()})

    def run(self, script: str) -> Any:
        """Returns the result of the body of a JavaScript function."""
        return self.ask("execute/sync", {"script": script, "args": []})

    def log(self, kind: str) -> list[dict[str, Any]]:
        """Returns what was logged since the last call: "browser" for the console, "performance" for requests."""
        return self.ask("se/log", {"type": kind})

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Writes a PNG of the window, or of the whole page."""
        shot: dict[str, Any] = {"captureBeyondViewport": whole}
        if whole:
            size = self.run("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
            shot["clip"] = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        found = self.ask("goog/cdp/execute", {"cmd": "Page.captureScreenshot", "params": {"format": "png", **shot}})
        path.write_bytes(base64.b64decode(found["data"]))
