//! What an idle connection costs the server, in the server's own process.
#![cfg(target_os = "linux")] // which tells the memory of a process in its file system

mod idle;

/// The floor of `docs/performance.md`.
const MOST_KIB: f64 = 10.0;

#[test]
fn an_idle_connection_costs_at_most_ten_kib() {
    let each = idle::kib_per_connection(500);
    assert!(each <= MOST_KIB, "{each:.1} KiB a connection");
}
