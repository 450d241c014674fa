"""CloudPBX: the simulator against curl, by the commands of the vendor's document, and against a WebSocket library.

The commands are the document's own with their quoting mended (docs/cloudpbx.md has its errata); only address, key and the
other placeholders are replaced. Every answer is compared with the document's sample of it, field by field.

Run by `cargo xtask interop`, which sets TIELINE_BIN.
"""

import base64
import hashlib
import json
import shlex
import subprocess
import tempfile
import time
import wave
from pathlib import Path

from support import FIXTURES, Wrong, differences, expect, expect_equal, main, start
from websockets.sync.client import connect

SAMPLES = FIXTURES / "cloudpbx" / "rest" / "document"
EVENTS = FIXTURES / "cloudpbx" / "stream" / "document"
DAY = "2021-10-04"  # of the simulated PBX: within the days of the document's commands
ONE_WAIT = 60  # seconds, two hours of the simulated day
VENDOR = "https://api.cloudpbx.pl"

CDR = "curl -X GET -H 'Authorization: Bearer [APIKEY]' https://api.cloudpbx.pl/cdr"
CDR_DAYS = (
    "curl -X GET -H 'Authorization: Bearer [APIKEY]' "
    "'https://api.cloudpbx.pl/cdr?datestart=2021-10-01&datestop=2021-10-07'"
)
RECORDS = "curl -X GET -H 'Authorization: Bearer [APIKEY]' https://api.cloudpbx.pl/record"
RECORDS_DAYS = (
    "curl -X GET -H 'Authorization: Bearer [APIKEY]' "
    "'https://api.cloudpbx.pl/record?datestart=2021-10-01&datestop=2021-10-07'"
)
RECORDING = (
    "curl -X GET --output record.wav -H 'Authorization: Bearer [APIKEY]' https://api.cloudpbx.pl/record/[uniqueid]"
)
DIAL = "curl -X GET -H 'Authorization: Bearer [APIKEY]' 'https://api.cloudpbx.pl/dial?cpa=101&cpb=200'"
SEND_SMS = (
    "curl -v -X POST -H 'Authorization: Bearer [APIKEY]' -d 'to=[GSMNUMBER]' -d 'body=[TEXT]' "
    "https://api.cloudpbx.pl/sendSMS"
)
UPGRADE = """
curl --include \\
  --no-buffer \\
  --output - \\
  --header "Connection: Upgrade" \\
  --header "Upgrade: websocket" \\
  --header "Host: pbxvisor1.cloudpbx.pl" \\
  --header "Origin: https://pbxvisor1.cloudpbx.pl" \\
  --header "Sec-WebSocket-Key: SGVsbG8sIHdvcmxkIQ==" \\
  --header "Sec-WebSocket-Version: 13" \\
  'https://pbxvisor1.cloudpbx.pl/ws/pbx_MojaCentrala?pbxkey=MyExampleKey'
"""
ALL = [CDR, CDR_DAYS, RECORDS, RECORDS_DAYS, RECORDING, DIAL, SEND_SMS]
FILLED = {"[uniqueid]": "1552558647.371", "[GSMNUMBER]": "600100200", "[TEXT]": "zażółć"}


def curl(pbx, command, folder=None, key=None, more=(), **placeholders):
    """Status and body of a command's answer."""
    filled = {**FILLED, **{f"[{name}]": value for name, value in placeholders.items()}}
    filled.update({VENDOR: pbx["url"], "[APIKEY]": pbx["key"] if key is None else key})
    words = shlex.split(command)
    for placeholder, value in filled.items():
        words = [word.replace(placeholder, value) for word in words]
    # Nothing of this machine's curl settings, and the status after the body.
    own = ["--disable", *words[1:], *more, "--noproxy", "*", "--silent", "--max-time", str(ONE_WAIT)]
    own += ["--write-out", "\n%{http_code}"]
    done = subprocess.run(["curl", *own], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    expect(done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr.decode()}")
    body, _, status = done.stdout.decode("utf-8").rpartition("\n")
    return int(status), body


def listed(pbx, command):
    """The records of a list, once there are some."""
    deadline = time.monotonic() + ONE_WAIT
    while time.monotonic() < deadline:
        status, body = curl(pbx, command)
        expect_equal(status, 200)
        if records := json.loads(body):
            return records
        time.sleep(0.2)
    raise Wrong(f"no records after {ONE_WAIT} s")


def sample(name):
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def a_list_has_records_as_the_document_shows_them(pbx, command, name, date):
    records = listed(pbx, command)
    problems = differences(records, sample(name), where="list")
    expect(not problems, "; ".join(sorted(set(problems))))
    expect(all(record[date].startswith(DAY) for record in records), f"records of other days than {DAY}")


def other_days_have_no_records(pbx, command):
    for days in [("2021-09-01", "2021-09-30"), ("2021-10-05", "2021-10-07")]:
        other = command.replace("2021-10-01", days[0]).replace("2021-10-07", days[1])
        expect_equal(curl(pbx, other), (200, "[]"))


def a_recording_is_a_wav_file(pbx, command, records):
    for record in listed(pbx, records)[:3]:
        with tempfile.TemporaryDirectory() as folder:
            status, _ = curl(pbx, command, folder, uniqueid=record["uniqueid"])
            expect_equal(status, 200)
            file = Path(folder) / "record.wav"
            with wave.open(str(file), "rb") as sound:
                frames, size = sound.getnframes(), sound.getnchannels() * sound.getsampwidth()
                expect(frames > 0, "no sound")
                expect_equal(len(sound.readframes(frames)), frames * size)


def the_answer_is(pbx, command, status, body, more=(), **placeholders):
    expect_equal(curl(pbx, command, more=more, **placeholders), (status, body))


def a_call_is_started(pbx, command):
    deadline = time.monotonic() + ONE_WAIT
    answer = None
    while answer != (200, "OK"):
        expect(answer in (None, (500, "Action Error")), f"answered {answer}")
        # Whoever is away, or in a call, cannot call.
        expect(time.monotonic() < deadline, f"no call within {ONE_WAIT} s")
        time.sleep(0.2)
        answer = curl(pbx, command)


def a_message_is_queued_and_stands_in_the_records_under_its_id(pbx, command, records):
    status, body = curl(pbx, command)
    expect_equal(status, 200)
    response = json.loads(body)
    problems = differences(response, sample("03-sendSMS"), where="response")
    expect(not problems, "; ".join(problems))
    expect_equal((response["responseStatus"], response["responseErrorMessage"]), ("QUEUE", None))
    ids = [record["uniqueid"] for record in listed(pbx, records)]
    expect_equal(ids.count(response["responseId"]), 1)


def a_test_message_is_queued_and_not_charged(pbx, command, records):
    status, body = curl(pbx, command, more=["-d", "test=true"])
    expect_equal(status, 200)
    ids = [record["uniqueid"] for record in listed(pbx, records)]
    expect_equal(ids.count(json.loads(body)["responseId"]), 0)


def a_wrong_key_is_refused(pbx, command):
    with tempfile.TemporaryDirectory() as folder:
        for key in ["wrong", ""]:
            status, _ = curl(pbx, command, folder, key=key)
            expect_equal(status, 401)


def upgrade(pbx, command):
    """The document's opening request by curl, which goes on until it is ended."""
    words = shlex.split(command.replace("\\\n", " "))
    at = words.index("https://pbxvisor1.cloudpbx.pl/ws/pbx_MojaCentrala?pbxkey=MyExampleKey")
    words[at] = pbx["stream"].replace("ws://", "http://", 1)
    own = ["--disable", *words[1:], "--noproxy", "*", "--silent", "--max-time", str(ONE_WAIT)]
    return subprocess.Popen(["curl", *own], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def head_of(curl_run):
    lines = []
    while (line := curl_run.stdout.readline().rstrip(b"\r\n")) != b"":
        lines.append(line.decode("ascii"))
    return lines


def the_opening_request_of_the_document_starts_the_stream(pbx, command):
    curl_run = upgrade(pbx, command)
    try:
        status, *headers = head_of(curl_run)
        expect(status.startswith("HTTP/1.1 101 "), f"answered {status}")
        headers = {name.lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)}
        # RFC 6455: the key with its text, hashed, whatever the key is.
        accept = hashlib.sha1(b"SGVsbG8sIHdvcmxkIQ==" + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        expect_equal(headers["sec-websocket-accept"], base64.b64encode(accept).decode("ascii"))
        expect("sec-websocket-extensions" not in headers, "an extension was agreed on")
        first, length = curl_run.stdout.read(2)
        expect_equal((first, length & 0x80), (0x81, 0))
        if length == 126:
            length = int.from_bytes(curl_run.stdout.read(2), "big")
        checked(pbx, json.loads(curl_run.stdout.read(length)))
    finally:
        curl_run.kill()
        curl_run.wait()


def a_strict_server_refuses_the_opening_request_of_the_document(_, command):
    simulator, contract = start(["--strict"])
    try:
        curl_run = upgrade(contract["cloudpbx"], command)
        status, *_ = head_of(curl_run)
        expect(status.startswith("HTTP/1.1 400 "), f"answered {status}")
        expect_equal(curl_run.wait(timeout=ONE_WAIT), 0)
        # A library's key has 16 bytes.
        connect(contract["cloudpbx"]["stream"], open_timeout=ONE_WAIT).close()
    finally:
        simulator.terminate()
        simulator.wait()


def event_samples():
    """The document's events: name -> its sample."""
    names = ["01-subscriber", "02-extstatus", "03-queue", "04-qmember", "05-cmember", "06-smsSendResponse"]
    return {name: event for file in names for name, event in json.loads((EVENTS / f"{file}.json").read_text("utf-8")).items()}


SHAPES = event_samples()
# What the document names and its samples do not print.
OPTIONAL = {"subscriber": {"connectPeerNumber", "connectPeerName"}, "qmember": {"m_reason"}}


def checked(pbx, message):
    """The events of a message, once it is as the document shows messages."""
    expect_equal(sorted(message), ["channel", "id", "text"])
    expect(type(message["id"]) is int and message["id"] > 0, f"the id is {message['id']!r}")
    expect_equal(message["channel"], f"pbx_{pbx['name']}")
    for name, event in message["text"].items():
        expect(name in SHAPES, f"the document has no {name}")
        problems = differences(event, SHAPES[name], OPTIONAL.get(name, frozenset()), name)
        expect(not problems, "; ".join(problems))
    return message["text"].items()


class Listener:
    """A client of the stream, by a library that knows nothing of us."""

    def __init__(self, pbx):
        self.pbx, self.last = pbx, None
        self.socket = connect(pbx["stream"], open_timeout=ONE_WAIT, max_queue=None, ping_interval=1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read(self):
        """The events of the next message, whose number follows that of the one before."""
        message = json.loads(self.socket.recv(timeout=ONE_WAIT))
        if self.last is not None:
            expect_equal(message["id"], self.last + 1)
        self.last = message["id"]
        return checked(self.pbx, message)

    def read_until(self, enough):
        """Reads on until `enough` says so of an event."""
        while not any([enough(name, event) for name, event in self.read()]):
            pass


def calls_are_told_as_they_happen(pbx, command):
    with Listener(pbx) as listener:
        seen = set()

        def all_kinds(name, event):
            seen.add((name, event.get("statusValue", event.get("status"))))
            # Ringing and in use are calls; agents and queues have their part in them.
            return {("subscriber", 8), ("subscriber", 1), ("extstatus", 1), ("qmember", None), ("queue", None)} <= seen

        a_call_is_started(pbx, command)
        listener.read_until(all_kinds)
        # A frame that comes in after pings were answered: the library ends the line itself where one is not.
        listener.read()


def the_states_of_a_message_are_told_until_it_is_final(pbx, command, number, states):
    with Listener(pbx) as listener:
        status, body = curl(pbx, command, GSMNUMBER=number)
        expect_equal(status, 200)
        sms, told = json.loads(body)["responseId"], []

        def is_final(name, event):
            if name == "smsSendResponse" and event["MsgId"] == sms:
                expect_equal(event["to"], f"48{number}")
                told.append(event["status"])
            return len(told) == len(states)

        listener.read_until(is_final)
        expect_equal(told, states)


def a_wrong_key_opens_no_stream(pbx, command):
    curl_run = upgrade({"stream": pbx["stream"] + "x"}, command)
    status, *_ = head_of(curl_run)
    expect(status.startswith("HTTP/1.1 403 "), f"answered {status}")
    curl_run.wait(timeout=ONE_WAIT)


BEHAVIOURS = [
    (a_list_has_records_as_the_document_shows_them, CDR, "01-cdr", "calldate"),
    (a_list_has_records_as_the_document_shows_them, CDR_DAYS, "01-cdr", "calldate"),
    (other_days_have_no_records, CDR_DAYS),
    (a_list_has_records_as_the_document_shows_them, RECORDS, "02-record", "date"),
    (a_list_has_records_as_the_document_shows_them, RECORDS_DAYS, "02-record", "date"),
    (other_days_have_no_records, RECORDS_DAYS),
    (a_recording_is_a_wav_file, RECORDING, RECORDS),
    (a_call_is_started, DIAL),
    (the_answer_is, DIAL.replace("101", "999"), 500, "Action Error"),
    (a_message_is_queued_and_stands_in_the_records_under_its_id, SEND_SMS, CDR),
    (a_test_message_is_queued_and_not_charged, SEND_SMS, CDR),
    (the_answer_is, SEND_SMS.replace("-d 'to=[GSMNUMBER]'", ""), 400, "Parameter is missing"),
    (the_answer_is, SEND_SMS.replace("-d 'body=[TEXT]'", ""), 400, "Parameter is missing"),
    (the_answer_is, SEND_SMS.replace("[GSMNUMBER]", "48600100200"), 400, "Parameter is missing"),
    *[(a_wrong_key_is_refused, command) for command in ALL],
    (the_opening_request_of_the_document_starts_the_stream, UPGRADE),
    (a_strict_server_refuses_the_opening_request_of_the_document, UPGRADE),
    (a_wrong_key_opens_no_stream, UPGRADE),
    (calls_are_told_as_they_happen, DIAL),
    (the_states_of_a_message_are_told_until_it_is_final, SEND_SMS, "600100200", ["SENT", "DELIVERED"]),
    (the_states_of_a_message_are_told_until_it_is_final, SEND_SMS, "600100201", ["REJECTED"]),
    (the_states_of_a_message_are_told_until_it_is_final, SEND_SMS, "600100203", ["SENT", "RENEWAL", "UNDELIVERED"]),
]


def describe(behaviour, command, *_):
    return f"cloudpbx {behaviour.__name__.replace('_', ' ')}: {' '.join(command.replace(chr(92), '').split())}"


if __name__ == "__main__":
    options = ["--speed", "120", "--start", f"{DAY}T08:00:00Z"]
    main(BEHAVIOURS, describe, options, lambda contract: contract["cloudpbx"])
