//! Who is on which telephone, kept current: a line for each user of an Axeos PBX, and one for each change. On threads.
//!
//! `AXEOS_KEY=… cargo run -p tieline-examples --bin presence_lamps -- https://pbx.example.com`, or without address and key
//! on a simulated PBX, where it ends by itself after ten changes.

use tieline::axeos::Directory;
use tieline::axeos::poller::AxeosEvent;
use tieline::blocking::Item;
use tieline::blocking::axeos::{Auth, Config, base, connect};
use tieline::core::supervisor::LineEvent;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (address, key, pbx) = match std::env::args().nth(1) {
        Some(address) => {
            let key = std::env::var("AXEOS_KEY").map_err(|_| "the API key is to be in AXEOS_KEY")?;
            (address, key, None)
        }
        None => {
            let pbx = tieline_examples::simulated_pbx()?;
            (format!("http://{}", pbx.address()), pbx.axeos_key(), Some(pbx))
        }
    };
    let mut changes = if pbx.is_some() { 10 } else { usize::MAX };
    let (_client, events) = connect(Config::new(base(&address)?, &Auth::api_key(key)))?;

    let mut directory = Directory::new();
    for item in events {
        match item {
            // The lists come first, and anew whenever something may have been missed.
            Item::Line(LineEvent::Session(AxeosEvent::Snapshot(lists))) => {
                lists.users.iter().for_each(|users| directory.set_users(users));
                lists.phones.iter().for_each(|phones| directory.set_phones(phones));
                directory.lines().for_each(|line| println!("{line}"));
            }
            Item::Line(LineEvent::Session(AxeosEvent::Received(received))) => {
                for line in directory.apply(&received.entry).users.iter().filter_map(|user| directory.line(user)) {
                    println!("{line}");
                    changes -= 1;
                    if changes == 0 {
                        return Ok(());
                    }
                }
            }
            Item::Line(LineEvent::Gap(gap)) if !gap.recovered => println!("-- {:?} may be missing", gap.length()),
            Item::Line(LineEvent::Down { cause, .. }) => println!("-- {cause}; trying again"),
            Item::Line(LineEvent::Closed(Some(cause))) => return Err(cause.into()),
            _ => {}
        }
    }
    Ok(())
}
