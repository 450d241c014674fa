//! Exit codes: few, documented, stable.

use std::process::ExitCode;

/// Why the program ends as it does. The numbers are part of the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Ok = 0,
    /// Something else went wrong.
    Failure = 1,
    /// The command line is wrong; clap uses the same number.
    Usage = 2,
    /// The login was refused.
    AuthRefused = 3,
    /// The certificate or the TLS handshake is not acceptable.
    Tls = 4,
    /// The server was not reached, or did not answer in time.
    Unreachable = 5,
    /// The server speaks something else.
    Protocol = 6,
    /// The PBX refused what was asked for: a topic, a call, a message, a file.
    Refused = 7,
    /// Events may have been missed, and `--fail-on-gap` was given.
    Gap = 8,
    /// Messages are not as the documents have them: `lint`. Something that was expected did not happen: `sim run`. A
    /// scenario has mistakes: `sim check`.
    BadData = 9,
    /// It is not known whether the PBX called, sent the message, took the file, or changed what it was asked to.
    OutcomeUnknown = 10,
    /// A message was sent and not delivered: `sms send --wait`.
    Undelivered = 11,
    /// A message was sent, and it is not known whether it was delivered: `sms send --wait`.
    DeliveryUnknown = 12,
    /// Stopped by the user.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The table that `--help` shows.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done
  1    something else went wrong
  2    the command line is wrong
  3    the login or the key was refused
  4    the certificate or the TLS handshake is not acceptable
  5    the server was not reached, or did not answer in time
  6    the server speaks something else
  7    the PBX refused what was asked for: a topic, a call, a message, a file
  8    events may have been missed, or messages are lost (with --fail-on-gap)
  9    lint: a message is broken (with --strict: is odd in any way); sim run: something that was expected
       did not happen; sim check: a scenario has mistakes; replay: the file is no capture
  10   it is not known whether the PBX called, sent the message, took the file, or changed what it was
       asked to; nothing was repeated
  11   the message was sent and not delivered (sms send --wait)
  12   the message was sent, and it is not known whether it was delivered (sms send --wait)
  130  stopped with Ctrl-C";
