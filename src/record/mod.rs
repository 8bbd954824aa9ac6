//! Recorders: spikes and state to HDF5 (SONATA layout) and CSV, and the way back.
