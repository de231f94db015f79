"""A headless Chromium, driven over two pipes (the DevTools protocol); for tests/all_browser.py.

Nothing but Python's own library is needed.
"""

import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Stuck(Exception):
    """Chromium did not answer in time, or said that it cannot."""


class Browser:
    def __init__(self, program, seconds=30):
        self.seconds = seconds
        self.folder = tempfile.mkdtemp()
        self.number = 0
        self.rest = b""
        self.events = []
        self.contexts = {}
        to_chromium, self.write_end = os.pipe()
        self.read_end, from_chromium = os.pipe()

        def connect():  # Chromium reads from 3 and writes to 4
            for end, number in ((to_chromium, 13), (from_chromium, 14)):
                os.dup2(end, number)
            os.dup2(13, 3)
            os.dup2(14, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-quic", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND",
             "--remote-debugging-pipe", "--user-data-dir=" + self.folder, "about:blank"],
            preexec_fn=connect, close_fds=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_chromium)
        os.close(from_chromium)
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(domain + ".enable")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (Stuck, OSError):
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _receive(self, until):
        while b"\0" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.read_end], [], [], left)[0]:
                raise Stuck("no answer within %g s" % self.seconds)
            chunk = os.read(self.read_end, 1 << 20)
            if not chunk:
                raise Stuck("Chromium ended")
            self.rest += chunk
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def _note(self, message):
        method, about = message["method"], message.get("params", {})
        if method == "Runtime.executionContextCreated":
            context = about["context"]
            if context.get("auxData", {}).get("isDefault"):
                self.contexts[context["auxData"]["frameId"]] = context["id"]
        elif method == "Runtime.executionContextsCleared":
            self.contexts = {}
        self.events.append((method, about))

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_end, data):]
        until = time.monotonic() + self.seconds
        while True:
            answer = self._receive(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Stuck("%s: %s" % (method, answer["error"]["message"]))
                return answer["result"]
            if "method" in answer:
                self._note(answer)

    def open(self, url, width, height=900):
        """Loads a page at a width; the events of loading it are then in self.events."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.events = []
        self.contexts = {}
        self.call("Page.navigate", url=url)
        until = time.monotonic() + self.seconds
        while not any(method == "Page.loadEventFired" for method, _ in self.events):
            message = self._receive(until)
            if "method" in message:
                self._note(message)
        self.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")

    def run(self, script, frame=None):
        """The value of a JavaScript expression in the page or in one of its frames."""
        where = {"contextId": self.contexts[frame]} if frame else {}
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True, **where)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Stuck(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def frames(self):
        """The frames inside the page: their ids by their addresses."""
        tree = self.call("Page.getFrameTree")["frameTree"]
        return {child["frame"]["url"]: child["frame"]["id"] for child in tree.get("childFrames", [])}

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia", media="screen",
                  features=[{"name": "prefers-color-scheme", "value": name}])

    def press(self, key, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def point(self, x, y):
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def tap(self, x, y):
        self.call("Emulation.setTouchEmulationEnabled", enabled=True)
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.call("Emulation.setTouchEmulationEnabled", enabled=False)

    def picture(self, path, whole=True):
        import base64
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
