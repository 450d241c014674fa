//! What the configurations of all clients are changed by.

/// The setters of a configuration whose field at this path is a [`RouteConfig`](crate::RouteConfig).
macro_rules! route_setters {
    ($($field:ident).+) => {
        /// Trusts in this way where the address is secure.
        #[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
        #[must_use]
        pub fn trust(mut self, trust: tieline_tls::Trust) -> Self {
            self.$($field).+.trust = trust;
            self
        }

        /// Goes through this proxy.
        #[must_use]
        pub fn proxy(mut self, proxy: crate::Proxy) -> Self {
            self.$($field).+.proxy = proxy;
            self
        }
    };
}

/// The setter of the policy of a configuration whose field `options` is an [`Options`](crate::Options).
#[cfg(any(feature = "axeos", feature = "cloudpbx", feature = "portsip-im", feature = "wsi"))]
macro_rules! policy_setter {
    () => {
        /// Fails, waits and gives up in this way.
        #[must_use]
        pub fn policy(mut self, policy: tieline_core::supervisor::Policy) -> Self {
            self.options.policy = policy;
            self
        }
    };
}
