#![no_main]
libfuzzer_sys::fuzz_target!(
    init: spikewheel_fuzz::begin("spikes_hdf5"),
    |bytes: &[u8]| spikewheel_fuzz::once("spikes_hdf5", bytes)
);
