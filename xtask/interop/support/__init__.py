"""What the scripts share: the simulator, the samples of the documents, and the list of behaviours."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[3] / "crates" / "tieline-testkit" / "fixtures"
WHOLE_RUN = 300  # seconds; then the simulator is ended, and with it every wait


def differences(value, model, optional=frozenset(), where="event"):
    """What keys and JSON types of `value` differ from those of `model`."""
    if isinstance(model, dict) and isinstance(value, dict):
        found = [f"{where} lacks {key}" for key in model.keys() - value.keys() - optional]
        found += [f"{where} has {key}, the document has not" for key in value.keys() - model.keys() - optional]
        for key in model.keys() & value.keys():
            found += differences(value[key], model[key], where=f"{where}.{key}")
        return found
    if isinstance(model, list) and isinstance(value, list):
        return [problem for item in value for problem in differences(item, model[0], where=f"{where}[]")]
    return [] if type(value) is type(model) else [f"{where} is {type(value).__name__}, not {type(model).__name__}"]


class Wrong(Exception):
    """The PBX did not do what the documents say."""


def expect(condition, message):
    if not condition:
        raise Wrong(message)


def expect_equal(got, wanted):
    expect(got == wanted, f"got {json.dumps(got)}, the document has {json.dumps(wanted)}")


def start(options):
    """The simulator and what it says of itself in its first line."""
    command = [os.environ["TIELINE_BIN"], "sim", "--json", "--listen", "127.0.0.1:0", "--seed", "7", *options]
    simulator = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    guard = threading.Timer(WHOLE_RUN, simulator.kill)
    guard.daemon = True
    guard.start()
    first = simulator.stdout.readline()
    if not first:
        sys.exit(f"{' '.join(command)} ended with {simulator.wait()} before it was ready")
    hello = json.loads(first)
    expect_equal((hello["ready"], hello["seed"]), (True, 7))
    return simulator, hello


def told(problem):
    """A problem, and what came before it: what is cleaned up after a failure may fail, too."""
    words = f"{type(problem).__name__}: {problem}"
    before = problem.__cause__ or problem.__context__
    return f"{words}; after {told(before)}" if before else words


def run(behaviours, describe, *subject):
    """Runs each behaviour, a function with its arguments, against a subject, if there is one. How many failed."""
    passed = failed = 0
    for behaviour, *rest in behaviours:
        try:
            behaviour(*subject, *rest)
        except Exception as problem:  # a refused connection or a timeout fails one behaviour, not the run
            failed += 1
            print(f"FAILED {describe(behaviour, *rest)}: {told(problem)}", flush=True)
        else:
            passed += 1
            print(f"ok     {describe(behaviour, *rest)}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed


def main(behaviours, describe, options, part):
    """Runs each behaviour against a simulator, of whose contract it is given a part."""
    if "TIELINE_BIN" not in os.environ:
        sys.exit("TIELINE_BIN is not set: run this by `cargo xtask interop`")
    simulator, contract = start(options)
    try:
        failed = run(behaviours, describe, part(contract))
    finally:
        simulator.terminate()
        simulator.wait()
    sys.exit(1 if failed else 0)
