"""A toy screen-pop in Python: it logs in to PortSIP WSI and shows each call once, while it rings."""

import json
import threading
import time

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect


class ScreenPop:
    """Listens on a thread of its own, and connects again when the line is lost; `pops` grows as calls come in."""

    def __init__(self, url, username, domain, password, pause=0.05):
        self.url = url
        self.login = {"command": "auth", "username": username, "domain": domain, "password": password}
        self.pause = pause
        self.pops = []
        self.popped = set()
        self.changed = threading.Condition()
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.closing.is_set():
            try:
                self.listen()
            except (OSError, WebSocketException):
                pass
            time.sleep(self.pause)

    def listen(self):
        with connect(self.url) as line:
            self.ask(line, self.login)
            self.ask(line, {"command": "subscribe", "topics": ["extension_events"]})
            while not self.closing.is_set():
                try:
                    self.take(json.loads(line.recv(timeout=0.1)))
                except TimeoutError:
                    pass

    def ask(self, line, command):
        line.send(json.dumps(command))
        while "event_type" in (answer := json.loads(line.recv())):
            self.take(answer)
        if answer.get("status") != 0:
            raise OSError(f"refused: {answer.get('message')}")

    def take(self, event):
        if event.get("event_type") != "call_start" or event["session_id"] in self.popped:
            return
        with self.changed:
            self.popped.add(event["session_id"])
            self.pops.append((number_of(event["caller"]), number_of(event["callee"])))
            self.changed.notify_all()

    def wait(self, count, timeout=30):
        """The pops, once there are so many."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.pops) >= count, timeout)
            return list(self.pops)

    def close(self):
        self.closing.set()
        self.thread.join()


def number_of(address):
    """The number in `sip:101@acme.test` or `101`."""
    return address.removeprefix("sip:").partition("@")[0]
