//! A bare client of IM.

use serde_json::{Value, json};
use tieline_portsip_im::Credentials;
use tieline_sim::Sim;

use super::Client;

/// A bare client that has logged in with a token.
pub(crate) async fn enter(url: &str, user: &str, token: &str) -> (Client, Value) {
    let mut client = Client::open(url).await.expect("open");
    let login = Credentials::access_token(user, "acme.test", token).to_login();
    let secret = login.secret.map(|secret| secret.expose().to_owned());
    client.say(json!({"login": {"id": "l", "scheme": "access_token", "secret": secret}})).await;
    let answer = client.hear().await;
    (client, answer)
}

/// The robot, logged in with its lasting token.
pub(crate) async fn robot(sim: &Sim) -> Client {
    let token = sim.im_token("109").expect("a token").expose().clone();
    let (client, answer) = enter(&sim.im_url(), "robot", &token).await;
    assert_eq!(answer["ctrl"]["code"], 200, "{answer}");
    client
}

/// Asks and passes over what comes before the answer; the answer and what was passed over.
pub(crate) async fn ask(client: &mut Client, message: Value) -> (Value, Vec<Value>) {
    client.say(message).await;
    let mut before = Vec::new();
    loop {
        let heard = client.hear().await;
        if heard["ctrl"]["id"].is_string() {
            return (heard["ctrl"].clone(), before);
        }
        before.push(heard);
    }
}

pub(crate) async fn attach(client: &mut Client, topic: &str) -> Value {
    ask(client, json!({"sub": {"id": "s", "topic": topic}})).await.0
}

/// All that has come, of one kind.
pub(crate) async fn heard(client: &mut Client, kind: &str) -> Vec<Value> {
    let rest = client.rest().await;
    let heard = rest.iter().map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
    heard.filter_map(|message| message.get(kind).cloned()).collect()
}
