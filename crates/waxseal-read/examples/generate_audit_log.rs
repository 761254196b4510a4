//! Writes audit records for measuring: `generate_audit_log 500MB [SEED] > audit.jsonl`.
//!
//! One unified audit record a line, in the shape of 2025: 60 % mail access, 25 % sign-ins, the rest changes to mailboxes and
//! directory, files, and mail sent and deleted. The people and addresses are made up (example domains, documentation
//! addresses); the same seed gives the same bytes. It is for speed and memory, not for detections: what an intrusion
//! looks like is in the samples beside the detections.

use std::io::{self, BufWriter, Write as _};

const TENANT: &str = "5c2f1e9a-7d34-4b61-8f0e-2a9b6d4c1e70";
const START_SECS: u64 = 1_756_684_800;

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let bytes = args.next().and_then(|size| parse_size(&size)).unwrap_or(500_000_000);
    let seed = args.next().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut random = Random(seed);
    let (mut written, mut number, mut line) = (0, 0, String::new());
    while written < bytes {
        line.clear();
        record(&mut random, number, &mut line);
        line.push('\n');
        out.write_all(line.as_bytes())?;
        written += line.len() as u64;
        number += 1;
    }
    out.flush()
}

/// `500MB`, `2GB` or a number of bytes.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "GB" => 1_000_000_000,
        "MB" => 1_000_000,
        "" => 1,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// SplitMix64. Source: <https://prng.di.unimi.it/splitmix64.c> (public domain).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn guid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            a >> 16 & 0xffff,
            a & 0xfff,
            0x8000 | (b >> 48 & 0x3fff),
            b & 0xffff_ffff_ffff
        )
    }

    fn text(&mut self, len: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        (0..len).map(|_| char::from(LETTERS[(self.next() % 64) as usize])).collect()
    }
}

/// One person of the tenant, always with the same mailbox and usual address.
struct Person {
    upn: String,
    mailbox: String,
    ip: String,
    sid: String,
}

fn person(random: &mut Random) -> Person {
    let n = random.below(400);
    Person {
        upn: format!("person{n:03}@contoso.example"),
        mailbox: format!("6a1b{n:04x}-3c5d-4e7f-9a0b-1c2d3e4f5a6b"),
        ip: if n.is_multiple_of(3) { format!("2001:db8:{n:x}::17") } else { format!("198.51.100.{}", n % 250 + 1) },
        sid: format!("S-1-5-21-3623811015-3361044348-30300820-{}", 1_000_000 + n),
    }
}

fn record(random: &mut Random, number: u64, line: &mut String) {
    let who = person(random);
    let time = time(START_SECS + number / 6);
    match random.below(100) {
        0..60 => mail_access(random, &who, &time, line),
        60..85 => sign_in(random, &who, &time, line),
        85..91 => item(random, &who, &time, line),
        91..96 => file(random, &who, &time, line),
        96..98 => cmdlet(random, &who, &time, line),
        _ => directory(random, &who, &time, line),
    }
}

fn common(random: &mut Random, operation: &str, record_type: u32, who: &Person, time: &str) -> String {
    format!(
        r#"{{"CreationTime":"{time}","Id":"{}","Operation":"{operation}","OrganizationId":"{TENANT}","RecordType":{record_type},"ResultStatus":"Succeeded","UserKey":"{}","UserType":0,"Version":1,"UserId":"{}""#,
        random.guid(),
        who.sid,
        who.upn
    )
}

fn mail_access(random: &mut Random, who: &Person, time: &str, line: &mut String) {
    let session = random.guid();
    let (protocol, ip) = match random.below(4) {
        0 => ("Client=REST;Client=RESTSystem;;", "2603:10a6:208:fb::41".to_owned()),
        1 => ("Client=MSExchangeMapiHttp;Outlook/16.0.18827.20128", who.ip.clone()),
        _ => (
            "Client=OWA;Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0;",
            who.ip.clone(),
        ),
    };
    line.push_str(&common(random, "MailItemsAccessed", 50, who, time));
    line.push_str(&format!(
        r#","Workload":"Exchange","ClientIPAddress":"{ip}","ClientInfoString":"{protocol}","ExternalAccess":false,"InternalLogonType":0,"LogonType":0,"LogonUserSid":"{0}","MailboxGuid":"{1}","MailboxOwnerSid":"{0}","MailboxOwnerUPN":"{2}","OrganizationName":"contoso.example","OriginatingServer":"AM9PR05MB1234 (15.20.9073.021)\r\n","SessionId":"{session}","AppId":"00000002-0000-0ff1-ce00-000000000000","AppAccessContext":{{"AADSessionId":"{session}","APIId":"","ClientAppId":"9199bf20-a13f-4107-85dc-02114787ef48","IssuedAtTime":"{time}","UniqueTokenId":"{3}"}},"OperationProperties":[{{"Name":"MailAccessType","Value":"Bind"}},{{"Name":"IsThrottled","Value":"False"}}],"Folders":[{{"FolderItems":["#,
        who.sid,
        who.mailbox,
        who.upn,
        random.text(22)
    ));
    let items = 1 + random.below(4);
    for i in 0..items {
        let comma = if i == 0 { "" } else { "," };
        let (immutable, message, size) = (random.text(64), random.text(32), random.below(90_000));
        line.push_str(&format!(
            r#"{comma}{{"Id":"RgAAAAD{immutable}AAA","ImmutableId":"LgAAAAD{immutable}AAA","InternetMessageId":"<{message}@contoso.example>","SizeInBytes":{size}}}"#
        ));
    }
    line.push_str(&format!(r#"],"Id":"LgAAAAB{}AAAB","Path":"\\Inbox"}}],"OperationCount":{items}}}"#, random.text(40)));
}

fn sign_in(random: &mut Random, who: &Person, time: &str, line: &mut String) {
    let failed = random.below(12) == 0;
    let operation = if failed { "UserLoginFailed" } else { "UserLoggedIn" };
    let error = if failed { r#""ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword""# } else { r#""ErrorNumber":"0""# };
    line.push_str(&common(random, operation, 15, who, time));
    line.push_str(&format!(
        r#","Workload":"AzureActiveDirectory","ClientIP":"{0}","ObjectId":"00000002-0000-0ff1-ce00-000000000000","AzureActiveDirectoryEventType":1,"ExtendedProperties":[{{"Name":"ResultStatusDetail","Value":"Success"}},{{"Name":"UserAgent","Value":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"}},{{"Name":"RequestType","Value":"OAuth2:Authorize"}}],"ModifiedProperties":[],"Actor":[{{"ID":"{1}","Type":0}},{{"ID":"{2}","Type":5}}],"ActorContextId":"{TENANT}","ActorIpAddress":"{0}","InterSystemsId":"{3}","IntraSystemId":"{4}","SupportTicketId":"","Target":[{{"ID":"00000002-0000-0ff1-ce00-000000000000","Type":0}}],"TargetContextId":"{TENANT}","ApplicationId":"9199bf20-a13f-4107-85dc-02114787ef48","DeviceProperties":[{{"Name":"OS","Value":"Windows10"}},{{"Name":"BrowserType","Value":"Chrome"}},{{"Name":"IsCompliantAndManaged","Value":"False"}},{{"Name":"SessionId","Value":"{5}"}}],{error}}}"#,
        who.ip,
        who.mailbox,
        who.upn,
        random.guid(),
        random.guid(),
        random.guid()
    ));
}

fn item(random: &mut Random, who: &Person, time: &str, line: &mut String) {
    let operation = ["Send", "SoftDelete", "MoveToDeletedItems", "Update"][random.below(4) as usize];
    line.push_str(&common(random, operation, 2, who, time));
    line.push_str(&format!(
        r#","Workload":"Exchange","ClientIP":"{}","ClientIPAddress":"{0}","ClientInfoString":"Client=OWA;Action=ViaProxy","ExternalAccess":false,"LogonType":0,"MailboxGuid":"{}","MailboxOwnerUPN":"{}","Item":{{"Id":"RgAAAAB{}AAAJ","InternetMessageId":"<{}@contoso.example>","ParentFolder":{{"Id":"LgAAAAB{}AAAB","Path":"\\Sent Items"}},"Subject":"Minutes of the meeting on budget line {}","SizeInBytes":{}}}}}"#,
        who.ip,
        who.mailbox,
        who.upn,
        random.text(56),
        random.text(32),
        random.text(40),
        random.below(900),
        random.below(90_000)
    ));
}

fn file(random: &mut Random, who: &Person, time: &str, line: &mut String) {
    line.push_str(&common(random, "FileAccessed", 6, who, time));
    line.push_str(&format!(
        r#","Workload":"SharePoint","ClientIP":"{}","ObjectId":"https://contoso.example/sites/finance/Shared Documents/report-{}.docx","CorrelationId":"{}","EventSource":"SharePoint","ItemType":"File","ListId":"{}","Site":"{}","UserAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64)","SourceFileExtension":"docx","SiteUrl":"https://contoso.example/sites/finance/","SourceFileName":"report.docx","SourceRelativeUrl":"Shared Documents"}}"#,
        who.ip,
        random.below(5_000),
        random.guid(),
        random.guid(),
        random.guid()
    ));
}

fn cmdlet(random: &mut Random, who: &Person, time: &str, line: &mut String) {
    line.push_str(&common(random, "Set-Mailbox", 1, who, time).replace(r#""UserType":0"#, r#""UserType":3"#));
    line.push_str(&format!(
        r#","Workload":"Exchange","ObjectId":"EURPR05A001.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/contoso.example/{}","AppId":"","ClientAppId":"","ExternalAccess":true,"OrganizationName":"contoso.example","Parameters":[{{"Name":"Identity","Value":"{}"}},{{"Name":"RecoverableItemsQuota","Value":"30 GB (32,212,254,720 bytes)"}},{{"Name":"Force","Value":"True"}}]}}"#,
        who.mailbox, who.upn
    ));
}

fn directory(random: &mut Random, who: &Person, time: &str, line: &mut String) {
    line.push_str(&common(random, "Update user.", 8, who, time));
    line.push_str(&format!(
        r#","Workload":"AzureActiveDirectory","ObjectId":"{}","AzureActiveDirectoryEventType":1,"ExtendedProperties":[{{"Name":"extendedAuditEventCategory","Value":"User"}}],"ModifiedProperties":[{{"Name":"Department","NewValue":"[\r\n  \"Finance\"\r\n]","OldValue":"[]"}}],"Actor":[{{"ID":"sync@contoso.example","Type":5}}],"Target":[{{"ID":"User_{}","Type":2}},{{"ID":"{1}","Type":2}},{{"ID":"User","Type":2}}],"InterSystemsId":"{}"}}"#,
        who.upn,
        who.mailbox,
        random.guid()
    ));
}

fn time(secs: u64) -> String {
    let nanos = i64::try_from(secs).ok().and_then(waxseal_model::Nanos::from_secs);
    nanos.map(|t| t.to_string().trim_end_matches('Z').to_owned()).unwrap_or_default()
}
