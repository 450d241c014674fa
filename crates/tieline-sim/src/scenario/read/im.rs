//! IM, from a document.

use super::fields::{Fields, Mistakes, word};
use super::node::{Node, Value};
use crate::scenario::expect::Expected;
use crate::scenario::im::{Group, ImAct, Receipt};

const RECEIPTS: [(&str, Receipt); 2] = [("received", Receipt::Received), ("read", Receipt::Read)];

pub(super) fn group(node: &Node, mistakes: &mut Mistakes) -> Option<Group> {
    let mut fields = Fields::of(node, "a table", mistakes)?;
    let (id, owner) = (fields.needed("id", mistakes), fields.needed("owner", mistakes));
    let name = fields.text("name", mistakes);
    let members = fields.list("members", mistakes).iter().filter_map(|node| word(node, mistakes)).collect();
    fields.finish(mistakes);
    let (id, owner) = id.zip(owner)?;
    Some(Group { name: name.unwrap_or_else(|| id.text.clone()), id, owner, members })
}

/// The steps of IM; `None` with a mistake, or of another verb without.
pub(super) fn act(verb: &str, node: &Node, mistakes: &mut Mistakes) -> Option<ImAct> {
    if matches!(verb, "im-login" | "im-logout") && !matches!(node.value, Value::Table(_)) {
        let who = word(node, mistakes)?;
        return Some(if verb == "im-login" { ImAct::Login { who } } else { ImAct::Logout { who } });
    }
    let mut fields = Fields::of(node, "a table", mistakes)?;
    let act = match verb {
        "im-login" => fields.needed("extension", mistakes).map(|who| ImAct::Login { who }),
        "im-logout" => fields.needed("extension", mistakes).map(|who| ImAct::Logout { who }),
        "message" => {
            let (from, to) = (fields.needed("from", mistakes), fields.needed("to", mistakes));
            let text = fields.needed("text", mistakes);
            from.zip(to).zip(text).map(|((from, to), text)| ImAct::Message { from, to, text: text.text })
        }
        "receipt" => {
            let (by, of) = (fields.needed("by", mistakes), fields.needed("of", mistakes));
            let what = fields.choice("what", &RECEIPTS, mistakes).unwrap_or(Receipt::Read);
            by.zip(of).map(|(by, of)| ImAct::Receipt { by, of, what })
        }
        // "typing"
        _ => {
            let (by, to) = (fields.needed("by", mistakes), fields.needed("to", mistakes));
            by.zip(to).map(|(by, to)| ImAct::Typing { by, to })
        }
    };
    fields.finish(mistakes);
    act
}

/// What clients are expected to do in IM: a message, or a receipt.
pub(super) fn expected(verb: &str, node: &Node, mistakes: &mut Mistakes) -> Option<Expected> {
    let mut fields = Fields::of(node, "a table", mistakes)?;
    let expected = if verb == "message" {
        let (from, to) = (fields.word("from", mistakes), fields.word("to", mistakes));
        Expected::Message { from, to, text: fields.text("text", mistakes) }
    } else {
        let (by, of) = (fields.word("by", mistakes), fields.word("of", mistakes));
        Expected::Receipt { by, of, what: fields.choice("what", &RECEIPTS, mistakes) }
    };
    fields.finish(mistakes);
    Some(expected)
}
