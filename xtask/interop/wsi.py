"""PortSIP WSI: the simulator against a third-party WebSocket client that speaks the documents' own JSON.

Every command sent is a fixture, which is a sample of the vendor's documents; only credentials, domain, tenant ids and
request ids are replaced. Every reply and event is compared with the documents' sample of it, field by field.

Run by `cargo xtask interop`, which sets TIELINE_BIN.
"""

import json

from support import FIXTURES, Wrong, differences, expect, expect_equal, main
from websockets.sync.client import connect

WSI = FIXTURES / "wsi"
ONE_WAIT = 60  # seconds for one frame: an hour of the simulated day
ENOUGH = 25  # events that a stream is judged by

# Keys that the documents name but do not print in each sample.
OPTIONAL = {
    "extension_created": {"department"},
    "extension_updated": {"department"},
    "call_start": {"user_data", "did", "outbound_caller_id"},
    "queue_agent_status": {"updated_agents", "removed_agents"},
}
PARTIES = ("extension", "aor", "peer_aor", "caller", "callee", "call_target")


def text_of(name):
    return (WSI / f"{name}.json").read_text(encoding="utf-8")


def sample(name):
    return json.loads(text_of(name))


def event_samples(dialect):
    """The documents' events of a dialect: type -> (one sample with all keys, keys that some sample lacks)."""
    names = [f"{dialect}/{path.stem}" for path in sorted((WSI / dialect).glob("*-event-*.json"))]
    old_cdr = "v22/31-event-call_cdr"  # printed in the pages of 22, in the form of 16
    if dialect == "v16":
        names.append(old_cdr)
    table = {}
    for name in names:
        if (dialect, name) != ("v22", old_cdr):
            add_sample(table, sample(name))
    if dialect == "v22":
        for path in sorted((WSI / "assumed").glob("*-event-*.json")):
            event = json.loads(path.read_text(encoding="utf-8"))
            if event["event_type"] not in table:
                add_sample(table, event)
    return table


def add_sample(table, event):
    known, optional = table.get(event["event_type"], (event, set()))
    table[event["event_type"]] = ({**known, **event}, optional | (known.keys() ^ event.keys()))


def number_of(party):
    """The extension in `sip:102@portsip.io` or `102`."""
    return party.removeprefix("sip:").partition("@")[0]


def parties_of(event):
    listed = [event] + [entry for key in ("status", "call_targets") for entry in event.get(key, []) or []]
    return {number_of(entry[key]) for entry in listed for key in PARTIES if entry.get(key)}


class Line:
    """One connection. Replies and events are told apart by `event_type`, as the documents have it."""

    def __init__(self, pbx, dialect):
        self.dialect = dialect
        # No bound on unread frames: a line that a test does not read for a while goes on answering pings.
        self.socket = connect(pbx["dialects"][dialect], open_timeout=ONE_WAIT, max_queue=None)
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, command):
        self.socket.send(command if isinstance(command, str) else json.dumps(command))

    def read(self):
        """The next frame; an event is also kept in `events`."""
        frame = json.loads(self.socket.recv(timeout=ONE_WAIT))
        if "event_type" in frame:
            self.events.append(frame)
        return frame

    def reply(self):
        while True:
            frame = self.read()
            if "event_type" not in frame:
                return frame

    def ask(self, command):
        self.say(command)
        return self.reply()

    def read_events(self, enough, wanted=lambda event: True):
        """Reads on until `enough` more events are `wanted` ones."""
        count = 0
        while count < enough:
            frame = self.read()
            count += "event_type" in frame and wanted(frame)

    def login(self, command):
        expect_equal(self.ask(command).get("status"), 0)
        return self

    def accepted(self, command):
        reply = self.ask(command)
        expect(reply.get("status") == 0, f"{json.dumps(command)} was answered {json.dumps(reply)}")

    def drain(self):
        """Reads what came so far: everything before the answer to giving up a topic that no behaviour goes on with."""
        topic = {"topic": "trunk_events", "keys": ["trunk_connected"]} if self.dialect == "v12" else "queue_management_events"
        self.accepted({"command": "unsubscribe", "topics": [topic]})


def user_of(pbx, **wanted):
    for user in pbx["users"]:
        if all(user[key] == value for key, value in wanted.items()):
            return user
    raise Wrong(f"the simulated PBX has no user with {wanted}")


def auth(pbx, name, user=None, **more):
    """The documents' login `name` with this PBX's credentials."""
    command = sample(name)
    of = user or user_of(pbx, extension="101")
    values = {"extension": of["extension"], "extension_number": of["extension"], "username": of["username"]}
    values.update(domain=pbx["domain"], password=of["password"], name=pbx["tenant"]["name"])
    for key in command.keys() & values.keys():
        command[key] = values[key]
    if name == "v12/11-command-auth-tenant":
        command["password"] = pbx["tenant"]["password"]
    if name == "v22/14-command-auth-admin":
        command.update(pbx["admin"])
    return {**command, **more}


def user_login(pbx, dialect):
    """Extension 101, whom the documents let watch 102 and 103."""
    names = {
        "v12": "v12/10-command-auth-extension",
        "v16": "v16/15-command-auth",
        "v22": "v22/16-command-auth-extension_number",
    }
    return auth(pbx, names[dialect])


def tenant_login(pbx, dialect):
    """A login that sees the whole tenant."""
    if dialect == "v12":
        return auth(pbx, "v12/11-command-auth-tenant")
    name = {"v16": "v16/15-command-auth", "v22": "v22/15-command-auth-username"}[dialect]
    return auth(pbx, name, user_of(pbx, role="tenant_admin"))


def everybody(pbx, command):
    """The command for all extensions: what the witness of a test subscribes to."""
    return {**command, "extensions": [user["extension"] for user in pbx["users"]]}


def check_shapes(line):
    table = event_samples(line.dialect)
    for event in line.events:
        kind = event["event_type"]
        # What no document shows has what all events share.
        model, optional = table.get(kind, ({"event_type": "", "tenant_id": ""}, set()))
        optional = optional | OPTIONAL.get(kind, set())
        if kind not in table:
            optional = optional | event.keys() - model.keys()
        found = differences(event, model, optional, kind)
        expect(not found, "; ".join(found))


def check_concerns(line, named, witness):
    """Every event concerns a named extension: by its own parties, or by those that a line which saw all saw in its call."""
    calls, whole = {}, set()
    for event in witness.events:
        session = event.get("session_id")
        if session not in calls and event["event_type"] == "call_start":
            whole.add(session)
        calls.setdefault(session, set()).update(parties_of(event))
    for event in line.events:
        kind, parties = event["event_type"], parties_of(event)
        if kind == "extension_status":
            expect(parties <= named, f"{kind} tells of {sorted(parties - named)}")
        elif not parties & named and (event.get("session_id") is None or event["session_id"] in whole):
            parties |= calls.get(event.get("session_id"), set())
            expect(parties & named, f"{kind} concerns {sorted(parties)}, none of {sorted(named)}")


# ---- behaviours: one function each, named by what it states ----


def a_login_is_accepted(pbx, dialect, name, reply, more):
    with Line(pbx, dialect) as line:
        expect_equal(line.ask(auth(pbx, name, **more)), sample(reply))


def a_wrong_password_is_refused(pbx, dialect, name, reply, more):
    with Line(pbx, dialect) as line:
        expect_equal(line.ask(auth(pbx, name, **more, password="wrong")), sample(reply))


def a_subscriber_gets_events_of_the_extensions_it_named(pbx, dialect, name):
    command = sample(name)
    with Line(pbx, dialect) as witness, Line(pbx, dialect) as line:
        witness.login(tenant_login(pbx, dialect)).accepted(everybody(pbx, command))
        line.login(user_login(pbx, dialect)).accepted(command)
        line.read_events(ENOUGH)
        witness.drain()
        check_concerns(line, set(command["extensions"]), witness)
        check_shapes(line)
        check_shapes(witness)
        keys = [key for entry in command["topics"] if isinstance(entry, dict) for key in entry["keys"]]
        if keys:
            seen = {event["event_type"] for event in line.events}
            expect(seen <= set(keys), f"{seen - set(keys)} were not subscribed to")


def cdr_events_come_with_the_extension_events(pbx, dialect, name):
    command = sample(name)
    with Line(pbx, dialect) as line:
        line.login(user_login(pbx, dialect)).accepted(command)
        line.read_events(2, lambda event: event["event_type"] == "call_cdr")
        expect(any(event["event_type"] != "call_cdr" for event in line.events), "no extension event came")
        check_shapes(line)


def nothing_comes_after_unsubscribe(pbx, dialect, subscribe, unsubscribe):
    with Line(pbx, dialect) as witness, Line(pbx, dialect) as line:
        witness.login(user_login(pbx, dialect)).accepted(sample(subscribe))
        line.login(user_login(pbx, dialect)).accepted(sample(subscribe))
        line.read_events(2)
        line.accepted(sample(unsubscribe))
        line.events.clear()
        # The witness goes on receiving what the line had subscribed to.
        witness.drain()
        witness.read_events(ENOUGH)
        line.drain()
        expect(not line.events, f"{len(line.events)} events came after unsubscribe")


def unsubscribing_the_records_keeps_the_extension_events(pbx, dialect, subscribe, unsubscribe):
    is_cdr = lambda event: event["event_type"] == "call_cdr"
    with Line(pbx, dialect) as witness, Line(pbx, dialect) as line:
        witness.login(user_login(pbx, dialect)).accepted(sample(subscribe))
        line.login(user_login(pbx, dialect)).accepted(sample(subscribe))
        line.accepted(sample(unsubscribe))
        line.events.clear()
        witness.drain()
        witness.read_events(2, is_cdr)
        line.read_events(2)
        line.drain()
        expect(not any(map(is_cdr, line.events)), "call_cdr came after it was unsubscribed")


def unsubscribing_some_extensions_keeps_the_others(pbx, dialect, subscribe, unsubscribe):
    gone = set(sample(unsubscribe)["extensions"])
    kept = set(sample(subscribe)["extensions"]) - gone
    with Line(pbx, dialect) as line:
        line.login(user_login(pbx, dialect)).accepted(sample(subscribe))
        line.accepted(sample(unsubscribe))
        line.events.clear()
        line.read_events(5)
        for event in line.events:
            expect(parties_of(event) <= kept, f"{event['event_type']} tells of {sorted(parties_of(event))}")


def queue_events_begin_with_the_state_of_each_named_queue(pbx, dialect, name):
    command = sample(name)
    command["queues"] = [queue for queue in command["queues"] if queue in pbx["queues"]]
    with Line(pbx, dialect) as line:
        line.login(tenant_login(pbx, dialect)).accepted(command)
        line.read_events(len(command["queues"]))
        expect_equal([event["event_type"] for event in line.events], ["queue_status"] * len(command["queues"]))
        ids = {event.get("queue_id") for event in line.events}
        if dialect != "v12":  # which shows no payload
            expect_equal([event["queue_number"] for event in line.events], command["queues"])
        line.read_events(ENOUGH)
        check_shapes(line)
        strangers = {event.get("queue_id") for event in line.events} - ids
        expect(not strangers, f"events of queues that were not named: {strangers}")
        if dialect == "v12":
            seen = {event["event_type"] for event in line.events}
            expect(seen == {"queue_status"}, f"{seen} came, only queue_status was subscribed to")


def a_command_of_the_documents_is_accepted(pbx, dialect, login, name):
    command = sample(name)
    if "tenants" in command:
        command["tenants"] = [pbx["tenant"]["id"]]
    with Line(pbx, dialect) as line:
        line.login(login(pbx, dialect)).accepted(command)
        line.drain()
        check_shapes(line)


def trunks_are_for_the_tenant_only(pbx, dialect, name):
    with Line(pbx, dialect) as line:
        line.login(user_login(pbx, dialect))
        reply = line.ask(sample(name))
        expect(reply.get("status") == -1 and isinstance(reply.get("error"), str), f"answered {json.dumps(reply)}")


def bad_json_does_not_end_the_session(pbx, dialect, bad, then):
    with Line(pbx, dialect) as line:
        line.login(user_login(pbx, dialect))
        for text in bad:
            line.say(text)
        line.say(sample(then))
        while (reply := line.reply()).get("status") != 0:
            expect_equal(reply.get("status"), -1)


def admin_login(pbx, _dialect):
    return auth(pbx, "v22/14-command-auth-admin")


BEHAVIOURS = [
    (a_login_is_accepted, "v12", "v12/10-command-auth-extension", "v12/12-reply-ok", {}),
    (a_login_is_accepted, "v12", "v12/11-command-auth-tenant", "v12/12-reply-ok", {}),
    (a_login_is_accepted, "v16", "v16/15-command-auth", "v16/16-reply-ok", {}),
    (a_login_is_accepted, "v22", "v22/14-command-auth-admin", "v22/17-reply-auth-ok", {"id": "1"}),
    (a_login_is_accepted, "v22", "v22/15-command-auth-username", "v22/17-reply-auth-ok", {"id": "1"}),
    (a_login_is_accepted, "v22", "v22/16-command-auth-extension_number", "v22/17-reply-auth-ok", {"id": "1"}),
    (a_wrong_password_is_refused, "v12", "v12/10-command-auth-extension", "v12/13-reply-error", {}),
    (a_wrong_password_is_refused, "v12", "v12/11-command-auth-tenant", "v12/13-reply-error", {}),
    (a_wrong_password_is_refused, "v16", "v16/15-command-auth", "v16/17-reply-error", {}),
    (a_wrong_password_is_refused, "v22", "v22/14-command-auth-admin", "v22/18-reply-auth-error", {"id": "2"}),
    (a_wrong_password_is_refused, "v22", "v22/15-command-auth-username", "v22/18-reply-auth-error", {"id": "2"}),
    (a_wrong_password_is_refused, "v22", "v22/16-command-auth-extension_number", "v22/18-reply-auth-error", {"id": "2"}),
    (a_subscriber_gets_events_of_the_extensions_it_named, "v12", "v12/14-command-subscribe-extension_events"),
    (a_subscriber_gets_events_of_the_extensions_it_named, "v16", "v16/18-command-subscribe-extension_events"),
    (a_subscriber_gets_events_of_the_extensions_it_named, "v22", "v22/21-command-subscribe-extension_events"),
    (cdr_events_come_with_the_extension_events, "v12", "v12/15-command-subscribe-extension_events-cdr_events"),
    (cdr_events_come_with_the_extension_events, "v16", "v16/19-command-subscribe-extension_events-cdr_events"),
    (
        nothing_comes_after_unsubscribe,
        "v12",
        "v12/15-command-subscribe-extension_events-cdr_events",
        "v12/16-command-unsubscribe-extension_events-cdr_events",
    ),
    (
        nothing_comes_after_unsubscribe,
        "v16",
        "v16/19-command-subscribe-extension_events-cdr_events",
        "v16/20-command-unsubscribe-extension_events-cdr_events",
    ),
    (nothing_comes_after_unsubscribe, "v22", "v22/24-command-subscribe-queue_events", "v22/28-command-unsubscribe-queue_events"),
    (
        unsubscribing_the_records_keeps_the_extension_events,
        "v12",
        "v12/15-command-subscribe-extension_events-cdr_events",
        "v12/17-command-unsubscribe-cdr_events",
    ),
    (
        unsubscribing_the_records_keeps_the_extension_events,
        "v16",
        "v16/19-command-subscribe-extension_events-cdr_events",
        "v16/21-command-unsubscribe-cdr_events",
    ),
    (
        unsubscribing_some_extensions_keeps_the_others,
        "v22",
        "v22/21-command-subscribe-extension_events",
        "v22/29-command-unsubscribe-extension_events",
    ),
    (queue_events_begin_with_the_state_of_each_named_queue, "v12", "v12/18-command-subscribe-queue_events"),
    (queue_events_begin_with_the_state_of_each_named_queue, "v16", "v16/22-command-subscribe-queue_events"),
    (queue_events_begin_with_the_state_of_each_named_queue, "v22", "v22/24-command-subscribe-queue_events"),
    (a_command_of_the_documents_is_accepted, "v12", tenant_login, "v12/19-command-subscribe-trunk_events"),
    (trunks_are_for_the_tenant_only, "v12", "v12/19-command-subscribe-trunk_events"),
    (a_command_of_the_documents_is_accepted, "v22", tenant_login, "v22/19-command-subscribe-cdr_events"),
    (a_command_of_the_documents_is_accepted, "v22", tenant_login, "v22/26-command-subscribe-queue_management_events"),
    (a_command_of_the_documents_is_accepted, "v22", admin_login, "v22/20-command-subscribe-global_cdr_events"),
    (a_command_of_the_documents_is_accepted, "v22", admin_login, "v22/22-command-subscribe-global_extension_events"),
    (a_command_of_the_documents_is_accepted, "v22", admin_login, "v22/23-command-subscribe-global_extension_management_events"),
    (a_command_of_the_documents_is_accepted, "v22", admin_login, "v22/25-command-subscribe-global_queue_events"),
    (a_command_of_the_documents_is_accepted, "v22", admin_login, "v22/27-command-subscribe-global_queue_management_events"),
    (bad_json_does_not_end_the_session, "v12", ["{"], "v12/14-command-subscribe-extension_events"),
    (
        bad_json_does_not_end_the_session,
        "v16",
        [
            text_of("invalid/v16-19-command-subscribe-extension_events-cdr_events"),
            text_of("invalid/v16-20-command-unsubscribe-extension_events-cdr_events"),
        ],
        "v16/18-command-subscribe-extension_events",
    ),
    (
        bad_json_does_not_end_the_session,
        "v22",
        [text_of("invalid/v22-03-command-auth-admin-22.2"), "", "\u0000"],
        "v22/21-command-subscribe-extension_events",
    ),
]


def describe(behaviour, dialect, *rest):
    names = [part.partition("/")[2] for part in rest if isinstance(part, str)]
    return f"{dialect} {behaviour.__name__.replace('_', ' ')} ({', '.join(names)})"


if __name__ == "__main__":
    main(BEHAVIOURS, describe, ["--speed", "60"], lambda contract: contract["wsi"])
