//! `tieline im group`.

use std::io::Write as _;

use serde::Serialize;
use serde_json::value::RawValue;
use tieline_core::Text;
use tieline_core::json::{Encode as _, Raw};
use tieline_portsip_im::client::{Subscribe, Subscribers};
use tieline_portsip_im::{Access, AccessMode, Card, Desc, SetDesc, Subscriber};
use tieline_tokio::im::Client;

use super::Origin;
use super::record::{json, letters, local, shown_name, utc};
use super::session::{attached, bare, change_failed, read_failed, user};
use crate::args::{self, Output};
use crate::cloudpbx::table;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line, printable};

/// What was done with a group.
#[derive(Serialize)]
struct Done<'a> {
    action: &'static str,
    topic: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    /// `false`: it was the case before.
    changed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<String>,
}

impl<'a> Done<'a> {
    const fn of(action: &'static str, topic: &'a str) -> Self {
        Self { action, topic, user: None, changed: true, access: None }
    }

    fn with_access(mut self, access: Option<&Access<Text>>) -> Self {
        self.access = letters(access);
        self
    }

    fn print(&self, number: u64, output: Output) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        if !output::is_human(output) {
            return Ok(Line::new("group", number, Origin::of(self)).write(&mut out)?);
        }
        let user = self.user.map_or_else(String::new, |user| format!(" {}", printable(user)));
        let access = self.access.as_ref().map_or_else(String::new, |access| format!("  {}", printable(access)));
        let same = if self.changed { "" } else { "  nothing changed" };
        writeln!(out, "{}  {}{user}{access}{same}", printable(self.topic), self.action)?;
        Ok(())
    }
}

/// A group.
#[derive(Serialize)]
struct Info<'a> {
    topic: &'a str,
    name: Option<String>,
    access: Option<String>,
    seq: u64,
    read: u64,
    created: Option<String>,
    touched: Option<String>,
    data: Option<Box<RawValue>>,
}

/// A member of a group.
#[derive(Serialize)]
struct Member<'a> {
    user: Option<&'a str>,
    name: Option<String>,
    access: Option<String>,
    read: u64,
    online: bool,
    data: Option<Box<RawValue>>,
}

/// Runs `im group`.
pub(super) async fn run(command: args::Group, output: Output) -> Result<Exit, Failure> {
    match command {
        args::Group::Create(create) => self::create(&create, output).await?,
        args::Group::Join(group) => join(&group, output).await?,
        args::Group::Info(group) => info(&group, output).await?,
        args::Group::Members(group) => members(&group, output).await?,
        args::Group::Add(add) => self::add(&add, output).await?,
        args::Group::Remove(member) => remove(&member, output).await?,
        args::Group::Leave(group) => leave(&group, output).await?,
        args::Group::Rename(rename) => self::rename(&rename, output).await?,
        args::Group::Transfer(member) => transfer(&member, output).await?,
        args::Group::Delete(group) => delete(&group, output).await?,
    }
    Ok(Exit::Ok)
}

/// What a group of this name shows of itself.
fn card(name: &str) -> Option<Raw<String>> {
    let mut card = Card::<String>::default();
    card.full_name = Some(name.to_owned());
    Raw::from_json(card.to_json()).ok()
}

async fn create(args: &args::Create, output: Output) -> Result<(), Failure> {
    let client = bare(&args.account).await?;
    let created = client.create_group(card(&args.name)).await;
    let created = created.map_err(|error| change_failed("the new group", &error))?;
    let topic = created.topic.as_str();
    Done::of("created", topic).with_access(created.access.as_ref()).print(1, output)?;
    add_all(&client, topic, &args.invite, AccessMode::GROUP_DEFAULT, 2, output).await?;
    client.close().await;
    Ok(())
}

async fn add(args: &args::Add, output: Output) -> Result<(), Failure> {
    let client = attached(&args.account, &args.topic).await?;
    add_all(&client, &args.topic, &args.members, args.mode, 1, output).await?;
    client.close().await;
    Ok(())
}

async fn add_all(
    client: &Client,
    topic: &str,
    members: &[String],
    mode: AccessMode,
    first: u64,
    output: Output,
) -> Result<(), Failure> {
    for (member, number) in members.iter().zip(first..) {
        let id = user(member);
        let added = client.set_access(topic, Some(id.clone()), mode).await;
        let added = added.map_err(|error| change_failed(&format!("{topic}, {id}"), &error))?;
        let mut done = Done::of("added", topic).with_access(added.access.as_ref());
        done.user = Some(id.as_str());
        done.changed = added.changed;
        done.print(number, output)?;
    }
    Ok(())
}

async fn join(args: &args::OfGroup, output: Output) -> Result<(), Failure> {
    let client = bare(&args.account).await?;
    let joined = client.subscribe(Subscribe::to(args.topic.as_str())).await;
    let joined = joined.map_err(|error| change_failed(&args.topic, &error))?.done();
    client.close().await;
    Done::of("joined", &args.topic)
        .with_access(joined.as_ref().and_then(|joined| joined.access.as_ref()))
        .print(1, output)
}

async fn info(args: &args::OfGroup, output: Output) -> Result<(), Failure> {
    let client = attached(&args.account, &args.topic).await?;
    let desc = client.desc(args.topic.as_str()).await.map_err(|error| read_failed(&args.topic, &error))?;
    client.close().await;
    let desc: &Desc<Text> = &desc;
    let mut out = anstream::stdout().lock();
    let info = Info {
        topic: &args.topic,
        name: shown_name(desc.public.as_ref()),
        access: letters(desc.acs.as_ref()),
        seq: desc.seq.unwrap_or_default(),
        read: desc.read.unwrap_or_default(),
        created: desc.created.as_ref().and_then(utc),
        touched: desc.touched.as_ref().and_then(utc),
        data: json(desc),
    };
    if !output::is_human(output) {
        return Ok(Line::new("group", 1, Origin::of(info)).write(&mut out)?);
    }
    let rows = [
        ("name", info.name.unwrap_or_default()),
        ("access", info.access.unwrap_or_default()),
        ("messages", info.seq.to_string()),
        ("read", info.read.to_string()),
        ("created", local(desc.created.as_ref())),
        ("last message", local(desc.touched.as_ref())),
    ];
    for (key, value) in rows {
        writeln!(out, "{key:<12}  {}", printable(&value))?;
    }
    Ok(())
}

async fn members(args: &args::OfGroup, output: Output) -> Result<(), Failure> {
    let client = attached(&args.account, &args.topic).await?;
    let all = client.subscribers(Subscribers::of(args.topic.as_str())).await;
    let all = all.map_err(|error| read_failed(&args.topic, &error))?;
    client.close().await;
    let member = |entry: &'_ Subscriber<Text>| (shown_name(entry.public.as_ref()), letters(entry.acs.as_ref()));
    let mut out = anstream::stdout().lock();
    if output::is_human(output) {
        let rows = all.iter().map(|entry| {
            let (name, access) = member(entry);
            let id = entry.user.as_ref().map_or("", |user| user.as_str());
            vec![id.to_owned(), name.unwrap_or_default(), access.unwrap_or_default()]
        });
        write!(out, "{}", table(&["USER", "NAME", "ACCESS"], rows))?;
        return Ok(());
    }
    for (entry, number) in all.iter().zip(1..) {
        let (name, access) = member(entry);
        let member = Member {
            user: entry.user.as_ref().map(|user| user.as_str()),
            name,
            access,
            read: entry.read.unwrap_or_default(),
            online: entry.online.unwrap_or_default(),
            data: json(entry),
        };
        Line::new("member", number, Origin::of(member)).write(&mut out)?;
    }
    Ok(())
}

async fn remove(args: &args::OfMember, output: Output) -> Result<(), Failure> {
    let client = attached(&args.account, &args.topic).await?;
    let id = user(&args.member);
    let removed = client.remove_member(args.topic.as_str(), id.clone()).await;
    let removed = removed.map_err(|error| change_failed(&format!("{}, {id}", args.topic), &error))?;
    client.close().await;
    let mut done = Done::of("removed", &args.topic);
    done.user = Some(id.as_str());
    done.changed = removed.is_success();
    done.print(1, output)
}

async fn leave(args: &args::OfGroup, output: Output) -> Result<(), Failure> {
    let client = attached(&args.account, &args.topic).await?;
    client.unsubscribe(args.topic.as_str()).await.map_err(|error| change_failed(&args.topic, &error))?;
    client.close().await;
    Done::of("left", &args.topic).print(1, output)
}

async fn rename(args: &args::Rename, output: Output) -> Result<(), Failure> {
    let client = attached(&args.account, &args.topic).await?;
    let mut desc = SetDesc::default();
    desc.public = card(&args.name);
    let changed = client.set_desc(args.topic.as_str(), desc).await;
    let changed = changed.map_err(|error| change_failed(&args.topic, &error))?;
    client.close().await;
    let mut done = Done::of("renamed", &args.topic);
    done.changed = changed.changed;
    done.print(1, output)
}

async fn transfer(args: &args::OfMember, output: Output) -> Result<(), Failure> {
    let client = attached(&args.account, &args.topic).await?;
    let id = user(&args.member);
    let changed = client.transfer_ownership(args.topic.as_str(), id.clone()).await;
    let changed = changed.map_err(|error| change_failed(&format!("{}, {id}", args.topic), &error))?;
    client.close().await;
    let mut done = Done::of("transferred", &args.topic).with_access(changed.access.as_ref());
    done.user = Some(id.as_str());
    done.changed = changed.changed;
    done.print(1, output)
}

async fn delete(args: &args::OfGroup, output: Output) -> Result<(), Failure> {
    let client = bare(&args.account).await?;
    let deleted = client.delete_topic(args.topic.as_str(), true).await;
    let deleted = deleted.map_err(|error| change_failed(&args.topic, &error))?;
    client.close().await;
    let mut done = Done::of("deleted", &args.topic);
    done.changed = deleted.is_success();
    done.print(1, output)
}
