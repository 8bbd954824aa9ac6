#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("values_npy"),
    |bytes: &[u8]| spikewheel_fuzz::once("values_npy", bytes)
);
