"""PortSIP IM: `tieline serve` against a third-party WebSocket client that speaks the document's own JSON.

Every message that is sent is a fixture, which is a sample of the vendor's document; only ids, topics, users and secrets are
replaced. Every answer is compared with the document's sample of it, field by field. Where the document contradicts itself:

- The peer in a conversation of two sees the sender's id as the topic; the document prints the sender's own echo for it.
- The first join of a group is answered 202 with the `seq` of the join notice that it stores. Assumed: what the notice is.
- An answer names the topic of its request, and has its id.
- Whom the list of subscribers is of: the topic that is asked, though the document calls it the own topics.

Run by `cargo xtask interop`, which sets TIELINE_BIN.
"""

import json
import sys

from support import differences, expect, expect_equal, run
from support.im import Refused, Service, download, sample, upload

MEMBERS = 100


def alike(frame, name, optional=frozenset()):
    """Checks that a frame has what the document's sample of it has, and gives back its body."""
    (kind,) = frame
    model = sample(name)
    expect_equal([kind], list(model))
    body, model = frame[kind], model[kind]
    found = differences(body, model, optional, kind)
    expect(not found, "; ".join(found) + f" in {json.dumps(frame)}")
    for key in ("code", "text"):
        expect_equal(body.get(key), model.get(key))
    return body


def answered(line, message, name, optional=frozenset()):
    """Asks, and compares the answer with the document's."""
    (asked,) = message.values()
    body = alike(line.ask(message), name, optional)
    expect_equal(body["id"], asked["id"])
    if "topic" in body and asked["topic"] != "new":
        expect_equal(body["topic"], asked["topic"])
    return body


# ---- behaviours: one function each, named by what it states ----


def a_login_is_answered_as_the_document_shows(service):
    alice = service.user()
    with alice.line() as line:
        body = alike(line.login, "02-server-ctrl-login")
        expect_equal(body["params"]["user"], alice.id)


def a_wrong_token_is_refused_and_the_line_lives(service):
    alice, bob = service.user(), service.user()
    with alice.line():  # so that the token is there
        bob.access_token = alice.token()
        try:
            bob.line().socket.close()
            expect(False, "bob got in by the token of alice")
        except Refused as refused:
            expect_equal(refused.code, 401)


def two_users_chat(service):
    alice, bob = service.user(), service.user()
    with alice.line() as one, bob.line() as other:
        one.done(sample("03-client-sub-p2p", topic=bob.id))
        other.done(sample("03-client-sub-p2p", topic=alice.id))
        message = sample("04-client-pub-p2p", topic=bob.id)
        accepted = answered(one, message, "05-server-ctrl-pub")
        expect_equal(accepted["params"], {"seq": 1})

        echo = one.next("data")
        alike({"data": echo}, "06-server-data-p2p")
        expect_equal((echo["topic"], echo["from"], echo["ts"]), (bob.id, alice.id, accepted["ts"]))
        heard = other.next("data")
        expect_equal(heard, {**echo, "topic": alice.id})
        expect_equal((heard["reqid"], heard["content"]), (message["pub"]["id"], message["pub"]["content"]))

        quiet = sample("04-client-pub-p2p", topic=bob.id, noecho=True)
        answered(one, quiet, "05-server-ctrl-pub")
        expect_equal(other.next("data")["seq"], 2)
        expect(not any("data" in frame for frame in one.heard), "noecho was echoed")


def subscribers_details_and_history_are_shown(service):
    alice, bob = service.user(), service.user()
    with alice.line() as one, bob.line() as other:
        one.done(sample("03-client-sub-p2p", topic=bob.id))
        other.done(sample("03-client-sub-p2p", topic=alice.id))
        for _ in range(3):
            one.done(sample("04-client-pub-p2p", topic=bob.id, noecho=True))

        frame = one.ask(sample("07-client-get-sub", topic=bob.id))
        entries = frame["meta"].pop("sub")
        alike(frame, "08-server-meta-sub", {"sub"})
        expect_equal(sorted(entry["user"] for entry in entries), sorted([alice.id, bob.id]))
        model = {key: value for entry in sample("08-server-meta-sub")["meta"]["sub"] for key, value in entry.items()}
        for entry in entries:
            # Marks that are zero are left out; what somebody shows of himself, who is there and was there is not in the sample.
            found = differences(entry, model, {"read", "recv", "public", "online", "seen"})
            expect(not found, "; ".join(found))

        shown = alike(one.ask(sample("09-client-get-desc", topic=bob.id)), "10-server-meta-desc", {"desc"})["desc"]
        found = differences(shown, sample("10-server-meta-desc")["meta"]["desc"], {"public", "online", "seen"})
        expect(not found, "; ".join(found))
        expect_equal((shown["seq"], shown["read"], shown["recv"]), (3, 3, 3))

        end = other.ask(sample("11-client-get-data", topic=alice.id))
        expect_equal((end["ctrl"]["code"], end["ctrl"]["params"]), (208, {"what": "data", "count": 3}))
        page = [frame["data"] for frame in other.heard if "data" in frame][-3:]
        expect_equal([data["seq"] for data in page], [3, 2, 1])
        for data in page:
            alike({"data": data}, "06-server-data-p2p")


def a_group_of_a_hundred_chats(service):
    owner, *members = [service.user() for _ in range(MEMBERS)]
    lines = [owner.line()]
    try:
        created = answered(lines[0], sample("12-client-sub-new"), "13-server-ctrl-sub-new")
        group = created["topic"]
        expect(group.startswith("grp"), group)
        for number, member in enumerate(members, start=1):
            line = member.line()
            lines.append(line)
            joined = answered(line, sample("14-client-sub-group", topic=group), "15-server-ctrl-sub-group")
            expect_equal(joined["params"], {"seq": number})
        with members[0].line() as second:
            again = second.done(sample("14-client-sub-group", topic=group))["ctrl"]
            expect_equal((again["code"], "seq" in again.get("params", {})), (200, False))
        notices, _ = lines[-1].history(group)
        expect_equal(sorted(notices), list(range(1, MEMBERS)))

        message = sample("16-client-pub-group", topic=group)
        accepted = answered(lines[1], message, "17-server-ctrl-pub-group")
        expect_equal(accepted["params"], {"seq": MEMBERS})
        for line in lines:
            data = line.next("data", lambda data: data["seq"] >= MEMBERS)
            alike({"data": data}, "18-server-data-group")
            mine = (data["topic"], data["from"], data["ts"], data["seq"], data["reqid"])
            expect_equal(mine, (group, members[0].id, accepted["ts"], MEMBERS, message["pub"]["id"]))

        set_desc = sample("25-client-set-desc", topic=group)
        answered(lines[0], set_desc, "26-server-ctrl-set-desc")
        shown = lines[5].done(sample("09-client-get-desc", topic=group, desc={}))["meta"]["desc"]
        expect_equal(shown["public"], set_desc["set"]["desc"]["public"])

        answered(lines[9], sample("19-client-leave", topic=group), "20-server-ctrl-leave")
        removal = sample("21-client-del-sub", topic=group, user=members[9].id)
        answered(lines[0], removal, "22-server-ctrl-del-sub")
        expect_equal(lines[10].next("ctrl", lambda ctrl: "id" not in ctrl)["code"], 205)

        heir = members[4]
        transfer = sample("27-client-set-sub", topic=group, sub={"mode": "JRWPASDO", "user": heir.id})
        given = answered(lines[0], transfer, "29-server-ctrl-set-sub")
        expect_equal((given["params"]["acs"]["mode"], given["params"]["user"]), ("JRWPASDO", heir.id))
        told = lines[0].next("pres", lambda pres: pres["what"] == "acs" and pres["topic"] == group and "src" not in pres)
        expect_equal({"pres": told}, sample("28-server-pres-acs", topic=group))

        lines[50].done(sample("14-client-sub-group", topic="me"))
        answered(lines[5], sample("23-client-del-topic", topic=group), "24-server-ctrl-del-topic")
        expect_equal(lines[50].next("pres", lambda pres: pres["what"] == "gone")["src"], group)
        evicted = lines[51].next("ctrl", lambda ctrl: "id" not in ctrl)
        expect_equal((evicted["code"], evicted["topic"]), (205, group))
        try:
            lines[2].done(sample("14-client-sub-group", topic=group))
            expect(False, "the group is still there")
        except Refused as refused:
            expect_equal(refused.code, 404)
    finally:
        for line in lines:
            line.socket.close()


def a_file_is_uploaded_and_downloaded(service):
    alice = service.user()
    with alice.line() as line:
        token = line.login["ctrl"]["params"]["token"]
        content = bytes(range(256)) * 1000
        status, body = upload(service, token, "picture.bin", content)
        expect_equal(status, 200)
        url = alike(json.loads(body), "30-server-ctrl-upload")["params"]["url"]
        expect("/" not in url, f"{url} is no bare id")
        status, got = download(service, url, token)
        expect_equal((status, len(got), got == content), (200, len(content), True))
        status, _ = upload(service, "bm8gdG9rZW4=", "picture.bin", content)
        expect_equal(status, 401)
        status, _ = download(service, "NDW4_NYseeH20iuC3rih_wAAwItyRIMM", token)
        expect_equal(status, 404)


def what_is_refused_is_told_with_id_and_topic(service):
    alice, bob = service.user(), service.user()
    with alice.line() as one, bob.line() as other:
        group = one.done(sample("12-client-sub-new"))["ctrl"]["topic"]
        refusals = [
            (sample("16-client-pub-group", topic=group), 409),
            (sample("11-client-get-data", topic=group), 403),
            (sample("21-client-del-sub", topic=group, user=alice.id), 409),
            (sample("14-client-sub-group", topic="grpUnknown0000"), 404),
        ]
        for message, code in refusals:
            (asked,) = message.values()
            answer = other.ask(message)["ctrl"]
            expect_equal((answer["code"], answer["topic"]), (code, asked["topic"]))


BEHAVIOURS = [
    (a_login_is_answered_as_the_document_shows,),
    (a_wrong_token_is_refused_and_the_line_lives,),
    (two_users_chat,),
    (subscribers_details_and_history_are_shown,),
    (a_group_of_a_hundred_chats,),
    (a_file_is_uploaded_and_downloaded,),
    (what_is_refused_is_told_with_id_and_topic,),
]


def describe(behaviour):
    return behaviour.__name__.replace("_", " ")


if __name__ == "__main__":
    with Service(users=130) as service:
        failed = run(BEHAVIOURS, describe, service)
    sys.exit(1 if failed else 0)
