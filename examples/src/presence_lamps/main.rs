//! Who is on which telephone, kept current: a line for each user of an Axeos PBX, and one for each change. On threads.
//!
//! `AXEOS_KEY=… cargo run -p tieline-examples --bin presence_lamps -- https://pbx.example.com`

use tieline::axeos::Directory;
use tieline::axeos::poller::AxeosEvent;
use tieline::blocking::Item;
use tieline::blocking::axeos::{Auth, Config, base, connect};
use tieline::core::supervisor::LineEvent;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("the address of the PBX is missing")?;
    let key = std::env::var("AXEOS_KEY").map_err(|_| "the API key is to be in AXEOS_KEY")?;
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
                for user in directory.apply(&received.entry).users {
                    directory.line(&user).iter().for_each(|line| println!("{line}"));
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
