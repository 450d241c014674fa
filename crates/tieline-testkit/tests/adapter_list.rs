//! Whether every test over adapters is in the list.
#![cfg(feature = "adapter")]

const LIST: &str = include_str!("../src/adapter/list.rs");

/// The names of the tests in `source` over an adapter of this `kind` that the list lacks.
fn left_out<'s>(source: &'s str, kind: &str) -> Vec<&'s str> {
    let end = format!("<A: {kind}>()");
    let names = source.split("\npub fn ").skip(1).filter_map(|rest| rest.split_once(&*end));
    names.map(|(name, _)| name).filter(|name| !LIST.contains(name)).collect()
}

#[test]
fn no_test_is_left_out_of_the_list() {
    for source in [
        include_str!("../src/adapter/line.rs"),
        include_str!("../src/adapter/overflow.rs"),
        include_str!("../src/adapter/proxy.rs"),
        include_str!("../src/adapter/tls.rs"),
        include_str!("../src/adapter/trace.rs"),
    ] {
        assert_eq!(left_out(source, "Adapter"), [""; 0]);
    }
    for source in [
        include_str!("../src/adapter/axeos/api.rs"),
        include_str!("../src/adapter/axeos/cuts.rs"),
        include_str!("../src/adapter/axeos/follow.rs"),
        include_str!("../src/adapter/axeos/overflow.rs"),
        include_str!("../src/adapter/axeos/trace.rs"),
    ] {
        assert!(source.contains("<A: AxeosAdapter>()"));
        assert_eq!(left_out(source, "AxeosAdapter"), [""; 0]);
    }
    for source in [
        include_str!("../src/adapter/im/flows.rs"),
        include_str!("../src/adapter/im/lines.rs"),
        include_str!("../src/adapter/im/trace.rs"),
    ] {
        assert!(source.contains("<A: ImAdapter>()"));
        assert_eq!(left_out(source, "ImAdapter"), [""; 0]);
    }
    for (source, kind) in [
        (include_str!("../src/adapter/im_files/cuts.rs"), "FilesAdapter"),
        (include_str!("../src/adapter/im_files/tokens.rs"), "FilesAdapter"),
        (include_str!("../src/adapter/im_files/transfers.rs"), "FilesAdapter"),
        (include_str!("../src/adapter/im_tokens.rs"), "TokensAdapter"),
    ] {
        assert!(source.contains(&*format!("<A: {kind}>()")));
        assert_eq!(left_out(source, kind), [""; 0]);
    }
}
