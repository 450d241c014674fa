//! The words of the protocols: what may stay as it is. Everything else is mapped.

/// What is done with the value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A placeholder stands for it.
    Secret,
    /// The words of people: all of them are replaced.
    Text,
    /// A time stays, anything else is mapped.
    Time,
    /// A small number stays (counts, states, sequence numbers), anything else is mapped.
    Count,
    /// Words of the protocol stay, anything else is mapped.
    Word,
    /// Letters for access rights stay, anything else is mapped.
    Mode,
    /// It is mapped.
    Other,
}

/// The keys whose values are secrets, in lower case. The simulator's transcripts leave them out too.
pub(crate) const SECRETS: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "authorization",
    "client_secret",
    "cookie",
    "key",
    "passwd",
    "password",
    "pbxkey",
    "pwd",
    "refresh_token",
    "resp",
    "secret",
    "sid",
    "tmpsecret",
    "token",
];

/// Keys whose values are what people wrote, in lower case.
const TEXTS: &[&str] = &["body", "content", "message", "note", "presence_note", "private", "txt"];

const TIMES: &[&str] = &[
    "answered_time",
    "calldate",
    "created",
    "date",
    "datestart",
    "datestop",
    "deleted",
    "end_time",
    "ended_time",
    "expires",
    "ims",
    "last_update",
    "ring_time",
    "start_time",
    "started_time",
    "time",
    "timestamp",
    "touched",
    "ts",
    "updated",
    "when",
];

const COUNTS: &[&str] = &[
    "added",
    "auto_answer",
    "billsec",
    "before",
    "calls",
    "calltimeout",
    "clear",
    "code",
    "count",
    "del",
    "delseq",
    "duration",
    "expires_in",
    "fail_code",
    "height",
    "hi",
    "last",
    "len",
    "limit",
    "low",
    "m_ct",
    "m_paused",
    "m_status",
    "maxfileuploadsize",
    "maxmessagesize",
    "maxsubscribercount",
    "maxtagcount",
    "maxtaglength",
    "mintaglength",
    "msgdelage",
    "position",
    "read",
    "recv",
    "reg_id",
    "removed",
    "ring_duration",
    "seq",
    "since",
    "size",
    "sla_time_secs",
    "status_code",
    "statusvalue",
    "subcnt",
    "talk_duration",
    "timeout",
    "total_callers_breached",
    "unread",
    "ver",
    "waiting_callers",
    "width",
];

const MODES: &[&str] = &["anon", "given", "mode", "want"];

/// Keys whose values are words of the protocol or numbers that tell a state, in lower case.
const WORDED: &[&str] = &[
    "action",
    "authlevel",
    "authlvl",
    "call_status",
    "call_type",
    "command",
    "dialect",
    "direction",
    "disposition",
    "end_reason",
    "ended_reason",
    "error",
    "event",
    "event_type",
    "format",
    "grant_type",
    "keys",
    "lang",
    "lastapp",
    "m_mbshp",
    "meth",
    "mime",
    "presence",
    "reason",
    "responsestatus",
    "responseerrormessage",
    "scheme",
    "state",
    "status",
    "test",
    "text",
    "tmpscheme",
    "token_type",
    "topic",
    "topics",
    "tp",
    "type",
    "user_phone_type",
    "what",
    "zone",
];

/// Other keys that the documents have. Those that are in none of these lists are mapped too: they may be data, as in an object of
/// users by number.
const KEYS: &[&str] = &[
    "acc", "acs", "act", "agent_extension_number", "agent_status", "agents", "aor", "attachments", "auth", "aux", "bkg",
    "build", "call", "call_id", "call_target", "call_targets", "called_did", "called_extension", "called_number", "callee",
    "callee_display_name", "callee_domain", "callee_name", "callee_number", "caller", "caller_display_name",
    "caller_domain", "caller_name", "caller_number", "calleridname", "calleridnum", "cdr_id", "chan", "challenge",
    "channel", "client_id", "clid", "cmember", "conference", "connectpeername", "connectpeernumber", "contact_uri", "cost",
    "cpa", "cpb", "cred", "ctrl", "current_phone", "dacs", "data", "defacs", "department", "desc", "destiantion",
    "destination", "dev", "did", "did_cid", "disp_name", "display_name", "domain", "done", "dst", "dstchannel", "email",
    "enabled", "event_tag", "exten", "extension", "extension_id", "extension_number", "extensions", "extra", "extstatus",
    "filename", "fmt", "fn", "from", "full_name", "get", "group", "hard", "head", "hot_desk", "iceservers", "id", "info",
    "instance", "leave", "login", "m_location", "m_name", "m_reason", "meta", "msgid", "name", "noecho",
    "normalized_number", "number", "obo", "on_call", "online", "outbound_caller_id", "params", "payload", "peer", "peer_aor",
    "peer_extension", "peer_extension_id", "phone", "phone_username", "phone_uuid", "phones", "photo", "platf", "pres",
    "presence_label", "primary_phone", "pub", "public", "public_address", "push_online", "qmember", "queue", "queue_id",
    "queue_name", "queue_number", "queues", "ranges", "received_from", "ref", "registration_contacts", "removed_agents",
    "removed_contacts", "reqcred", "reqid", "request_id", "responseid", "seen", "sendsms", "session_id", "set", "sla",
    "smssendresponse", "src", "staff", "sub", "subscriber", "tags", "target", "targets", "tenant_id", "tenant_name",
    "tenants", "tgt", "tmpname", "to", "trunk", "trunk_name", "trunk_uuid", "trusted", "ua", "unique_id", "uniqueid", "unsub",
    "updated_agents", "updated_callers", "url", "urls", "user", "user_agent", "user_data", "user_name", "user_uuid",
    "username", "users", "uuid", "val", "waiting_list",
];

/// Words that the keys of [`WORDED`] hold, besides those that the protocol crates list.
const WORDS: &[&str] = &[
    "accept", "accepted", "access_token", "acs", "add", "agent_answered", "already", "anon", "answer", "answered", "api", "attached",
    "attended_transfer_complete", "auth", "available", "away", "basic", "blind_transfer_complete", "business_trip", "busy",
    "call", "callback", "callback_call", "callee_disconnect", "callee_disconnected", "caller_disconnect",
    "caller_disconnected", "cancelled", "code", "command", "completed", "congestion", "cred", "data", "del", "delivered", "desc", "dial",
    "disabled", "do_not_disturb", "dynamic", "email", "en", "enabled", "enqueue", "error", "expired", "ext", "fail", "failed",
    "false", "fnd", "forbidden", "forward", "found", "gone", "group", "hangup", "hold", "hot-desk", "idle", "in", "in2out", "inbound",
    "inbound_outbound", "internal", "invalid", "invited", "jpeg", "jpg", "kp", "kpa", "kpv", "leave", "left", "login",
    "logout", "lunch", "malformed", "me", "missed", "mp3", "msg", "no", "noanswer", "none", "normal", "normal_call", "not",
    "not_found", "not_ready", "number", "off", "offline", "ogg", "ok", "on", "on_call", "online", "open", "other_call", "out",
    "outbound", "overflow", "peer", "permission", "phone", "pin", "pinned", "png", "presence", "queue", "queue_call",
    "queue_callback", "queue_callback_call", "read", "ready", "recv", "redirected", "referred", "rejected", "remove",
    "renewal", "required", "ring_group_call", "ringing", "satellite", "sent", "set", "sip", "sms", "static", "stop", "sub",
    "subscribe", "success", "sys", "tags", "tel", "term", "too", "topic", "trunk", "true", "ua", "undelivered", "unknown",
    "unauthorized", "unavailable", "undefined", "unreachable", "unsub", "unsubscribe", "upd", "use", "v12", "v16", "v22", "wav", "wav49", "wrap_up", "yes",
    // Of sentences that the servers say.
    "domain", "name", "or", "password", "username",
];

/// Words that stay within addresses, channels and ids, whatever stands around them.
const TECHNICAL: &[&str] = &[
    "com", "dahdi", "emc", "example", "expires", "file", "grp", "http", "https", "iax", "im", "instance", "io", "localhost",
    "local", "net", "new", "org", "pbx", "pjsip", "pl", "sip", "sips", "tcp", "tel", "test", "tls", "transport", "udp", "urn",
    "usr", "uuid", "ws", "wsi", "wss",
];

/// The words of paths.
const PATHS: &[&str] = &[
    "api", "apis", "asc", "call", "cdr", "channels", "dial", "events", "file", "im", "json", "oauth", "pbx", "phones", "record",
    "s", "sendSMS", "token", "txt", "u", "users", "v0", "v1", "v2", "v3", "ws", "wsi", "xml",
];

fn is_in(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// What is done with the values of a key.
pub(super) fn class_of(key: &str) -> Class {
    let lists = [
        (SECRETS, Class::Secret),
        (TEXTS, Class::Text),
        (TIMES, Class::Time),
        (COUNTS, Class::Count),
        (WORDED, Class::Word),
        (MODES, Class::Mode),
    ];
    lists.iter().find(|(list, _)| is_in(list, key)).map_or(Class::Other, |(_, class)| *class)
}

/// Whether a key is one that the documents have.
pub(super) fn is_key(key: &str) -> bool {
    class_of(key) != Class::Other || is_in(KEYS, key)
}

/// Whether a text is made of words of the protocols, and nothing else.
pub(super) fn is_of_words(text: &str) -> bool {
    is_listed(text)
        || text.split([' ', '/', ',']).filter(|word| !word.is_empty()).all(|word| is_in(WORDS, word) || is_listed(word))
}

/// Whether the protocol crates name it: types of events, and topics.
fn is_listed(text: &str) -> bool {
    tieline_portsip_wsi::EVENT_TYPES.iter().any(|info| info.event_type == text)
        || tieline_portsip_wsi::Topic::ALL.iter().any(|topic| topic.as_str() == text)
        || tieline_axeos::EVENT_TYPES.iter().any(|info| info.event_type == text)
        || tieline_cloudpbx::stream::EVENT_TYPES.iter().any(|(event_type, _)| *event_type == text)
}

/// Whether a word says nothing about anybody.
pub(super) fn is_technical(word: &str) -> bool {
    is_in(TECHNICAL, word)
}

/// Whether it is a word of a path.
pub(crate) fn is_of_paths(word: &str) -> bool {
    is_in(PATHS, word)
}

/// Whether letters stand for access rights.
pub(super) fn is_mode(text: &str) -> bool {
    text.bytes().all(|byte| b"JRWPASDON+-".contains(&byte))
}

/// The header fields that stay as they are, in lower case: what frames a message, and what a server says about time.
const PLAIN_HEADERS: &[&str] = &[
    "accept-ranges",
    "connection",
    "content-length",
    "date",
    "retry-after",
    "sec-websocket-version",
    "transfer-encoding",
    "upgrade",
];

/// Other header fields whose names stay.
const HEADERS: &[&str] = &[
    "accept", "accept-encoding", "accept-language", "allow", "authorization", "cache-control", "content-disposition",
    "content-encoding", "content-type", "cookie", "etag", "expires", "host", "if-modified-since", "if-none-match",
    "last-modified", "location", "origin", "pragma", "proxy-authorization", "range", "referer", "sec-websocket-accept",
    "sec-websocket-extensions", "sec-websocket-key", "sec-websocket-protocol", "server", "set-cookie", "user-agent", "vary",
    "www-authenticate", "x-api-key", "x-tinode-apikey", "x-tinode-auth",
];

/// Header fields whose values are secrets.
const SECRET_HEADERS: &[&str] = &[
    "authorization", "cookie", "proxy-authorization", "sec-websocket-accept", "sec-websocket-key", "set-cookie", "x-api-key",
    "x-tinode-apikey", "x-tinode-auth",
];

/// What is done with a header field: whether its name stays, and what becomes of its value.
pub(super) fn header(name: &str) -> (bool, Class) {
    let stays = is_in(PLAIN_HEADERS, name);
    let class = match () {
        () if stays => Class::Word,
        () if is_in(SECRET_HEADERS, name) => Class::Secret,
        () => Class::Other,
    };
    (stays || is_in(HEADERS, name), class)
}

/// The media types that stay.
pub(super) const MEDIA: &[&str] = &[
    "application/json",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/x-wav",
    "image/jpeg",
    "image/png",
    "multipart/form-data",
    "text/html",
    "text/plain",
];
