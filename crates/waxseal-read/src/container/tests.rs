use std::io::{Cursor, Write as _};

use super::*;

fn memory() -> io::Result<Box<dyn Scratch>> {
    Ok(Box::new(Cursor::new(Vec::new())))
}

fn read_all(bytes: Vec<u8>) -> Vec<(Option<String>, Vec<&'static str>, String)> {
    let mut container = Container::open(Cursor::new(bytes), &memory).expect("made here");
    let members = container.members().to_vec();
    members
        .iter()
        .map(|member| {
            let mut opened = container.read(member).expect("made here");
            let mut text = String::new();
            opened.input.read_to_string(&mut text).expect("text");
            (member.name.clone(), opened.layers, text)
        })
        .collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn plain_gzip_and_zip_are_peeled() {
    assert_eq!(read_all(b"x".to_vec()), [(None, vec![], "x".to_owned())]);
    let twice = [gzip("a"), gzip("b")].concat();
    assert_eq!(read_all(twice), [(None, vec!["gzip"], "ab".to_owned())]);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("b.json.gz", zip::write::SimpleFileOptions::default()).expect("memory");
    zip.write_all(&gzip("inner")).expect("memory");
    zip.start_file("a.json", zip::write::SimpleFileOptions::default()).expect("memory");
    zip.write_all(b"outer").expect("memory");
    let bytes = zip.finish().expect("memory").into_inner();
    let names = [
        (Some("a.json".to_owned()), vec!["zip"], "outer".to_owned()),
        (Some("b.json.gz".to_owned()), vec!["zip", "gzip"], "inner".to_owned()),
    ];
    assert_eq!(read_all(bytes.clone()), names);
    assert!(Container::open(Cursor::new(bytes[..bytes.len() - 30].to_vec()), &memory).is_err());
}

/// Where a mark stands in a zip, in their order.
fn marks(zip: &[u8], mark: &[u8; 4]) -> Vec<usize> {
    zip.windows(4).enumerate().filter(|(_, bytes)| bytes == mark).map(|(at, _)| at).collect()
}

#[test]
fn members_of_a_zip_that_lie_on_each_other_cost_no_other_and_no_time() {
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let zip_of = |members: usize, size: usize| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for number in 0..members {
            zip.start_file(format!("{number}"), stored).expect("memory");
            zip.write_all(&vec![b'x'; size]).expect("memory");
        }
        zip.finish().expect("memory").into_inner()
    };
    let names = |bytes: Vec<u8>| outcome(bytes).0.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    // One bit of a size is another.
    let mut damaged = zip_of(3, 50);
    let at = marks(&damaged, b"PK\x01\x02")[0];
    damaged[at + 22] ^= 0x80;
    assert_eq!(names(damaged), ["1", "2"]);
    // Every member goes on to the end.
    let mut bomb = zip_of(40, 50);
    for (mark, offset) in [(b"PK\x01\x02", 20), (b"PK\x03\x04", 18)] {
        for at in marks(&bomb, mark) {
            bomb[at + offset..at + offset + 8].copy_from_slice(&[0x88, 0x13, 0, 0, 0x88, 0x13, 0, 0]);
        }
    }
    let told = outcome(bomb).1;
    assert_eq!(told.iter().filter(|(_, reason)| reason.contains("on top of another")).count(), 39, "{told:?}");
}

#[test]
fn encrypted_columns_are_told_by_their_first_bytes() {
    let Err(error) = Container::open(Cursor::new(b"PARE....PARE".to_vec()), &memory) else { panic!("encrypted") };
    assert!(error.to_string().contains("encrypted"), "{error}");
}

#[test]
fn a_stream_that_expands_without_end_is_given_up() {
    let mut capped = Capped { inner: io::repeat(0), left: 1_000 };
    let error = io::copy(&mut capped, &mut io::sink()).expect_err("the limit");
    assert!(error.to_string().contains("expands"), "{error}");
}

/// Two members, packed with LZMA2.
const SEVEN_ZIP: &str = "377abcaf271c0004b1b7e3b87e0000000000000014000000000000008ec84ecc01000f7b2261223a317d0a7b2262223a327d0a00e0007400625d0000\
    813307ae0fcf39b00c07c8437f41889a9b670f83d2a8a716390967f399448cc7a9c18d6da192544f6226bcd633138bbf5f3a71fb3dc0f32a856964bb7bc84d6a518a4\
    21ae556898088ecfa7398d8c8fc162b3992b66acdafbe512e9a55600000000017061401096a00070b010001212101180c750000";

/// `{"a":1}` and a line break.
const XZ: &str = "fd377a585a000004e6d6b4460200210110000000a8708e860100077b2261223a317d0a00be4991435504ef8500012008bb19d9bb1fb6f37d01000000\
    0004595a";

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).expect("hexadecimal digits")
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory");
        zip.write_all(bytes).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}

fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *bytes).expect("memory");
    }
    tar.into_inner().expect("memory")
}

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn every_compression_is_peeled() {
    let text = "{\"a\":1}\n";
    let packed = [
        (zstd::encode_all(text.as_bytes(), 1).expect("memory"), "zstd"),
        (bzip2(text.as_bytes()), "bzip2"),
        (bytes(XZ), "xz"),
        (gzip(text), "gzip"),
    ];
    for (bytes, layer) in packed {
        assert_eq!(read_all(bytes.clone()), [(None, vec![layer], text.to_owned())]);
        assert_eq!(read_all(bzip2(&bytes)), [(None, vec!["bzip2", layer], text.to_owned())]);
    }
}

#[test]
fn archives_inside_archives_are_opened_to_a_small_depth() {
    let seven = bytes(SEVEN_ZIP);
    let one = |name: &str, layers: Vec<&'static str>| (Some(name.to_owned()), layers, "{\"a\":1}\n".to_owned());
    let two = |name: &str, layers: Vec<&'static str>| (Some(name.to_owned()), layers, "{\"b\":2}\n".to_owned());
    assert_eq!(read_all(seven.clone()), [one("one.json", vec!["7z"]), two("two.json", vec!["7z"])]);
    let tar = tar_of(&[("x.7z", &seven), ("y/plain.json.xz", &bytes(XZ))]);
    let of_tar = |outer: &[&'static str]| {
        let layers = |more: &[&'static str]| [outer, more].concat();
        [
            one("x.7z!one.json", layers(&["tar", "7z"])),
            two("x.7z!two.json", layers(&["tar", "7z"])),
            one("y/plain.json.xz", layers(&["tar", "xz"])),
        ]
    };
    assert_eq!(read_all(tar.clone()), of_tar(&[]));
    assert_eq!(read_all(bzip2(&tar)), of_tar(&["bzip2"]));
    let deep = zip_of(&[("a.zip", &zip_of(&[("b.zip", &zip_of(&[("c.zip", &zip_of(&[("d.zip", &zip_of(&[("e", b"x")]))]))]))]))]);
    let mut container = Container::open(Cursor::new(deep), &memory).expect("the outer ones are whole");
    let members = container.members().to_vec();
    assert_eq!(members.len(), 1);
    assert!(container.read(&members[0]).expect_err("too deep").to_string().contains("archives inside archives"));
}

#[test]
fn a_damaged_member_costs_no_other() {
    let seven = bytes(SEVEN_ZIP);
    let tar = tar_of(&[("cut.7z", &seven[..100]), ("good.json", b"{}")]);
    let mut container = Container::open(Cursor::new(tar.clone()), &memory).expect("the tar is whole");
    let members = container.members().to_vec();
    assert!(container.read(&members[0]).is_err());
    assert!(container.read(&members[1]).is_ok());
    // A tar that ends inside a member says so where it is read.
    let mut cut = Container::open(Cursor::new(tar_of(&[("a", &[b'x'; 5_000])])[..3_000].to_vec()), &memory).expect("the header is whole");
    let member = cut.members()[0].clone();
    let mut read = Vec::new();
    assert!(cut.read(&member).expect("the header is whole").input.read_to_end(&mut read).is_err());
    assert_eq!(read.len(), 3_000 - 512);
}

#[test]
fn bytes_that_only_look_like_archives_make_nobody_panic() {
    let samples = [bytes(SEVEN_ZIP), bytes(XZ), tar_of(&[("a", b"x"), ("b", b"y")]), zip_of(&[("a", b"x")]), bzip2(b"abc")];
    for sample in samples {
        for end in 0..sample.len().min(1_200) {
            let mut cut = sample.clone();
            cut.truncate(end);
            let mut flipped = sample.clone();
            flipped[end] ^= 0x55;
            for bytes in [cut, flipped] {
                let Ok(mut container) = Container::open(Cursor::new(bytes), &memory) else { continue };
                for member in container.members().to_vec() {
                    let Ok(mut opened) = container.read(&member) else { continue };
                    let _either_way = io::copy(&mut opened.input, &mut io::sink()).is_ok();
                }
            }
        }
    }
}

/// Names with what is told of each.
type Pairs = Vec<(String, String)>;

/// The names and texts of the members that can be read, and the names and faults of the others.
fn outcome(bytes: Vec<u8>) -> (Pairs, Pairs) {
    let mut container = Container::open(Cursor::new(bytes), &memory).expect("something of it can be read");
    let members = container.members().to_vec();
    let (mut whole, mut broken) = (Vec::new(), Vec::new());
    for member in members {
        let name = member.name.clone().unwrap_or_default();
        let mut text = String::new();
        match container.read(&member) {
            Ok(mut opened) => match opened.input.read_to_string(&mut text) {
                Ok(_) => whole.push((name, text)),
                Err(error) => broken.push((name, error.to_string())),
            },
            Err(error) => broken.push((name, error.to_string())),
        }
    }
    (whole, broken)
}

fn pairs(texts: &[(&str, &str)]) -> Pairs {
    texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn assert_one_fault((whole, broken): (Pairs, Pairs), read: &[(&str, &str)], name: &str, why: &str) {
    assert_eq!(whole, pairs(read));
    assert!(matches!(&broken[..], [(of, said)] if of == name && said.contains(why)), "{broken:?}");
}

#[test]
fn a_member_of_a_zip_whose_own_header_is_damaged_costs_no_other() {
    let mut bytes = zip_of(&[("a", b"one"), ("b", b"two"), ("c", b"three")]);
    let second = bytes.windows(4).enumerate().filter(|(_, four)| four == b"PK\x03\x04").nth(1).expect("three headers").0;
    bytes[second] = b'X';
    assert_one_fault(outcome(bytes), &[("a", "one"), ("c", "three")], "b", "zip archive");
}

#[test]
fn members_of_a_tar_may_have_the_same_name() {
    let tar = tar_of(&[("a", b"1"), ("a~2", b"2"), ("a", b"3"), ("a", b"4")]);
    assert_eq!(outcome(tar), (pairs(&[("a", "1"), ("a~2", "2"), ("a~3", "3"), ("a~4", "4")]), vec![]));
}

#[test]
fn a_compressed_archive_that_breaks_off_gives_what_came_before() {
    let noise: Vec<u8> = (0..40_000_u32).map(|n| b'a' + u8::try_from(n.wrapping_mul(2_654_435_761) >> 28).unwrap_or(0)).collect();
    let tar = tar_of(&[("a", b"one"), ("b", &noise), ("c", b"three")]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&tar).expect("memory");
    let whole = encoder.finish().expect("memory");
    let (read, broken) = outcome(whole[..whole.len() - 200].to_vec());
    assert_eq!(read[0], ("a".to_owned(), "one".to_owned()));
    assert!(broken.iter().any(|(name, why)| name.is_empty() && why.contains("breaks off")), "{broken:?}");
    // In a member of an archive, the fault has that member's name.
    let (read, broken) = outcome(zip_of(&[("x.tgz", &whole[..whole.len() - 200]), ("y", b"z")]));
    assert_eq!((read[0].0.as_str(), read.last().expect("y").0.as_str()), ("x.tgz!a", "y"));
    assert!(broken.iter().any(|(name, why)| name == "x.tgz" && why.contains("breaks off")), "{broken:?}");
}

#[test]
fn what_is_missing_or_too_much_at_the_end_of_a_tar_is_told() {
    let [one, two] = [tar_of(&[("a", b"one")]), tar_of(&[("b", b"two")])];
    let both = tar_of(&[("a", b"one"), ("b", b"two")]);
    // One behind the other they are read as one.
    assert_eq!(outcome([one.clone(), two].concat()), (pairs(&[("a", "one"), ("b", "two")]), vec![]));
    assert_eq!(outcome([one.as_slice(), &[0; 9_000]].concat()), (pairs(&[("a", "one")]), vec![]));
    assert_one_fault(outcome([one.as_slice(), b"more"].concat()), &[("a", "one")], "", "behind byte 1024");
    assert_one_fault(outcome(both[..1024].to_vec()), &[("a", "one")], "", "without its end mark");
    assert_one_fault(outcome(both[..1024 + 100].to_vec()), &[("a", "one")], "", "behind byte 1024");
    let mut damaged = both.clone();
    damaged[1024 + 20] ^= 1;
    assert_one_fault(outcome(damaged), &[("a", "one")], "", "checksum");
    assert_one_fault(outcome(zip_of(&[("x.tar", &both[..1024]), ("y", b"z")])), &[("x.tar!a", "one"), ("y", "z")], "x.tar", "end mark");
}

#[test]
fn an_archive_without_members_is_told() {
    assert_one_fault(outcome(zip_of(&[])), &[], "", "without members");
    assert_one_fault(outcome(zip_of(&[("x.zip", &zip_of(&[])), ("y", b"z")])), &[("y", "z")], "x.zip", "without members");
}

#[test]
fn archives_in_front_of_others_are_told() {
    let both = [zip_of(&[("a", b"one")]), zip_of(&[("b", b"two")])].concat();
    assert_one_fault(outcome(both), &[("b", "two")], "", "in front of the archive");
}

#[test]
fn many_archives_inside_one_need_a_single_place() {
    let inner: Vec<(String, Vec<u8>)> = (0..300).map(|n| (format!("{n:03}.zip"), zip_of(&[("a", format!("{n}").as_bytes())]))).collect();
    let members: Vec<(&str, &[u8])> = inner.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let places = std::cell::Cell::new(0);
    let scratch = || {
        places.set(places.get() + 1);
        memory()
    };
    let outer = zip_of(&[("deep.tar", &tar_of(&members)), ("x.7z", &bytes(SEVEN_ZIP))]);
    let mut container = Container::open(Cursor::new(outer), &scratch).expect("made here");
    let members = container.members().to_vec();
    assert_eq!((members.len(), places.get()), (302, 1));
    for (number, member) in members.iter().take(300).enumerate() {
        let mut text = String::new();
        container.read(member).expect("made here").input.read_to_string(&mut text).expect("text");
        assert_eq!((text, member.name.clone()), (number.to_string(), Some(format!("deep.tar!{number:03}.zip!a"))));
    }
}

#[test]
fn members_of_a_zip_that_lie_on_top_of_each_other_are_read_once() {
    let text = "one and the same ".repeat(100);
    let mut bytes = zip_of(&[("a", text.as_bytes()), ("b", text.as_bytes())]);
    // The second entry of the directory points to the first member.
    let entry = bytes.windows(4).enumerate().filter(|(_, four)| four == b"PK\x01\x02").nth(1).expect("two entries").0;
    bytes[entry + 42..entry + 46].fill(0);
    assert_one_fault(outcome(bytes), &[("a", &text)], "b", "on top of another");
}

#[test]
fn noughts_behind_gzip_are_its_end_and_anything_else_is_not() {
    let padded = [gzip("a").as_slice(), &[0; 200_000]].concat();
    assert_eq!(outcome(padded.clone()), (pairs(&[("", "a")]), vec![]));
    assert_eq!(outcome([padded.as_slice(), &gzip("b")].concat()), (pairs(&[("", "ab")]), vec![]));
    assert_eq!(outcome([padded.as_slice(), b"x"].concat()).1.len(), 1);
    assert_eq!(outcome([gzip("a").as_slice(), b"rest"].concat()).1.len(), 1);
}

#[test]
fn compression_that_is_too_deep_is_told_as_that() {
    let again = |bytes: Vec<u8>| bzip2(&bytes);
    let three = again(again(again(b"{}".to_vec())));
    assert_eq!(outcome(three.clone()).0, pairs(&[("", "{}")]));
    let Err(error) = Container::open(Cursor::new(again(three.clone())), &memory) else { panic!("too deep") };
    assert!(error.to_string().contains("compressed more than 3 times"), "{error}");
    let (read, broken) = outcome(zip_of(&[("deep", &again(three)), ("y", b"z")]));
    assert_eq!((read, broken[0].0.as_str()), (pairs(&[("y", "z")]), "deep"));
}

/// A 7z archive of so many members, of which nothing is told, with a list of so many bytes, compressed.
fn seven_zip_of(members: u64, list: u64) -> Vec<u8> {
    let number = |value: u64| [&[0xff], &value.to_le_bytes()[..]].concat();
    let mut header = [&[1, 5][..], &number(members)].concat();
    header.resize(usize::try_from(list).expect("small"), 0);
    let packed = bzip2(&header);
    let how = [
        &[0x17, 0x06][..],
        &number(0),
        &[1, 0x09],
        &number(packed.len() as u64),
        &[0, 0x07, 0x0b, 1, 0, 1, 0x03, 0x04, 0x02, 0x02, 0x0c],
        &number(list),
        &[0, 0],
    ]
    .concat();
    let start = [&(packed.len() as u64).to_le_bytes()[..], &(how.len() as u64).to_le_bytes(), &crc32(&how).to_le_bytes()].concat();
    [b"7z\xbc\xaf\x27\x1c\0\x04", &crc32(&start).to_le_bytes()[..], &start, &packed, &how].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (!(crc & 1)).wrapping_add(1))))
}

#[test]
fn a_list_of_members_that_becomes_large_is_not_unpacked() {
    let error = |archive: Vec<u8>| Container::open(Cursor::new(archive), &memory).expect_err("made to do harm").to_string();
    let large = seven_zip_of(4_000_000, 5 << 20);
    assert!(large.len() < 1_000, "{} bytes", large.len());
    assert!(error(large).contains("its list of members is 5242880 bytes large"));
    // In this size it is unpacked, and found to tell nothing of its members.
    assert!(!error(seven_zip_of(200_000, 1 << 20)).contains("its list of members is"));
    let mut not_finished = bytes(SEVEN_ZIP);
    not_finished[8..32].fill(0);
    assert!(error(not_finished).contains("perhaps it was not finished"));
}
