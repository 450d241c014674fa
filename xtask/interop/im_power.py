"""PortSIP IM: what was acknowledged is there after `kill -9` at random moments, and a full disk is told and got over.

`TIELINE_POWER_CUTS` says how often the service is killed, 20 unless told otherwise, and `TIELINE_POWER_SEED` where the moments are
drawn from.

Run by `cargo xtask interop`, which sets TIELINE_BIN.
"""

import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from support import expect, expect_equal, run
from support.im import Service, sample
from support.ledger import Actor, Ledger, Uploader, check_files, check_topic

CUTS = int(os.environ.get("TIELINE_POWER_CUTS", "20"))
SEED = int(os.environ.get("TIELINE_POWER_SEED", "7"))
MEMBERS = 4


class Cast:
    """Users in two conversations and a group, who load a service that is cut off."""

    def __init__(self, service, ledger):
        self.service, self.ledger = service, ledger
        self.users = [service.user() for _ in range(MEMBERS)]
        self.group = None
        self.verified = {}
        self.files = 0

    def topics_of(self, user):
        """The topics of a user, by the names that the user knows: with the name that all know."""
        at = self.users.index(user)
        peer = self.users[at ^ 1]
        return {peer.id: f"p2p {min(peer.id, user.id)}", self.group: self.group}

    def lines(self):
        lines = [user.line() for user in self.users]
        if self.group is None:
            self.group = lines[0].done(sample("12-client-sub-new"))["ctrl"]["topic"]
        for line in lines:
            for name in self.topics_of(line.user):
                line.done(sample("14-client-sub-group", topic=name))
        return lines

    def check(self, whole=False):
        """Checks what the service has against what was told; all of it, or what is new since the last time."""
        lines = self.lines()  # on which nothing was told yet
        for line in lines:
            for name, topic in self.topics_of(line.user).items():
                since = 1 if whole else max(1, self.verified.get(topic, 0) - 20)
                check_topic(self.ledger, line, name, topic, since)
            line.socket.close()
        for topic in {topic for user in self.users for topic in self.topics_of(user).values()}:
            self.verified[topic] = self.ledger.last(topic)
        urls = list(self.ledger.files)
        token = lines[0].login["ctrl"]["params"]["token"]
        check_files(self.ledger, self.service, token, self.service.files, urls if whole else urls[self.files :])
        self.files = len(urls)
        expect(not self.ledger.faults, "; ".join(self.ledger.faults[:5]))

    def load(self, lines, moments):
        """Starts the load. The threads, and what stops them."""
        stop = threading.Event()
        token = lines[0].login["ctrl"]["params"]["token"]
        threads = [Actor(line, self.topics_of(line.user), self.ledger, stop) for line in lines]
        threads.append(Uploader(self.service, token, self.ledger, stop, random.Random(moments.random())))
        for thread in threads:
            thread.start()
        return threads, stop


def nothing_acknowledged_is_lost_when_the_service_is_killed():
    moments = random.Random(SEED)
    with Service(users=MEMBERS) as service:
        ledger = Ledger()
        cast = Cast(service, ledger)
        for cut in range(CUTS):
            lines = cast.lines()
            threads, stop = cast.load(lines, moments)
            time.sleep(moments.uniform(0.02, 0.8))
            service.kill()
            stop.set()
            for thread in threads:
                thread.join(60)
                expect(not thread.is_alive(), "a client hangs")
            for line in lines:
                line.socket.close()
            service.start()
            cast.check(whole=cut == CUTS - 1)
        print(
            f"       {CUTS} cuts: {ledger.acknowledged} messages acknowledged, {len(ledger.numbers)} told or found, "
            f"{len(ledger.said)} sent; {len(ledger.files)} files acknowledged of {len(ledger.sent_files)} sent; "
            f"{len(ledger.marks)} marks",
            flush=True,
        )
        expect(ledger.acknowledged > CUTS and ledger.files, "there was no load")


def fill(cast, lines):
    """Publishes and uploads until both are refused for want of room, and gives the codes."""
    refused = {}
    token = lines[0].login["ctrl"]["params"]["token"]
    topics = cast.topics_of(lines[0].user)
    for number in range(2_000):
        name, topic = list(topics.items())[number % 2]
        content = f"{number} " + "x" * 20_000
        cast.ledger.said.add(content)
        ctrl = lines[0].ask(sample("16-client-pub-group", topic=name, content=content))["ctrl"]
        cast.ledger.answered(topic, lines[0].user.id, ctrl, content)
        if ctrl["code"] >= 400:
            refused["pub"] = ctrl["code"]
            break
    for number in range(200):
        status = cast.ledger.upload(cast.service, token, os.urandom(300_000))
        if status != 200:
            refused["upload"] = status
            break
    return refused


def survives_a_full_disk(cast, make_full, make_room):
    lines = cast.lines()
    for line in lines:
        for name, topic in cast.topics_of(line.user).items():
            content = f"{line.user.id} before {name}"
            cast.ledger.said.add(content)
            ctrl = line.done(sample("16-client-pub-group", topic=name, content=content))["ctrl"]
            cast.ledger.answered(topic, line.user.id, ctrl, content)
    pid = cast.service.process.pid
    make_full()
    refused = fill(cast, lines)
    expect_equal(refused, {"pub": 500, "upload": 500})
    cast.check()
    make_room()
    for name, topic in cast.topics_of(lines[0].user).items():
        content = f"after {name}"
        cast.ledger.said.add(content)
        ctrl = lines[0].done(sample("16-client-pub-group", topic=name, content=content))["ctrl"]
        expect_equal(ctrl["params"]["seq"], cast.ledger.last(topic) + 1)
        cast.ledger.answered(topic, lines[0].user.id, ctrl, content)
    token = lines[0].login["ctrl"]["params"]["token"]
    expect_equal(cast.ledger.upload(cast.service, token, b"room again"), 200)
    expect_equal(cast.service.process.pid, pid)
    expect(cast.service.process.poll() is None, "the service ended")
    for line in lines:
        line.socket.close()
    cast.check(whole=True)
    # And after the next start.
    cast.service.kill()
    cast.service.start()
    cast.check(whole=True)


def files_that_may_not_grow_are_told_and_got_over():
    """The limit of the system on the size of files: what a quota or a full disk does, without being root.

    It holds for the log, too, which is over the limit already.
    """
    with tempfile.TemporaryFile() as log, Service(users=MEMBERS, log=log) as service:
        log.truncate(1 << 30)
        log.seek(0, os.SEEK_END)
        cast = Cast(service, Ledger())
        _, hard = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)

        def bound():
            # Not the room of a file to come, and not much more in the database.
            size = max(path.stat().st_size for path in service.folder.rglob("*") if path.is_file())
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (max(size, 200_000) + 50_000, hard))

        def unbound():
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (hard, hard))

        survives_a_full_disk(cast, bound, unbound)


def a_full_file_system_is_told_and_got_over():
    with tempfile.TemporaryDirectory() as place:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place], capture_output=True)
        if mounted.returncode != 0:
            print(f"       SKIPPED: no file system can be mounted here: {mounted.stderr.decode().strip()}", flush=True)
            return
        try:
            data = Path(place) / "data"
            with open(Path(place) / "log", "ab") as log, Service(users=MEMBERS, folder=data, log=log) as service:
                cast = Cast(service, Ledger())
                filler = Path(place) / "filler"

                def make_full():
                    free = shutil.disk_usage(place).free
                    filler.write_bytes(b"f" * max(0, free - 600_000))

                survives_a_full_disk(cast, make_full, filler.unlink)
        finally:
            subprocess.run(["umount", place], check=True)


BEHAVIOURS = [
    (nothing_acknowledged_is_lost_when_the_service_is_killed,),
    (files_that_may_not_grow_are_told_and_got_over,),
    (a_full_file_system_is_told_and_got_over,),
]


def describe(behaviour):
    return behaviour.__name__.replace("_", " ")


if __name__ == "__main__":
    sys.exit(1 if run(BEHAVIOURS, describe) else 0)
