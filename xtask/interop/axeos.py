"""Axeos: the simulator against the vendor's reference client, as `reference/axeos.py` renders it, and urllib.

Run by `cargo xtask interop`, which sets TIELINE_BIN.
"""

import json
import os
import subprocess
import sys
import threading
import time
from base64 import b64encode
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urlparse
from urllib.request import ProxyHandler, Request, build_opener

from support import FIXTURES, Wrong, differences, expect, expect_equal, main, start

CLIENT = Path(__file__).resolve().parent / "reference" / "axeos.py"
SAMPLES = FIXTURES / "axeos" / "assumed"
ONE_WAIT = 60  # seconds, twenty minutes of the simulated day
OPENER = build_opener(ProxyHandler({}))  # nothing of this machine's proxies


class Client:
    """The reference client, and what it has printed so far."""

    def __init__(self, pbx, *options):
        command = [sys.executable, "-u", str(CLIENT), *options, urlparse(pbx["url"]).netloc]
        environment = {**os.environ, "no_proxy": "*", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.lines = []
        self.more = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.more:
                self.lines.append(line.rstrip("\n"))
                self.more.notify_all()
        with self.more:
            self.lines.append("(the client ended)")
            self.more.notify_all()

    def wait_for(self, *wanted, after=0):
        """Waits until these lines, or lines that begin so, have come one after the other; the place after them."""
        deadline = time.monotonic() + ONE_WAIT
        place = after
        for beginning in wanted:
            with self.more:
                while not any(line.startswith(beginning) for line in self.lines[place:]):
                    left = deadline - time.monotonic()
                    if left <= 0 or self.lines[-1:] == ["(the client ended)"]:
                        raise Wrong(f"no line {beginning!r} after {self.lines[place:][-20:]}")
                    self.more.wait(left)
                place = next(at for at in range(place, len(self.lines)) if self.lines[at].startswith(beginning)) + 1
        return place

    def call(self, unique_id, kind):
        """The lines that tell an event of a call."""
        place = 0
        while True:
            place = self.wait_for(kind, after=place)
            self.wait_for("  call:", after=place)
            if self.lines[place] == f"  call: {unique_id}":
                end = self.wait_for("  target:", "    user:", "        phone:", after=place)
                return [line.strip() for line in self.lines[place + 1 : end]]


WATCHING = {}


def watching(pbx):
    """One client that watches from the beginning on."""
    if pbx["url"] not in WATCHING:
        WATCHING[pbx["url"]] = Client(pbx, "--api-key", pbx["key"])
    return WATCHING[pbx["url"]]


def http(pbx, path, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(f"{pbx['url']}/{path}", data=body, headers=headers)
    try:
        with OPENER.open(request, timeout=ONE_WAIT) as response:
            return response.status, json.loads(response.read())
    except HTTPError as refusal:
        with refusal:
            return refusal.code, json.loads(refusal.read())


def its_user_list_has_every_user_with_the_phones(pbx):
    client = watching(pbx)
    place = 0
    for user in sorted(pbx["users"], key=lambda user: user["username"]):
        wanted = [f"{user['username']} (", f"    username:  {user['username']}", f"        phone: {user['extension']}: "]
        if user["extension"] == "101" and pbx["generation"] == 4:
            wanted.append("        hot-desk")
        place = client.wait_for(*wanted, after=place)


def it_prints_what_phones_do(pbx):
    for status in ["ringing", "in use", "idle"]:
        watching(pbx).wait_for(f"bob (Bob Tanaka): {status}")


def it_prints_calls_of_every_kind(pbx):
    client = watching(pbx)
    client.wait_for("incoming call:", "  call: ", "  from full number: +", "  to DID: ", "  to extension: ")
    client.wait_for("internal dial:", "  call: ", "  from user: ", "  from phone: ", "  to number: ", "  target")
    client.wait_for("internal dial:", "        forwarded to: 110")
    client.wait_for("call answered:", "  call: ", "  target:", "    user: ", "        phone: ")
    for reason in ["hangup", "no answer", "rejected", "busy", "unknown number", "cancelled"]:
        client.wait_for(f"call finished ({reason}):", "  call: ")


def it_prints_changed_lists(pbx):
    place = watching(pbx).wait_for("the users changed", "alice (")
    watching(pbx).wait_for("the phones changed", "alice (", after=place - 2)


def it_prints_log_outs_and_log_ins(pbx):
    # The second one by its own fault: it looks the phone up in the wrong place.
    watching(pbx).wait_for("alice (Alice Novak): no phone")


def it_prints_a_call_that_the_api_makes(pbx, content_type, write):
    deadline = time.monotonic() + ONE_WAIT
    body = write({"user_name": "jonas", "number": "112"}).encode()
    reply = None
    while reply is None or reply["status"] != "success":
        expect(reply is None or reply in [{"status": "busy"}, {"status": "failed"}], f"answered {reply}")
        # Whoever is away, or in a call, cannot call.
        expect(time.monotonic() < deadline, f"no call within {ONE_WAIT} s")
        time.sleep(0.2)
        key = {"Authorization": basic("apiKey", pbx["key"]), "Content_Type": content_type}
        status, reply = http(pbx, "call", body, **key)
        expect_equal(status, 200)
    told = watching(pbx).call(reply["unique_id"], "api call:")
    expect("from user: jonas (Jonas Meyer)" in told, f"told {told}")
    expect("user: liam (Liam Byrne)" in told, f"told {told}")
    expect("phone: 112" in told, f"told {told}")


def it_works_with_a_user_and_the_password(pbx):
    user = pbx["users"][0]
    client = Client(pbx, "--user", user["username"], "--password", user["password"])
    try:
        client.wait_for("alice (Alice Novak) (", "    username:  alice")
    finally:
        client.process.kill()


def with_a_wrong_key_it_gives_up(pbx):
    client = Client(pbx, "--api-key", "wrong")
    client.wait_for("cannot reach", "cannot reach", "(the client ended)")
    expect_equal(client.process.wait(ONE_WAIT), 1)


def a_list_has_the_keys_of_the_samples(pbx, path, name):
    status, listed = http(pbx, f"{path}?status=1&key={pbx['key']}")
    expect_equal(status, 200)
    sample = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    # A hot desk may be null or not, and entries of other kinds have other keys.
    several = {"hot_desk", "phones"}
    model = {key: value for key, value in sample[0].items() if key not in several}
    for thing in listed:
        problems = differences(thing, model, optional=several)
        expect(not problems and thing.keys() == sample[0].keys(), "; ".join(sorted(set(problems))))
    return listed


def users_of_3x_are_listed_and_followed_as_well(_):
    simulator, contract = start(["--speed", "20", "--axeos", "3"])
    try:
        pbx = contract["axeos"]
        users = a_list_has_the_keys_of_the_samples(pbx, "users", "01-users-3x")
        expect(all(user["phone"] == user["current_phone"] for user in users), "phone is not current_phone")
        its_user_list_has_every_user_with_the_phones(pbx)
        it_prints_what_phones_do(pbx)
        it_met_nothing_that_it_does_not_know(pbx)
    finally:
        simulator.terminate()
        simulator.wait()


def odd_requests_are_refused(pbx):
    key = f"key={pbx['key']}"
    for target, status in [
        (f"events?last=x&{key}", 400),
        (f"events?limit=0&{key}", 400),
        (f"users.xml?{key}", 406),
        (f"nowhere?{key}", 404),
        (f"call?{key}", 405),
        ("users", 401),
        ("users?key=wrong", 401),
    ]:
        got, body = http(pbx, target)
        expect_equal(got, status)
        expect(isinstance(body["error"], str), f"{target}: {body}")


def it_met_nothing_that_it_does_not_know(pbx):
    client = watching(pbx)
    client.process.terminate()
    odd = [line for line in client.lines if line.startswith(("Traceback", "unknown event", "cannot ", "    unknown"))]
    expect(not odd, f"printed {odd}")


def basic(user, password):
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


FORM, JSON = "application/x-www-form-urlencoded", "application/json"
BEHAVIOURS = [
    (its_user_list_has_every_user_with_the_phones,),
    (it_prints_what_phones_do,),
    (it_prints_calls_of_every_kind,),
    (it_prints_changed_lists,),
    (it_prints_a_call_that_the_api_makes, FORM, urlencode),
    (it_prints_a_call_that_the_api_makes, JSON, json.dumps),
    (it_prints_log_outs_and_log_ins,),
    (it_works_with_a_user_and_the_password,),
    (with_a_wrong_key_it_gives_up,),
    (a_list_has_the_keys_of_the_samples, "users", "02-users-4x"),
    (a_list_has_the_keys_of_the_samples, "phones", "03-phones"),
    (users_of_3x_are_listed_and_followed_as_well,),
    (odd_requests_are_refused,),
    (it_met_nothing_that_it_does_not_know,),
]


def describe(behaviour, *rest):
    shown = "".join(f" {word}" for word in rest if isinstance(word, str))
    return f"axeos {behaviour.__name__.replace('_', ' ')}{shown}"


if __name__ == "__main__":
    main(BEHAVIOURS, describe, ["--speed", "20"], lambda contract: contract["axeos"])
