"""`tieline sim run` in the hands of a test: nothing but its command line and its control interface."""

import json
import os
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

GALLERY = Path(__file__).resolve().parents[3] / "crates" / "tieline-sim" / "scenarios"
WHOLE_RUN = 120  # seconds; then the simulator is ended, and with it every wait


class Pbx:
    """A simulated PBX whose time this test steps."""

    def __init__(self, scenario, *options):
        command = [os.environ["TIELINE_BIN"], "sim", "run", str(scenario), "--json", "--control", "127.0.0.1:0", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self.guard = threading.Timer(WHOLE_RUN, self.process.kill)
        self.guard.daemon = True
        self.guard.start()
        self.contract = json.loads(self.process.stdout.readline())

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.contract['control']}{path}", data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=WHOLE_RUN) as answer:
            return json.load(answer)

    def do(self, **step):
        """A step in the words of scenarios; `_` stands for their hyphen."""
        return self.call("/sim/do", {verb.replace("_", "-"): what for verb, what in step.items()})

    def step(self, time):
        return self.call("/sim/step", {"by": time})

    def report(self):
        return self.call("/sim/report")

    def stop(self):
        """Ends the run: the exit code, and the report that was printed."""
        try:
            self.call("/sim/stop", {})
            report = json.loads(self.process.stdout.readline())
            return self.process.wait(timeout=30), report
        finally:
            self.end()

    def end(self):
        self.guard.cancel()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
