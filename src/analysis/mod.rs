//! Statistics of recordings.
