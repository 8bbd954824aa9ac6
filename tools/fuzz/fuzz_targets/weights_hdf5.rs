#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("weights_hdf5"),
    |bytes: &[u8]| spikewheel_fuzz::once("weights_hdf5", bytes)
);
