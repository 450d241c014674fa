//! What can be refused without knowing anything.

use crate::{AccessMode, ClientBody, Del, DelWhat, Get, GetOpts, Mode, Section, SeqRange, Set, Status, Sub};

/// Refuses what is malformed by itself, with the codes of the protocol page.
pub(super) fn check<S: AsRef<str>>(body: &ClientBody<S>) -> Result<(), Status> {
    // An account and its credentials are not those of a topic.
    let needs_topic = !matches!(body, ClientBody::Del(Del { what: Some(DelWhat::User | DelWhat::Credential), .. }));
    if needs_topic && body.topic().is_none_or(|topic| topic.as_str().is_empty()) {
        return Err(Status::MALFORMED);
    }
    match body {
        ClientBody::Sub(sub) => check_sub(sub),
        ClientBody::Get(get) => check_get(get),
        ClientBody::Set(set) => check_set(set),
        ClientBody::Del(del) => check_del(del),
        _ => Ok(()),
    }
}

fn check_mode<S: AsRef<str>>(mode: Option<&Mode<S>>) -> Result<(), Status> {
    match mode.map(|mode| AccessMode::parse(mode.raw())) {
        Some(Err(_)) => Err(Status::MALFORMED),
        _ => Ok(()),
    }
}

/// A subscribe sets one's own subscription only. What a session that is attached already sets is not looked at, so only
/// of a new topic is it known here that it must be refused.
fn check_sub<S: AsRef<str>>(sub: &Sub<S>) -> Result<(), Status> {
    if !sub.topic.as_ref().is_some_and(|topic| topic.kind().is_new()) {
        return Ok(());
    }
    let Some(own) = sub.set.as_ref().and_then(|set| set.sub.as_ref()) else { return Ok(()) };
    if own.user.as_ref().is_some_and(|user| !user.as_str().is_empty()) {
        return Err(Status::MALFORMED);
    }
    check_mode(own.mode.as_ref())
}

/// Something known must be asked for, with options that fit it.
fn check_get<S: AsRef<str>>(get: &Get<S>) -> Result<(), Status> {
    let what = get.what.as_ref().map(AsRef::as_ref).unwrap_or_default();
    let mut sections = Section::list(what).peekable();
    if sections.peek().is_none() {
        return Err(Status::MALFORMED);
    }
    let by_number = |options: &GetOpts<S>| options.since.is_some() || options.before.is_some();
    let fits = |section: Section| match section {
        Section::Desc => get.desc.as_ref().is_none_or(|o| o.user.is_none() && o.limit.is_none()),
        Section::Sub => get.sub.as_ref().is_none_or(|options| !by_number(options)),
        Section::Data => fits_messages(get.data.as_deref()),
        Section::Del => fits_messages(get.del.as_deref()),
        Section::Tags | Section::Cred | Section::Aux => true,
    };
    if sections.all(fits) { Ok(()) } else { Err(Status::MALFORMED) }
}

fn fits_messages<S>(options: Option<&GetOpts<S>>) -> bool {
    options.is_none_or(|options| options.ims.is_none() && options.user.is_none() && options.topic.is_none())
}

fn check_set<S: AsRef<str>>(set: &Set<S>) -> Result<(), Status> {
    if set.desc.is_none() && set.sub.is_none() && set.tags.is_none() && set.cred.is_none() && set.aux.is_none() {
        return Err(Status::MALFORMED);
    }
    check_mode(set.sub.as_ref().and_then(|sub| sub.mode.as_ref()))
}

fn check_del<S: AsRef<str>>(del: &Del<S>) -> Result<(), Status> {
    let messages = match &del.what {
        None | Some(DelWhat::Messages) => true,
        Some(DelWhat::Other(word)) if word.as_ref().is_empty() => true,
        Some(DelWhat::Other(_)) => return Err(Status::MALFORMED),
        Some(_) => false,
    };
    if !messages {
        return Ok(());
    }
    let ranges = del.delseq.as_deref().unwrap_or_default();
    if ranges.is_empty() || !ranges.iter().copied().all(SeqRange::is_valid) {
        return Err(Status::MALFORMED);
    }
    Ok(())
}
