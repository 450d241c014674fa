//! What the Axeos clients of all adapters share.

mod config;
mod pump;

use tieline_axeos::http::PATH;
use tieline_core::http::{BaseUrl, BaseUrlError};

pub use config::{ApiConfig, Config};
pub use pump::{PollerPump, sharing};

/// The address of a PBX's API from what people type: `https://pbx.example.com` gets the path that every PBX has; an address
/// with a path stays as it is.
///
/// # Errors
/// When it is no address of an API.
pub fn base(address: &str) -> Result<BaseUrl, BaseUrlError> {
    let base: BaseUrl = address.parse()?;
    if base.path().is_empty() { format!("{base}{PATH}").parse() } else { Ok(base) }
}
