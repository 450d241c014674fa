//! The lamps against a PBX that does as the test says.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use tieline::axeos::{Event, PhoneStatus};
use tieline_testkit::adapter::axeos::{AxeosPbx, Fault, answer};

/// A program that ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn each_user_has_a_line_and_each_change_another() {
    let pbx = AxeosPbx::start();
    let mut command = Command::new(env!("CARGO_BIN_EXE_presence_lamps"));
    let program = command.arg(&pbx.url).env("AXEOS_KEY", "swordfish").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Program(program.spawn().expect("the program"));
    let mut lines = BufReader::new(program.0.stdout.take().expect("its output")).lines().map_while(Result::ok);
    assert_eq!(lines.next().as_deref(), Some("anna: idle"));

    let mut ringing = PhoneStatus::<String>::default();
    ringing.phone_uuid = Some("p1".into());
    ringing.status = Some("ringing".into());
    pbx.tell(Event::PhoneStatusUpdate(ringing));
    assert_eq!(lines.next().as_deref(), Some("anna: ringing"));

    pbx.await_poll();
    pbx.faults([Fault::Say(answer("401 No", "", ""))]);
    pbx.publish(1);
    let gap = lines.next().expect("what no line follows is told");
    assert!(gap.ends_with(" may be missing"), "{gap}");
    assert_eq!(lines.next(), None);
    let end = program.0.wait().expect("an end");
    assert!(!end.success());
}
