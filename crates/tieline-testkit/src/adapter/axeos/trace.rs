//! What is logged, and what is not.

use tieline_axeos::CallRequest;
use tieline_axeos::http::Auth;

use super::{AxeosAdapter, AxeosLine as _, AxeosPbx, Fault, config_as, live, names_to};
use crate::Log;

/// Takes the log of the whole process: to be run alone in it.
pub fn no_secret_of_axeos_is_logged<A: AxeosAdapter>() {
    let log = Log::start();
    for auth in [Auth::user("anna", "swordfish"), Auth::api_key("swordfish"), Auth::query_key("swordfish")] {
        let pbx = AxeosPbx::start();
        pbx.faults([Fault::Cut(10)]);
        pbx.break_calls([Fault::Cut(10)]);
        let mut line = live::<A>(config_as(&pbx, &auth));
        pbx.publish(1);
        names_to(&mut line, "2");
        line.call(CallRequest::new("anna", "101")).expect_err("half an answer");
        line.closer()();
    }
    let lines = log.lines();
    let said = |word: &str| lines.iter().any(|line| line.contains(word));
    assert!(said("dialling") && said("an exchange failed"), "{lines:#?}");
    log.assert_client_without(&["swordfish", "c3dvcmRmaXNo"]);
}
