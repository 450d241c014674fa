//! The page of numbers, in the text format of Prometheus.

use std::fmt::{Display, Write as _};

use super::Inner;
use super::health::Health;
use crate::ServerHandle;
use crate::im::accounts::Users;
use crate::im::meter::{COMMIT_CLASSES, CommitTimes};

/// All of it.
pub(super) fn page<U: Users>(inner: &Inner<U>, health: Health, server: &ServerHandle) -> String {
    let (im, tokens, server) = (inner.im.stats(), inner.tokens.stats(), server.stats());
    let mut page = Page::default();
    page.gauge("up", "1 while the service takes clients, 0 while its store fails or it ends", health == Health::Good);
    page.gauge("lines", "Lines that are open, logged in or not", im.lines);
    page.gauge("sessions", "Sessions that are logged in", im.sessions);
    page.gauge("users_loaded", "Users in memory", im.users);
    page.gauge("topics_loaded", "Topics in memory", im.topics);
    page.gauge("tokens", "Access and refresh tokens that are remembered", inner.desk.tokens());
    page.gauge("waiting_inputs", "Logins, requests and notes that wait to be decided", im.waiting_inputs);
    page.gauge("waiting_steps", "Decisions that wait for their commit", im.waiting_steps);
    page.counter("logins_total", "Logins on lines that were right", im.logins);
    page.counter("refused_logins_total", "Logins on lines that were refused", im.refused_logins);
    page.counter("requests_total", "Requests on lines", im.requests);
    page.counter("messages_total", "Messages that were published and kept", im.messages);
    page.counter("deliveries_total", "Messages handed to lines", im.deliveries);
    page.counter("outside_total", "Messages published in external message channels", im.outside);
    page.counter("writes_total", "Single writes that were kept", im.writes);
    page.commits(&im.commit_times);
    page.counter("failed_commits_total", "Commits of which nothing was kept", im.failed_commits);
    page.counter("failed_reads_total", "Reads of the store that failed", im.failed_reads);
    page.counter("slow_peers_total", "Lines closed because their peer did not read", im.slow_peers);
    page.counter("misbehaved_peers_total", "Lines closed because their peer broke a rule", im.misbehaved_peers);
    page.counter("refused_lines_total", "Lines refused: too many, or too often from one address", im.refused_lines);
    page.counter("tokens_granted_total", "Token calls that brought tokens", tokens.granted);
    page.counter("tokens_revoked_total", "Token calls that ended the tokens of a sign-in", tokens.revoked);
    page.counter("tokens_refused_total", "Token calls with a wrong password or token", tokens.refused);
    page.counter("tokens_throttled_total", "Token calls answered 429", tokens.throttled);
    page.counter("tokens_unavailable_total", "Token calls answered 503", tokens.unavailable);
    page.gauge("connections", "Connections that are open, of whatever kind", server.connections_now);
    page.counter("connections_total", "Connections that were ever taken", server.connections_total);
    let refused = [("full", server.refused_full), ("address", server.refused_address), ("rate", server.refused_rate)];
    page.head("refused_connections_total", "Connections closed at once, by the limit that they met", "counter");
    for (limit, number) in refused {
        page.line("refused_connections_total", &format!("{{limit=\"{limit}\"}}"), number);
    }
    page.counter("accept_errors_total", "Times that no connection could be accepted", server.accept_errors);
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP tieline_im_{name} {help}.\n# TYPE tieline_im_{name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, number: impl Display) {
        let _ = writeln!(self.0, "tieline_im_{name}{labels} {number}");
    }

    fn gauge(&mut self, name: &str, help: &str, number: impl Number) {
        self.head(name, help, "gauge");
        self.line(name, "", number.number());
    }

    fn counter(&mut self, name: &str, help: &str, number: u64) {
        self.head(name, help, "counter");
        self.line(name, "", number);
    }

    fn commits(&mut self, times: &CommitTimes) {
        self.head("commit_seconds", "How long commits took, their wait for the writer included", "histogram");
        let mut so_far = 0;
        for (end, count) in COMMIT_CLASSES.iter().zip(times.classes) {
            so_far += count;
            self.line("commit_seconds_bucket", &format!("{{le=\"{}\"}}", end.as_secs_f64()), so_far);
        }
        let all: u64 = times.classes.iter().sum();
        self.line("commit_seconds_bucket", "{le=\"+Inf\"}", all);
        self.line("commit_seconds_sum", "", times.sum.as_secs_f64());
        self.line("commit_seconds_count", "", all);
    }
}

/// What a gauge shows.
trait Number {
    fn number(self) -> u64;
}

impl Number for u64 {
    fn number(self) -> u64 {
        self
    }
}

impl Number for usize {
    fn number(self) -> u64 {
        self as u64
    }
}

impl Number for bool {
    fn number(self) -> u64 {
        u64::from(self)
    }
}
