//! Many random wishes, some told several times, by two processes at once: the log tells a history
//! in which each was granted at most once, and everything anybody was told and everything stored
//! agrees with that history.

use std::collections::{BTreeMap, HashMap};

use chassis::write::{Failure, Stream};
use futures::stream::{self, StreamExt};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use crate::toy::{self, Ask, Logged, Replica, TOO_MUCH, Told, Wish, reason};

/// Names the variable that holds a seed to try again.
const SEED: &str = "MOTCUA_TEST_SEED";

const WISHES: usize = 300;
const CALLS: usize = 1_000;
const AT_ONCE: usize = 64;

type Wishes = Vec<(Uuid, Ask)>;

fn wishes(random: &mut StdRng) -> Wishes {
    let jars = [(); 5].map(|()| Stream(Uuid::from_u128(random.random())));
    let wish = |random: &mut StdRng| match random.random_range(0..20) {
        0 => Wish::Panic,
        1 => Wish::Put(TOO_MUCH),
        2..10 => Wish::Take(random.random_range(1..50)),
        _ => Wish::Put(random.random_range(1..50)),
    };
    let ask = |random: &mut StdRng| {
        let (jar, wish) = (jars[random.random_range(0..jars.len())], wish(random));
        (Uuid::from_u128(random.random()), Ask { jar, wish, numbered: random.random_bool(0.3) })
    };
    (0..WISHES).map(|_| ask(random)).collect()
}

/// A history of one stream: what each granted request left in the jar, in order.
fn history(log: Vec<Logged>) -> BTreeMap<Stream, Vec<(String, i64)>> {
    let mut histories: BTreeMap<Stream, Vec<_>> = BTreeMap::new();
    for fact in log {
        let amount = fact.amount();
        let history = histories.entry(Stream(fact.stream)).or_default();
        history.extend(amount.map(|amount| (fact.causation, amount)));
    }
    histories
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_and_stored_agrees_with_one_history() {
    let seed = std::env::var(SEED).ok().map_or_else(rand::random, |seed| seed.parse().unwrap());
    println!("{SEED}={seed} asks for the same again");
    let random = &mut StdRng::seed_from_u64(seed);
    let wishes = wishes(random);
    let database = toy::database().await;
    let replicas = [Replica::over(database.fresh_pool()), Replica::over(database.fresh_pool())];
    let calls: Vec<_> = (0..CALLS)
        .map(|_| (random.random_range(0..2_usize), random.random_range(0..WISHES)))
        .collect();
    let outcomes: Vec<_> = stream::iter(calls)
        .map(|(replica, wish)| {
            let (request, ask) = wishes[wish];
            let replica = &replicas[replica];
            async move { (wish, replica.ask(request, ask).await) }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;

    let histories = history(toy::log(&database.pool()).await);
    let granted = replay(&wishes, &histories);
    for (wish, outcome) in &outcomes {
        agrees(wishes[*wish], outcome, &granted);
    }
    for (jar, history) in &histories {
        let last = history.last().map(|(_, amount)| *amount);
        assert_eq!(toy::amount(&database.pool(), *jar).await, last);
    }
}

/// Carries the histories out by the rules, and returns what was in the jar after each granted
/// request.
fn replay(
    wishes: &Wishes,
    histories: &BTreeMap<Stream, Vec<(String, i64)>>,
) -> HashMap<String, i64> {
    let asked: HashMap<_, _> =
        wishes.iter().map(|(request, ask)| (format!("requests/{request}"), ask)).collect();
    let mut granted = HashMap::new();
    for (jar, history) in histories {
        let mut model = 0;
        for (request, amount) in history {
            let ask = asked[request];
            assert_eq!(ask.jar, *jar);
            model += match ask.wish {
                Wish::Put(more) => more,
                Wish::Take(wanted) => -wanted,
                Wish::Panic => panic!("{request} cannot have been granted"),
            };
            assert_eq!(*amount, model, "after {request}");
            assert!((0..TOO_MUCH).contains(&model), "after {request}");
            assert_eq!(granted.insert(request.clone(), model), None, "{request} was granted twice");
        }
    }
    granted
}

/// Granted: it is in the history, with this answer. Refused: only a taking can be, and may be
/// granted when it is told again.
fn agrees(
    (request, ask): (Uuid, Ask),
    outcome: &Result<Told, Failure>,
    granted: &HashMap<String, i64>,
) {
    let in_history = granted.get(&format!("requests/{request}"));
    match (reason(outcome), outcome, ask.wish) {
        (_, Ok(told), _) => {
            assert_eq!(Some(&told.amount), in_history, "{request}");
            assert_eq!(told.number.is_some(), ask.numbered, "{request}");
        }
        ("TOO_LITTLE", _, Wish::Take(_)) => {}
        ("broken", _, Wish::Panic | Wish::Put(TOO_MUCH)) => assert_eq!(in_history, None),
        _ => panic!("{request}: {ask:?}: {outcome:?}"),
    }
}
