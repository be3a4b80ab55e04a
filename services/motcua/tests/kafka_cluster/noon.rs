//! An upgrade at noon: every process is replaced while citizens and officers go on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use rustix::process::Signal;
use serde_json::Value;
use support::{PATIENCE, eventually};

use crate::{ENOUGH, Folder, Words, ctl, logs, motcua, ran};

/// Journeys that are under way at any time.
const AT_ONCE: usize = 3;

/// Every call of every journey is answered the first time, every fact has its effect, and once.
pub async fn every_process_is_replaced_and_nobody_notices(folder: &Folder, cluster: &mut Words) {
    let replaced = AtomicBool::new(false);
    let going_on = join_all((0..AT_ONCE).map(|_| walk_until(&replaced, folder)));
    let replacing = async {
        cluster.signal(Signal::USR1);
        let done = "Every process was replaced";
        eventually(ENOUGH, async || {
            assert!(cluster.runs(), "{}\n{}", cluster.told(), logs(folder));
            cluster.told().contains(done)
        })
        .await;
        replaced.store(true, Ordering::SeqCst);
    };
    let (codes, ()) = futures::join!(going_on, replacing);
    let codes: Vec<_> = codes.into_iter().flatten().collect();
    assert!(codes.len() > AT_ONCE, "they went on while processes were replaced: {codes:?}");
    let serials: BTreeSet<_> = codes.iter().map(|code| serial(code)).collect();
    let (first, last) = (serials.first(), serials.last());
    let span = last.zip(first).map(|(last, first)| last - first + 1);
    assert_eq!(span, Some(codes.len() as u64), "codes without gaps, none twice: {codes:?}");
    every_message_came_and_came_once(&cluster.told(), &codes).await;
    assert_eq!(ctl(folder, &["dead-letters", "list", "--all"]).await.trim(), "No dead letters.");
    let top = ctl(folder, &["top", "--every", "1"]).await;
    assert!(top.contains("12 of 12 processes answer") && !top.contains("Look into"), "{top}");
}

/// Walks one dossier after the other, until the processes were replaced and once more; their codes.
async fn walk_until(replaced: &AtomicBool, folder: &Folder) -> Vec<String> {
    let settings = folder.settings();
    let mut codes = Vec::new();
    loop {
        let last = replaced.load(Ordering::SeqCst);
        let walked = ran(&mut motcua(&[], &["--config", &settings, "demo", "--json"])).await;
        let told: Value = serde_json::from_slice(&walked.stdout).expect("JSON");
        assert_eq!(told["verdict"], "passed", "{}\n{}", told["failure"], logs(folder));
        codes.push(told["outcome"]["Dossier"].as_str().expect("a code").to_owned());
        if last {
            return codes;
        }
    }
}

/// Of each dossier the same was told, and nothing twice, as the telephones of the sandbox show it.
async fn every_message_came_and_came_once(told: &str, codes: &[String]) {
    let mut words = told.split_whitespace().skip_while(|word| *word != "telephone");
    let telephones = words.nth(1).expect("its address").to_owned();
    eventually(PATIENCE, async || {
        let page = reqwest::get(&telephones).await.expect("a page").text().await.expect("a text");
        let mut messages = BTreeMap::<_, Vec<_>>::new();
        for code in codes {
            messages.insert(code, page.split("<tr>").filter(|row| row.contains(code)).collect());
        }
        for of_dossier in messages.values() {
            let different: BTreeSet<_> = of_dossier.iter().collect();
            assert_eq!(different.len(), of_dossier.len(), "nothing twice: {of_dossier:?}");
        }
        let counts: BTreeSet<_> = messages.values().map(Vec::len).collect();
        (counts.len() == 1 && !counts.contains(&0)).then_some(()).ok_or(counts)
    })
    .await;
}

/// The number at the end of a dossier code.
fn serial(code: &str) -> u64 {
    code.rsplit('-').next().and_then(|number| number.parse().ok()).expect("a number")
}
