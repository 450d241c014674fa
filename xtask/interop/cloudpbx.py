"""CloudPBX: the simulator against curl, by the commands of the vendor's document.

The commands are the document's own with their quoting mended (docs/cloudpbx.md has its errata); only address, key and the
other placeholders are replaced. Every answer is compared with the document's sample of it, field by field.

Run by `cargo xtask interop`, which sets TIELINE_BIN.
"""

import json
import shlex
import subprocess
import tempfile
import time
import wave
from pathlib import Path

from support import FIXTURES, Wrong, differences, expect, expect_equal, main

SAMPLES = FIXTURES / "cloudpbx" / "rest" / "document"
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
]


def describe(behaviour, command, *_):
    return f"cloudpbx {behaviour.__name__.replace('_', ' ')}: {command}"


if __name__ == "__main__":
    options = ["--speed", "120", "--start", f"{DAY}T08:00:00Z"]
    main(BEHAVIOURS, describe, options, lambda contract: contract["cloudpbx"])
