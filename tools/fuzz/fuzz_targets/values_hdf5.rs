#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| spikewheel_fuzz::once("values_hdf5", bytes));
