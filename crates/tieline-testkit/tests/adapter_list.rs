//! Whether every test over adapters is in the list.
#![cfg(feature = "adapter")]

#[test]
fn no_test_is_left_out_of_the_list() {
    let list = include_str!("../src/adapter/list.rs");
    let mut left_out = Vec::new();
    for (source, bound) in [
        (include_str!("../src/adapter/im/flows.rs"), "<A: ImAdapter>()"),
        (include_str!("../src/adapter/im/lines.rs"), "<A: ImAdapter>()"),
        (include_str!("../src/adapter/im/trace.rs"), "<A: ImAdapter>()"),
        (include_str!("../src/adapter/im_files.rs"), "<A: FilesAdapter>()"),
        (include_str!("../src/adapter/im_tokens.rs"), "<A: TokensAdapter>()"),
        (include_str!("../src/adapter/line.rs"), "<A: Adapter>()"),
        (include_str!("../src/adapter/overflow.rs"), "<A: Adapter>()"),
        (include_str!("../src/adapter/proxy.rs"), "<A: Adapter>()"),
        (include_str!("../src/adapter/tls.rs"), "<A: Adapter>()"),
        (include_str!("../src/adapter/trace.rs"), "<A: Adapter>()"),
    ] {
        let names = source.split("\npub fn ").skip(1).filter_map(|rest| rest.split_once(bound));
        left_out.extend(names.map(|(name, _)| name).filter(|name| !list.contains(name)));
    }
    assert_eq!(left_out, [""; 0]);
}
