//! Why the program failed, in words that name the remedy.

use std::io;
use std::process::ExitCode;

use tieline_core::supervisor::DownCause;
use tieline_core::{Class, CloseReason, ExchangeFailure, ExchangeFailureKind};
use tieline_tokio::ConnectError;

use crate::exit::Exit;
use crate::output;
use crate::password::PasswordError;

/// The end of a program that did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// A failure of an exit code and a message for people.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// The exit code and the message.
    pub(crate) fn parts(&self) -> (Exit, &str) {
        (self.exit, &self.message)
    }

    /// The same with the server's own words.
    pub(crate) fn saying(mut self, words: &str) -> Self {
        self.message.push_str("\nThe server said: ");
        self.message.push_str(words);
        self
    }

    /// The same with one more line.
    pub(crate) fn and(mut self, line: &str) -> Self {
        self.message.push('\n');
        self.message.push_str(line);
        self
    }

    /// Prints the message to standard error, unless there is nobody to read.
    pub(crate) fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            output::tell(format_args!("tieline: {}", self.message));
        }
        self.exit.into()
    }
}

impl From<io::Error> for Failure {
    /// A closed pipe is how a reader says that it has enough.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Exit::Ok, ""),
            _ => Self::new(Exit::Failure, error.to_string()),
        }
    }
}

impl From<PasswordError> for Failure {
    /// Ctrl-C at the prompt is no mistake.
    fn from(error: PasswordError) -> Self {
        match &error {
            PasswordError::Prompt { source, .. } if source.kind() == io::ErrorKind::Interrupted => {
                Self::new(Exit::Interrupted, "")
            }
            _ => Self::new(Exit::Usage, error.to_string()),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let words = match &error {
            ConnectError::LoginRefused { reason, .. } if !reason.is_empty() => {
                format!("{error}: {reason}\nCheck user, domain, password and --dialect.")
            }
            ConnectError::Tcp { .. } | ConnectError::Resolve { .. } | ConnectError::Timeout => {
                format!(
                    "{error}\nCheck the address, the port (8885 for v12 and v16, 8887 for v22) and the firewall; --retry keeps trying."
                )
            }
            _ => error.to_string(),
        };
        Self::new(exit_of_connect(&error), words)
    }
}

/// The exit code of a line that could not be opened.
pub(crate) fn exit_of_connect(error: &ConnectError) -> Exit {
    match error {
        ConnectError::Url(_) | ConnectError::Target(_) => Exit::Usage,
        ConnectError::LoginRefused { .. } | ConnectError::Credentials(_) => Exit::AuthRefused,
        ConnectError::Tls(_) | ConnectError::TlsSetup(_) => Exit::Tls,
        ConnectError::Upgrade(error) => match error.class() {
            Class::Reauthenticate => Exit::AuthRefused,
            Class::Terminal => Exit::Protocol,
            _ => Exit::Unreachable,
        },
        ConnectError::GaveUp(cause) => exit_of(cause),
        _ => Exit::Unreachable,
    }
}

/// The exit code of a line that was given up.
pub(crate) fn exit_of(cause: &DownCause) -> Exit {
    match cause {
        DownCause::Session(CloseReason::LoginRefused { .. }) => Exit::AuthRefused,
        DownCause::Session(CloseReason::PeerMisbehaved(_)) => Exit::Protocol,
        DownCause::Connect(failure) if failure.class == Class::Reauthenticate => Exit::AuthRefused,
        DownCause::Exchange(failure) => exit_of_exchange(failure),
        _ => Exit::Unreachable,
    }
}

/// The exit code of an exchange that failed.
pub(crate) const fn exit_of_exchange(failure: &ExchangeFailure) -> Exit {
    match &failure.kind {
        ExchangeFailureKind::Status { status: 401 | 403, .. } => Exit::AuthRefused,
        ExchangeFailureKind::Status { class: Class::Terminal, .. }
        | ExchangeFailureKind::Unreadable { .. }
        | ExchangeFailureKind::TooLong
        | ExchangeFailureKind::Empty => Exit::Protocol,
        // What dialling again does not cure is the certificate.
        ExchangeFailureKind::Connect { class: Class::Terminal, .. } => Exit::Tls,
        ExchangeFailureKind::Unsendable { .. } => Exit::Usage,
        _ => Exit::Unreachable,
    }
}
