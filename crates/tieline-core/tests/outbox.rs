//! What waits to be sent, and what it weighs.

use tieline_core::{CloseFrame, Frame, Outbox};

#[test]
fn frames_leave_in_the_order_in_which_they_came() {
    let mut outbox = Outbox::new();
    outbox.push(Frame::text("one"));
    outbox.push_close(1000);
    assert_eq!(outbox.pop(), Some(Frame::text("one")));
    assert_eq!(outbox.pop(), Some(Frame::Close(Some(CloseFrame::new(1000, "")))));
    assert_eq!(outbox.pop(), None);
}

#[test]
fn many_small_messages_weigh_more_than_their_bytes_and_control_frames_nothing() {
    let mut outbox = Outbox::new();
    for _ in 0..100 {
        outbox.push(Frame::text("x"));
    }
    let full = outbox.bytes();
    assert!(full >= 100 * (1 + size_of::<Frame>()), "{full}");
    outbox.push_close(1000);
    assert_eq!(outbox.bytes(), full);
    while outbox.pop().is_some() {}
    assert!(outbox.is_empty());
    assert_eq!(outbox.bytes(), 0);
}

#[test]
fn what_is_forgotten_weighs_nothing() {
    let mut outbox = Outbox::new();
    outbox.push(Frame::text("x"));
    outbox.clear();
    assert_eq!((outbox.is_empty(), outbox.bytes()), (true, 0));
}
