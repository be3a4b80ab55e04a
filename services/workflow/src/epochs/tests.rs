//! Draws at once, on a real PostgreSQL and a pool of a few numbers: each number is given once, and every draw verifies.

use std::collections::BTreeSet;

use chassis::access::Role;
use chassis::clock::Clock;
use futures::future::join_all;
use jiff::Timestamp;
use proto::motcua::r#type::v1::{Channel, ReturnWay};
use support::{TestDatabase, around};
use zeroize::Zeroizing;

use super::*;
use crate::case::{
    AcceptDossier, Case, ClaimTask, DrawNumber, LapseFee, Officer, OpenCase, PayFee,
};
use crate::draw::{Claim, SubjectKey, subject_hash};
use crate::rules::Rules;
use crate::store::{CaseStore, EpochStore};
use crate::working_time::Limit;

/// Numbers of the pool.
const SIZE: usize = 7;

const AGENCY: &str = "agencies/26860";

fn pools() -> NumberPools {
    let text = format!(
        "pools: [{{ name: tiny, kind: motorcycle, epoch_days: 7, series: [{{ series: '59-AA', from: 1, to: {SIZE} }}] }}]"
    );
    NumberPools::from_yaml(&text).expect("a pool")
}

/// One process of the service, as far as drawing goes.
struct Office {
    store: CaseStore,
    door: Door<CaseStore>,
    epochs: Epochs,
    subjects: SubjectKey,
}

impl Office {
    fn on(database: &TestDatabase, clock: &Clock) -> Self {
        let (db, rules) = (database.fresh_pool(), Rules::load().expect("rules"));
        let store = CaseStore::new(db.clone());
        let door =
            Door::open("workflow", db.clone(), store.clone(), Arc::new(rules), around(clock));
        let key = SecretKey::from_seed(&[7; 32]);
        let lists = EpochStore::new(db.clone());
        let opening = Door::open("workflow", db, lists.clone(), Arc::new(()), around(clock));
        let epochs = Epochs::new(pools(), key, lists, opening, clock.clone());
        Self { store, door, epochs, subjects: SubjectKey::new(Zeroizing::new([9; 32])) }
    }

    /// A case that waits for the draw.
    async fn waiting(&self, now: Timestamp) -> Uuid {
        let id = Uuid::now_v7();
        let open = OpenCase {
            id,
            code: format!("code-{id}"),
            procedure: "procedures/1.012575/versions/1".into(),
            agency: AGENCY.into(),
            channel: Channel::Online,
            limit: Limit::WorkingDays(2),
            return_way: ReturnWay::Counter,
            submitted_at: now,
        };
        self.door.run(call(), open).await.expect("opened");
        let officer = Officer {
            name: format!("{AGENCY}/officers/1"),
            agency: AGENCY.into(),
            roles: vec![Role::Receiving],
        };
        let claim = ClaimTask { id, step: "receive".into(), officer: officer.clone() };
        self.door.run(call(), claim).await.expect("claimed");
        let accept = AcceptDossier { id, etag: String::new(), officer };
        self.door.run(call(), accept).await.expect("accepted");
        id
    }

    async fn draw(&self, id: Uuid, vehicle: &str) -> Result<Case, Failure> {
        let open = self.epochs.current(self.pool()).await?;
        self.draw_from(&open, id, vehicle).await
    }

    fn pool(&self) -> &NumberPool {
        self.epochs.pool_for(VehicleKind::Motorcycle).expect("a pool")
    }

    /// The fee of a case that drew is not paid in time.
    async fn lapse(&self, case: &Case, now: Timestamp) {
        let obligation = case.obligation.expect("a fee is due");
        let lapse = LapseFee { id: case.id, obligation, lapsed_at: now };
        self.door.run(call(), lapse).await.expect("lapsed");
    }

    async fn draw_from(&self, open: &Open, id: Uuid, vehicle: &str) -> Result<Case, Failure> {
        let vehicle = vehicle.parse().expect("a vehicle");
        let salt = self.subjects.salt("accounts/1", &vehicle);
        let subject = subject_hash(&salt, "accounts/1", &vehicle);
        let draw = self.epochs.draw(open, &subject)?;
        let number = |index: &u32| (*index, open.epoch.number(*index).expect("in the list"));
        let command = DrawNumber {
            id,
            epoch: open.name(),
            subject,
            vehicle: self.subjects.vehicle(&vehicle),
            citizen: "accounts/1".into(),
            row: draw.candidates.iter().map(number).collect(),
            draw,
        };
        self.door.run(call(), command).await?;
        Ok(self.case(id).await)
    }

    async fn case(&self, id: Uuid) -> Case {
        self.store.get(id).await.expect("a query").expect("the case")
    }

    async fn verify(&self, case: &Case) -> PlateNumber {
        let drawn = case.draw.clone().expect("a draw");
        let open = self.epochs.of(&drawn.epoch).await.expect("its epoch");
        let (number, inclusion) = open.epoch.entry(drawn.index).expect("in the list");
        let claim = Claim {
            subject: drawn.subject,
            beacon: None,
            proof: drawn.proof,
            number: drawn.number,
            index: drawn.index,
            inclusion,
            skipped: drawn.skipped,
        };
        let published = self.epochs.summary(&drawn.epoch).await.expect("a query");
        assert_eq!(claim.verify(&published.expect("published")), Ok(()));
        assert_eq!(number, drawn.number);
        number
    }
}

fn call() -> Once {
    let request_id = Uuid::now_v7();
    Once::Call { caller: "accounts/1".into(), request_id, fingerprint: Default::default() }
}

fn clock() -> Clock {
    Clock::manual("2026-11-25T03:00:00Z".parse().expect("an instant"))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_offices_that_draw_at_once_give_every_number_once_and_then_say_it_is_over() {
    let clock = clock();
    let database = TestDatabase::new("workflow", &crate::MIGRATIONS, &clock).await;
    let offices = [Office::on(&database, &clock), Office::on(&database, &clock)];
    let cases = join_all((0..SIZE + 3).map(|_| offices[0].waiting(clock.now()))).await;
    let draws = cases.iter().enumerate().map(|(place, id)| {
        let office = &offices[place % 2];
        async move { office.draw(*id, &format!("VEHICLE{place}")).await }
    });
    let mut given = BTreeSet::new();
    let mut refused = 0;
    for outcome in join_all(draws).await {
        match outcome {
            Ok(case) => assert!(given.insert(offices[0].verify(&case).await), "given twice"),
            Err(Failure::Refused(refusal)) => {
                assert_eq!(refusal.reason, "POOL_EXHAUSTED");
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((given.len(), refused), (SIZE, 3));
    let opened: i64 = sqlx::query_scalar(
        "select count(*) from chassis.event where type = 'motcua.workflow.v1.EpochOpened'",
    )
    .fetch_one(&database.pool())
    .await
    .expect("a count");
    assert_eq!(opened, 1, "two offices opened one epoch");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_vehicle_in_two_dossiers_at_once_draws_one_number() {
    let clock = clock();
    let database = TestDatabase::new("workflow", &crate::MIGRATIONS, &clock).await;
    let offices = [Office::on(&database, &clock), Office::on(&database, &clock)];
    let cases = join_all((0..2).map(|_| offices[0].waiting(clock.now()))).await;
    let (first, second) = tokio::join!(
        offices[0].draw(cases[0], "RLSMA125XNY012345"),
        offices[1].draw(cases[1], "rlsma125-xny012345")
    );
    let refused = [first, second].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    let [Failure::Refused(refusal)] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!(refusal.reason, "VEHICLE_DRAWN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draw_survives_a_restart_and_its_payment_assigns_the_number() {
    let clock = clock();
    let database = TestDatabase::new("workflow", &crate::MIGRATIONS, &clock).await;
    let office = Office::on(&database, &clock);
    let id = office.waiting(clock.now()).await;
    let drawn = office.draw(id, "RLSMA125XNY012345").await.expect("drawn");
    drop(office);
    let office = Office::on(&database, &clock);
    assert_eq!(office.case(id).await, drawn);
    office.verify(&drawn).await;
    let obligation = drawn.obligation.expect("a fee is due");
    let pay = PayFee { id, obligation, paid_at: clock.now() };
    office.door.run(call(), pay).await.expect("paid");
    let state: i16 = sqlx::query_scalar("select state from workflow.numbers where case_id = $1")
        .bind(id)
        .fetch_one(&database.pool())
        .await
        .expect("the number");
    assert_eq!(state, 2, "assigned");
    let paid = office.case(id).await;
    assert!(paid.due_at.is_some() && !paid.is_paused());
}

fn refusal(drawn: Result<Case, Failure>) -> &'static str {
    match drawn {
        Err(Failure::Refused(refusal)) => refusal.reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_went_back_is_drawn_again_in_the_next_epoch_and_not_before() {
    let clock = clock();
    let database = TestDatabase::new("workflow", &crate::MIGRATIONS, &clock).await;
    let office = Office::on(&database, &clock);
    let mut drawn = Vec::new();
    for place in 0..SIZE {
        let id = office.waiting(clock.now()).await;
        drawn.push(office.draw(id, &format!("VEHICLE{place}")).await.expect("drawn"));
    }
    office.lapse(&drawn[3], clock.now()).await;
    let given_back = office.case(drawn[3].id).await;
    let number = office.verify(&given_back).await;
    let id = office.waiting(clock.now()).await;
    assert_eq!(refusal(office.draw(id, "VEHICLE77").await), POOL_EXHAUSTED);
    let next = office.epochs.after(office.pool(), EpochId(1)).await.expect("the next epoch");
    assert_eq!((next.name().id, next.epoch.free()), (EpochId(2), &[number][..]));
    let again = office.draw_from(&next, id, "VEHICLE77").await.expect("drawn");
    assert_eq!(office.verify(&again).await, number);
    let last = office.waiting(clock.now()).await;
    assert_eq!(refusal(office.draw_from(&next, last, "VEHICLE88").await), POOL_EXHAUSTED);
    assert!(office.epochs.after(office.pool(), EpochId(2)).await.is_err(), "nothing is free");
    clock.advance(SignedDuration::from_hours(8 * 24));
    let goes_on = office.epochs.current(office.pool()).await.expect("it goes on");
    assert_eq!(goes_on.name().id, EpochId(2));
    let office = Office::on(&database, &clock);
    assert_eq!(office.verify(&given_back).await, number, "an old proof stays verifiable");
    assert_eq!(office.case(again.id).await, again);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_found_exhausted_is_asked_again_after_a_minute() {
    let clock = clock();
    let database = TestDatabase::new("workflow", &crate::MIGRATIONS, &clock).await;
    let office = Office::on(&database, &clock);
    let mut drawn = Vec::new();
    for place in 0..SIZE {
        let id = office.waiting(clock.now()).await;
        drawn.push(office.draw(id, &format!("VEHICLE{place}")).await.expect("drawn"));
    }
    let after = async || office.epochs.after(office.pool(), EpochId(1)).await.map(|it| it.name());
    assert!(after().await.is_err(), "nothing is free");
    office.lapse(&drawn[0], clock.now()).await;
    clock.advance(SignedDuration::from_secs(59));
    assert!(after().await.is_err(), "believed");
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(after().await.expect("the next").id, EpochId(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_ends_by_its_age_and_two_offices_open_one_next() {
    let clock = clock();
    let database = TestDatabase::new("workflow", &crate::MIGRATIONS, &clock).await;
    let offices = [Office::on(&database, &clock), Office::on(&database, &clock)];
    let lapsed = offices[0].waiting(clock.now()).await;
    let lapsed = offices[0].draw(lapsed, "VEHICLE1").await.expect("drawn");
    offices[0].lapse(&lapsed, clock.now()).await;
    let kept = offices[0].waiting(clock.now()).await;
    offices[0].draw(kept, "VEHICLE2").await.expect("drawn");
    let (one, other) =
        (offices[0].waiting(clock.now()).await, offices[0].waiting(clock.now()).await);
    clock.advance(SignedDuration::from_hours(7 * 24 - 1));
    assert_eq!(refusal(offices[0].draw(one, "VEHICLE1").await), "VEHICLE_DRAWN", "this epoch");
    clock.advance(SignedDuration::from_hours(1));
    let currents = offices.each_ref().map(|office| office.epochs.current(office.pool()));
    for open in join_all(currents).await {
        let open = open.expect("the next epoch");
        assert_eq!((open.name().id, open.epoch.free().len()), (EpochId(2), SIZE - 1));
    }
    offices[1].draw(one, "VEHICLE1").await.expect("the next epoch");
    assert_eq!(refusal(offices[1].draw(other, "VEHICLE2").await), "VEHICLE_DRAWN", "it has one");
}
