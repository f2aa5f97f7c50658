//! Which files an argument means, in which order, and what they are called.

use super::*;
use crate::time;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use tempfile::TempDir;

/// A directory with files, given as path and content.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, content) in files {
        write(&directory, path, content.as_bytes());
    }
    directory
}

fn write(directory: &TempDir, path: &str, content: &[u8]) {
    let path = directory.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn at(directory: &TempDir, path: &str) -> String {
    directory.path().join(path).display().to_string()
}

fn inputs(args: impl IntoIterator<Item = String>) -> Inputs {
    Inputs { args: args.into_iter().collect(), ..Inputs::default() }
}

fn gathered(directory: &TempDir, args: &[&str]) -> Gathered {
    gather(&inputs(args.iter().map(|arg| at(directory, arg)))).unwrap()
}

/// Names of the sources, relative to the directory.
fn names(directory: &TempDir, args: &[&str]) -> Vec<String> {
    let relative = |path: &str| path[at(directory, "").len()..].to_owned();
    gathered(directory, args).sources.iter().map(|source| relative(&source.name)).collect()
}

fn event(time: &str) -> String {
    format!("{{\"kind\":\"Event\",\"requestReceivedTimestamp\":\"{time}\",\"stageTimestamp\":\"x\"}}\n")
}

fn gzip(content: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn directories_are_read_recursively_and_hidden_files_too() {
    let tree = tree(&[("b/2.log", ""), ("b/c/3", ""), ("a.log", ""), (".hidden", ""), (".git/HEAD", "")]);
    assert_eq!(names(&tree, &[""]), [".hidden", "a.log", "b/2.log", "b/c/3"]);
}

#[test]
fn patterns_that_the_shell_left_alone() {
    let tree =
        tree(&[("x/1.log", ""), ("x/2.log.gz", ""), ("y/1.log", ""), ("y/z/1.log", ""), ("1.log", "")]);
    assert_eq!(names(&tree, &["*.log"]), ["1.log"]);
    assert_eq!(names(&tree, &["*/1.log"]), ["x/1.log", "y/1.log"]);
    assert_eq!(names(&tree, &["**/1.log"]), ["1.log", "x/1.log", "y/1.log", "y/z/1.log"]);
    assert_eq!(names(&tree, &["x//{1,2}.*"]), ["x/1.log", "x/2.log.gz"]);
    assert_eq!(names(&tree, &["[xy]"]), ["x/1.log", "x/2.log.gz", "y/1.log", "y/z/1.log"]);
    assert_eq!(names(&tree, &["y/**"]), ["y/1.log", "y/z/1.log"]);
    assert_eq!(gathered(&tree, &["y/**"]).repeated, [""; 0]);
}

#[test]
fn patterns_relative_to_the_working_directory() {
    let names = |arg: &str| {
        let sources = gather(&inputs([arg.to_owned()])).unwrap().sources;
        sources.into_iter().map(|source| source.name).collect::<Vec<_>>()
    };
    assert_eq!(names("src/input/g*.rs"), ["src/input/gzip.rs"]);
    assert_eq!(names("./src/input/g*.rs"), ["./src/input/gzip.rs"]);
    assert_eq!(names("Cargo.tom?"), ["Cargo.toml"]);
}

#[test]
fn a_name_that_looks_like_a_pattern_is_a_name_first() {
    let tree = tree(&[("audit[1].log", ""), ("audit1.log", "")]);
    assert_eq!(names(&tree, &["audit[1].log"]), ["audit[1].log"]);
}

#[test]
fn what_is_not_there_is_said_with_advice() {
    let tree = tree(&[("a.log", "")]);
    fs::create_dir(tree.path().join("empty")).unwrap();
    for (arg, text) in [
        ("missing.log", "no such file; name a file"),
        ("empty", "holds no files"),
        ("*.gz", "no file matches"),
        ("none/*.gz", "no file matches"),
        ("[a", "the pattern"),
    ] {
        let error = gather(&inputs([at(&tree, arg)])).unwrap_err().to_string();
        assert!(error.contains(text) && error.contains(arg), "{error}");
    }
    assert!(gather(&Inputs::default()).unwrap_err().to_string().contains("no input"));
}

#[test]
fn a_file_given_twice_is_read_once() {
    let tree = tree(&[("a.log", "x"), ("b/c.log", "y")]);
    fs::hard_link(at(&tree, "a.log"), at(&tree, "b/hard.log")).unwrap();
    let gathered = gathered(&tree, &["a.log", "b", "./b/c.log", "a.log"]);
    assert_eq!(gathered.sources.len(), if cfg!(unix) { 2 } else { 3 });
    let repeated: Vec<_> = gathered.repeated.iter().map(|path| &path[at(&tree, "").len()..]).collect();
    if cfg!(unix) {
        assert_eq!(repeated, ["b/hard.log", "./b/c.log", "a.log"]);
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    use std::os::unix::fs::symlink;
    let tree = tree(&[("pod/1.log", "x"), ("links/2.log", "y")]);
    symlink(at(&tree, "pod/1.log"), at(&tree, "links/1.log")).unwrap();
    symlink(at(&tree, "links"), at(&tree, "links/self")).unwrap();
    symlink(at(&tree, "gone"), at(&tree, "links/dangling")).unwrap();
    assert_eq!(names(&tree, &["links"]), ["links/1.log", "links/2.log"]);
    let skipped = gathered(&tree, &["links"]).skipped;
    assert_eq!(skipped, [at(&tree, "links/dangling"), at(&tree, "links/self")]);
    assert_eq!(gathered(&tree, &["links/**"]).skipped, skipped);
    assert_eq!(gathered(&tree, &["links/*.log"]).skipped, [""; 0]);
    assert_eq!(names(&tree, &["links", "pod"]), ["links/1.log", "links/2.log"]);
}

#[cfg(unix)]
#[test]
fn pipes_are_not_opened_before_their_turn() {
    let tree = tree(&[("dir/a.log", "x")]);
    let pipe = at(&tree, "dir/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let source = gather(&inputs([pipe.clone()])).unwrap().sources.remove(0);
    assert_eq!((source.size, source.first), (None, None));
    assert_eq!(gathered(&tree, &["dir"]).skipped, std::slice::from_ref(&pipe));
    assert_eq!(gathered(&tree, &["dir/*"]).skipped, [pipe]);
}

#[test]
fn rotated_logs_come_in_the_order_of_their_events() {
    let tree = tree(&[("audit.log", &event("2026-05-05T14:19:00.000000Z")), ("audit-3.log", "no time here")]);
    write(&tree, "audit-2.log.gz", &gzip(&event("2026-05-05T14:16:00.000000Z")));
    write(&tree, "audit-1.log", event("2026-05-05T14:18:00.000000Z").as_bytes());
    let expected = ["audit-2.log.gz", "audit-1.log", "audit.log", "audit-3.log"];
    assert_eq!(names(&tree, &[""]), expected);
    assert_eq!(names(&tree, &["audit.log", "audit-3.log", "audit-1.log", "*.gz"]), expected);
}

#[test]
fn the_first_time_wherever_it_stands() {
    let time = "2026-05-05T14:19:00.000001Z";
    let late = format!(
        "{{\"requestObject\":\"{}\",\"requestReceivedTimestamp\":\"{time}\"}}\n",
        "x".repeat(300_000)
    );
    let early = format!("{{\"timestamp\":\"2020-01-01T00:00:00Z\"}}\n{late}");
    for content in [
        event(time),
        late,
        early,
        format!("{{\"requestReceivedTimestamp\":\"soon\",\n \"requestReceivedTimestamp\": \"{time}\"}}"),
        format!("{{\"log\":\"{{\\\"stageTimestamp\\\":\\\"{time}\\\"}}\"}}"),
        format!("{{\"timestamp\":\"{time}\"}}"),
    ] {
        let tree = tree(&[("a", &content)]);
        assert_eq!(gathered(&tree, &["a"]).sources[0].first, time::parse(time.as_bytes()));
    }
}

#[test]
fn clusters_take_their_name_from_the_flag_the_path_or_the_directory() {
    let tree = tree(&[("prod-eu/audit.log", "")]);
    let cluster = |cluster: Option<&str>, regex: Option<&str>| {
        let spec = Inputs {
            args: vec![at(&tree, "prod-eu/audit.log"), "-".to_owned()],
            cluster: cluster.map(str::to_owned),
            cluster_from: regex.map(|regex| Regex::new(regex).unwrap()),
        };
        let sources = gather(&spec).unwrap().sources;
        sources
            .into_iter()
            .map(|source| (source.name, source.cluster))
            .map(|(name, cluster)| (name.len() > 5, cluster.as_deref().unwrap_or_default().to_owned()))
            .collect::<Vec<_>>()
    };
    let files = |name: &str, stdin: &str| vec![(true, name.to_owned()), (false, stdin.to_owned())];
    assert_eq!(cluster(None, None), files("prod-eu", ""));
    assert_eq!(cluster(Some("c1"), Some("prod-(..)")), files("c1", "c1"));
    assert_eq!(cluster(None, Some("prod-(..)")), files("eu", ""));
    assert_eq!(cluster(None, Some("prod-..")), files("prod-eu", ""));
    assert_eq!(cluster(None, Some("test-..")), files("prod-eu", ""));
}

#[test]
fn a_bare_name_stands_in_the_working_directory() {
    let here = std::env::current_dir().unwrap();
    assert_eq!(
        directory(Path::new("Cargo.toml")),
        Some(here.file_name().unwrap().to_string_lossy().into_owned())
    );
    assert_eq!(directory(Path::new("/audit.log")), None);
}

#[test]
fn standard_input_is_read_once_and_last() {
    let tree = tree(&[("audit.log", "")]);
    let gathered = gather(&inputs(["-".to_owned(), at(&tree, "audit.log"), "-".to_owned()])).unwrap();
    let places: Vec<_> = gathered.sources.iter().map(|source| source.place == Place::Stdin).collect();
    assert_eq!((places, gathered.repeated), (vec![false, true], vec!["-".to_owned()]));
}

/// The same bytes in the forms that are rarer.
fn packed(content: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(content).unwrap();
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(content).unwrap();
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(content).unwrap();
    vec![("bzip2", bzip2.finish().unwrap()), ("xz", xz.finish().unwrap()), ("lz4", lz4.finish().unwrap())]
}

fn read_source(source: &Source) -> (Vec<u8>, Option<String>) {
    let mut content = Vec::new();
    let mut stream = match open(source, WINDOW_LOG).and_then(|content| content.into_stream(WINDOW_LOG)) {
        Ok(stream) => stream,
        Err(error) => return (content, Some(error.to_string())),
    };
    let error = std::io::Read::read_to_end(&mut stream, &mut content).err();
    (content, error.map(|error| error.to_string()))
}

#[test]
fn rarer_compressions_are_known_by_their_first_bytes() {
    let content = b"{\"auditID\":\"a\"}\n".repeat(20_000);
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in packed(&content) {
        write(&directory, "log", &bytes);
        let source = Source::file(at(&directory, "log"));
        assert_eq!(read_source(&source), (content.clone(), None), "{name}");
        write(&directory, "log", &[&bytes[..], &bytes].concat());
        assert_eq!(read_source(&source), ([&content[..], &content].concat(), None), "{name}, two of them");
        for cut in (20..bytes.len()).step_by(bytes.len() / 7) {
            write(&directory, "log", &bytes[..cut]);
            let (some, error) = read_source(&source);
            assert!(content.starts_with(&some), "{name} cut at {cut}");
            assert!(error.is_some(), "{name} cut at {cut}: {} bytes", some.len());
        }
    }
}

fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn tarball(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (at, (name, content)) in members.iter().enumerate() {
        let method =
            if at % 2 == 0 { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn members_of_archives_are_sources() {
    let late = b"{\"requestReceivedTimestamp\":\"2026-05-05T15:00:00.000000Z\"}\n".repeat(2000);
    let early = gz(b"{\"requestReceivedTimestamp\":\"2026-05-05T14:00:00.000000Z\"}\n");
    let members: [(&str, &[u8]); 2] = [("late/audit.log", &late), ("early/audit.log.gz", &early)];
    let archives =
        [("a.tar", tarball(&members)), ("a.tgz", gz(&tarball(&members))), ("a.zip", zipped(&members))];
    for (archive, bytes) in archives {
        let directory = tempfile::tempdir().unwrap();
        write(&directory, archive, &bytes);
        let Gathered { sources, skipped, .. } = gathered(&directory, &[archive]);
        assert_eq!(skipped, Vec::<String>::new());
        let names: Vec<_> = sources.iter().map(|source| source.name.rsplit_once('!').unwrap().1).collect();
        let (first, second) = match archive {
            // As they stand there, because nobody gets at one but through those before it.
            "a.tgz" => (1, 0),
            _ => (0, 1),
        };
        assert_eq!((names[first], names[second]), ("early/audit.log.gz", "late/audit.log"), "{archive}");
        // In any order, and again.
        for _ in 0..2 {
            assert_eq!(read_source(&sources[second]), (late.clone(), None), "{archive}");
            assert_eq!(read_source(&sources[first]).0.len(), late.len() / 2000, "{archive}");
        }
        for cut in (600..bytes.len()).step_by(bytes.len() / 9) {
            write(&directory, archive, &bytes[..cut]);
            let found = gathered(&directory, &[archive]);
            let lost = found.sources.iter().any(|source| read_source(source).1.is_some());
            assert!(lost || !found.skipped.is_empty() || found.sources.len() < 2, "{archive} cut at {cut}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_compressed_tar_is_gone_through_once() {
    let contents: Vec<Vec<u8>> = (0..5).map(|at| format!("{at}\n").repeat(5000).into_bytes()).collect();
    let names: Vec<String> = (0..5).map(|at| format!("{at}.log")).collect();
    let members: Vec<(&str, &[u8])> =
        names.iter().zip(&contents).map(|(name, content)| (name.as_str(), &content[..])).collect();
    let directory = tempfile::tempdir().unwrap();
    write(&directory, "a.tgz", &gz(&tarball(&members)));
    let sources = gathered(&directory, &["a.tgz"]).sources;
    assert_eq!(read_source(&sources[0]), (contents[0].clone(), None));
    // Who goes on where the last one stopped opens nothing.
    std::fs::remove_file(at(&directory, "a.tgz")).unwrap();
    let mut begun = open(&sources[1], WINDOW_LOG).unwrap().into_stream(WINDOW_LOG).unwrap();
    std::io::Read::read_exact(&mut begun, &mut [0; 10]).unwrap();
    drop(begun);
    assert_eq!(read_source(&sources[3]), (contents[3].clone(), None));
    assert_eq!(read_source(&sources[4]), (contents[4].clone(), None));
    assert!(read_source(&sources[2]).1.is_some());
}
