//! The page on IM holds the tables that the code follows. `TIELINE_BLESS=1 cargo test` writes them anew.

use std::fmt::Write as _;

use serde_json::Value;
use tieline_portsip_im::{
    Acc, Access, Card, Credential, CredentialState, Ctrl, Data, DefaultAccess, Del, Deletions, Desc, Extra, Get,
    GetOpts, GetQuery, Hi, Info, Leave, Login, Meta, Note, Params, Photo, Pres, Pub, Seen, SeqRange, Set, SetDesc,
    SetQuery, SetSub, Status, Sub, Subscriber,
};
use tieline_testkit::{IM, IM_RECORDINGS, ImSource, assert_page_holds};

type S = String;

/// The types in the order of the page: what it is called, where it stands, its fields.
fn types() -> Vec<(&'static str, &'static [&'static str], &'static [&'static str])> {
    let options: &[&str] = &["/get/desc", "/get/sub", "/get/data", "/get/del", "/sub/get/desc", "/sub/get/data"];
    vec![
        ("`pub`", &["/pub"], Pub::<S>::FIELDS),
        ("`sub`", &["/sub"], Sub::<S>::FIELDS),
        ("`leave`", &["/leave"], Leave::<S>::FIELDS),
        ("`hi`", &["/hi"], Hi::<S>::FIELDS),
        ("`login`", &["/login"], Login::<S>::FIELDS),
        ("`get`", &["/get"], Get::<S>::FIELDS),
        ("`set`", &["/set"], Set::<S>::FIELDS),
        ("`del`", &["/del"], Del::<S>::FIELDS),
        ("`acc`", &["/acc"], Acc::<S>::FIELDS),
        ("`note`", &["/note"], Note::<S>::FIELDS),
        ("`extra`, beside any", &["/extra"], Extra::<S>::FIELDS),
        ("`get` in `sub`", &["/sub/get"], GetQuery::<S>::FIELDS),
        ("options of a `get`", options, GetOpts::<S>::FIELDS),
        ("`set` in `sub`", &["/sub/set"], SetQuery::<S>::FIELDS),
        ("`desc` in `set`", &["/set/desc", "/sub/set/desc"], SetDesc::<S>::FIELDS),
        ("`sub` in `set`", &["/set/sub", "/sub/set/sub"], SetSub::<S>::FIELDS),
        ("`cred`", &["/login/cred/0", "/acc/cred/0", "/set/cred", "/del/cred"], Credential::<S>::FIELDS),
        ("`ctrl`", &["/ctrl"], Ctrl::<S>::FIELDS),
        ("`params` in `ctrl`", &["/ctrl/params"], Params::<S>::FIELDS),
        ("`data`", &["/data"], Data::<S>::FIELDS),
        ("`meta`", &["/meta"], Meta::<S>::FIELDS),
        ("`desc` in `meta`", &["/meta/desc"], Desc::<S>::FIELDS),
        ("`sub[]` in `meta`", &["/meta/sub/0", "/meta/sub/1"], Subscriber::<S>::FIELDS),
        ("`del` in `meta`", &["/meta/del"], Deletions::FIELDS),
        ("`cred[]` in `meta`", &["/meta/cred/0"], CredentialState::<S>::FIELDS),
        ("`pres`", &["/pres"], Pres::<S>::FIELDS),
        ("`info`", &["/info"], Info::<S>::FIELDS),
        (
            "`acs`, `dacs`",
            &["/ctrl/params/acs", "/meta/desc/acs", "/meta/sub/0/acs", "/pres/dacs"],
            Access::<S>::FIELDS,
        ),
        ("`defacs`", &["/meta/desc/defacs", "/sub/set/desc/defacs", "/set/desc/defacs"], DefaultAccess::<S>::FIELDS),
        ("`seen`", &["/meta/desc/seen", "/meta/sub/0/seen"], Seen::<S>::FIELDS),
        ("a range", &["/del/delseq/0", "/pres/delseq/0", "/meta/del/delseq/0"], SeqRange::FIELDS),
        ("`public`", &["/set/desc/public", "/meta/desc/public", "/meta/sub/0/public"], Card::<S>::FIELDS),
        ("`photo` in `public`", &["/meta/desc/public/photo", "/meta/sub/0/public/photo"], Photo::<S>::FIELDS),
    ]
}

fn fields() -> String {
    let shown = |source| -> Vec<Value> {
        let samples = IM.iter().filter(|fixture| fixture.source == source);
        samples.map(|fixture| serde_json::from_str(fixture.text).expect("JSON")).collect()
    };
    let document = shown(ImSource::Document);
    let frames = IM_RECORDINGS.iter().flat_map(|file| file.frames());
    let recorded: Vec<Value> = frames.filter_map(|frame| serde_json::from_str(&frame.text).ok()).collect();
    let stands = |in_these: &[Value], paths: &[&str], field: &str| {
        in_these.iter().any(|value| paths.iter().any(|path| value.pointer(&format!("{path}/{field}")).is_some()))
    };
    let mut out = String::from("| message | document | recorded | described |\n|---|---|---|---|\n");
    for (name, paths, fields) in types() {
        let mut columns = [String::new(), String::new(), String::new()];
        for field in fields {
            let column = if stands(&document, paths, field) {
                0
            } else if stands(&recorded, paths, field) {
                1
            } else {
                2
            };
            let column = &mut columns[column];
            let comma = if column.is_empty() { "" } else { ", " };
            write!(column, "{comma}`{field}`").expect("a string");
        }
        let [document, recorded, described] = columns;
        writeln!(out, "| {name} | {document} | {recorded} | {described} |").expect("a string");
    }
    out
}

fn codes() -> String {
    let mut out = String::from("| code | text |\n|---|---|\n");
    for status in Status::ALL {
        writeln!(out, "| {} | {} |", status.code, status.text).expect("a string");
    }
    out
}

#[test]
fn the_page_holds_the_tables_of_fields_and_codes() {
    assert_page_holds("im.md", "fields", &fields());
    assert_page_holds("im.md", "codes", &codes());
}
