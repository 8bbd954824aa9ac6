//! Rows of synapses and the codecs that hold them.
