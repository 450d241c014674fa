//! What is logged of an IM line, and what is not.

use super::{Act, Chat, GROUP, ImAdapter, ImClient as _, TOKEN, names_to, setup};
use crate::Log;

/// Takes the log of the whole process: to be run alone in it.
pub fn a_token_is_neither_logged_nor_printed<A: ImAdapter>() {
    let log = Log::start();
    let chat = Chat::start(|_, _, number, _| if number == 0 { Act::Cut(0) } else { Act::Serve });
    let mut setup = setup().attach(GROUP);
    setup.options.policy.retry_first = true;
    let printed = format!("{setup:?}");
    let (client, mut events) = A::connect(&chat.pbx.url, setup).expect("live");
    client.publish(tieline_portsip_im::client::Publish::text(GROUP, "psst")).expect("published");
    let mut items = Vec::new();
    while !items.iter().any(|item| super::name(item) == "1") {
        items.push(super::ImEvents::next(&mut events).expect("an event"));
    }
    let printed = format!("{printed} {client:?} {events:?} {items:?}");
    assert!(!printed.contains(TOKEN) && !printed.contains("dG9rZW4=") && !printed.contains("psst"), "{printed}");
    client.close();
    names_to(&mut events, "closed");
    let lines = log.lines();
    let said = |word: &str| lines.iter().any(|line| line.contains(word));
    // The base64 of the document's login ends so.
    let base64 = "VjFUQzhFUVdOMlpMSlE";
    assert!(said("dialling"), "{lines:#?}");
    log.assert_client_without(&[TOKEN, base64, "psst"]);
}
