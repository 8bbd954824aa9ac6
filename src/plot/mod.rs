//! Pictures: rasters and state traces.
