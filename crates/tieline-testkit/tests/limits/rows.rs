//! The limits.

/// One limit.
pub(crate) struct Row {
    /// `Struct::field`, or the name of a constant.
    pub(crate) limit: &'static str,
    pub(crate) what: &'static str,
    /// For people.
    pub(crate) default: &'static str,
    /// Below `crates/`, and what stands there.
    pub(crate) source: (&'static str, &'static str),
    /// Below `crates/`, and the name of the function.
    pub(crate) test: (&'static str, &'static str),
}

const fn row(
    limit: &'static str,
    default: &'static str,
    what: &'static str,
    source: (&'static str, &'static str),
    test: (&'static str, &'static str),
) -> Row {
    Row { limit, what, default, source, test }
}

const LIMITS: &str = "tieline-core/src/limits.rs";
const WEBSOCKET: &str = "tieline-websocket/src/config.rs";
const SERVER: &str = "tieline-server/src/options.rs";
const LOG: &str = "tieline-axeos/src/server/config.rs";
const PUMP: &str = "tieline-dial/src/options.rs";
const HTTP1_HEAD: &str = "tieline-core/src/http1/head.rs";
const HTTP1_CHUNK: &str = "tieline-core/src/http1/chunk.rs";
const HTTP: &str = "tieline-dial/src/http.rs";
const SERVICE: &str = "tieline-portsip-im/src/service/config.rs";
const LINES: &str = "tieline-server/src/im/host/mod.rs";
const BACKLOG: &str = "tieline-server/src/backlog.rs";
const HOST_LINE: &str = "tieline-server/src/im/host/line.rs";
const ENGINE_RUN: &str = "tieline-server/src/im/engine/run.rs";
const LOAD: &str = "tieline-server/src/im/host/load.rs";
const SIGN_IN: &str = "tieline-server/src/im/accounts/rest.rs";
const TOKENS: &str = "tieline-server/src/im/accounts/desk.rs";

/// Every limit on what a peer can make one of our programs hold, do or wait for.
pub(crate) const ROWS: &[Row] = &[
    row(
        "Limits::message_bytes",
        "1 MiB",
        "one message; a longer one ends the line, close code 1009",
        (LIMITS, "message_bytes: 1 << 20"),
        (
            "tieline-websocket/tests/limits.rs",
            "a_message_of_exactly_the_limit_passes_and_one_byte_more_closes_with_1009",
        ),
    ),
    row(
        "Limits::message_bytes_before_login",
        "16 KiB",
        "one message before the login is accepted; a longer one ends the line, close code 1009",
        (LIMITS, "message_bytes_before_login: 16 << 10"),
        ("tieline-portsip-wsi/tests/bad_input_server.rs", "message_over_the_limit_before_login"),
    ),
    row(
        "Limits::depth",
        "64",
        "levels of JSON that are materialised; a deeper known field is refused, an unknown one passed over",
        (LIMITS, "depth: 64"),
        ("tieline-portsip-wsi/tests/events.rs", "a_known_event_is_not_materialised_beyond_the_depth_limit"),
    ),
    row(
        "Limits::in_flight",
        "64",
        "requests that wait for an answer: above it a client's come back and a server reads no more, at twice as many it closes",
        (LIMITS, "in_flight: 64"),
        ("tieline-portsip-wsi/tests/bad_input_server.rs", "flood_of_commands"),
    ),
    row(
        "Limits::queued_events",
        "1024",
        "events that nobody took: above it no more is read, at twice as many the session closes",
        (LIMITS, "queued_events: 1024"),
        ("tieline-portsip-wsi/tests/bad_input_client.rs", "flood_of_messages"),
    ),
    row(
        "Limits::queued_bytes",
        "4 MiB",
        "bytes of events that nobody took, as above; and bytes that wait to be sent to a peer that does not read",
        (LIMITS, "queued_bytes: 4 << 20"),
        ("tieline-testkit/tests/session_memory.rs", "a_wsi_client_holds_no_more_than_its_limits"),
    ),
    row(
        "Limits::subscriptions",
        "10,000",
        "names that a WSI client subscribes to; states that a CloudPBX client remembers",
        (LIMITS, "subscriptions: 10_000"),
        ("tieline-portsip-wsi/tests/server_session.rs", "more_subscriptions_than_the_limit_are_refused"),
    ),
    row(
        "LIST_FACTOR",
        "32 times the message, at least 16 KiB",
        "what the lists of one message may take when they are materialised",
        ("tieline-core/src/json/scanner/mod.rs", "const LIST_FACTOR: usize = 32;"),
        ("tieline-axeos/tests/users.rs", "a_short_text_cannot_cost_a_lot_of_memory"),
    ),
    row(
        "Anomalies::MOST",
        "100",
        "anomalies that a linter tells of one message",
        ("tieline-core/src/json/lint/mod.rs", "pub const MOST: usize = 100;"),
        ("tieline-testkit/tests/limits_held.rs", "a_linter_tells_a_hundred_anomalies_of_a_message_at_most"),
    ),
    row(
        "websocket::Config::message_bytes",
        "1 MiB, or that of the session",
        "one message with all its fragments",
        (WEBSOCKET, "message_bytes: 1 << 20"),
        (
            "tieline-websocket/tests/limits.rs",
            "a_message_of_exactly_the_limit_passes_and_one_byte_more_closes_with_1009",
        ),
    ),
    row(
        "websocket::Config::frame_bytes",
        "none but that of the message",
        "one frame",
        (WEBSOCKET, "frame_bytes: usize::MAX"),
        ("tieline-websocket/tests/limits.rs", "a_frame_over_its_own_limit_closes_with_1009"),
    ),
    row(
        "websocket::Config::fragments",
        "4096",
        "fragments of one message, close code 1008",
        (WEBSOCKET, "fragments: 4096"),
        ("tieline-websocket/tests/bad_input.rs", "empty_fragments"),
    ),
    row(
        "websocket::Config::opening_timeout",
        "10 s",
        "the answer to an opening request",
        (WEBSOCKET, "opening_timeout: Duration::from_secs(10)"),
        ("tieline-websocket/tests/bad_input.rs", "unfinished_handshake"),
    ),
    row(
        "websocket::Config::close_timeout",
        "5 s",
        "the closing handshake",
        (WEBSOCKET, "close_timeout: Duration::from_secs(5)"),
        ("tieline-websocket/tests/bad_input.rs", "unanswered_close"),
    ),
    row(
        "websocket::Config::opening_bytes",
        "16 KiB",
        "the header of the answer to an opening request",
        (WEBSOCKET, "opening_bytes: 16 << 10"),
        ("tieline-websocket/tests/opening.rs", "a_header_over_the_limit_of_bytes_or_fields_is_too_large"),
    ),
    row(
        "websocket::Config::opening_headers",
        "100",
        "its fields",
        (WEBSOCKET, "opening_headers: 100"),
        ("tieline-websocket/tests/opening.rs", "a_header_over_the_limit_of_bytes_or_fields_is_too_large"),
    ),
    row(
        "MAX_SPANS",
        "256",
        "separate spans of numbers that an IM client keeps of a topic; then the oldest gap is told as lost",
        ("tieline-portsip-im/src/client/track.rs", "const MAX_SPANS: usize = 256;"),
        ("tieline-testkit/tests/session_memory.rs", "an_im_client_holds_no_more_than_its_limits"),
    ),
    row(
        "MAX_GAPS",
        "64",
        "gaps of a topic that are refilled at once",
        ("tieline-portsip-im/src/client/track.rs", "const MAX_GAPS: usize = 64;"),
        ("tieline-testkit/tests/session_memory.rs", "an_im_client_holds_no_more_than_its_limits"),
    ),
    row(
        "im::ClientConfig::refill_at_most",
        "10,000",
        "messages of one gap that are asked for",
        ("tieline-portsip-im/src/client/config.rs", "refill_at_most: 10_000"),
        ("tieline-portsip-im/tests/gaps.rs", "of_a_hole_beyond_the_limit_only_the_newest_messages_are_asked_for"),
    ),
    row(
        "login_attempts",
        "3",
        "refused logins of a line (WSI and IM), close code 1008",
        ("tieline-portsip-wsi/src/server/config.rs", "login_attempts: 3"),
        ("tieline-portsip-wsi/tests/server_session.rs", "too_many_refused_logins_close_the_line"),
    ),
    row(
        "MultipartLimits::parts",
        "16",
        "parts of a form",
        ("tieline-portsip-im/src/file/multipart/decoder.rs", "parts: 16"),
        ("tieline-portsip-im/tests/multipart.rs", "broken_forms_are_refused_by_rule"),
    ),
    row(
        "MultipartLimits::head",
        "8 KiB",
        "header fields of one part, and what stands before the first",
        ("tieline-portsip-im/src/file/multipart/decoder.rs", "head: 8 << 10"),
        ("tieline-portsip-im/tests/multipart.rs", "broken_forms_are_refused_by_rule"),
    ),
    row(
        "UploadLimits::file",
        "100 MiB",
        "an uploaded file; it streams, and is never whole in memory",
        ("tieline-portsip-im/src/file/receive.rs", "file: 100 << 20"),
        ("tieline-portsip-im/tests/files.rs", "an_upload_beyond_a_limit_is_refused_before_it_is_taken"),
    ),
    row(
        "UploadLimits::field",
        "1 KiB",
        "any other field of the form",
        ("tieline-portsip-im/src/file/receive.rs", "field: 1 << 10"),
        ("tieline-portsip-im/tests/files.rs", "a_file_whose_end_could_not_be_told_or_that_is_too_long_is_refused"),
    ),
    row(
        "FilesConfig::max_download",
        "1 GiB",
        "a downloaded file",
        ("tieline-dial/src/im/files.rs", "max_download: 1 << 30"),
        ("tieline-testkit/src/adapter/im_files/transfers.rs", "what_is_too_long_is_neither_sent_nor_taken"),
    ),
    row(
        "MAX_REDIRECTS",
        "3",
        "times that a download is sent on",
        ("tieline-portsip-im/src/file/redirect.rs", "pub const MAX_REDIRECTS: u32 = 3;"),
        ("tieline-portsip-im/tests/files.rs", "a_download_is_sent_on_three_times_at_most"),
    ),
    row(
        "Listing (Axeos)",
        "100,000 elements, 1000 bad ones",
        "the elements of one list",
        ("tieline-axeos/src/listing.rs", "const MOST_BAD: usize = 1000;"),
        ("tieline-testkit/tests/limits_held.rs", "a_list_of_axeos_has_a_thousand_bad_elements_at_most"),
    ),
    row(
        "EVENTS_LIMIT",
        "4 MiB",
        "the answer to a poll of Axeos; users and phones 16 MiB",
        ("tieline-axeos/src/http/lists.rs", "const EVENTS_LIMIT: usize = 4 << 20;"),
        ("tieline-axeos/tests/poller/bad_events.rs", "an_answer_beyond_the_limit_is_no_end"),
    ),
    row(
        "LogConfig::events",
        "10,000",
        "events that a log holds",
        (LOG, "events: 10_000"),
        ("tieline-axeos/tests/log.rs", "the_oldest_events_are_dropped_by_number_and_by_bytes"),
    ),
    row(
        "LogConfig::bytes",
        "16 MiB",
        "their bytes",
        (LOG, "bytes: 16 << 20"),
        ("tieline-axeos/tests/log.rs", "the_oldest_events_are_dropped_by_number_and_by_bytes"),
    ),
    row(
        "LogConfig::answer_events",
        "1000",
        "events of one answer",
        (LOG, "answer_events: 1000"),
        ("tieline-axeos/tests/log.rs", "an_answer_has_no_more_events_than_allowed"),
    ),
    row(
        "LogConfig::waiters",
        "100,000",
        "polls that wait; one more is answered 503",
        (LOG, "waiters: 100_000"),
        ("tieline-axeos/tests/log.rs", "one_poll_more_than_may_wait_is_told_that_the_server_is_busy"),
    ),
    row(
        "LogConfig::longest_wait",
        "5 min",
        "how long a poll waits, whatever it asks",
        (LOG, "longest_wait: Duration::from_secs(300)"),
        ("tieline-axeos/tests/log.rs", "nobody_waits_longer_than_allowed"),
    ),
    row(
        "EVENTS_PER_MESSAGE",
        "256",
        "events of one message of CloudPBX's stream; the rest is counted",
        ("tieline-cloudpbx/src/stream/decode.rs", "pub const EVENTS_PER_MESSAGE: usize = 256;"),
        ("tieline-cloudpbx/tests/stream_messages.rs", "events_beyond_the_limit_are_counted_and_not_read"),
    ),
    row(
        "NAME_BYTES",
        "256",
        "the name of a state that a CloudPBX client remembers",
        ("tieline-cloudpbx/src/client/known.rs", "const NAME_BYTES: usize = 256;"),
        (
            "tieline-cloudpbx/tests/client_session.rs",
            "states_beyond_the_limit_and_long_names_are_not_remembered_and_that_is_told",
        ),
    ),
    row(
        "ListLimits::bytes",
        "32 MiB",
        "a list of CloudPBX's REST",
        ("tieline-cloudpbx/src/rest/list.rs", "bytes: 32 << 20"),
        ("tieline-cloudpbx/tests/calls.rs", "a_list_is_taken_up_to_its_limits"),
    ),
    row(
        "ListLimits::rows",
        "20,000",
        "its rows",
        ("tieline-cloudpbx/src/rest/list.rs", "rows: 20_000"),
        ("tieline-cloudpbx/tests/calls.rs", "a_list_is_taken_up_to_its_limits"),
    ),
    row(
        "TrackerLimits::waiting",
        "1024",
        "text messages that are waited for",
        ("tieline-cloudpbx/src/record/sms_tracker.rs", "waiting: 1024"),
        ("tieline-cloudpbx/tests/sms_tracker.rs", "no_more_messages_are_waited_for_than_the_limit"),
    ),
    row(
        "TrackerLimits::early",
        "256",
        "states that came before the answer",
        ("tieline-cloudpbx/src/record/sms_tracker.rs", "early: 256"),
        ("tieline-cloudpbx/tests/sms_tracker.rs", "early_states_are_bounded_and_the_oldest_goes"),
    ),
    row(
        "TrackerLimits::early_for",
        "1 min",
        "how long those are kept",
        ("tieline-cloudpbx/src/record/sms_tracker.rs", "early_for: Duration::from_secs(60)"),
        ("tieline-cloudpbx/tests/sms_tracker.rs", "early_states_are_kept_for_a_while"),
    ),
    row(
        "REQUEST_LIMIT",
        "16 KiB; Axeos 4 KiB",
        "the body of a request to a server",
        ("tieline-cloudpbx/src/rest/request.rs", "pub const REQUEST_LIMIT: usize = 16 << 10;"),
        ("tieline-cloudpbx/tests/calls.rs", "a_message_is_counted_in_characters_and_its_longest_form_fits_a_server"),
    ),
    row(
        "MAX_HEAD_BYTES",
        "64 KiB",
        "the head of an answer over HTTP, on threads, with interim answers before it",
        (HTTP1_HEAD, "MAX_HEAD_BYTES: usize = 64 << 10"),
        ("tieline-core/tests/http1.rs", "a_head_has_limits_interim_answers_included"),
    ),
    row(
        "MAX_HEADERS",
        "128",
        "the headers of such an answer",
        (HTTP1_HEAD, "MAX_HEADERS: usize = 128"),
        ("tieline-core/tests/http1.rs", "a_head_has_limits_interim_answers_included"),
    ),
    row(
        "MAX_SIZE_LINE",
        "256",
        "the bytes that announce a chunk of such an answer",
        (HTTP1_CHUNK, "MAX_SIZE_LINE: usize = 256"),
        ("tieline-core/tests/http1.rs", "what_is_no_chunk_is_refused"),
    ),
    row(
        "MAX_TRAILERS",
        "8 KiB",
        "what follows its last chunk, which is dropped",
        (HTTP1_CHUNK, "MAX_TRAILERS: usize = 8 << 10"),
        ("tieline-core/tests/http1.rs", "what_is_no_chunk_is_refused"),
    ),
    row(
        "HttpConfig::connect_timeout",
        "10 s",
        "a connection of a client of HTTP, TLS included",
        (HTTP, "connect_timeout: Duration::from_secs(10)"),
        ("tieline-testkit/src/adapter/http.rs", "a_server_that_never_answers_is_given_up"),
    ),
    row(
        "HttpConfig::call_timeout",
        "30 s",
        "a call over HTTP",
        (HTTP, "call_timeout: Duration::from_secs(30)"),
        ("tieline-testkit/src/adapter/http.rs", "a_server_that_never_answers_is_given_up"),
    ),
    row(
        "HttpConfig::piece_timeout",
        "30 s",
        "the next piece of a body that streams",
        (HTTP, "piece_timeout: Duration::from_secs(30)"),
        ("tieline-testkit/src/adapter/http.rs", "a_download_that_stalls_is_given_up"),
    ),
    row(
        "Options::events",
        "1024",
        "events that a pump keeps for the application, beside the session's",
        (PUMP, "events: 1024"),
        (
            "tieline-testkit/src/adapter/bad_input/memory.rs",
            "empty_messages_that_nobody_takes_stay_within_the_limit_of_events",
        ),
    ),
    row(
        "Options::commands",
        "64",
        "commands that wait for a pump",
        (PUMP, "commands: 64"),
        ("tieline-tokio/tests/memory.rs", "commands_that_nobody_reads_stay_within_the_limit_of_bytes"),
    ),
    row(
        "Options::hangup_timeout",
        "1 s",
        "the end of a line that is given up",
        (PUMP, "hangup_timeout: Duration::from_secs(1)"),
        ("tieline-testkit/src/adapter/bad_input/deadlines.rs", "unanswered_close"),
    ),
    row(
        "ServerOptions::max_connections",
        "20,000",
        "connections; more are closed as soon as they are accepted",
        (SERVER, "max_connections: 20_000"),
        ("tieline-server/tests/server.rs", "more_connections_than_allowed_are_closed_and_counted"),
    ),
    row(
        "ServerOptions::max_connections_per_address",
        "1024",
        "the same from one address (IPv6: one /64)",
        (SERVER, "max_connections_per_address: 1024"),
        ("tieline-server/tests/server.rs", "more_connections_from_one_address_than_allowed_are_closed_and_counted"),
    ),
    row(
        "ServerOptions::max_connects_per_minute",
        "3,000",
        "connects of one address (IPv6: one /64) within a minute; more are closed as soon as they are accepted, and counted",
        (SERVER, "max_connects_per_minute: 3_000"),
        (
            "tieline-server/tests/storm.rs",
            "an_address_that_connects_too_often_is_refused_and_keeps_the_connections_it_has",
        ),
    ),
    row(
        "ServerOptions::handshake_timeout",
        "10 s",
        "TLS and the head of a request together; no byte prolongs it",
        (SERVER, "handshake_timeout: Duration::from_secs(10)"),
        ("tieline-server/tests/http.rs", "a_client_that_does_not_finish_its_request_is_dropped"),
    ),
    row(
        "ServerOptions::write_bytes",
        "64 KiB",
        "encoded bytes that wait for one peer's socket; what goes beyond waits in the session",
        (SERVER, "write_bytes: 64 << 10"),
        ("tieline-server/tests/bad_input.rs", "peer_stops_reading"),
    ),
    row(
        "ServerOptions::read_bytes",
        "4 KiB",
        "what is read at once, into a buffer of the thread's",
        (SERVER, "read_bytes: 4 << 10"),
        ("tieline-server/tests/http.rs", "a_client_that_sends_byte_by_byte_is_served_like_any_other"),
    ),
    row(
        "ServerOptions::close_timeout",
        "5 s",
        "a client's last bytes and its close frame",
        (SERVER, "close_timeout: Duration::from_secs(5)"),
        ("tieline-server/tests/bad_input.rs", "unanswered_close"),
    ),
    row(
        "ServerOptions::drain_timeout",
        "5 s",
        "the goodbyes of a server that shuts down",
        (SERVER, "drain_timeout: Duration::from_secs(5)"),
        ("tieline-server/tests/server.rs", "a_client_that_does_not_answer_the_goodbye_does_not_hold_up_the_shutdown"),
    ),
    row(
        "ServiceConfig::members",
        "1000",
        "members of a group of the IM service; one more is refused, 422",
        (SERVICE, "members: 1000"),
        ("tieline-portsip-im/tests/service/groups.rs", "a_member_beyond_the_limit_is_refused_joining_and_invited"),
    ),
    row(
        "ServiceConfig::attached",
        "1000",
        "topics that a session of it is attached to, 422",
        (SERVICE, "attached: 1000"),
        ("tieline-portsip-im/tests/service/limits.rs", "a_session_is_attached_to_so_many_topics_at_most"),
    ),
    row(
        "ServiceConfig::topics",
        "10,000",
        "topics of a user of it, those that were left among them, 422; invitations by others fill half of them",
        (SERVICE, "topics: 10_000"),
        ("tieline-portsip-im/tests/service/limits.rs", "a_user_has_so_many_topics_at_most"),
    ),
    row(
        "ServiceConfig::page",
        "100",
        "messages in a page of history",
        (SERVICE, "page: 100"),
        ("tieline-portsip-im/tests/service/groups.rs", "history_is_the_newest_first_and_a_page_has_a_hundred"),
    ),
    row(
        "ServiceConfig::answer_bytes",
        "512 KiB",
        "a list of members or topics, or of deletions, but one entry of it; entries are without `public` and `private` where \
         those behind them would not fit, and it ends before the entry that goes beyond",
        (SERVICE, "answer_bytes: 512 << 10"),
        ("tieline-portsip-im/tests/service/limits.rs", "a_list_ends_before_it_is_too_long_and_has_one_entry_at_least"),
    ),
    row(
        "ServiceConfig::spans",
        "10,000",
        "ranges of deleted messages, with others between, of a user in a topic, and of all, 422",
        (SERVICE, "spans: 10_000"),
        (
            "tieline-portsip-im/tests/service/limits.rs",
            "so_many_ranges_of_deleted_messages_are_kept_of_a_user_and_of_all",
        ),
    ),
    row(
        "ServiceConfig::deletions",
        "10,000",
        "deletions of messages of a user in a topic, and of all, 422",
        (SERVICE, "deletions: 10_000"),
        ("tieline-portsip-im/tests/service/limits.rs", "so_many_deletions_are_kept_of_a_user_and_of_all"),
    ),
    row(
        "room",
        "half of `queued_bytes`, less what waits",
        "the bytes of a page of history on a line: a longer one ends earlier, with its newest message at least",
        (BACKLOG, "(self.limit / 2).saturating_sub(self.bytes)"),
        (
            "tieline-server/tests/im_host_load.rs",
            "a_page_of_history_is_cut_to_what_a_line_may_hold_and_the_rest_is_asked_for",
        ),
    ),
    row(
        "Load",
        "a sixteenth of `queued_bytes`, or one request",
        "what the requests of a line that are being decided bring and may be answered with, a page counted as half of \
         `queued_bytes`, and none while more than an eighth waits for the client to read; then the next one waits, and no more is \
         read, for no longer than an answer may take since the client last took something",
        (LOAD, "<= self.limit / 16) && waiting <= self.limit / 8"),
        ("tieline-server/tests/im_host_load.rs", "pages_that_are_asked_for_all_at_once_come_one_after_the_other"),
    ),
    row(
        "COMMIT_BYTES",
        "1 MiB, or one message",
        "the messages of one commit of the IM service, which are told together",
        (ENGINE_RUN, "const COMMIT_BYTES: usize = 1 << 20;"),
        ("tieline-server/tests/im_engine.rs", "what_one_commit_holds_is_bounded"),
    ),
    row(
        "Notes",
        "`in_flight`",
        "notes of a line that are not decided yet; with so many it is not read until half of them are",
        (HOST_LINE, "Notes::new(config.limits.in_flight)"),
        (
            "tieline-server/tests/im_host_load.rs",
            "a_line_with_many_notes_that_are_not_decided_yet_is_not_read_until_some_are",
        ),
    ),
    row(
        "ServiceConfig::card_bytes",
        "32 KiB",
        "`public` or `private` of a user or group, 422",
        (SERVICE, "card_bytes: 32 << 10"),
        ("tieline-portsip-im/tests/service/groups.rs", "a_description_that_is_merged_too_large_is_refused"),
    ),
    row(
        "ServiceConfig::rate",
        "200 at once, 100 a second",
        "requests of a session, 503",
        (SERVICE, "rate: Rate { burst: 200, per_second: 100 }"),
        (
            "tieline-portsip-im/tests/service/limits.rs",
            "requests_over_the_rate_of_a_session_are_503_until_time_has_passed",
        ),
    ),
    row(
        "LineLimits::lines",
        "20,000",
        "lines of an IM service; one more is answered 503",
        (LINES, "lines: 20_000"),
        ("tieline-server/tests/im_standing.rs", "lines_beyond_the_limits_are_refused_in_words_and_counted"),
    ),
    row(
        "LineLimits::per_address",
        "1024 (`tieline serve`: 512)",
        "of them from one address, 429",
        (LINES, "per_address: 1024"),
        ("tieline-server/tests/im_standing.rs", "lines_beyond_the_limits_are_refused_in_words_and_counted"),
    ),
    row(
        "LineLimits::per_minute",
        "3,000 (`tieline serve`: 600)",
        "new ones from one address in a minute, 429",
        (LINES, "per_minute: 3_000"),
        ("tieline-server/tests/im_standing.rs", "lines_beyond_the_limits_are_refused_in_words_and_counted"),
    ),
    row(
        "SignInLimits::at_once",
        "2",
        "passwords that are verified at the same time",
        (SIGN_IN, "at_once: 2"),
        ("tieline-server/tests/im_tokens.rs", "sign_ins_beyond_those_that_may_wait_are_503"),
    ),
    row(
        "SignInLimits::waiting",
        "64",
        "sign-ins that wait for that; one more is answered 503",
        (SIGN_IN, "waiting: 64"),
        ("tieline-server/tests/im_tokens.rs", "sign_ins_beyond_those_that_may_wait_are_503"),
    ),
    row(
        "SignInLimits::failures_per_minute",
        "30",
        "wrong passwords and tokens from one address in a minute, 429",
        (SIGN_IN, "failures_per_minute: 30"),
        ("tieline-server/tests/im_tokens.rs", "a_wrong_password_is_400_with_errors_and_too_many_are_429"),
    ),
    row(
        "SignInLimits::body_bytes",
        "16 KiB",
        "the body of a token call, 413",
        (SIGN_IN, "body_bytes: 16 << 10"),
        ("tieline-server/tests/im_tokens.rs", "a_call_that_is_too_long_is_413"),
    ),
    row(
        "ACCESS_TOKENS",
        "2",
        "access tokens of a sign-in that are good at once, however often it is refreshed",
        (TOKENS, "access.pop_if(|newest| now < newest.expires);"),
        (
            "tieline-server/tests/im_tokens.rs",
            "of_a_sign_in_that_is_refreshed_again_and_again_two_access_tokens_are_good",
        ),
    ),
    row(
        "TokenRules::sign_ins",
        "100",
        "sign-ins of a user whose tokens are good at once; with one more those of the oldest end",
        (TOKENS, "sign_ins: 100"),
        ("tieline-server/tests/im_tokens.rs", "a_user_who_signs_in_too_often_loses_the_oldest_tokens"),
    ),
];

/// The structs of limits whose every field has a row, and the fields that bound nothing.
pub(crate) const STRUCTS: &[(&str, &str, &str, &[&str])] = &[
    (LIMITS, "Limits", "Limits", &[]),
    (WEBSOCKET, "Config", "websocket::Config", &["provisional", "one_frame_per_write"]),
    (LOG, "LogConfig", "LogConfig", &["default_wait", "first_seq"]),
    ("tieline-portsip-im/src/file/multipart/decoder.rs", "MultipartLimits", "MultipartLimits", &[]),
    ("tieline-portsip-im/src/file/receive.rs", "UploadLimits", "UploadLimits", &["multipart"]),
    ("tieline-cloudpbx/src/rest/list.rs", "ListLimits", "ListLimits", &[]),
    ("tieline-cloudpbx/src/record/sms_tracker.rs", "TrackerLimits", "TrackerLimits", &[]),
    (SERVER, "ServerOptions", "ServerOptions", &["tls", "strictness", "nodelay", "keepalive"]),
    (LINES, "LineLimits", "LineLimits", &[]),
    (SIGN_IN, "SignInLimits", "SignInLimits", &["body_timeout"]),
    (TOKENS, "TokenRules", "TokenRules", &["access_lifetime", "refresh_lifetime", "file_lifetime"]),
];
