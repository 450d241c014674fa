//! The bot at a PBX that loses its line.

use std::sync::atomic::{AtomicBool, Ordering};

use tieline::core::Text;
use tieline::portsip_im::client::Mark;
use tieline::portsip_im::{ClientBody, Credentials};
use tieline::tokio::Proxy;
use tieline::tokio::im::{Config, connect};
use tieline_examples::bot;
use tieline_testkit::adapter::im::{Act, Chat, GROUP};

#[tokio::test]
async fn it_replies_once_to_each_message_though_the_line_is_lost() {
    // Two messages wait; after the first is read the line dies.
    let killed = AtomicBool::new(false);
    let chat = Chat::start(move |_, asked, _, _: &mut Vec<Text>| {
        let is_note = matches!(asked, ClientBody::Note(_));
        if is_note && !killed.swap(true, Ordering::SeqCst) { Act::Cut(0) } else { Act::Serve }
    });
    chat.world().last.insert(GROUP.into(), 2);
    let credentials = Credentials::access_token("9000", "example.com", "token");
    let mut config = Config::new(credentials).attach_since(GROUP, Mark::at(0)).proxy(Proxy::direct());
    config.options.policy.backoff.floor = std::time::Duration::from_millis(1);
    config.options.policy.backoff.cap = std::time::Duration::from_millis(20);
    let (client, mut events) = connect(&chat.pbx.url, config).await.expect("live");
    chat.world().publish(GROUP);
    let running = tokio::time::timeout(tieline_testkit::adapter::PATIENCE, bot::run(&client, &mut events, 2));
    assert_eq!(running.await.expect("it hangs").expect("no refusal"), 2);
    let said: Vec<String> = chat.world().asked.iter().filter(|text| text.starts_with(r#"{"pub":"#)).cloned().collect();
    let to = |number: u64| said.iter().filter(|text| text.contains(&format!("You said: m{number}"))).count();
    assert!((1..=3).all(|number| to(number) <= 1), "{said:?}");
    client.close().await;
}
