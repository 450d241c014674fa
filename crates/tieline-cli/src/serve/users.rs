//! `tieline serve users`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tieline_core::{Random, Secret};
use tieline_server::im::accounts::{NewUser, PasswordHash, User, UsersEdit, UsersFile, UsersFileError};

use crate::args::{NewPassword, OfUser, Output, UserName, UsersCommand};
use crate::cloudpbx::table;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line, printable};
use crate::random;
use crate::{password, private};

/// The file of users of a service.
pub(super) fn path(data: &Path) -> PathBuf {
    data.join("users.toml")
}

/// A user, for programs.
#[derive(Serialize)]
struct Shown<'a> {
    user: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    channels: &'a [String],
    suspended: bool,
    /// Only where it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn of(user: &'a User, password: Option<&'a Secret>) -> Self {
        Self {
            user: format!("{}@{}", user.name, user.domain),
            id: format!("usr{}", user.number),
            name: user.display_name.as_deref(),
            channels: &user.channels,
            suspended: user.suspended,
            password: password.map(|password| password.expose().as_str()),
        }
    }
}

/// Runs `serve users`.
pub(super) fn run(command: UsersCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        UsersCommand::List(of) => {
            // What is not there has no users, but its name may be misspelt.
            if !of.data.is_dir() {
                return Err(Failure::new(Exit::Usage, format!("{} is no folder", of.data.display())));
            }
            let users = UsersFile::open(path(&of.data)).map_err(failed)?.all();
            print(&users, output)?;
        }
        UsersCommand::Add(add) => {
            let UserName { name, domain } = &add.user.user;
            let mut random = Random::new(random::draw()?, u64::from_le_bytes(*b"im-users"));
            let (secret, made) = password(&add.password, &mut random)?;
            let data = &add.user.of.data;
            private::make(data).map_err(|error| Failure::new(Exit::Failure, format!("{}: {error}", data.display())))?;
            let mut edit = UsersEdit::begin(path(data)).map_err(failed)?;
            let number = add.number.unwrap_or_else(|| draw(&mut random, &edit));
            let mut user = User::new(number, name, domain);
            user.display_name = add.display_name;
            user.channels = add.channel;
            edit.add(&NewUser::new(user.clone(), hash(&secret, &mut random)?)).map_err(failed)?;
            edit.save().map_err(failed)?;
            tell("added", &user, made.then_some(&secret), output)?;
        }
        UsersCommand::Passwd(set) => {
            let mut random = Random::new(random::draw()?, u64::from_le_bytes(*b"im-users"));
            let (secret, made) = password(&set.password, &mut random)?;
            let hash = hash(&secret, &mut random)?;
            let user = change(&set.user, |edit, name, domain| edit.set_password(name, domain, &hash))?;
            tell("changed", &user, made.then_some(&secret), output)?;
        }
        UsersCommand::Suspend(user) => {
            let user = change(&user, |edit, name, domain| edit.suspend(name, domain, true))?;
            tell("suspended", &user, None, output)?;
        }
        UsersCommand::Resume(user) => {
            let user = change(&user, |edit, name, domain| edit.suspend(name, domain, false))?;
            tell("resumed", &user, None, output)?;
        }
        UsersCommand::Remove(user) => {
            let user = change(&user, UsersEdit::remove)?;
            tell("removed", &user, None, output)?;
        }
    }
    Ok(Exit::Ok)
}

/// Changes a user who is there. Returns the user as it is then, or was.
fn change(
    of: &OfUser,
    change: impl FnOnce(&mut UsersEdit, &str, &str) -> Result<bool, UsersFileError>,
) -> Result<User, Failure> {
    let UserName { name, domain } = &of.user;
    let unknown = || {
        let path = path(&of.of.data);
        Failure::new(Exit::Usage, format!("there is no user {name}@{domain} in {}", path.display()))
    };
    if !path(&of.of.data).exists() {
        return Err(unknown());
    }
    let mut edit = UsersEdit::begin(path(&of.of.data)).map_err(failed)?;
    let before = edit.find(name, domain).cloned().ok_or_else(unknown)?;
    if !change(&mut edit, name, domain).map_err(failed)? {
        return Err(unknown());
    }
    let after = edit.find(name, domain).cloned().unwrap_or(before);
    edit.save().map_err(failed)?;
    Ok(after)
}

/// The password that something tells, or one that is made; and whether it was made.
fn password(from: &NewPassword, random: &mut Random) -> Result<(Secret, bool), Failure> {
    let source = password::Source::from(from);
    if !source.is_told() {
        return Ok((invent(random), true));
    }
    let secret = password::read(source)?;
    if secret.expose().is_empty() {
        return Err(Failure::new(Exit::Usage, "the password is empty"));
    }
    Ok((secret, false))
}

/// A password of 100 random bits that can be read aloud.
fn invent(random: &mut Random) -> Secret {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut text = String::new();
    for at in 0..20 {
        if at > 0 && at % 5 == 0 {
            text.push('-');
        }
        let letter = LETTERS.get(random.below(32) as usize).copied().unwrap_or(b'a');
        text.push(char::from(letter));
    }
    text.into()
}

/// A number that nobody has, of 18 digits as PortSIP's.
fn draw(random: &mut Random, edit: &UsersEdit) -> u64 {
    const LEAST: u64 = 100_000_000_000_000_000;
    loop {
        let number = LEAST + random.next_u64() % (9 * LEAST);
        if !edit.has_number(number) {
            return number;
        }
    }
}

fn hash(secret: &Secret, random: &mut Random) -> Result<PasswordHash, Failure> {
    let mut salt = [0; 16];
    random.fill(&mut salt);
    PasswordHash::of(secret, salt).map_err(|_| Failure::new(Exit::Usage, "the password cannot be hashed"))
}

fn tell(what: &'static str, user: &User, made: Option<&Secret>, output: Output) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    let shown = Shown::of(user, made);
    if !output::is_human(output) {
        return Line::new(what, 1, shown).write(&mut out);
    }
    writeln!(out, "{}  {}  {what}", printable(&shown.user), shown.id)?;
    if let Some(password) = shown.password {
        writeln!(out, "password {password}   (printed this once)")?;
    }
    Ok(())
}

fn print(users: &[User], output: Output) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    if !output::is_human(output) {
        for (user, number) in users.iter().zip(1..) {
            Line::new("user", number, Shown::of(user, None)).write(&mut out)?;
        }
        return Ok(());
    }
    let rows = users.iter().map(|user| {
        vec![
            format!("{}@{}", user.name, user.domain),
            format!("usr{}", user.number),
            user.display_name.clone().unwrap_or_default(),
            user.channels.join(","),
            if user.suspended { "suspended".into() } else { String::new() },
        ]
    });
    write!(out, "{}", table(&["USER", "ID", "NAME", "CHANNELS", ""], rows))
}

/// The failure of a file of users.
pub(super) fn failed(error: UsersFileError) -> Failure {
    match &error {
        UsersFileError::Io { source, .. } => Failure::new(Exit::Failure, format!("{error}: {source}")),
        _ => Failure::new(Exit::Usage, error.to_string()),
    }
}
