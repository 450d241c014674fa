//! What a standing service is started with.

use std::path::PathBuf;
use std::time::Duration;

use tieline_core::Seed;
use tieline_portsip_im::file::UploadLimits;
use tieline_portsip_im::server::ServerConfig;
use tieline_portsip_im::service::ServiceConfig;

use crate::im::accounts::{SignInLimits, TokenRules};
use crate::im::host::LineLimits;

/// The folder, the seed and the limits of a standing service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StandingConfig {
    /// Where everything is kept: `im.db` and what SQLite keeps beside it, `files/`, `lock`. Made if it is not there.
    pub folder: PathBuf,
    /// Where tokens, file ids and the names of groups are drawn from: 16 bytes of the system's, others at each start.
    pub seed: Seed,
    /// The rules. Clock and seed are not looked at.
    pub service: ServiceConfig,
    /// Each line. Its clock is not looked at.
    pub lines: ServerConfig,
    /// All lines.
    pub line_limits: LineLimits,
    /// Tokens.
    pub tokens: TokenRules,
    /// Signing in.
    pub sign_in: SignInLimits,
    /// Files that come.
    pub uploads: UploadLimits,
    /// Whether files are given to who has a token only. Default `false`, as PortSIP's document has it: who knows an id,
    /// which cannot be guessed, has the file.
    pub guard_downloads: bool,
    /// For how long files are kept. Default for ever.
    pub keep_files: Option<Duration>,
    /// How long the end waits for what was said before it to be decided and kept, and then for what was said last. Default
    /// 5 s each.
    pub settle: Duration,
}

impl StandingConfig {
    /// The usual limits.
    pub fn new(folder: impl Into<PathBuf>, seed: Seed) -> Self {
        Self {
            folder: folder.into(),
            seed,
            service: ServiceConfig::new(0, seed),
            lines: ServerConfig::new(0),
            line_limits: LineLimits::default(),
            tokens: TokenRules::default(),
            sign_in: SignInLimits::default(),
            uploads: UploadLimits::default(),
            guard_downloads: false,
            keep_files: None,
            settle: Duration::from_secs(5),
        }
    }
}
