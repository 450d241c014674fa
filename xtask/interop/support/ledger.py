"""What clients of an IM service were told, and whether a service that was cut off still has it."""

import hashlib
import json
import logging
import threading
import uuid

from websockets.exceptions import ConnectionClosed

from . import Wrong, expect, expect_equal
from .im import download, sample, upload

# Lines that break off are what these tests are about.
logging.getLogger("websockets").setLevel(logging.CRITICAL)
FLYING = 8  # messages of one client in one topic that are not answered yet


class Ledger:
    """All that anybody was told. A number names one message, for ever."""

    def __init__(self):
        self.lock = threading.Lock()
        self.said = set()  # contents that were sent, answered or not
        self.numbers = {}  # (topic, seq) -> content
        self.acknowledged = 0
        self.marks = {}  # (topic, user) -> the highest read mark that somebody was told
        self.files = {}  # id -> digest of an upload that was answered
        self.sent_files = set()  # digests of all uploads
        self.refused = {}  # code -> how often
        self.faults = []

    def told(self, topic, seq, content):
        with self.lock:
            known = self.numbers.setdefault((topic, seq), content)
            if known != content:
                self.faults.append(f"{topic} {seq} is both {known} and {content}")

    def mark(self, topic, user, seq):
        with self.lock:
            self.marks[topic, user] = max(seq, self.marks.get((topic, user), 0))

    def answered(self, topic, user, ctrl, content):
        if ctrl["code"] == 202:
            with self.lock:
                self.acknowledged += 1
            self.told(topic, ctrl["params"]["seq"], content)
            # A message counts as read by its author.
            self.mark(topic, user, ctrl["params"]["seq"])
        else:
            with self.lock:
                self.refused[ctrl["code"]] = self.refused.get(ctrl["code"], 0) + 1

    def upload(self, service, token, content):
        """Uploads a file. The status."""
        digest = hashlib.sha256(content).hexdigest()
        with self.lock:
            self.sent_files.add(digest)
        status, body = upload(service, token, "cut.bin", content)
        if status == 200:
            with self.lock:
                self.files[json.loads(body)["ctrl"]["params"]["url"]] = digest
        return status

    def last(self, topic):
        return max((seq for name, seq in self.numbers if name == topic), default=0)


class Actor(threading.Thread):
    """A user who publishes in topics, reads what others publish there, and says so, until the line ends."""

    def __init__(self, line, topics, ledger, stop):
        super().__init__(daemon=True)
        self.line, self.topics, self.ledger, self.stop = line, topics, ledger, stop
        self.flying = {}  # id -> (topic, content)

    def run(self):
        try:
            while not self.stop.is_set() or self.flying:
                if not self.stop.is_set():
                    for name in self.topics:
                        self.publish(name)
                self.take(self.line.read())
        except (ConnectionClosed, OSError, TimeoutError):
            pass  # the service was killed
        except Exception as problem:
            self.ledger.faults.append(f"{type(problem).__name__}: {problem}")

    def publish(self, name):
        while sum(topic == name for topic, _ in self.flying.values()) < FLYING:
            content = f"{self.line.user.id} {uuid.uuid4()}"
            message = sample("16-client-pub-group", topic=name, content=content)
            with self.ledger.lock:
                self.ledger.said.add(content)
            self.flying[message["pub"]["id"]] = (name, content)
            self.line.say(message)

    def take(self, frame):
        ((kind, body),) = frame.items()
        topic = self.topics.get(body.get("topic"))
        if kind == "ctrl" and body.get("id") in self.flying:
            name, content = self.flying.pop(body["id"])
            self.ledger.answered(self.topics[name], self.line.user.id, body, content)
        elif kind == "data" and topic:
            self.ledger.told(topic, body["seq"], body["content"])
            if body["from"] != self.line.user.id and body["seq"] % 5 == 0:
                self.line.say({"note": {"topic": body["topic"], "what": "read", "seq": body["seq"]}})
        elif kind == "info" and topic and body["what"] == "read":
            self.ledger.mark(topic, body["from"], body["seq"])


class Uploader(threading.Thread):
    """Uploads files until the service is gone."""

    def __init__(self, service, token, ledger, stop, random):
        super().__init__(daemon=True)
        self.service, self.token, self.ledger, self.stop, self.random = service, token, ledger, stop, random

    def run(self):
        try:
            while not self.stop.is_set():
                size = self.random.randrange(1, 60_000)
                self.ledger.upload(self.service, self.token, self.random.randbytes(size))
        except OSError:
            pass  # the service was killed
        except Exception as problem:
            self.ledger.faults.append(f"{type(problem).__name__}: {problem}")


def check_topic(ledger, line, name, topic, since):
    """Whether the service has all that was told of a topic from a number on, and nothing that nobody said."""
    found, times = line.history(name, since=since)
    expect(all(count == 1 for count in times.values()), f"{topic}: a number came twice: {times}")
    for seq, data in found.items():
        content = data["content"]
        if data.get("head") is None:  # not the notice of who joined
            expect(content in ledger.said, f"{topic} {seq} was said by nobody: {content}")
        ledger.told(topic, seq, content)
    contents = [data["content"] for data in found.values() if data.get("head") is None]
    expect_equal(len(contents), len(set(contents)))
    wanted = {seq for name_, seq in ledger.numbers if name_ == topic and seq >= since}
    lost = sorted(wanted - found.keys())
    expect(not lost, f"{topic}: acknowledged and lost: {lost}")
    expect_equal(sorted(found), list(range(since, since + len(found))))
    for entry in line.done(sample("07-client-get-sub", topic=name, sub={}))["meta"]["sub"]:
        kept, told = entry.get("read", 0), ledger.marks.get((topic, entry["user"]), 0)
        expect(kept >= told, f"{topic}: {entry['user']} had read {told}, and now {kept}")
        expect(kept <= since + len(found) - 1, f"{topic}: {entry['user']} has read {kept}, beyond the last")
        ledger.mark(topic, entry["user"], kept)


def check_files(ledger, service, token, folder, urls):
    """Whether these files are served whole, and of those that nobody was told of none by halves."""
    for url in urls:
        status, body = download(service, url, token)
        expect_equal(status, 200)
        expect_equal(hashlib.sha256(body).hexdigest(), ledger.files[url])
    found = [path.name for path in folder.iterdir() if path.is_file() and path.name not in ledger.files]
    for name in found:
        status, body = download(service, name, token)
        if status != 404 and hashlib.sha256(body).hexdigest() not in ledger.sent_files:
            raise Wrong(f"{name} is served, {len(body)} bytes that nobody sent as a whole")
    expect_equal([path.name for path in (folder / "coming").iterdir()], [])
    return len(found)
