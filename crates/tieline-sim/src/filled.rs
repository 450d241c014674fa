//! Payloads of the protocol crates: none of their types can be written field by field from outside its crate.

/// Builds a payload of the fields that are given; all others are absent.
macro_rules! filled {
    ($payload:ident { $( $field:ident : $value:expr ),* $(,)? }) => {{
        let mut payload = $payload::default();
        $( payload.$field = Some($value); )*
        payload
    }};
}

pub(crate) use filled;
