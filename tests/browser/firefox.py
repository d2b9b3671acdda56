"""Debian's Firefox, driven by WebDriver BiDi, which it speaks itself: playwright wants one that it has changed."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PATIENCE = 60.0
"""Seconds until something that does not come is missing; its first start takes the longest."""
LISTENS = "WebDriver BiDi listening on "
CONTROL = "\ue009"
ENTER = "\ue007"
LEFT = "\ue012"
QUIET = {
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
"""What it would ask the world by itself."""


class Firefox:
    """One window.

    Attributes:
        faults: errors that pages wrote to the console.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.socket, self.faults, self.asked = socket, list[str](), 0
        self.ask("session.new", capabilities={})
        self.window = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        self.ask("session.subscribe", events=["log.entryAdded"])

    def ask(self, method: str, **given: Any) -> Any:
        """Have it do something; its answer."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": given}))
        while True:
            told = json.loads(self.socket.recv(PATIENCE))
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
                self.faults.append(told["params"]["text"])
            if told.get("id") == self.asked:
                assert told["type"] == "success", f"{method}: {told}"
                return told["result"]

    def go(self, address: str) -> None:
        self.ask("browsingContext.navigate", context=self.window, url=address, wait="complete")

    def says(self, expression: str) -> Any:
        """What an expression is on the page."""
        target = {"context": self.window}
        told = self.ask("script.evaluate", expression=expression, target=target, awaitPromise=True)
        assert told["type"] == "success", f"{expression}: {told}"
        return told["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until it is true; also over the change from one page to the next, during which there is no page to ask."""
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                if self.says(expression):
                    return
            except AssertionError:
                assert time.monotonic() < give_up, expression
            assert time.monotonic() < give_up, expression
            time.sleep(0.1)

    def press(self, keys: str, *, held: str = "") -> None:
        """Press keys one after the other, all while another one is held."""
        actions = [{"type": "keyDown", "value": held}] if held else []
        for key in keys:
            actions += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        actions += [{"type": "keyUp", "value": held}] if held else []
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self.ask("input.performActions", context=self.window, actions=[keyboard])


@contextmanager
def firefox(path: str, profile: Path) -> Iterator[Firefox]:
    """A window of a Firefox with a new profile, until the block ends."""
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in QUIET.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [path, "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(profile)]
    log = profile / "log"
    with log.open("w") as told, subprocess.Popen(command, stdout=told, stderr=told) as program:
        try:
            with connect(f"{_place(log, program)}/session", proxy=None, max_size=None) as socket:
                yield Firefox(socket)
        finally:
            program.terminate()


def _place(log: Path, program: subprocess.Popen[bytes]) -> str:
    """Where it listens, as it says itself."""
    give_up = time.monotonic() + PATIENCE
    while LISTENS not in (text := log.read_text()):
        assert program.poll() is None, text
        assert time.monotonic() < give_up, text
        time.sleep(0.1)
    return text.partition(LISTENS)[2].split()[0]
