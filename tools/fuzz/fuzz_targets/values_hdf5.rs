#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("values_hdf5"),
    |bytes: &[u8]| spikewheel_fuzz::once("values_hdf5", bytes)
);
