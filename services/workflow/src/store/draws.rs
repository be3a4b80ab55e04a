//! The SQL of draws and of the numbers they took. A number that is free has no row, so nothing of the pool is locked: of two draws that
//! meet on one number the second breaks its key, and is run again to see it taken.

use std::collections::{BTreeSet, HashMap};

use chassis::write::{Asked, Changed, Stream};
use jiff_sqlx::ToSqlx;
use proto::motcua::workflow::v1::NumberState;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{damaged, small};
use crate::case::{Beside, Case, Drawn, EpochName, Wants};
use crate::draw::{EpochId, PlateNumber, Proof, SubjectHash, VehicleHash};

/// The draws of these cases.
pub(super) async fn load(
    db: &mut PgConnection,
    ids: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Drawn>> {
    let rows = sqlx::query!(
        "select d.case_id, number, state, pool, epoch, place, skipped, proof, subject, d.vehicle,
                drawn_by, drawn_at
         from workflow.draws d join workflow.numbers n using (number, pool, epoch)
         where d.case_id = any ($1)",
        ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let skipped = row.skipped.into_iter().map(u32::try_from).collect::<Result<_, _>>();
            let drawn = Drawn {
                number: row.number.parse().map_err(damaged)?,
                state: NumberState::try_from(i32::from(row.state)).map_err(damaged)?,
                epoch: epoch(&row.pool, row.epoch)?,
                index: u32::try_from(row.place).map_err(damaged)?,
                skipped: skipped.map_err(damaged)?,
                proof: Proof::from_slice(&row.proof).map_err(damaged)?,
                subject: SubjectHash(octets(&row.subject)?),
                vehicle: VehicleHash(octets(&row.vehicle)?),
                drawn_by: row.drawn_by,
                drawn_at: row.drawn_at.to_jiff(),
            };
            Ok((row.case_id, drawn))
        })
        .collect()
}

/// Which of the numbers are taken, and which of the vehicles drew.
pub(super) async fn beside(
    db: &mut PgConnection,
    asked: &[Asked<Case>],
) -> sqlx::Result<HashMap<Stream, Beside>> {
    let wants = || asked.iter().flat_map(|asked| &asked.wants);
    let numbers: Vec<String> =
        wants().flat_map(|wants| &wants.numbers).map(ToString::to_string).collect();
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let taken = taken_numbers(db, &numbers).await?;
    let vehicles: Vec<&(VehicleHash, EpochName)> =
        wants().filter_map(|wants| wants.vehicle.as_ref()).collect();
    let drawn = drawn_vehicles(db, &vehicles).await?;
    let found = asked.iter().map(|asked| {
        let wanted = || asked.wants.iter();
        let vehicles = wanted().filter_map(|wants| wants.vehicle.as_ref().map(|(key, _)| key));
        let beside = Beside {
            taken: wanted().flat_map(|wants| taken_of(wants, &taken)).collect(),
            vehicles: vehicles.filter(|vehicle| drawn.contains(vehicle)).copied().collect(),
        };
        (asked.stream, beside)
    });
    Ok(found.collect())
}

/// Who has a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taker {
    /// A vehicle.
    Vehicle,
    /// Nobody any more: it went back, and is not drawn again in the epoch it was drawn in.
    Epoch(EpochId),
}

async fn taken_numbers(
    db: &mut PgConnection,
    numbers: &[String],
) -> sqlx::Result<HashMap<PlateNumber, Vec<Taker>>> {
    let rows = sqlx::query!(
        "select number, epoch, state from workflow.numbers where number = any ($1)",
        numbers
    )
    .fetch_all(db)
    .await?;
    let mut taken: HashMap<PlateNumber, Vec<Taker>> = HashMap::new();
    for row in rows {
        let taker = match NumberState::try_from(i32::from(row.state)).map_err(damaged)? {
            NumberState::Returned => Taker::Epoch(counts(row.epoch)?),
            _ => Taker::Vehicle,
        };
        taken.entry(row.number.parse().map_err(damaged)?).or_default().push(taker);
    }
    Ok(taken)
}

/// Of the candidates of a draw, those that are not free in its epoch.
fn taken_of(
    wants: &Wants,
    taken: &HashMap<PlateNumber, Vec<Taker>>,
) -> impl Iterator<Item = PlateNumber> {
    let epoch = wants.vehicle.as_ref().map(|(_, epoch)| epoch.id);
    let free = move |taker: &Taker| matches!(taker, Taker::Epoch(id) if Some(*id) != epoch);
    let is_taken = move |number: &&PlateNumber| {
        taken.get(number).is_some_and(|takers| !takers.iter().all(free))
    };
    wants.numbers.iter().filter(is_taken).copied()
}

async fn drawn_vehicles(
    db: &mut PgConnection,
    vehicles: &[&(VehicleHash, EpochName)],
) -> sqlx::Result<BTreeSet<VehicleHash>> {
    let found = sqlx::query_scalar!(
        r#"select vehicle as "vehicle!" from workflow.draws
         join unnest($1::bytea[], $2::text[], $3::bigint[]) as asked (vehicle, pool, epoch)
             using (vehicle, pool, epoch)
         union
         select vehicle from workflow.numbers where vehicle = any ($1) and state in (1, 2)"#,
        &vehicles.iter().map(|(vehicle, _)| vehicle.0.to_vec()).collect::<Vec<_>>(),
        &vehicles.iter().map(|(_, epoch)| epoch.pool.to_string()).collect::<Vec<_>>(),
        &vehicles.iter().map(|(_, epoch)| counted(epoch.id)).collect::<Vec<_>>(),
    )
    .fetch_all(db)
    .await?;
    found.iter().map(|vehicle| octets(vehicle).map(VehicleHash)).collect()
}

/// Takes the numbers of new draws, then writes what else changed.
pub(super) async fn save(db: &mut PgConnection, changed: &[Changed<Case>]) -> sqlx::Result<()> {
    let before =
        |changed: &Changed<Case>| changed.before.as_ref().and_then(|case| case.draw.clone());
    let differ: Vec<(Uuid, &Drawn, bool)> = changed
        .iter()
        .filter_map(|changed| {
            let (drawn, before) = (changed.after.draw.as_ref()?, before(changed));
            let differs = before.as_ref() != Some(drawn);
            differs.then_some((changed.after.id, drawn, before.is_none()))
        })
        .collect();
    if differ.is_empty() {
        return Ok(());
    }
    save_numbers(db, &differ).await?;
    let new = differ.into_iter().filter(|(.., new)| *new);
    insert(db, &new.map(|(id, drawn, _)| (id, drawn)).collect::<Vec<_>>()).await
}

/// A new draw's number is inserted, so that it collides with a row that is there; a known one's state is updated.
async fn save_numbers(db: &mut PgConnection, differ: &[(Uuid, &Drawn, bool)]) -> sqlx::Result<()> {
    let (new, known): (Vec<_>, Vec<_>) = differ.iter().partition(|(.., new)| *new);
    sqlx::query!(
        "insert into workflow.numbers (number, pool, epoch, state, case_id, vehicle)
         select * from unnest($1::text[], $2::text[], $3::bigint[], $4::smallint[], $5::uuid[],
             $6::bytea[]) as new (number, pool, epoch, state, case_id, vehicle)
         order by number",
        &new.iter().map(|(_, drawn, _)| drawn.number.to_string()).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn, _)| drawn.epoch.pool.to_string()).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn, _)| counted(drawn.epoch.id)).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn, _)| small(drawn.state.into())).collect::<Vec<_>>(),
        &new.iter().map(|(id, ..)| *id).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn, _)| drawn.vehicle.0.to_vec()).collect::<Vec<_>>(),
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update workflow.numbers n set state = known.state
         from unnest($1::uuid[], $2::text[], $3::smallint[]) as known (case_id, number, state)
         where n.number = known.number and n.case_id = known.case_id",
        &known.iter().map(|(id, ..)| *id).collect::<Vec<_>>(),
        &known.iter().map(|(_, drawn, _)| drawn.number.to_string()).collect::<Vec<_>>(),
        &known.iter().map(|(_, drawn, _)| small(drawn.state.into())).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn insert(db: &mut PgConnection, new: &[(Uuid, &Drawn)]) -> sqlx::Result<()> {
    let places = |drawn: &Drawn| {
        let skipped: Vec<String> = drawn.skipped.iter().map(ToString::to_string).collect();
        format!("{{{}}}", skipped.join(","))
    };
    sqlx::query!(
        "insert into workflow.draws (case_id, number, pool, epoch, place, skipped, proof, subject,
             vehicle, drawn_by, drawn_at)
         select case_id, number, pool, epoch, place, skipped::integer[], proof, subject, vehicle,
             drawn_by, drawn_at
         from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[],
             $7::bytea[], $8::bytea[], $9::bytea[], $10::text[], $11::timestamptz[])
             as new (case_id, number, pool, epoch, place, skipped, proof, subject, vehicle,
                 drawn_by, drawn_at)",
        &new.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn)| drawn.number.to_string()).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn)| drawn.epoch.pool.to_string()).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn)| counted(drawn.epoch.id)).collect::<Vec<_>>(),
        &new.iter()
            .map(|(_, drawn)| i32::try_from(drawn.index).unwrap_or(i32::MAX))
            .collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn)| places(drawn)).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn)| drawn.proof.as_bytes().to_vec()).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn)| drawn.subject.0.to_vec()).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn)| drawn.vehicle.0.to_vec()).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn)| drawn.drawn_by.clone()).collect::<Vec<_>>(),
        &new.iter().map(|(_, drawn)| drawn.drawn_at.to_sqlx()).collect::<Vec<_>>() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

fn epoch(pool: &str, id: i64) -> sqlx::Result<EpochName> {
    Ok(EpochName { pool: pool.parse().map_err(damaged)?, id: counts(id)? })
}

fn counts(epoch: i64) -> sqlx::Result<EpochId> {
    u64::try_from(epoch).map(EpochId).map_err(damaged)
}

/// Epochs are counted from 1; none will pass what the column holds.
fn counted(id: EpochId) -> i64 {
    i64::try_from(id.0).unwrap_or(i64::MAX)
}

fn octets<const N: usize>(bytes: &[u8]) -> sqlx::Result<[u8; N]> {
    bytes.try_into().map_err(damaged)
}
