"""Real Chromium over its DevTools protocol, with its virtual authenticator: what a person does with keys, and what the page then shows."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WORDS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-extensions", "--hide-scrollbars", "--remote-debugging-port=0", "--mute-audio"),
)
PATIENCE_SECONDS = 60
KEYS = {"Enter": ("Enter", 13, "\r"), "Tab": ("Tab", 9, ""), " ": ("Space", 32, " "), "ArrowDown": ("ArrowDown", 40, "")}


class Browser:
    """One window. Every request that it makes and everything that its console says is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[str] = []
        self.console: list[str] = []
        self._number = 0

    def __enter__(self) -> Self:
        self._program = subprocess.Popen(
            [CHROMIUM or "", *WORDS, f"--user-data-dir={self.folder}", "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        port, path = self._opened().split()
        self._line: ClientConnection = connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None)
        target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._line.close()
        self._program.terminate()
        self._program.wait(timeout=PATIENCE_SECONDS)

    def _opened(self) -> str:
        place, end = self.folder / "DevToolsActivePort", time.monotonic() + PATIENCE_SECONDS
        while not (place.is_file() and len(place.read_text().split()) == 2):
            assert time.monotonic() < end, "chromium did not open"
            time.sleep(0.05)
        return place.read_text()

    def send(self, method: str, **facts: Any) -> dict[str, Any]:
        return self._ask(method, facts, session=self._session)

    def _ask(self, method: str, facts: Mapping[str, Any], *, session: str | None = None) -> dict[str, Any]:
        message = self._told(method, facts, session)
        assert "error" not in message, (method, message["error"])
        return dict(message["result"])

    def _told(self, method: str, facts: Mapping[str, Any], session: str | None) -> dict[str, Any]:
        self._number += 1
        number = self._number
        self._line.send(json.dumps({"id": number, "method": method, "params": facts, **({"sessionId": session} if session else {})}))
        while True:
            message = json.loads(self._line.recv(timeout=PATIENCE_SECONDS))
            if message.get("id") == number:
                return dict(message)
            self._heard(message)

    def _heard(self, message: Mapping[str, Any]) -> None:
        facts = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(facts["request"]["url"])
        elif message.get("method") == "Log.entryAdded":
            self.console.append(facts["entry"]["text"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.console.append(str(facts["exceptionDetails"]))

    def window(self, width: int, height: int, *, dark: bool = False) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def authenticator(self) -> None:
        """A platform authenticator that verifies its user, and is touched at once."""
        self.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        self.send("WebAuthn.addVirtualAuthenticator", options={**options, "automaticPresenceSimulation": True})

    def open(self, address: str) -> None:
        self.send("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def value(self, expression: str) -> Any:
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._holds(expression):
            assert time.monotonic() < end, (expression, self.value("document.body.innerText"), self.console)
            time.sleep(0.05)

    def _holds(self, expression: str) -> bool:
        """Whether it is so now; in a page that is just left or not there yet, nothing is."""
        found = self._told("Runtime.evaluate", {"expression": expression, "returnByValue": True}, self._session)
        return bool(found.get("result", {}).get("result", {}).get("value")) and "exceptionDetails" not in found["result"]

    def press(self, *keys: str) -> None:
        for key in keys:
            code, number, text = KEYS[key] if key in KEYS else (f"Key{key.upper()}", ord(key.upper()), key)
            facts = {"key": key, "code": code, "windowsVirtualKeyCode": number}
            self.send("Input.dispatchKeyEvent", type="keyDown", **facts, **({"text": text} if text else {}))
            self.send("Input.dispatchKeyEvent", type="keyUp", **facts)

    def write(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def tab_to(self, selector: str) -> None:
        """Press Tab until an element that matches has the focus; nothing is clicked."""
        for _ in range(200):
            if self.value(f"document.activeElement.matches({json.dumps(selector)})"):
                return
            self.press("Tab")
        raise AssertionError(f"no Tab leads to {selector}")

    def text(self) -> str:
        return str(self.value("document.body.innerText"))

    def picture(self, path: Path) -> None:
        """The whole page, as wide as the window."""
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        found = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(found["data"]))
