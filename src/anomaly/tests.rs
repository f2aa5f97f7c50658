//! Merging, order and caps: whatever way the records come, the same detections.

use super::baseline::{Baseline, Origin};
use super::tuning::Longer;
use super::{Detection, Dim, Kind, Limits, Profile, Profiler, Recent, Terms, Tuning, account, detect};
use crate::correlation::History;
use crate::event::{Alike, Decoder};
use crate::finding::Evidence;
use crate::redact::Redactor;
use crate::time;
use proptest::prelude::*;
use std::fmt::Write;

/// One request of a small made-up cluster.
#[derive(Clone, Debug)]
struct Request {
    minute: i64,
    user: u8,
    action: u8,
    namespace: u8,
    address: u8,
    agent: u8,
    code: u16,
    name: u8,
}

const START: i64 = 1_788_220_800_000_000;
const ACTIONS: [(&str, &str, &str); 8] = [
    ("get", "pods", ""),
    ("list", "secrets", ""),
    ("get", "secrets", ""),
    ("create", "pods", "exec"),
    ("delete", "deployments", ""),
    ("create", "clusterrolebindings", ""),
    ("update", "leases", ""),
    ("create", "deployments", ""),
];
const USERS: [&str; 6] = [
    "jane",
    "joe",
    "system:anonymous",
    "",
    "system:serviceaccount:web:default",
    "system:kube-controller-manager",
];

fn record(at: usize, request: &Request) -> String {
    let (verb, resource, subresource) = ACTIONS[request.action as usize % ACTIONS.len()];
    let user = USERS[request.user as usize % USERS.len()];
    let time = time::format(START + request.minute * time::MINUTE);
    format!(
        r#"{{"kind":"Event","auditID":"id-{at}","stage":"ResponseComplete","verb":"{verb}","user":{{"username":"{user}"}},"sourceIPs":["10.0.{}.7"],"userAgent":"agent{}/1.2","requestObject":{{"spec":{{"template":{{"spec":{{"containers":[{{"image":"reg{}.example/web:1"}}]}}}}}}}},"objectRef":{{"resource":"{resource}","subresource":"{subresource}","namespace":"{}","name":"n{}"}},"responseStatus":{{"code":{}}},"requestReceivedTimestamp":"{time}"}}"#,
        request.address,
        request.agent % 3,
        request.name % 40,
        namespace(request.namespace),
        request.name,
        request.code,
    )
}

fn namespace(number: u8) -> String {
    match number % 20 {
        0 => "kube-system".to_owned(),
        more => format!("ns{}", char::from(b'a' + more)),
    }
}

fn profile<'r>(requests: impl IntoIterator<Item = (usize, &'r Request)>, limits: Limits) -> Profile {
    let mut profiler = Profiler::new(Profile::new(limits), Redactor::new(true));
    let (mut decoder, mut alike) = (Decoder::default(), Alike::default());
    for (at, request) in requests {
        let record = record(at, request);
        let (event, _) = decoder.decode(record.as_bytes(), Some("c")).unwrap();
        let evidence = || Evidence { file: 0, offset: at as u64, line: at as u64 };
        // Whether it is known what others an event is like makes no difference.
        let like = alike.of(&event).filter(|_| at % 3 > 0);
        profiler.add(&event, like, event.time(), false, evidence);
    }
    profiler.finish()
}

/// Everything that a settled profile holds and what is concluded from it.
fn told(mut profile: Profile) -> String {
    profile.settle();
    let mut out = String::new();
    let text = |name| profile.names.text(name);
    for entity in &profile.entities {
        writeln!(out, "{} {} {}", text(entity.key.name), text(entity.key.network), entity.saturated())
            .unwrap();
        let shown = entity.shown();
        for value in &shown.values {
            let names = [value.key.name, value.key.more].map(text);
            let first = shown.mark(value).map(|mark| mark.sample(&profile.names));
            writeln!(out, "  {:?} {names:?} {} {} {first:?}", value.key.dim, value.first, value.last)
                .unwrap();
        }
        entity.cells.iter().for_each(|cell| writeln!(out, "  {cell:?}").unwrap());
        for noted in &shown.noted {
            writeln!(out, "  {} {:?}", noted.window, noted.sample(&profile.names)).unwrap();
        }
    }
    profile.objects.all.iter().for_each(|object| writeln!(out, "{object:?}").unwrap());
    let tuning = Tuning { low: 0.5, ..Tuning::default() };
    for detection in detect(&profile, Recent::default(), &tuning) {
        writeln!(out, "{detection:?}").unwrap();
    }
    out
}

fn requests(most: usize) -> impl Strategy<Value = Vec<Request>> {
    let code = prop_oneof![Just(200_u16), Just(403), Just(404), Just(409)];
    let one = (0..4000_i64, 0..6_u8, 0..8_u8, 0..20_u8, (0..5_u8, 0..3_u8), code, 0..200_u8);
    let one = one.prop_map(|(minute, user, action, namespace, (address, agent), code, name)| Request {
        minute,
        user,
        action,
        namespace,
        address,
        agent,
        code,
        name,
    });
    prop::collection::vec(one, 1..most)
}

/// One pass over all, against parts that are profiled apart, each in its own order, and merged in any order.
fn check(requests: &[Request], parts: &[usize], order: &[usize], limits: Limits) {
    let all: Vec<(usize, &Request)> = requests.iter().enumerate().collect();
    let whole = told(profile(all.iter().copied(), limits));
    let count = parts.iter().max().map_or(1, |most| most + 1);
    let mut split: Vec<Vec<(usize, &Request)>> = vec![Vec::new(); count];
    for (at, request) in &all {
        split[parts[at % parts.len()]].push((*at, request));
    }
    split.iter_mut().for_each(|part| part.sort_by_key(|(at, _)| order[at % order.len()] * 7919 % 1009));
    split.sort_by_key(|part| part.len());
    let mut merged = Profile::new(limits);
    for part in split {
        merged.absorb(profile(part, limits));
    }
    assert!(whole == told(merged), "{whole}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_split_in_any_order_gives_the_same_profile_and_detections(
        requests in requests(600),
        parts in prop::collection::vec(0..6_usize, 1..40),
        order in prop::collection::vec(0..1000_usize, 1..40),
    ) {
        check(&requests, &parts, &order, Limits::default());
    }

    #[test]
    fn what_is_left_out_for_want_of_room_does_not_depend_on_order(
        requests in requests(600),
        parts in prop::collection::vec(0..4_usize, 1..40),
        order in prop::collection::vec(0..1000_usize, 1..40),
        values in 1..20_usize,
        windows in 1..60_usize,
        noted in 1..20_usize,
        objects in 1..50_usize,
        total in 1..50_000_u64,
    ) {
        check(&requests, &parts, &order, Limits { values, windows, noted, objects, total });
    }
}

#[test]
fn a_tiny_room_still_holds_something() {
    let requests: Vec<Request> = (0..400)
        .map(|at| Request {
            minute: i64::from(at) * 7,
            user: (at % 6) as u8,
            action: (at % 7) as u8,
            namespace: (at % 20) as u8,
            address: (at % 5) as u8,
            agent: 0,
            code: 200,
            name: 0,
        })
        .collect();
    let mut small = profile(
        requests.iter().enumerate(),
        Limits { values: 3, windows: 10, noted: 2, objects: 5, total: 3000 },
    );
    small.settle();
    assert!(small.is_cut());
    assert!(!small.entities.is_empty() && small.entities.len() < 6);
    assert!(small.entities.iter().all(|entity| entity.cells.len() <= 10));
}

fn origin(name: &str) -> Origin {
    Origin { sha256: name.repeat(8), name: name.to_owned(), bytes: 1 }
}

fn bytes(baseline: &Baseline) -> Vec<u8> {
    let mut bytes = Vec::new();
    baseline.write(&mut bytes).unwrap();
    bytes
}

/// A quiet life of some days, by the hour.
fn life(days: std::ops::Range<i64>) -> Vec<Request> {
    let at = |minute: i64| Request {
        minute,
        user: (minute / 60 % 6) as u8,
        action: if minute % 120 == 0 { 0 } else { 6 },
        namespace: (minute / 60 % 3) as u8,
        address: 1,
        agent: 1,
        code: 200,
        name: (minute % 7) as u8,
    };
    (days.start * 1440..days.end * 1440).step_by(10).map(at).collect()
}

fn kept(origins: Vec<Origin>, profile: Profile) -> Baseline {
    Baseline::new(origins, profile, History::default())
}

#[test]
fn a_baseline_reads_back_as_it_was_written() {
    let life = life(0..3);
    let baseline = kept(vec![origin("b"), origin("a")], profile(life.iter().enumerate(), Limits::default()));
    let text = bytes(&baseline);
    let again = Baseline::parse(&text[..]).unwrap();
    assert_eq!(again.origins, [origin("a"), origin("b")]);
    assert!(again.profile.entities.len() == 6 && bytes(&again) == text);
}

#[test]
fn a_damaged_baseline_is_refused() {
    let life = life(0..1);
    let baseline = kept(vec![origin("a")], profile(life.iter().enumerate(), Limits::default()));
    let text = zstd::decode_all(&bytes(&baseline)[..]).unwrap();
    let parse = |text: &[u8]| Baseline::parse(&zstd::encode_all(text, 1).unwrap()[..]).unwrap_err();
    let replaced =
        |from: &str, to: &str| String::from_utf8(text.clone()).unwrap().replacen(from, to, 1).into_bytes();
    assert!(
        parse(&replaced("marks", "remarks")).contains("line 2"),
        "{}",
        parse(&replaced("marks", "remarks"))
    );
    assert!(parse(&replaced("jane", "john")).contains("checksum"));
    assert!(parse(&replaced("baseline.v1", "baseline.v2")).contains("baseline.v2"));
    assert!(parse(&text[..text.len() / 2]).contains("breaks off"));
    assert!(parse(b"").contains("breaks off") && parse(b"{}\n").contains("no baseline"));
    assert!(Baseline::parse(&b"no zstd at all"[..]).unwrap_err().contains("line 1"));
    let many =
        r#"{"schema":"kaudit.baseline.v1","files":[],"clusters":[{"name":"c","windows":[[0,4294967295]]}]}"#;
    assert!(parse(format!("{many}\n").as_bytes()).contains("more windows"));
}

#[test]
fn baselines_merge_to_what_one_run_would_have_made_and_never_twice() {
    let life = life(0..6);
    let of = |name: &str, half: std::ops::Range<usize>| {
        let part = life.iter().enumerate().filter(|(at, _)| half.contains(at));
        kept(vec![origin(name)], profile(part, Limits::default()))
    };
    let middle = life.len() / 2;
    let merged = of("a", 0..middle).merge(of("b", middle..life.len())).unwrap();
    let whole = kept(vec![origin("a"), origin("b")], profile(life.iter().enumerate(), Limits::default()));
    assert!(bytes(&merged) == bytes(&whole));
    assert!(merged.merge(of("b", 0..1)).unwrap_err().contains('b'));
}

#[test]
fn what_is_older_than_ninety_days_is_forgotten() {
    let mut life = life(0..1);
    life.push(Request { minute: 100 * 1440, ..life[0].clone() });
    let baseline = kept(Vec::new(), profile(life.iter().enumerate(), Limits::default()));
    assert_eq!(baseline.profile.entities.len(), 1);
    assert_eq!(baseline.profile.clusters[0].1.len(), 1);
}

/// A file may claim anything.
#[test]
fn counts_of_times_that_no_profile_knows_are_no_history() {
    let counts = |spans: &str| {
        let text = format!(
            r#"{{"counts":"c","shape":"s","spans":{spans},"ceiling":null,"groups":[{{"group":["jane"],"hours":[[1,5]]}}]}}"#
        );
        let mut history = History::default();
        history.add(serde_json::from_str(&text).unwrap());
        history
    };
    let life = life(0..1);
    let hour = START / time::HOUR;
    let held = |spans: &str| {
        let profile = profile(life.iter().enumerate(), Limits::default());
        let baseline = Baseline::new(Vec::new(), profile, counts(spans));
        baseline.history.counts().first().and_then(|counts| counts.spans().range())
    };
    let day = (START, START + 24 * time::HOUR);
    assert_eq!(held(&format!("[[{hour},9223372036854775807]]")), Some(day));
    assert_eq!(held("[[-9223372036854775808,-1]]"), None);
    let empty = Baseline::new(Vec::new(), Profile::default(), counts("[[0,9]]"));
    assert!(empty.history.is_empty());
}

/// Somebody who was never there reads secrets: news in the second week, but not when it was so in the first.
#[test]
fn a_weekly_job_is_no_news_the_second_time() {
    let tuning = Tuning::default();
    let scan = |week: i64, before: Vec<Request>| {
        let mut now = life(week * 7..week * 7 + 7);
        now.extend(job(week));
        let mut all = profile(now.iter().enumerate(), Limits::default());
        let since = all.clusters[0].1.range().map(|(first, _)| first);
        all.absorb(profile(before.iter().enumerate(), Limits::default()));
        all.settle();
        let found = detect(&all, Recent { since, until: None }, &tuning);
        found.iter().filter(|detection| &*detection.eid == "jane").count()
    };
    assert_eq!(scan(1, life(0..7)), 1);
    assert_eq!(scan(1, life(0..7).into_iter().chain(job(0)).collect()), 0);
}

fn job(week: i64) -> Vec<Request> {
    let start = (week * 7 + 3) * 1440;
    let one = |at: i64| Request {
        minute: start + at,
        user: 0,
        action: [1, 2, 5, 3][at as usize % 4],
        namespace: 3 + (at % 10) as u8,
        address: 4,
        agent: 2,
        code: 200,
        name: at as u8,
    };
    (0..60).map(one).collect()
}

/// Two secrets an hour are usual. Two in each five minutes of an hour are not, though no five minutes stand out.
#[test]
fn an_hour_may_tell_what_none_of_its_windows_does() {
    let read = |minute: i64, name: i64| Request {
        minute,
        user: 4,
        action: 2,
        namespace: 3,
        address: 4,
        agent: 1,
        code: 200,
        name: name as u8,
    };
    let mut all = life(0..8);
    all.extend((0..8 * 24).flat_map(|hour| (0..2).map(move |at| read(hour * 60 + 2, hour % 5 * 2 + at))));
    let from = (7 * 24 + 12) * 60;
    all.extend((0..12).flat_map(|at| (0..2).map(move |one| read(from + at * 5 + 3, 100 + at * 2 + one))));
    let mut profile = profile(all.iter().enumerate(), Limits::default());
    profile.settle();
    let tuning = Tuning { low: 1.0, ..Tuning::default() };
    let told = detect(&profile, Recent::default(), &tuning);
    let own: Vec<&Detection> = told.iter().filter(|one| one.eid.ends_with("web:default")).collect();
    let [one] = own[..] else { panic!("{own:#?}") };
    assert_eq!((one.from, one.to), (START + from * time::MINUTE, START + (from + 60) * time::MINUTE));
    let why = &one.reasons[0];
    assert_eq!((why.period, &why.values[..]), (60 * time::MINUTE, &[26_u64][..]));
    assert!(why.said().contains("26 seen in an hour, 2 expected in 192 own hours"), "{}", why.said());
    let without = Tuning { terms: Terms { longer: false, ..tuning.terms }, ..tuning };
    assert_eq!(detect(&profile, Recent::default(), &without).len(), told.len() - 1);
}

/// Days of life, with somebody else's change of an object of `kube-system` at the end.
fn with_change(name: u8, user: u8) -> Vec<Request> {
    let mut all = life(0..5);
    let last = all[all.len() - 1].clone();
    all.push(Request { user, action: 4, namespace: 0, name, ..last });
    all
}

#[test]
fn somebody_new_who_changes_an_object_of_kube_system_is_told_of_unless_it_is_new_itself() {
    let found = |all: &[Request]| {
        let mut profile = profile(all.iter().enumerate(), Limits::default());
        profile.settle();
        let tuning = Tuning { short_history: 0, ..Tuning::default() };
        let all = detect(&profile, Recent::default(), &tuning);
        let told = all.into_iter().filter(|detection| detection.kind == Kind::Resource);
        told.map(|one| (one.eid.to_string(), one.actor.unwrap_or_default().to_string())).collect::<Vec<_>>()
    };
    let eid = |name| format!("kube-system/deployments/n{name}");
    assert_eq!(found(&with_change(77, 0)), [(eid(77), "jane".to_owned())]);
    // The control plane does so all the time.
    assert_eq!(found(&with_change(77, 5)), []);
    // It was there on the first day already.
    let mut early = with_change(77, 0);
    early.insert(0, Request { minute: 0, user: 1, ..early[early.len() - 1].clone() });
    assert_eq!(found(&early).iter().filter(|(_, who)| who == "joe").count(), 0);
    assert_eq!(found(&early).len(), 1);
}

/// An upgrade touches what nobody touched before, and very much besides.
#[test]
fn a_first_change_amid_many_others_tells_less() {
    let score = |all: &[Request]| {
        let mut profile = profile(all.iter().enumerate(), Limits::default());
        profile.settle();
        let told = detect(&profile, Recent::default(), &Tuning { short_history: 0, ..Tuning::default() });
        let of_object =
            |one: &Detection| one.kind == Kind::Resource && &*one.eid == "kube-system/deployments/n77";
        told.into_iter().find(of_object).map_or(0.0, |one| one.score)
    };
    let alone = with_change(77, 0);
    let last = alone[alone.len() - 1].clone();
    let others =
        (0..20).map(|at| Request { name: at, namespace: 3, minute: last.minute - 20, ..last.clone() });
    let amid: Vec<Request> = alone.iter().cloned().chain(others).collect();
    let Tuning { object_first, rollout, .. } = Tuning::default();
    assert_eq!((score(&alone), score(&amid)), (object_first, object_first * rollout));
}

#[test]
fn many_principals_that_are_refused_at_once_are_told_as_one() {
    let refused = |user: u8, minute: i64| Request {
        minute: 5 * 1440 + minute,
        user,
        action: 5,
        namespace: 0,
        address: 1,
        agent: 1,
        code: 403,
        name: 1,
    };
    let found = |all: &[Request]| {
        let all: Vec<Request> = life(0..6).into_iter().chain(all.iter().cloned()).collect();
        let mut profile = profile(all.iter().enumerate(), Limits::default());
        profile.settle();
        // The small cluster of these tests has few principals.
        let longer = Tuning::default().longer.map(|longer| Longer { refused: 0.001, ..longer });
        let told = detect(&profile, Recent::default(), &Tuning { longer, ..Tuning::default() });
        told.into_iter().filter(|one| one.kind == Kind::Cluster).collect::<Vec<_>>()
    };
    let at_once = found(&[refused(0, 600), refused(1, 620), refused(4, 655)]);
    let [one] = &at_once[..] else { panic!("{at_once:#?}") };
    assert_eq!((&*one.eid, one.to - one.from), ("c", 60 * time::MINUTE));
    let said = one.reasons[0].said();
    assert!(said.contains("3 seen in an hour") && said.contains("jane, joe, system"), "{said}");
    assert_eq!(one.samples().len(), 3);
    // The control plane is refused now and then, and the same one again is nobody new.
    assert_eq!(found(&[refused(0, 600), refused(0, 620), refused(5, 655)]).len(), 0);
}

#[test]
fn random_texts_of_an_attacker_cost_one_dimension_and_not_the_memory() {
    let mut profiler = Profiler::new(Profile::new(Limits::default()), Redactor::new(true));
    let (mut decoder, mut alike) = (Decoder::default(), Alike::default());
    let time = time::format(START);
    for at in 0..20_000 {
        let record = format!(
            r#"{{"kind":"Event","auditID":"id-{at}","stage":"ResponseComplete","verb":"get","user":{{"username":"system:anonymous"}},"sourceIPs":["10.0.0.7"],"userAgent":"{at:x}q","requestURI":"/{at}/x","responseStatus":{{"code":403}},"requestReceivedTimestamp":"{time}"}}"#
        );
        let (event, _) = decoder.decode(record.as_bytes(), Some("c")).unwrap();
        let evidence = || Evidence { file: 0, offset: at, line: at };
        profiler.add(&event, alike.of(&event), event.time(), false, evidence);
    }
    let mut profile = profiler.finish();
    profile.settle();
    assert_eq!(profile.entities.len(), 1);
    let kept: Vec<Dim> = profile.entities[0].values().iter().map(|value| value.key.dim).collect();
    assert_eq!(kept, [Dim::Network, Dim::Wide]);
    assert!(profile.bytes().total() < 4096, "{:?}", profile.bytes());
    let [cut] = profile.cuts()[..] else { panic!("{:?}", profile.cuts()) };
    assert_eq!((cut.what.name(), cut.entities, cut.limit), ("values", Some(1), 1024));
    assert!(cut.said().contains("1 with more than 1024 values"));
}

/// Every detection is told as arithmetic that comes to its score.
#[test]
fn the_account_of_a_detection_adds_up() {
    let quiet = (0..400).map(|at| Request {
        minute: i64::from(at) * 20,
        user: (at % 6) as u8,
        action: [0, 6][at as usize % 2],
        namespace: 1,
        address: (at % 6) as u8,
        agent: 0,
        code: 200,
        name: 1,
    });
    let loud = (0..60).map(|at| Request {
        minute: 7000 + i64::from(at) * 3,
        user: (at % 6) as u8,
        action: (at % 7) as u8,
        namespace: (at % 11) as u8,
        address: 90 + (at % 3) as u8,
        agent: 2,
        code: [200, 403, 401][at as usize % 3],
        name: at as u8,
    });
    let requests: Vec<Request> = quiet.chain(loud).collect();
    let mut profile = profile(requests.iter().enumerate(), Limits::default());
    profile.settle();
    let (recent, tuning) = (Recent::default(), Tuning { low: 1.0, short_low: 1.0, ..Tuning::default() });
    let detections = detect(&profile, recent, &tuning);
    assert!(detections.len() > 3, "{}", detections.len());
    for one in &detections {
        let is_meant = |other: &Detection| {
            (other.kind, &other.eid, &other.network, other.from)
                == (one.kind, &one.eid, &one.network, one.from)
        };
        let account = account(&profile, recent, &tuning, &is_meant).unwrap();
        assert_eq!(account.score, one.score);
        let long = one.windows.iter().filter_map(|scored| Some(scored.longer.as_ref()?.scored.own));
        let all: Vec<f64> =
            one.windows.iter().map(|scored| scored.own).filter(|own| *own > 0.0).chain(long).collect();
        assert_eq!(all.len(), account.windows.len());
        assert!(all.iter().all(|own| account.windows.iter().any(|sum| sum.own == *own)));
        for sum in &account.windows {
            let (identity, deeds) = sum.parts();
            let own = (identity + deeds * sum.reaction + sum.when) * sum.start;
            assert!((own - sum.own).abs() < 1e-9, "{own} {sum:#?}");
            assert!(sum.since.is_some() || (sum.own - sum.offset - sum.total).abs() < 1e-9, "{sum:#?}");
            for line in sum.lines.iter().filter(|line| line.chance.is_some()) {
                assert!(line.counts <= line.evidence + 1e-12, "{line:#?}");
            }
        }
        if one.kind != Kind::Cluster {
            let most = account.windows.iter().map(|sum| sum.total).fold(0.0, f64::max);
            assert_eq!(most, one.score);
        }
    }
}
