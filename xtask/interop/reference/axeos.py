"""What the vendor's reference client for Axeos does, told anew: who is on which phone, and what calls there are.

The published text has lost its indentation and some lines (docs/axeos.md says what is unknown), so this is a rendering of its
behaviour: the requests in their order, the fields that are read and those that are taken for granted, the retries, and its
faults, which are marked FAULT. It is not to be mended: it shows whether a PBX serves clients of this kind.
"""

import argparse
import json
import logging
import ssl
import sys
from base64 import b64encode
from getpass import getpass
from urllib.parse import urlencode
from urllib.request import Request, urlopen

MAX_RETRIES = 5  # the published text has lost its own
TLS = None


def trust_everything():
    global TLS
    TLS = ssl.create_default_context()
    TLS.check_hostname = False
    TLS.verify_mode = ssl.CERT_NONE


def ask(url, auth, options=None):
    """One call. FAULT: what fails is asked again at once, whatever the reason; nothing ever times out."""
    if options:
        url += "?" + urlencode(options)
    credentials = b":".join(part.encode("utf-8") for part in auth)
    logging.debug("asking %r", url)
    tries = 0
    while True:
        tries += 1
        try:
            request = Request(url)
            request.add_header("Accept", "application/json")
            request.add_header("Authorization", "Basic " + b64encode(credentials).decode("us-ascii"))
            response = urlopen(request, context=TLS)
            answer = json.loads(response.read().decode("utf-8"))
            break
        except IOError as problem:
            print(f"cannot reach {url}: {problem}")
            if tries == MAX_RETRIES:
                raise
        except ValueError as problem:
            print(f"cannot read what {url} answers: {problem}")
            if tries == MAX_RETRIES:
                raise
    logging.debug("answered %r", answer)
    return answer


def by_uuid(things):
    return {thing["uuid"]: thing for thing in things}


def load_users(base, auth):
    return by_uuid(ask(base + "users", auth, {"status": "1"}))


def load_phones(base, auth):
    return by_uuid(ask(base + "phones", auth, {"status": "1"}))


def load_events(base, auth, **options):
    given = {name: value for name, value in options.items() if value is not None}
    return ask(base + "events", auth, given)


def name_of(user):
    login, full = user["username"], user["full_name"]
    return f"{login} ({full})" if full else login


def in_order(users):
    return sorted(users.values(), key=lambda user: user["username"])


def show_user(user, phones):
    uuid = user["phone"]
    if not uuid or uuid not in phones:
        print(f"{name_of(user)}: no phone")
        return
    print(f"{name_of(user)}: {phones[uuid]['status']}")


def show_users(users, phones):
    for user in in_order(users):
        show_user(user, phones)


def ways_to(user):
    """By what a user is reached. Which key is there tells the generations of the PBX apart."""
    if "phones" in user:
        return user["phones"]
    own = user.get("primary_phone")
    return [{"type": "phone", "phone": own}] if own else []


def show_user_in_full(user, phones):
    print(f"{name_of(user)} ({user.get('uuid')}):")
    print("    username: ", user.get("username"))
    print("    full name:", user.get("full_name"))
    print("    phones:")
    ways = ways_to(user)
    for way in ways:
        kind = way["type"]
        if kind == "phone":
            phone = phones.get(way.get("phone"))
            if phone:
                print(f"        phone: {phone['phone_username']}: {phone['status']}")
        elif kind == "hot-desk":
            print("        hot-desk")
        elif kind == "number":
            print("        number:", way.get("number"))
        elif kind == "trunk number":
            print("        number:", way.get("number"), "on trunk:", way.get("trunk"))
        else:
            print("        unrecognized")
    if not ways:
        print("        none")
    if "hot_desk" in user:
        desk = user["hot_desk"]
    else:
        desk = user.get("current_phone")
        if desk == user.get("primary_phone"):
            desk = None
    phone = phones.get(desk) if desk else None
    if phone:
        print(f"    logged in on phone: {phone['phone_username']} ({phone['status']})")


def show_users_in_full(users, phones):
    for user in in_order(users):
        show_user_in_full(user, phones)


def show_target(target, users, phones):
    phone_uuid, number = target.get("phone_uuid"), target.get("number")
    phone = phones.get(phone_uuid)
    shown = phone["phone_username"] if phone else phone_uuid
    if user_uuid := target.get("user_uuid"):
        user = users.get(user_uuid)
        print("    user:", name_of(user)) if user else print("    unknown user:", user_uuid)
        kind = target.get("user_phone_type")
        if kind == "phone":
            print("        phone:", shown)
        elif kind == "hot-desk":
            print("        hot-desk phone:", shown)
        elif kind == "number":
            print("        number:", number)
        elif kind == "trunk number":
            print("        number:", number, "on trunk:", target.get("trunk_uuid"))
        elif kind == "forward":
            print("        forwarded to:", number)
    elif phone_uuid:
        print("    phone:" if phone else "    unknown phone:", shown)
    elif number:
        print("    number:", number)
    else:
        print("    unknown:", json.dumps(target))


def show_call(event, users, phones):
    print("  call:", event["unique_id"])
    if "event_tag" in event:
        print("  tag:", event["event_tag"])
    caller = event["caller"]  # FAULT: taken for granted, as is `reason` below
    if "user_uuid" in caller:
        user = users.get(caller["user_uuid"])
        print("  from user:", name_of(user)) if user else print("  from unknown user:", caller["user_uuid"])
    if "phone_uuid" in caller:
        phone = phones.get(caller["phone_uuid"])
        if phone and phone.get("name"):
            print("  from phone:", phone["name"])
        else:
            print("  from unnamed phone:" if phone else "  from unknown phone:", caller["phone_uuid"])
    if "normalized_number" in caller:
        print("  from full number:", caller["normalized_number"])
    elif "number" in caller:
        print("  from number:", caller["number"])
    if "name" in caller:
        print("  from name:", caller["name"])
    for key, words in [("called_did", "DID"), ("called_extension", "extension"), ("called_number", "number")]:
        if key in event:
            print(f"  to {words}:", event[key])
    targets = event.get("targets")
    if targets is None:
        if target := event.get("target"):
            print("  target:")
            show_target(target, users, phones)
        return
    for place, target in enumerate(targets, 1):
        print(f"  target {place}:")
        show_target(target, users, phones)


CALLS = ("incoming call", "api call", "internal dial", "call answered")


def follow(base, auth):
    # Where the log is, before the lists: what happens in between is told again.
    newest = load_events(base, auth, limit=1, timeout=0)
    last = newest[0]["seq"] if newest else None
    users = load_users(base, auth)
    phones = load_phones(base, auth)
    show_users_in_full(users, phones)
    while True:
        events = load_events(base, auth, last=last)
        if events:
            last = events[-1]["seq"]
        for event in events:
            kind = event["event_type"]
            if kind == "user list changed":
                print("the users changed")
                users = load_users(base, auth)
                show_users(users, phones)
            elif kind == "phone list changed":
                print("the phones changed")
                phones = load_phones(base, auth)
                show_users(users, phones)
            elif kind == "phone status update":
                uuid = event["phone_uuid"]
                if uuid not in phones:
                    print("an unknown phone changed:", uuid)
                    continue
                phone = phones[uuid]
                phone["status"] = event["status"]
                phone["status_code"] = event["status_code"]
                for user in users.values():
                    if user["phone"] == uuid:
                        show_user(user, phones)
            elif kind == "user logged in":
                uuid = event["user_uuid"]
                if uuid not in users:
                    print("an unknown user logged in:", uuid)
                    continue
                users[uuid]["phone"] = event["phone_uuid"]
                # FAULT: the phone that changed last, in the place of all phones.
                show_user(users[uuid], phone)
            elif kind == "user logged out":
                uuid = event["user_uuid"]
                if uuid not in users:
                    print("an unknown user logged out:", uuid)
                    continue
                users[uuid]["phone"] = users[uuid]["primary_phone"]
                show_user(users[uuid], phones)
            elif kind in CALLS:
                print(f"{kind}:")
                show_call(event, users, phones)
            elif kind == "call finished":
                print(f"call finished ({event['reason']}):")
                show_call(event, users, phones)
            else:
                print("unknown event:", kind)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", action="store_true", help="over TLS")
    parser.add_argument("--disable-certificate-verification", action="store_true", help="trust any certificate")
    parser.add_argument("--debug", action="store_true", help="show what is asked and answered")
    parser.add_argument("--user", help="name of a PBX user")
    parser.add_argument("--password", help="password of the user")
    parser.add_argument("--api-key", help="API key, in the place of a user")
    parser.add_argument("pbx_address", help="host name or address of the PBX")
    options = parser.parse_args()
    if options.disable_certificate_verification:
        trust_everything()
    if options.debug:
        logging.basicConfig(level=logging.DEBUG)
    if options.api_key:
        if options.user or options.password:
            parser.error("--api-key cannot be used with --user or --password")
        auth = ("apiKey", options.api_key)
    else:
        auth = (options.user or input("User? "), options.password or getpass("Password? "))
    follow(f"{'https' if options.tls else 'http'}://{options.pbx_address}/apis/pbx/", auth)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except IOError:
        sys.exit(1)
