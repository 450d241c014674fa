//! The PBX role on tokio.
