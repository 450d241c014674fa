//! A document as a tree whose parts know their places; from TOML, or from JSON, which has none.

use serde_json::Value as Json;
use toml_edit::{Document, Item, Value as Toml};

use crate::scenario::place::{Lines, Mistake, Place};

/// A part of a document.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Whole(i64),
    Real(f64),
    Flag(bool),
    /// A date or time that is no text.
    Time(String),
    Nothing,
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A member of a table.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

impl Node {
    /// What it is, for those who expected something else.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "a text",
            Value::Whole(_) | Value::Real(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::Time(_) => "a time",
            Value::Nothing => "null",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// As JSON.
    pub(crate) fn to_json(&self) -> Json {
        match &self.value {
            Value::Text(text) | Value::Time(text) => Json::from(text.as_str()),
            Value::Whole(number) => Json::from(*number),
            Value::Real(number) => Json::from(*number),
            Value::Flag(flag) => Json::from(*flag),
            Value::Nothing => Json::Null,
            Value::List(nodes) => nodes.iter().map(Self::to_json).collect(),
            Value::Table(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.node.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

/// Reads TOML.
pub(crate) fn from_toml(text: &str) -> Result<Node, Mistake> {
    let lines = Lines::of(text);
    match Document::parse(text) {
        Ok(document) => Ok(of_item(document.as_item(), Place { line: 1, column: 1 }, &lines)),
        Err(error) => {
            let place = lines.place(error.span().map_or(0, |span| span.start));
            Err(Mistake::at(place, error.message().trim().replace('\n', "; ")))
        }
    }
}

fn of_item(item: &Item, around: Place, lines: &Lines<'_>) -> Node {
    let place = item.span().map_or(around, |span| lines.place(span.start));
    if let Some(value) = item.as_value() {
        return of_value(value, place, lines);
    }
    let value = if let Some(table) = item.as_table_like() {
        Value::Table(of_table(table, place, lines))
    } else if let Some(tables) = item.as_array_of_tables() {
        let node = |table: &toml_edit::Table| {
            let place = table.span().map_or(place, |span| lines.place(span.start));
            Node { place, value: Value::Table(of_table(table, place, lines)) }
        };
        Value::List(tables.iter().map(node).collect())
    } else {
        Value::Nothing
    };
    Node { place, value }
}

fn of_table(table: &dyn toml_edit::TableLike, around: Place, lines: &Lines<'_>) -> Vec<Entry> {
    let entry = |(key, item): (&str, &Item)| {
        let span = table.key(key).and_then(toml_edit::Key::span);
        let place = span.map_or(around, |span| lines.place(span.start));
        Entry { key: key.to_owned(), place, node: of_item(item, place, lines) }
    };
    table.iter().map(entry).collect()
}

fn of_value(value: &Toml, around: Place, lines: &Lines<'_>) -> Node {
    let place = value.span().map_or(around, |span| lines.place(span.start));
    let value = match value {
        Toml::String(text) => Value::Text(text.value().clone()),
        Toml::Integer(number) => Value::Whole(*number.value()),
        Toml::Float(number) => Value::Real(*number.value()),
        Toml::Boolean(flag) => Value::Flag(*flag.value()),
        Toml::Datetime(time) => Value::Time(time.value().to_string()),
        Toml::Array(values) => Value::List(values.iter().map(|value| of_value(value, place, lines)).collect()),
        Toml::InlineTable(table) => Value::Table(of_table(table, place, lines)),
    };
    Node { place, value }
}

/// Takes JSON.
pub(crate) fn from_json(json: &Json) -> Node {
    let value = match json {
        Json::Null => Value::Nothing,
        Json::Bool(flag) => Value::Flag(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Whole(whole),
            None => Value::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(values) => Value::List(values.iter().map(from_json).collect()),
        Json::Object(members) => {
            let entry = |(key, value): (&String, &Json)| Entry {
                key: key.clone(),
                place: Place::default(),
                node: from_json(value),
            };
            Value::Table(members.iter().map(entry).collect())
        }
    };
    Node { place: Place::default(), value }
}
