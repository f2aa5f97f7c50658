//! What files may be packed in. All of it is told by first bytes, whatever the name ends with.

/// One way of packing.
#[derive(Clone, Copy, Debug)]
pub struct Packing {
    pub name: &'static str,
    /// One line: what is read of it, and up to where.
    pub about: &'static str,
    /// Whether each file in it is a source of its own.
    pub is_archive: bool,
}

const fn compression(name: &'static str, about: &'static str) -> Packing {
    Packing { name, about, is_archive: false }
}

const fn archive(name: &'static str, about: &'static str) -> Packing {
    Packing { name, about, is_archive: true }
}

/// Every way of packing that is read, by name.
pub const PACKINGS: [Packing; 7] = [
    compression("bzip2", "of one or several streams"),
    compression("gzip", "of one or several members; in another gzip too, as Firehose packs CloudWatch"),
    compression("lz4", "of one or several frames"),
    archive(
        "tar",
        "also compressed as a whole; its files are named archive.tar.gz!file and may be compressed",
    ),
    compression("xz", "of one or several streams that need up to 512 MiB of memory"),
    archive(
        "zip",
        "stored or deflated, not encrypted; its files are named archive.zip!file and may be compressed",
    ),
    compression("zstd", "of one or several frames, with windows up to 128 MiB"),
];
