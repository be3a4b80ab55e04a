//! What a citizen checks of a draw on their own machine, from the slip and their own papers alone.

use chassis::service::BoxError;
use proto::motcua::workflow::v1::Draw;
use workflow::draw::subject_hash;
use workflow::slip;

/// Checks that the draw was made for this account and vehicle, and that the number given is the one that had to be.
pub(super) fn check(draw: &Draw, account: &str, vehicle: &str) -> Result<(), BoxError> {
    let salt: [u8; 32] = draw.salt.as_slice().try_into()?;
    let claim = slip::claim(draw)?;
    if claim.subject != subject_hash(&salt, account, &vehicle.parse()?) {
        return Err("the draw was made for another citizen or vehicle".into());
    }
    let epoch = draw.epoch.as_ref().ok_or("the slip names no epoch")?;
    Ok(claim.verify(&slip::epoch(epoch)?)?)
}

/// What the slip says, a line each.
pub(super) fn lines(draw: &Draw) -> Vec<String> {
    let epoch = draw.epoch.clone().unwrap_or_default();
    vec![
        format!("place {} of {} in {}", draw.index, epoch.size, epoch.name),
        format!("root  {}", hex(&epoch.root)),
        format!("key   {}", hex(&epoch.public_key)),
        format!("proof {}", hex(&draw.proof)),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
