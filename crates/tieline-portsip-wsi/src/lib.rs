//! WSI.
