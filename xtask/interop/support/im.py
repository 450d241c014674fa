"""What the scripts of PortSIP IM share: the standing service in a process of its own, and a line to it.

The messages that are said are the document's own; only ids, topics, users and secrets are replaced.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import argon2
from websockets.sync.client import connect

from . import FIXTURES, WHOLE_RUN, expect, expect_equal

SAMPLES = FIXTURES / "im" / "document"
ONE_WAIT = 60  # seconds for one frame
DOMAIN = "portsip.io"
PASSWORD = "swordfish"
FIRST_NUMBER = 804252613548700000  # of users, as those of the document
OPENER = build_opener(ProxyHandler({}))  # nothing of this machine's proxies


def sample(name, **replaced):
    """A message of the document, some of whose members have other values, and an id of its own."""
    message = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    (body,) = message.values()
    if "id" in body:
        body["id"] = str(uuid.uuid4())
    body.update(replaced)
    return message


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, code, text):
        super().__init__(f"{code} {text}")
        self.code = code


class Line:
    """One WebSocket, logged in by the document's message."""

    def __init__(self, url, user):
        self.user = user
        self.heard = []
        # No bound on unread frames: a line that a test does not read for a while goes on answering pings.
        self.socket = connect(url, open_timeout=ONE_WAIT, max_queue=None, proxy=None)
        try:
            self.login = self.done(sample("01-client-login", secret=user.secret()))
        except Exception:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read(self):
        return json.loads(self.socket.recv(timeout=ONE_WAIT))

    def say(self, message):
        self.socket.send(json.dumps(message))

    def ask(self, message):
        """The answer to a request: what comes first with its id. What else comes is kept in `heard`."""
        (body,) = message.values()
        self.say(message)
        while True:
            frame = self.read()
            (kind,) = frame
            if frame[kind].get("id") == body["id"]:
                return frame
            self.heard.append(frame)

    def done(self, message):
        """The answer to a request that is done, or that was done before; any other is an error."""
        answer = self.ask(message)
        if "ctrl" in answer and answer["ctrl"]["code"] >= 400:
            raise Refused(answer["ctrl"]["code"], answer["ctrl"]["text"])
        return answer

    def next(self, kind, wanted=lambda body: True):
        """The next frame of a kind, among those heard or still to come."""
        for index, frame in enumerate(self.heard):
            if kind in frame and wanted(frame[kind]):
                return self.heard.pop(index)[kind]
        while True:
            frame = self.read()
            if kind in frame and wanted(frame[kind]):
                return frame[kind]
            self.heard.append(frame)

    def history(self, topic, since=1, before=0):
        """All messages of a topic by their numbers, page by page; of each also how often it came."""
        found, times = {}, {}
        before = before or 1 << 40
        while True:
            ask = sample("11-client-get-data", topic=topic, data={"since": since, "before": before, "limit": 1000})
            end = self.ask(ask)
            page = [frame["data"] for frame in self.heard if "data" in frame and frame["data"]["topic"] == topic]
            self.heard = [frame for frame in self.heard if "data" not in frame]
            if end["ctrl"]["code"] != 208:
                return found, times
            for data in page:
                found[data["seq"]] = data
                times[data["seq"]] = times.get(data["seq"], 0) + 1
            before = min(data["seq"] for data in page)


class User:
    """Somebody in the service's file of users."""

    def __init__(self, service, number):
        self.service = service
        self.number = number
        self.id = f"usr{number}"
        self.name = f"{number}"
        self.access_token = None

    def secret(self):
        return base64.b64encode(f"{self.name}@{DOMAIN}:{self.token()}".encode()).decode()

    def token(self):
        """The access token, by the REST call of PortSIP's documents."""
        if self.access_token is None:
            form = {
                "grant_type": "password",
                "username": self.name,
                "domain": DOMAIN,
                "password": PASSWORD,
                "scope": "all",
                "client_id": "9d806019-75b2-4b3d-bb8b-f5a3a412cc0a",
            }
            request = Request(f"{self.service.http}/api/login/oauth/token", data=urlencode(form).encode())
            with OPENER.open(request, timeout=ONE_WAIT) as answer:
                grant = json.load(answer)
            expect_equal((grant["token_type"], grant["expires_in"]), ("Bearer", 1800))
            self.access_token = grant["access_token"]
        return self.access_token

    def line(self):
        return Line(self.service.url, self)


def upload(service, token, name, content):
    """What the document does with aiohttp: a form of `id` and `file`. The status, and the body."""
    boundary = uuid.uuid4().hex
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="id"\r\n\r\n{uuid.uuid4()}\r\n',
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n',
        "Content-Type: application/octet-stream\r\n\r\n",
    ]
    body = "".join(lines).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Authorization": f"token {token}", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    return fetch(Request(f"{service.http}/im/file", data=body, headers=headers))


def download(service, url, token=None):
    headers = {"Authorization": f"token {token}"} if token else {}
    return fetch(Request(f"{service.http}/im/file/{url}", headers=headers))


def fetch(request):
    try:
        with OPENER.open(request, timeout=ONE_WAIT) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


class Service:
    """`tieline serve` in a process of its own, that can be killed and started again over the same folder.

    Its log goes where ours goes, unless there is a file for it.
    """

    def __init__(self, users, folder=None, under=(), log=None):
        if "TIELINE_BIN" not in os.environ:
            sys.exit("TIELINE_BIN is not set: run this by `cargo xtask interop`")
        self.place = tempfile.TemporaryDirectory() if folder is None else None
        self.folder = Path(self.place.name) / "data" if folder is None else folder
        self.files = self.folder / "files"
        self.under = list(under)
        self.log = log
        self.numbers = iter(range(FIRST_NUMBER, FIRST_NUMBER + users))
        self.folder.mkdir(mode=0o700)
        # A hash that costs little: a whole group signs in.
        cost = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        lines = [
            f'[users."{number}@{DOMAIN}"]\nnumber = {number}\npassword = "{cost.hash(PASSWORD)}"\n'
            for number in range(FIRST_NUMBER, FIRST_NUMBER + users)
        ]
        (self.folder / "users.toml").write_text("\n".join(lines), encoding="utf-8")
        (self.folder / "users.toml").chmod(0o600)
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.kill(self.serving(), signal.SIGTERM)
        try:
            self.process.wait(ONE_WAIT)
        finally:
            self.kill()
            if self.place is not None:
                self.place.cleanup()

    def start(self):
        options = ["--plain", "--listen", "127.0.0.1:0", "--metrics", "none", "--lines-per-minute", "1000000"]
        command = [*self.under, os.environ["TIELINE_BIN"], "serve", str(self.folder), *options]
        # Signals are left as Python has them: a file that may not grow is an error then, and not the end.
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            encoding="utf-8",
            restore_signals=False,
        )
        self.guard = threading.Timer(WHOLE_RUN, self.process.kill)
        self.guard.daemon = True
        self.guard.start()
        first = self.process.stdout.readline()
        expect(first, f"{' '.join(command)} ended with {self.process.poll()} before it was ready")
        hello = json.loads(first)
        self.url, self.http = hello["url"], hello["api"]

    def serving(self):
        """The process that serves: not what it may run under."""
        own = self.process.pid
        return int(Path(f"/proc/{own}/task/{own}/children").read_text().split()[0]) if self.under else own

    def kill(self):
        """Ends it at once, whatever it is doing."""
        self.guard.cancel()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def user(self):
        """A user whom nobody had yet."""
        return User(self, next(self.numbers))
