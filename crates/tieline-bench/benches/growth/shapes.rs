//! A message made longer, in the shapes that cost most where something is amiss.

/// A way to make a message longer.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// The message at about a length; the message itself when it has no place for the shape.
    pub(crate) make: fn(&str, usize) -> String,
}

/// Every shape.
pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "a long string", make: |text, length| member(text, &format!("\"{}\"", "x".repeat(length))) },
    Shape { name: "escapes", make: |text, length| member(text, &format!("\"{}\"", r#"\"\u00e9"#.repeat(length / 8))) },
    Shape { name: "an array", make: |text, length| member(text, &list("0", length)) },
    Shape { name: "nested arrays", make: |text, length| member(text, &nested('[', ']', "0", length)) },
    Shape { name: "nested objects", make: |text, length| member(text, &nested_objects(length)) },
    Shape { name: "members", make: many_members },
    Shape { name: "the first member again", make: first_again },
    Shape { name: "the first member again, escaped", make: first_escaped },
    Shape { name: "known strings, long", make: long_strings },
    Shape { name: "known strings, escaped", make: escaped_strings },
    Shape { name: "known lists, long", make: long_lists },
    Shape { name: "known lists, of wrong elements", make: wrong_lists },
    Shape { name: "space", make: |text, length| format!("{}{}", "\n ".repeat(length / 2), text.trim()) },
    Shape { name: "cut off", make: |text, length| cut(&member(text, &list("{}", length))) },
    Shape { name: "backslashes", make: |text, length| member(text, &format!("\"{}\"", r"SIP\M".repeat(length / 5))) },
];

fn list(element: &str, length: usize) -> String {
    let count = length / (element.len() + 1);
    let mut out = String::from("[");
    for index in 0..count {
        out.push_str(if index > 0 { "," } else { "" });
        out.push_str(element);
    }
    out.push(']');
    out
}

fn nested(open: char, close: char, within: &str, length: usize) -> String {
    let depth = length / 2;
    let ends = |end: char| std::iter::repeat_n(end, depth).collect::<String>();
    format!("{}{within}{}", ends(open), ends(close))
}

fn nested_objects(length: usize) -> String {
    let depth = length / 6;
    format!("{}0{}", "{\"a\":".repeat(depth), "}".repeat(depth))
}

/// The first object of a message with one more member, in front of the others.
fn member(text: &str, json: &str) -> String {
    insert(text, &format!("\"x\":{json}"))
}

fn insert(text: &str, members: &str) -> String {
    let text = text.trim();
    let Some(open) = text.find('{') else { return text.to_owned() };
    let rest = &text[open + 1..];
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    format!("{}{{{members}{comma}{rest}", &text[..open])
}

fn many_members(text: &str, length: usize) -> String {
    let mut members = String::new();
    let mut number = 0;
    while members.len() < length {
        members.push_str(if number > 0 { "," } else { "" });
        members.push_str(&format!("\"m{number}\":{number}"));
        number += 1;
    }
    insert(text, &members)
}

/// `"key":"value"` of the first member whose value is a string.
fn first_member(text: &str) -> Option<(&str, &str)> {
    let open = text.find('{')? + 1;
    let key_start = open + text[open..].find('"')? + 1;
    let key_end = key_start + text[key_start..].find('"')?;
    let rest = text[key_end + 1..].trim_start().strip_prefix(':')?.trim_start();
    let value = rest.strip_prefix('"')?;
    Some((&text[key_start..key_end], &value[..value.find('"')?]))
}

fn first_again(text: &str, length: usize) -> String {
    let Some((key, value)) = first_member(text) else { return text.to_owned() };
    let member = format!("\"{key}\":\"{value}\"");
    let again = vec![member.as_str(); (length / (member.len() + 1)).max(1)].join(",");
    insert(text, &again)
}

fn first_escaped(text: &str, length: usize) -> String {
    let Some((key, value)) = first_member(text) else { return text.to_owned() };
    let key: String = key.chars().map(|letter| format!("\\u{:04x}", letter as u32)).collect();
    let member = format!("\"{key}\":\"{value}\"");
    let again = vec![member.as_str(); (length / (member.len() + 1)).max(1)].join(",");
    insert(text, &again)
}

fn long_strings(text: &str, length: usize) -> String {
    with_value(text, &"5".repeat(length))
}

fn escaped_strings(text: &str, length: usize) -> String {
    with_value(text, &r"\n\t".repeat(length / 4))
}

/// The last member whose value is a string, with another value.
fn with_value(text: &str, value: &str) -> String {
    let Some(colon) = text.rfind("\":\"").or_else(|| text.rfind("\": \"")) else { return text.to_owned() };
    let Some(open) = text[colon + 2..].find('"').map(|at| colon + 2 + at + 1) else { return text.to_owned() };
    let Some(close) = text[open..].find('"').map(|at| open + at) else { return text.to_owned() };
    format!("{}{value}{}", &text[..open], &text[close..])
}

/// The first list, and where its elements begin and end.
fn first_list(text: &str) -> Option<(usize, usize)> {
    let open = text.find('[')? + 1;
    let (mut depth, mut quoted, mut escaped) = (1, false, false);
    for (at, letter) in text[open..].char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some((open, open + at));
                }
            }
            _ => {}
        }
    }
    None
}

fn with_list(text: &str, elements: impl FnOnce(&str) -> String) -> String {
    let Some((open, close)) = first_list(text) else { return text.to_owned() };
    format!("{}{}{}", &text[..open], elements(text[open..close].trim()), &text[close..])
}

fn long_lists(text: &str, length: usize) -> String {
    with_list(text, |own| {
        if own.is_empty() {
            return String::new();
        }
        vec![own; (length / (own.len() + 1)).max(1)].join(",")
    })
}

fn wrong_lists(text: &str, length: usize) -> String {
    with_list(text, |own| {
        if own.starts_with('{') { vec!["1"; length / 2].join(",") } else { vec!["{}"; length / 3].join(",") }
    })
}

fn cut(text: &str) -> String {
    text[..text.len() - 2].to_owned()
}
