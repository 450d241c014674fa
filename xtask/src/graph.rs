//! The picture of the crates, drawn from what cargo says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::{layering, manifest};

/// Which crates each crate names as a dependency, whatever the features.
type Edges = BTreeMap<String, BTreeSet<String>>;

/// The layers from top to bottom, with the crates that belong there.
const LAYERS: [(&str, &[&str]); 5] = [
    ("whole programs, and the front door", &["tieline", "tieline-cli"]),
    ("PBX role on tokio", &["tieline-sim", "tieline-server"]),
    ("clients", &["tieline-tokio", "tieline-blocking", "tieline-dial"]),
    ("wire, no I/O", &["tieline-websocket", "tieline-tls"]),
    (
        "protocols, no I/O, no_std",
        &["tieline-portsip-wsi", "tieline-portsip-im", "tieline-axeos", "tieline-cloudpbx", "tieline-core"],
    ),
];

/// The published crates as a mermaid flowchart. An arrow that a longer way makes superfluous is left out.
pub(crate) fn picture() -> Result<String, String> {
    let mut edges = Edges::new();
    for package in manifest::published()? {
        if !LAYERS.iter().any(|(_, crates)| crates.contains(&package.as_str())) {
            return Err(format!("{package} has no layer: give it one in xtask/src/graph.rs"));
        }
        let direct = layering::tree(&["-p", &package, "-e", "normal", "--all-features", "--depth", "1"])?;
        let siblings = direct.into_iter().filter(|name| *name != package && name.starts_with("tieline-")).collect();
        edges.insert(package, siblings);
    }
    Ok(mermaid(&reduced(&edges)))
}

/// The edges without those that a longer way replaces.
fn reduced(edges: &Edges) -> Edges {
    let needed = |from: &String, to: &String| {
        let others = edges[from].iter().filter(|other| *other != to);
        !others.into_iter().any(|other| reaches(edges, other, to))
    };
    let keep = |from: &String| edges[from].iter().filter(|to| needed(from, to)).cloned().collect();
    edges.keys().map(|from| (from.clone(), keep(from))).collect()
}

fn reaches(edges: &Edges, from: &str, to: &str) -> bool {
    edges.get(from).is_some_and(|next| next.iter().any(|next| next == to || reaches(edges, next, to)))
}

fn mermaid(edges: &Edges) -> String {
    let mut out = String::from("```mermaid\nflowchart TD\n");
    for (index, (title, crates)) in LAYERS.iter().enumerate() {
        let _ = writeln!(out, "    subgraph layer{index}[\"{title}\"]");
        for name in crates.iter().filter(|name| edges.contains_key(**name)) {
            let _ = writeln!(out, "        {name}");
        }
        out.push_str("    end\n");
    }
    for (from, to) in edges.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to))) {
        let _ = writeln!(out, "    {from} --> {to}");
    }
    out.push_str("```\n");
    out
}

#[cfg(test)]
mod tests {
    use super::{Edges, reduced};

    #[test]
    fn an_arrow_beside_a_longer_way_is_left_out() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let edges = Edges::from([
            ("a".to_owned(), set(&["b", "c", "d"])),
            ("b".to_owned(), set(&["c"])),
            ("c".to_owned(), set(&[])),
        ]);
        let reduced = reduced(&edges);
        assert_eq!(reduced["a"], set(&["b", "d"]));
        assert_eq!(reduced["b"], set(&["c"]));
    }
}
