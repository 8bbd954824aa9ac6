//! Files that mean harm: sizes that are only claimed, small files that unpack to large ones, and names of
//! files elsewhere. Each is refused by name, and at once.

use std::io::Write;
use std::path::{Path, PathBuf};

use spikewheel::definition;
use spikewheel::import::{self, DataOptions, Options, nir};
use spikewheel::record::{Recording, Weights};

use super::{MEMORY, alone};

/// What reading a harmful file may take.
const MOST_BYTES: usize = 64 << 20;

/// The messages of what must be refused, with bounded memory.
fn refused<T, E: std::fmt::Debug>(what: &str, read: impl FnOnce() -> Result<T, E>) -> String {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let told = match read() {
        Ok(_) => panic!("{what} was read"),
        Err(e) => format!("{e:?}"),
    };
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken < MOST_BYTES, "{what}: {taken} bytes");
    told
}

fn network(directory: &Path, more: &str) -> Result<definition::Loaded, Vec<String>> {
    let text = format!(
        "format = 1\n[simulation]\nduration = \"10 ms\"\n[populations.p]\nmodel = \"lif_exp\"\nsize = 12\n{more}"
    );
    definition::parse(&text, &directory.join("net.toml"), &[])
        .map_err(|all| all.into_iter().map(|d| d.message).collect())
}

fn npy(shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut all = b"\x93NUMPY\x01\x00".to_vec();
    all.extend((header.len() as u16).to_le_bytes());
    all.extend(header.as_bytes());
    all.extend(data);
    all
}

/// An archive whose one array is `start` and then so many zeros, packed to a thousandth.
fn packed(path: &Path, start: &[u8], zeros: usize) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .large_file(true);
    zip.start_file("x.npy", options).unwrap();
    zip.write_all(start).unwrap();
    let block = vec![0u8; 1 << 20];
    for _ in 0..zeros >> 20 {
        zip.write_all(&block).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn an_array_that_claims_to_be_huge_is_refused() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.npy");
    for shape in [
        "(99999999999, 64)",
        "(4611686018427387904, 4)",
        "(18446744073709551616,)",
        "(4000000000000,)",
    ] {
        std::fs::write(&path, npy(shape, &[0; 64])).unwrap();
        let more = "params = { I_e = { file = \"x.npy\" } }\n";
        let told = refused(shape, || network(dir.path(), more));
        assert!(told.contains("x.npy"), "{told}");
    }
}

#[test]
fn an_archive_unpacks_no_further_than_its_array_says() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.npz");
    // 512 MB of zeros behind an array of 64 numbers, in half a megabyte.
    let mut start = npy("(1, 64)", &[0; 256]);
    packed(&path, &start, 512 << 20);
    assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20);
    let graph = spikewheel::ann::Graph::new("g", "x", &[64]).unwrap();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    // It is read, and the rest is left alone.
    assert!(import::data(&path, &graph, &DataOptions::default()).is_ok());
    assert!(MEMORY.peak_usage() - before < MOST_BYTES);
    // An array that is larger than the memory of any machine.
    start = npy("(99999999999, 64)", &[0; 256]);
    packed(&path, &start, 1 << 20);
    let told = refused("x.npz", || {
        import::data(&path, &graph, &DataOptions::default())
    });
    assert!(told.contains("available"), "{told}");
}

#[test]
fn a_model_reads_external_data_beside_it_only() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret.bin"), [0u8; 64]).unwrap();
    let inner = dir.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("own.bin"), [0u8; 64]).unwrap();
    let absolute = dir.path().join("secret.bin").display().to_string();
    let path = inner.join("net.onnx");
    let with = |location: &str, dims: &[i64], length: &str| {
        std::fs::write(&path, onnx(location, dims, length)).unwrap();
        import::model(&path, &Options::default())
    };
    assert!(
        with("own.bin", &[4, 4], "64").is_ok(),
        "{:?}",
        with("own.bin", &[4, 4], "64")
    );
    for location in [
        "../secret.bin",
        absolute.as_str(),
        "x/../../secret.bin",
        "/etc/passwd",
    ] {
        let told = refused(location, || with(location, &[4, 4], "64"));
        assert!(told.contains("beside the model"), "{told}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(dir.path().join("secret.bin"), inner.join("link.bin")).unwrap();
        let told = refused("a link", || with("link.bin", &[4, 4], "64"));
        assert!(told.contains("link"), "{told}");
    }
    // Sizes whose product is too large for any word, and more than the file has.
    for dims in [
        [1 << 40, 1 << 40],
        [i64::MAX, 2],
        [-4, -4],
        [1 << 20, 1 << 20],
    ] {
        refused("dims", || with("own.bin", &dims, "64"));
    }
    refused("length", || {
        with("own.bin", &[4, 4], "18446744073709551615")
    });
}

/// An ONNX model `y = x W` whose W is external.
fn onnx(location: &str, dims: &[i64], length: &str) -> Vec<u8> {
    fn varint(mut v: u64) -> Vec<u8> {
        let mut out = Vec::new();
        while v >= 128 {
            out.push(v as u8 | 128);
            v >>= 7;
        }
        out.push(v as u8);
        out
    }
    fn bytes(tag: u64, of: &[u8]) -> Vec<u8> {
        let mut out = varint(tag << 3 | 2);
        out.extend(varint(of.len() as u64));
        out.extend(of);
        out
    }
    fn number(tag: u64, v: i64) -> Vec<u8> {
        let mut out = varint(tag << 3);
        out.extend(varint(v as u64));
        out
    }
    let entry = |key: &str, value: &str| {
        bytes(
            13,
            &[bytes(1, key.as_bytes()), bytes(2, value.as_bytes())].concat(),
        )
    };
    let mut tensor: Vec<u8> = dims.iter().flat_map(|d| number(1, *d)).collect();
    tensor.extend(number(2, 1));
    tensor.extend(bytes(8, b"w"));
    tensor.extend(entry("location", location));
    tensor.extend(entry("length", length));
    tensor.extend(number(14, 1));
    let node = [
        bytes(1, b"x"),
        bytes(1, b"w"),
        bytes(2, b"y"),
        bytes(4, b"MatMul"),
    ]
    .concat();
    let value = |name: &str| {
        let dims = [bytes(1, &number(1, 1)), bytes(1, &number(1, 4))].concat();
        let tensor = [number(1, 1), bytes(2, &dims)].concat();
        [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat()
    };
    let graph = [
        bytes(1, &node),
        bytes(2, b"g"),
        bytes(5, &tensor),
        bytes(11, &value("x")),
        bytes(12, &value("y")),
    ]
    .concat();
    [number(1, 8), bytes(7, &graph), bytes(8, &number(2, 17))].concat()
}

/// Paths of a definition count from its own directory, wherever the program is called.
#[test]
fn files_of_a_definition_are_beside_it() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("v.csv"),
        "v\n".to_string() + &"1.5\n".repeat(12),
    )
    .unwrap();
    let more = "params = { I_e = { file = \"v.csv\", column = \"v\" } }\n";
    assert!(network(dir.path(), more).is_ok());
    let elsewhere = tempfile::tempdir().unwrap();
    let told = network(elsewhere.path(), more).unwrap_err();
    assert!(
        told[0].contains(&elsewhere.path().display().to_string()),
        "{told:?}"
    );
    // What never ends, and what is no file.
    for name in ["/dev/zero", "/dev/stdin", "."] {
        let more = format!("params = {{ I_e = {{ file = \"{name}\" }} }}\n");
        refused(name, || network(dir.path(), &more));
    }
}

fn harmful(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/harmful")
        .join(name)
}

/// Currents of 12 neurons from a dataset.
fn currents(file: &Path, dataset: &str) -> Result<definition::Loaded, Vec<String>> {
    let more = format!(
        "params = {{ I_e = {{ file = {:?}, dataset = \"{dataset}\" }} }}\n",
        file.display().to_string()
    );
    network(Path::new("."), &more)
}

#[test]
fn hdf5_files_are_read_in_themselves_only() {
    let _alone = alone();
    // What the links point to can be read where it is.
    assert!(currents(&harmful("outside.h5"), "v").is_ok());
    assert!(Recording::open(&harmful("outside.h5")).is_ok());
    for file in ["links.h5", "links_old.h5"] {
        let path = harmful(file);
        for dataset in ["linked", "soft", "stored", "virtual"] {
            let told = refused(dataset, || currents(&path, dataset));
            assert!(told.contains(file), "{told}");
        }
        refused("spikes", || Recording::open(&path));
        refused("weights", || Weights::open(&path));
        let more = format!(
            "[stimuli.s]\nmodel = \"spike_list\"\nsize = 12\nfile = {:?}\n",
            path.display().to_string()
        );
        refused("spikes", || network(Path::new("."), &more));
    }
    let told = refused("linked.nir", || nir::read(&harmful("linked.nir")));
    assert!(told.contains("tau"), "{told}");
}

#[test]
fn numbers_that_were_never_written_take_no_memory() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("unwritten.h5");
    std::fs::copy(harmful("unwritten.h5"), &path).unwrap();
    for dataset in ["v", "contiguous"] {
        let told = refused(dataset, || currents(&path, dataset));
        assert!(
            told.contains("more elements than the file can hold"),
            "{told}"
        );
    }
    // A file that is long enough to hold what it claims, though it is a hole: only the memory is against it.
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(1 << 36).unwrap();
    for dataset in ["v", "contiguous"] {
        let told = refused(dataset, || currents(&path, dataset));
        assert!(told.contains("of memory are available"), "{told}");
    }
    let told = refused("spikes", || Recording::open(&path));
    assert!(told.contains("more than is available"), "{told}");
}

/// A chunk is unpacked as a whole, and its size is what the file says.
#[test]
fn chunks_that_are_far_longer_than_their_numbers_are_refused() {
    let _alone = alone();
    let path = harmful("chunk.h5");
    assert!(std::fs::metadata(&path).unwrap().len() < 10_000);
    let told = refused("values", || currents(&path, "v"));
    assert!(told.contains("12 elements in chunks of 16777216"), "{told}");
    let told = refused("spikes", || Recording::open(&path));
    assert!(told.contains("12 elements in chunks of 16777216"), "{told}");
    let more = format!(
        "[stimuli.s]\nmodel = \"spike_list\"\nsize = 12\nfile = {:?}\n",
        path.display().to_string()
    );
    let told = refused("stimulus", || network(Path::new("."), &more));
    assert!(told.contains("12 elements in chunks of 16777216"), "{told}");
}

/// What the fuzzer has found: sizes that were taken for granted.
#[test]
fn sizes_of_operators_and_images_are_not_believed() {
    let _alone = alone();
    let model = harmful("expand.onnx");
    let told = refused("Expand", || import::model(&model, &Options::default()));
    assert!(told.contains("it rearranges"), "{told}");
    let more = format!(
        "[stimuli.s]\nmodel = \"image\"\nsize = 16\nfile = {:?}\nduration = \"5 ms\"\nencode = \"rate\"\n\
         max_rate = \"100 Hz\"\n",
        harmful("tall.png").display().to_string()
    );
    let told = refused("an image", || network(Path::new("."), &more));
    assert!(
        told.contains("more elements than the file can hold"),
        "{told}"
    );
    let told = refused("a chunk", || currents(&harmful("stored.h5"), "state/v"));
    assert!(told.contains("beyond the end"), "{told}");
}
