//! Phases: where a session is, and the one table of the ways between.

/// Declares the phases of a session and its table of transitions.
///
/// What comes out is an enum `Phase` with `TRANSITIONS`, `leads_to`, `name` and `Display`; the diagrams of the documentation
/// are drawn from the same table.
///
/// ```
/// tieline_core::phases! {
///     /// The state of a door.
///     pub enum Phase {
///         /// Nobody passes.
///         Shut = "shut",
///         /// Anybody passes.
///         Open = "open",
///     }
///     Shut => Open: "unlocked";
///     Open => Shut: "closed by owner, wind";
/// }
///
/// assert!(Phase::Shut.leads_to(Phase::Open) && !Phase::Shut.leads_to(Phase::Shut));
/// assert_eq!(Phase::Open.to_string(), "open");
/// assert_eq!(Phase::TRANSITIONS.len(), 2);
/// ```
#[macro_export]
macro_rules! phases {
    (
        $(#[$meta:meta])*
        pub enum Phase { $( $(#[$doc:meta])* $phase:ident = $name:literal, )+ }
        $( $from:ident => $to:ident: $why:literal; )+
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Phase { $( $(#[$doc])* $phase, )+ }

        impl Phase {
            /// Every way from one phase to another, and what leads there; it moves by no other.
            pub const TRANSITIONS: &'static [(Self, &'static str, Self)] =
                &[$( (Self::$from, $why, Self::$to), )+];

            /// Whether the table has a way from `self` to `to`.
            #[must_use]
            pub fn leads_to(self, to: Self) -> bool {
                Self::TRANSITIONS.iter().any(|(from, _, into)| *from == self && *into == to)
            }

            /// The name, as logs and JSON print it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$phase => $name, )+ }
            }
        }

        impl ::core::fmt::Display for Phase {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
