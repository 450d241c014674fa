//! The smallest program for each crate without I/O and each of its features. Those without `http` have no std: if they
//! link, the crate needs none either.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(any(feature = "axeos", feature = "axeos-client", feature = "axeos-server", feature = "axeos-http"))]
mod axeos;
#[cfg(not(feature = "std"))]
mod bare;
#[cfg(any(feature = "cloudpbx", feature = "cloudpbx-client", feature = "cloudpbx-server", feature = "cloudpbx-http"))]
mod cloudpbx;
#[cfg(feature = "core")]
mod core_alone;
#[cfg(any(feature = "im", feature = "im-client", feature = "im-server", feature = "im-service", feature = "im-http"))]
mod im;
#[cfg(any(feature = "wsi", feature = "wsi-client", feature = "wsi-server"))]
mod wsi;

/// The program: what it computes tells only that nothing was thrown away; 0 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn program() -> usize {
    let programs: &[fn() -> usize] = &[
        #[cfg(feature = "core")]
        core_alone::wait,
        #[cfg(feature = "core-http")]
        core_alone::address,
        #[cfg(feature = "wsi")]
        wsi::messages,
        #[cfg(feature = "wsi-client")]
        wsi::client,
        #[cfg(feature = "wsi-server")]
        wsi::server,
        #[cfg(feature = "im")]
        im::messages,
        #[cfg(feature = "im-client")]
        im::client,
        #[cfg(feature = "im-server")]
        im::server,
        #[cfg(feature = "im-service")]
        im::service,
        #[cfg(feature = "im-http")]
        im::http,
        #[cfg(feature = "axeos")]
        axeos::messages,
        #[cfg(feature = "axeos-client")]
        axeos::client,
        #[cfg(feature = "axeos-server")]
        axeos::server,
        #[cfg(feature = "axeos-http")]
        axeos::http,
        #[cfg(feature = "cloudpbx")]
        cloudpbx::messages,
        #[cfg(feature = "cloudpbx-client")]
        cloudpbx::client,
        #[cfg(feature = "cloudpbx-server")]
        cloudpbx::server,
        #[cfg(feature = "cloudpbx-http")]
        cloudpbx::http,
    ];
    programs.iter().map(|program| program()).sum()
}
