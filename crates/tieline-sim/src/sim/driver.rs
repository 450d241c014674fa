//! Moves scenario time with real time.

use std::sync::Arc;

use super::pbx::Pbx;

/// Publishes what happens when it is due; without end.
pub(super) async fn drive(pbx: Arc<Pbx>) {
    loop {
        let due = match pbx.turn() {
            Ok(due) => due,
            Err(_more) => {
                tokio::task::yield_now().await;
                continue;
            }
        };
        let wait = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = pbx.repaced.notified() => {}
            () = pbx.faults.changed() => {}
            () = wait => {}
        }
    }
}
