//! Which address a call goes to next.

use std::time::Duration;

use tieline_cloudpbx::rest::{Attempt, Bases, Next};
use tieline_core::http::{ApiError, ApiErrorKind, BaseUrl, BuildError, CallError, Repeat, Response, ResponseHead};
use tieline_core::json::DecodeError;
use tieline_core::{Class, ExchangeFailure, ExchangeFailureKind as Kind, Sent};

const STOP_RETRY: Next = Next::Stop(Class::Retry);
const STOP_TERMINAL: Next = Next::Stop(Class::Terminal);

fn vendor() -> Bases {
    Bases::new(Bases::VENDOR.map(|url| url.parse().expect("an address"))).expect("two")
}

fn hosts(attempt: &mut Attempt, failure: &ExchangeFailure) -> (Vec<String>, Next) {
    let mut hosts = Vec::new();
    loop {
        hosts.push(attempt.base().host().to_owned());
        match attempt.failed(failure) {
            Next::Failover => {}
            stop => return (hosts, stop),
        }
    }
}

fn head(status: u16, retry_after: Option<u64>) -> ResponseHead {
    let mut response = Response::builder().status(status);
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    response.body(()).expect("a head").into_parts().0
}

fn after(seconds: u64) -> Class {
    Class::RetryAfter(Duration::from_secs(seconds))
}

/// Every kind of failure.
fn kinds() -> Vec<(Kind, Class)> {
    let connect = |class| Kind::Connect { class, reason: "refused".into() };
    let status = |status, class| Kind::Status { status, class };
    vec![
        (connect(Class::Retry), Class::Retry),
        (connect(Class::Terminal), Class::Terminal),
        (Kind::Broken, Class::Retry),
        (Kind::Timeout, Class::Retry),
        (status(408, Class::Retry), Class::Retry),
        (status(500, Class::Retry), Class::Retry),
        (status(503, after(7)), after(7)),
        (status(501, Class::Terminal), Class::Terminal),
        (status(400, Class::Terminal), Class::Terminal),
        (status(401, Class::Reauthenticate), Class::Reauthenticate),
        (status(404, Class::Terminal), Class::Terminal),
        (status(429, after(7)), after(7)),
        (Kind::TooLong, Class::Terminal),
        (Kind::Unreadable { reason: "x".into() }, Class::Retry),
        (Kind::Canceled, Class::Terminal),
    ]
}

fn is_elsewhere(kind: &Kind) -> bool {
    matches!(kind, Kind::Connect { .. } | Kind::Broken | Kind::Timeout)
        || matches!(kind, Kind::Status { status, .. } if *status == 408 || *status >= 500)
}

#[test]
fn a_call_that_reads_goes_on_after_failures_of_the_line_and_of_the_server_and_after_no_others() {
    for (kind, class) in kinds() {
        for sent in [Sent::Nothing, Sent::Maybe, Sent::All] {
            let failure = ExchangeFailure::new(kind.clone(), sent);
            let mut attempt = vendor().attempt(Repeat::Safe);
            let (hosts, stop) = hosts(&mut attempt, &failure);
            let expected: &[&str] =
                if is_elsewhere(&kind) { &["api.cloudpbx.pl", "api2.cloudpbx.pl"] } else { &["api.cloudpbx.pl"] };
            assert_eq!(hosts, expected, "{failure}");
            assert_eq!(stop, Next::Stop(class), "{failure}");
        }
    }
}

#[test]
fn a_command_stays_at_one_address_and_says_whether_it_may_be_made_anew() {
    for (kind, class) in kinds() {
        for (sent, class) in [(Sent::Nothing, class), (Sent::Maybe, Class::Terminal), (Sent::All, Class::Terminal)] {
            let failure = ExchangeFailure::new(kind.clone(), sent);
            let mut attempt = vendor().attempt(Repeat::Never);
            assert_eq!(attempt.failed(&failure), Next::Stop(class), "{failure}");
            assert_eq!(attempt.base().host(), "api.cloudpbx.pl");
        }
    }
}

#[test]
fn answers_that_are_no_success_are_treated_by_their_status() {
    for (status, retry_after, read, command) in [
        (400, None, STOP_TERMINAL, STOP_TERMINAL),
        (401, None, Next::Stop(Class::Reauthenticate), Next::Stop(Class::Reauthenticate)),
        (403, None, STOP_TERMINAL, STOP_TERMINAL),
        (404, None, STOP_TERMINAL, STOP_TERMINAL),
        (408, None, Next::Failover, STOP_TERMINAL),
        (429, Some(7), Next::Stop(after(7)), STOP_TERMINAL),
        (429, None, STOP_RETRY, STOP_TERMINAL),
        (500, None, Next::Failover, STOP_TERMINAL),
        (501, None, Next::Failover, STOP_TERMINAL),
        (502, None, Next::Failover, STOP_TERMINAL),
        (503, Some(7), Next::Failover, STOP_TERMINAL),
        (504, None, Next::Failover, STOP_TERMINAL),
    ] {
        let error = ApiError::refused(&head(status, retry_after), None, Default::default());
        assert_eq!(vendor().attempt(Repeat::Safe).refused(&error), read, "{status}");
        assert_eq!(vendor().attempt(Repeat::Never).refused(&error), command, "{status}");
        let too_long = ApiError::too_long(&head(status, retry_after), 1);
        assert_eq!(vendor().attempt(Repeat::Safe).refused(&too_long), read, "{status}");
    }
}

#[test]
fn a_success_that_cannot_be_read_is_not_asked_for_elsewhere() {
    let head = head(200, None);
    for (error, read) in [
        (ApiError::decode(&head, DecodeError::not_utf8(b"\xff"), Default::default()), STOP_RETRY),
        (ApiError::new(&head, ApiErrorKind::Unexpected("x"), Default::default()), STOP_RETRY),
        (ApiError::too_long(&head, 1), STOP_TERMINAL),
    ] {
        assert_eq!(vendor().attempt(Repeat::Safe).refused(&error), read, "{error}");
        assert_eq!(vendor().attempt(Repeat::Never).refused(&error), STOP_TERMINAL, "{error}");
    }
}

#[test]
fn an_error_of_a_call_is_treated_as_what_it_holds() {
    let failure = CallError::Failed(ExchangeFailure::new(Kind::Timeout, Sent::All));
    let answer = CallError::Api(ApiError::refused(&head(503, None), None, Default::default()));
    let unwritten = CallError::Build(BuildError::Segment);
    for (error, read) in [(failure, Next::Failover), (answer, Next::Failover), (unwritten, STOP_TERMINAL)] {
        assert_eq!(vendor().attempt(Repeat::Safe).after(&error), read, "{error}");
        assert_eq!(vendor().attempt(Repeat::Never).after(&error), STOP_TERMINAL, "{error}");
    }
}

#[test]
fn the_most_hopeful_failure_says_how_to_wait() {
    let classes = [Class::Retry, after(7), after(60), Class::Reauthenticate, Class::Terminal];
    for (at, first) in classes.into_iter().enumerate() {
        for (other, second) in classes.into_iter().enumerate() {
            let failure = |class| ExchangeFailure::new(Kind::Connect { class, reason: "x".into() }, Sent::Nothing);
            let mut attempt = vendor().attempt(Repeat::Safe);
            assert_eq!(attempt.failed(&failure(first)), Next::Failover);
            assert_eq!(attempt.failed(&failure(second)), Next::Stop(classes[at.min(other)]), "{first:?} {second:?}");
        }
    }
}

#[test]
fn a_failure_that_ends_the_call_at_the_second_address_says_its_own_class() {
    let mut attempt = vendor().attempt(Repeat::Safe);
    assert_eq!(attempt.failed(&ExchangeFailure::new(Kind::Timeout, Sent::All)), Next::Failover);
    let refused = ApiError::refused(&head(404, None), None, Default::default());
    assert_eq!(attempt.refused(&refused), STOP_TERMINAL);
}

#[test]
fn calls_begin_at_the_address_that_answered_last_and_still_go_through_all() {
    let mut bases =
        Bases::new(["http://a", "http://b", "http://c"].map(|url| url.parse().expect("an address"))).expect("three");
    let broken = ExchangeFailure::new(Kind::Broken, Sent::Maybe);
    let mut attempt = bases.attempt(Repeat::Safe);
    assert_eq!(attempt.failed(&broken), Next::Failover);
    bases.prefer(&attempt);
    assert_eq!(
        hosts(&mut bases.attempt(Repeat::Safe), &broken),
        (["b", "c", "a"].map(str::to_owned).into(), STOP_RETRY)
    );
    assert_eq!(bases.attempt(Repeat::Never).base().host(), "b");
    assert_eq!(bases.urls().iter().map(BaseUrl::host).collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[test]
fn one_address_is_tried_once_and_none_is_none() {
    let broken = ExchangeFailure::new(Kind::Broken, Sent::Maybe);
    let one = Bases::one("http://a".parse().expect("an address"));
    assert_eq!(hosts(&mut one.attempt(Repeat::Safe), &broken), (vec!["a".to_owned()], STOP_RETRY));
    assert_eq!(Bases::new([]), None);
}
