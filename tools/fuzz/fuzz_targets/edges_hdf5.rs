#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("edges_hdf5"),
    |bytes: &[u8]| spikewheel_fuzz::once("edges_hdf5", bytes)
);
