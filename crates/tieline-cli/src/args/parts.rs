//! The parts of commands that a profile fills in beside their options.

use tieline_core::Secret;

use super::{Account, Api, Command, Group, Im, Profile, Rec, Sms};

/// A part of a command.
pub(crate) enum Part<'a> {
    /// Its address.
    Url(&'a mut Secret),
    /// The address of an IM server.
    Server(&'a mut String),
    /// Its addresses.
    Urls(&'a mut Vec<Secret>),
    /// The password that a profile holds.
    Password(&'a mut Option<Secret>),
    /// The API key that a profile holds.
    Key(&'a mut Option<Secret>),
    /// The access token that a profile holds.
    Token(&'a mut Option<Secret>),
}

impl Command {
    /// Hands in each part.
    pub(crate) fn parts(&mut self, take: &mut dyn FnMut(Part<'_>)) {
        match self {
            Self::Demo(_) | Self::Sim(_) | Self::Lint(_) => {}
            Self::Listen(listen) => {
                take(Part::Url(&mut listen.url));
                take(Part::Password(&mut listen.login.password));
                take(Part::Key(&mut listen.key.key));
            }
            Self::Doctor(doctor) | Self::Profile(Profile::Test(doctor)) => {
                take(Part::Url(&mut doctor.url));
                take(Part::Password(&mut doctor.login.password));
                take(Part::Key(&mut doctor.key.key));
                take(Part::Token(&mut doctor.token.token));
            }
            Self::Profile(_) => {}
            Self::Snapshot(snapshot) => {
                take(Part::Url(&mut snapshot.url));
                take(Part::Password(&mut snapshot.user.password));
                take(Part::Key(&mut snapshot.key.key));
            }
            Self::Call(call) => {
                take(Part::Password(&mut call.user.password));
                of_api(&mut call.api, take);
            }
            Self::Cdr(list) | Self::Rec(Rec::List(list)) => of_api(&mut list.api, take),
            Self::Rec(Rec::Pull(pull)) => of_api(&mut pull.api, take),
            Self::Sms(Sms::Send(sms)) => of_api(&mut sms.api, take),
            Self::Im(Im::Token(sign_in)) => {
                take(Part::Server(&mut sign_in.url));
                take(Part::Password(&mut sign_in.password));
            }
            #[cfg(feature = "serve")]
            Self::Serve(_) => {}
            Self::Im(im) => {
                let Some(account) = im.account() else { return };
                take(Part::Server(&mut account.url));
                take(Part::Token(&mut account.token.token));
            }
        }
    }
}

fn of_api(api: &mut Api, take: &mut dyn FnMut(Part<'_>)) {
    take(Part::Urls(&mut api.urls));
    take(Part::Key(&mut api.key.key));
}

impl Im {
    const fn account(&mut self) -> Option<&mut Account> {
        Some(match self {
            Self::Token(_) => return None,
            Self::Tail(tail) => &mut tail.account,
            Self::Send(send) => &mut send.account,
            Self::History(history) => &mut history.account,
            Self::Topics(account) => account,
            Self::Upload(upload) => &mut upload.account,
            Self::Download(download) => &mut download.account,
            Self::Group(group) => match group {
                Group::Join(of) | Group::Info(of) | Group::Members(of) | Group::Leave(of) | Group::Delete(of) => {
                    &mut of.account
                }
                Group::Remove(of) | Group::Transfer(of) => &mut of.account,
                Group::Create(create) => &mut create.account,
                Group::Add(add) => &mut add.account,
                Group::Rename(rename) => &mut rename.account,
            },
        })
    }
}
