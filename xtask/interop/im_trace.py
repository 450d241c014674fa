"""PortSIP IM: strace tells in which order `tieline serve` writes, syncs, renames and answers.

The tests of the store check that order where it is decided; this one that it is what reaches the system.

Run by `cargo xtask interop`, which sets TIELINE_BIN, and installs strace where apt-get can.
"""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from support import Wrong, expect, expect_equal, run
from support.im import Service, sample, upload

CALLS = "trace=openat,write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg"
MESSAGES = 20

# `1234 fsync(9</data/im.db-wal>) = 0`, or that in two lines when another thread came in between.
WHOLE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
BEGUN = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
ENDED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")


class Call:
    """A call: where its line stands when it begins, where when it ends, and its arguments."""

    def __init__(self, name, begun, arguments):
        self.name, self.begun, self.ended, self.arguments, self.result = name, begun, None, arguments, None

    def end(self, ended, more, result):
        self.ended, self.arguments, self.result = ended, self.arguments + more, int(result)


def calls_of(text):
    calls, open_calls = [], {}
    for place, line in enumerate(text.splitlines()):
        if match := WHOLE.match(line):
            call = Call(match[2], place, match[3])
            call.end(place, "", match[4])
            calls.append(call)
        elif match := BEGUN.match(line):
            open_calls[match[1]] = Call(match[2], place, match[3])
            calls.append(open_calls[match[1]])
        elif match := ENDED.match(line):
            open_calls.pop(match[1]).end(place, match[3], match[4])
    return calls


class Trace:
    """The calls of a service, and questions about their order."""

    def __init__(self, text):
        self.calls = calls_of(text)
        expect(self.calls, "strace told nothing")

    def find(self, what, names, words, after=-1, before=None):
        """The first call of a kind with these words in its arguments that begins after a place and ends before another."""
        for call in self.calls:
            if call.name in names and call.begun > after and all(word in call.arguments for word in words):
                if before is None or (call.ended is not None and call.ended < before):
                    return call
        raise Wrong(f"{what} is not there, or not where it should be")


SENDS = ("write", "writev", "sendto", "sendmsg")
SYNCS = ("fsync", "fdatasync")


def a_message_is_answered_after_its_sync(trace, ids):
    after = -1
    for ident in ids:
        answer = trace.find("the answer", SENDS, [ident], after)
        synced = trace.find("the sync before an answer", SYNCS, ["im.db-wal"], after, before=answer.begun)
        expect_equal(synced.result, 0)
        trace.find("what is synced", ("pwrite64",), ["im.db-wal"], after, before=synced.begun)
        after = answer.begun


def a_file_is_answered_after_its_sync_its_name_and_its_row(trace, urls):
    for url in urls:
        answer = trace.find("the answer", SENDS, [url, "HTTP/1.1 200"])
        made = trace.find("the temporary file", ("openat",), [f"coming/{url}", "O_CREAT"], before=answer.begun)
        written = trace.find("its bytes", ("write",), [f"coming/{url}"], made.ended, before=answer.begun)
        synced = trace.find("its sync", SYNCS, [f"coming/{url}"], written.ended, before=answer.begun)
        named = trace.find("its name", ("rename", "renameat", "renameat2"), [url], synced.ended, before=answer.begun)
        folder = trace.find("the sync of its folder", SYNCS, ["/files>"], named.ended, before=answer.begun)
        row = trace.find("its row", ("pwrite64",), ["im.db-wal"], folder.ended, before=answer.begun)
        trace.find("the sync of its row", SYNCS, ["im.db-wal"], row.ended, before=answer.begun)
        expect_equal([call.result for call in (synced, named, folder)], [0, 0, 0])


def record(path):
    """Messages one after the other, and files. What was said, and the ids of the files."""
    command = ["strace", "-f", "--seccomp-bpf", "-y", "-s", "4096", "-e", CALLS, "-o", str(path)]
    said, urls = [], []
    with Service(users=2, under=command) as service:
        alice, bob = service.user(), service.user()
        with alice.line() as one, bob.line() as other:
            one.done(sample("03-client-sub-p2p", topic=bob.id))
            other.done(sample("03-client-sub-p2p", topic=alice.id))
            for _ in range(MESSAGES):
                message = sample("04-client-pub-p2p", topic=bob.id, noecho=True)
                expect_equal(one.done(message)["ctrl"]["code"], 202)
                said.append(message["pub"]["id"])
                other.next("data")
            token = one.login["ctrl"]["params"]["token"]
            for size in (1, 100_000):
                status, body = upload(service, token, "trace.bin", b"t" * size)
                expect_equal(status, 200)
                urls.append(json.loads(body)["ctrl"]["params"]["url"])
    return said, urls


if __name__ == "__main__":
    if shutil.which("strace") is None:
        print("SKIPPED: strace is not on the PATH and could not be installed: the order of writes and syncs is not confirmed")
        sys.exit(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "strace.log"
        said, urls = record(path)
        trace = Trace(path.read_text(encoding="utf-8", errors="replace"))
    BEHAVIOURS = [
        (a_message_is_answered_after_its_sync, said),
        (a_file_is_answered_after_its_sync_its_name_and_its_row, urls),
    ]
    sys.exit(1 if run(BEHAVIOURS, lambda behaviour, _: behaviour.__name__.replace("_", " "), trace) else 0)
