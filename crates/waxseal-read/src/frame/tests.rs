use super::*;

/// All records of a stream, whatever the size of the blocks it arrives in.
fn records(text: &str) -> Vec<(String, SpanState)> {
    let mut framer = Framer::open(text.as_bytes()).expect("memory does not fail");
    let mut found = Vec::new();
    while let Some(chunk) = framer.next_chunk().expect("memory does not fail") {
        for span in &chunk.spans {
            let record = String::from_utf8_lossy(&chunk.bytes[span.start..span.end]).into_owned();
            let place = usize::try_from(chunk.offset).expect("small") + span.start;
            assert_eq!(&text.as_bytes()[place..place + record.len()], record.as_bytes(), "the place is the record's");
            found.push((record, span.state));
        }
    }
    found
}

fn whole(text: &str) -> Vec<String> {
    records(text)
        .into_iter()
        .map(|(record, state)| {
            assert_eq!(state, SpanState::Whole, "{record}");
            record
        })
        .collect()
}

#[test]
fn every_arrangement_of_values_gives_the_same_records() {
    let wanted = [r#"{"a":"}\"{"}"#, r#"{"b":[1,{"c":2}]}"#];
    let (one, two) = (wanted[0], wanted[1]);
    for text in [
        format!("{one}\n{two}\n"),
        format!("{one}\r\n\r\n{two}"),
        format!("[{one},{two}]"),
        format!("\u{feff}[\n  {one} ,\n{two}\n]\n"),
        format!("[{one}]\n\n[{two}]"),
        format!(r#"{{"@odata.context":"x","n":1,"value":[{one},{two}],"@odata.nextLink":"y"}}"#),
        format!(r#"{{"records":[{one}]}}{{"records":[{two}]}}"#),
    ] {
        assert_eq!(whole(&text), wanted, "{text}");
    }
    let pretty = "{\n \"a\": 1\n}\n{\n \"b\": 2\n}";
    assert_eq!(whole(pretty), ["{\n \"a\": 1\n}", "{\n \"b\": 2\n}"]);
}

#[test]
fn a_cut_record_does_not_swallow_what_follows() {
    let found = records("[\n{\"a\":\"x\n{\"b\":1},\n{\"c\":2}\n]");
    assert_eq!(found[0], ("{\"a\":\"x".to_owned(), SpanState::Cut));
    assert_eq!(found[1].0, "{\"b\":1}");
    assert_eq!(found[2].0, "{\"c\":2}");
}

#[test]
fn the_end_of_the_stream_cuts_and_strays_are_shown() {
    assert_eq!(records(r#"[{"a":1},{"b":"#), [(r#"{"a":1}"#.into(), SpanState::Whole), (r#"{"b":"#.into(), SpanState::Cut)]);
    assert_eq!(records(r#"[{"a":1}, oops, {"b":1}]"#)[1], ("oops".into(), SpanState::Stray));
    assert_eq!(records(r#"["text",{"b":1}]"#)[0], ("\"text\"".into(), SpanState::Stray));
}

#[test]
fn rows_may_hold_line_breaks() {
    assert_eq!(whole("A,B\r\n1,\"x\ny\"\r\n\r\n2,z"), ["1,\"x\ny\"", "2,z"]);
    assert_eq!(records("A,B\n1,\"x\ny")[0].1, SpanState::Cut);
}

#[test]
fn foreign_content_is_named() {
    for (head, word) in
        [("[[covers]]\nclass = \"signin\"\n", "TOML"), ("%PDF-1.7", "PDF"), ("\u{0}\u{1}", "binary"), ("hello world", "neither"), ("", "")]
    {
        match Framer::open(head.as_bytes()).expect("memory does not fail").framing() {
            Framing::Unknown(seems) => assert!(seems.contains(word), "{seems}"),
            Framing::Empty => assert!(head.is_empty()),
            other => panic!("{head:?} was taken for {other:?}"),
        }
    }
}

#[test]
fn a_record_above_the_limit_is_passed_over_and_named() {
    let huge = "x".repeat(MAX_RECORD + 100);
    for text in [format!("{{\"a\":1}}\n{{\"h\":\"{huge}\"}}\n{{\"b\":2}}\n"), format!("[{{\"a\":1}},{{\"h\":\"{huge}\"}},{{\"b\":2}}]")] {
        let mut framer = Framer::open(text.as_bytes()).expect("memory does not fail");
        let (mut spans, mut oversize) = (0, Vec::new());
        while let Some(chunk) = framer.next_chunk().expect("memory does not fail") {
            assert!(chunk.bytes.len() <= MAX_RECORD + (8 << 20));
            spans += chunk.spans.len();
            oversize.extend(chunk.oversize);
        }
        assert_eq!(spans, 2);
        assert_eq!(oversize.len(), 1);
        let (place, size) = oversize[0];
        assert_eq!(text.as_bytes()[usize::try_from(place).expect("small")], b'{');
        assert_eq!(size, huge.len() as u64 + 8);
    }
}

#[test]
fn a_stream_that_breaks_off_gives_what_came_before() {
    let broken = io::Read::chain("{\"a\":1}\n{\"b\":2}\n{\"c\":".as_bytes(), Failing);
    let mut framer = Framer::open(broken).expect("there are bytes before the error");
    let chunk = framer.next_chunk().expect("the records come first").expect("records");
    assert_eq!(chunk.spans.len(), 3);
    assert!(framer.next_chunk().is_err());
    assert!(Framer::open(Failing).is_err());
    assert!(Framer::open(io::Read::chain("  \n".as_bytes(), Failing)).is_err());
}

struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("torn tape"))
    }
}

/// What is found where no record of more than 20 bytes is held: the spans, and the places of the larger ones.
fn found_in_blocks(text: &str, block: usize) -> (Vec<String>, Vec<String>) {
    let mut framer = Framer::open(text.as_bytes()).expect("memory does not fail").in_blocks_of(block);
    framer.largest = 20;
    let (mut spans, mut oversize, mut bytes) = (Vec::new(), Vec::new(), framer.offset);
    while let Some(chunk) = framer.next_chunk().expect("memory does not fail") {
        let base = usize::try_from(chunk.offset).expect("small");
        assert_eq!(chunk.bytes, text.as_bytes()[base..base + chunk.bytes.len()], "the bytes are those of the stream");
        spans.extend(chunk.spans.iter().map(|span| text[base + span.start..base + span.end].to_owned()));
        let place =
            |(at, size): &(u64, u64)| text[usize::try_from(*at).expect("small")..usize::try_from(at + size).expect("small")].to_owned();
        oversize.extend(chunk.oversize.iter().map(place));
        bytes += chunk.bytes.len() as u64 + chunk.passed;
    }
    let rest = &text[usize::try_from(bytes).expect("small")..];
    assert!(rest.bytes().all(|byte| byte.is_ascii_whitespace() || b"]}".contains(&byte)), "left out: {rest:?}");
    (spans, oversize)
}

#[test]
fn a_record_above_the_limit_is_named_wherever_it_ends_and_takes_no_other_with_it() {
    for size in 13..60 {
        let huge = format!("{{\"h\":\"{}\"}}", "y".repeat(size));
        let cell = format!("1,\"{}\"", "y".repeat(size));
        for (text, largest) in [
            (format!("{{\"a\":1}}\n{huge}"), &huge[..]),
            (format!("{{\"a\":1}}\n{huge}\n"), &huge),
            (format!("{{\"a\":1}}\n{huge}\n   \n\n{:50}\n", ""), &huge),
            (format!("{{\"a\":1}}\n{huge}   {:30}\n{{\"b\":2}}\n{{\"c\":3}}", ""), &huge),
            (format!("[{{\"a\":1}},{huge} , {{\"b\":2}},{{\"c\":3}}]"), &huge),
            (format!("[{{\"a\":1}},{}", &huge[..huge.len() - 2]), &huge[..huge.len() - 2]),
            (format!("{{\"value\":[{{\"a\":1}},{huge}]}}"), &huge),
            (format!("A,B\n1,2\n{cell}"), &cell),
            (format!("A,B\n1,2\n{cell}\n{:15}\n3,4\n", ""), &cell),
            (format!("A\tB\n1\t2\n{}\t\"\n\"\n3\t4\n", "y".repeat(size + 6)), &format!("{}\t\"\n\"", "y".repeat(size + 6))),
        ] {
            let whole = records_of(&text);
            for block in 1..=text.len() {
                let (spans, oversize) = found_in_blocks(&text, block);
                let small: Vec<String> = whole.iter().filter(|record| record.len() <= 20).cloned().collect();
                assert_eq!(spans, small, "{text} in blocks of {block}");
                let huge: Vec<&str> = oversize.iter().map(|found| found.trim_end()).collect();
                let wanted: &[&str] = if largest.len() > 20 { &[largest] } else { &[] };
                assert_eq!(huge, wanted, "{text} in blocks of {block}");
            }
        }
    }
}

fn records_of(text: &str) -> Vec<String> {
    records(text).into_iter().map(|(record, _)| record).collect()
}

/// Records with the columns that they are below, in blocks of a size.
fn rows_in_blocks(text: &str, block: usize) -> Vec<(String, String)> {
    let mut framer = Framer::open(text.as_bytes()).expect("memory does not fail").in_blocks_of(block);
    let mut found = Vec::new();
    while let Some(chunk) = framer.next_chunk().expect("memory does not fail") {
        for span in &chunk.spans {
            let record = String::from_utf8_lossy(&chunk.bytes[span.start..span.end]).into_owned();
            let place = usize::try_from(chunk.offset).expect("small") + span.start;
            assert_eq!(&text.as_bytes()[place..place + record.len()], record.as_bytes(), "the place is the record's");
            found.push((chunk.header_at(span.start).map(|header| header.names.join(" ")).unwrap_or_default(), record));
        }
    }
    found
}

#[test]
fn rows_of_tables_are_records_below_the_columns_of_their_own_table() {
    let tables = r#"{"name":"P","columns":[{"name":"A","type":"string"},{"name":"B"}],"rows":[["x]",1],
        ["[\"y",[2]]]},{"name":"none","columns":[{"name":"D"}],"rows":[]},{"rows":[[3]]},{"name":"Q","columns":[{"name":"C"}],"rows":[["z"]]}"#;
    let wanted = [("A B", r#"["x]",1]"#), ("A B", r#"["[\"y",[2]]"#), ("", "[3]"), ("C", r#"["z"]"#)];
    for text in [
        format!(r#"{{"tables":[{tables}],"statistics":{{"columns":[1,"a]"]}},"render":{{}}}}"#),
        format!(r#"{{"n":1,"statistics":{{"tables":"x"}},"tables":[{tables}]}}"#),
    ] {
        for block in 1..=text.len() {
            let found = rows_in_blocks(&text, block);
            let found: Vec<(&str, &str)> = found.iter().map(|(names, row)| (names.as_str(), row.as_str())).collect();
            assert_eq!(found, wanted, "{text} in blocks of {block}");
        }
    }
}

#[test]
fn what_says_how_an_answer_is_made_is_no_record_and_anything_else_beside_them_is() {
    let (one, two) = (r#"{"a":"}"}"#, r#"{"b":[{"Results":[{}]}]}"#);
    let schema = r#""Schema":[{"Name":"a","Type":"String"},{"Name":"Results"}]"#;
    for text in [
        format!(r#"{{"Stats":{{"n":[1.5e3]}},{schema},"Results":[{one},{two}]}}"#),
        format!(r#"{{"Results":[{one},{two}],{schema},"Stats":{{"n":[true,"a"]}}}}"#),
        format!(r#"{{"@odata.context":"x","schema":[],"results":[{one},{two}]}}"#),
    ] {
        for block in 1..=text.len() {
            let found: Vec<String> = rows_in_blocks(&text, block).into_iter().map(|(_, record)| record).collect();
            assert_eq!(found, [one, two], "{text} in blocks of {block}");
        }
    }
    let with_error = format!(r#"{{"tables":[{{"columns":[{{"name":"A"}}],"rows":[["x"]]}}],"error":{one}}}"#);
    assert_eq!(rows_in_blocks(&with_error, 7), [("A".to_owned(), r#"["x"]"#.to_owned()), ("A".to_owned(), one.to_owned())]);
    let odd = records(r#"{"Results":[{"a":1}],"Schema":[oops]}"#);
    assert_eq!(odd[1], ("oops]".to_owned(), SpanState::Stray));
}
