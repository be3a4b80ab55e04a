//! `SatisfactionService`: how satisfied citizens are, for anyone to read.

use chassis::database::failed;
use chassis::names::malformed;
use chassis::refusal::Refusal;
use proto::motcua::feedback::v1 as pb;
use proto::motcua::feedback::v1::satisfaction_service_server::SatisfactionService;
use tonic::{Request, Response, Status};

use crate::satisfaction::{Counts, Period};
use crate::store::Counters;

/// The longest name of a procedure, in bytes.
const LONGEST_PROCEDURE: usize = 64;

/// Shows counters.
pub struct Satisfaction {
    /// Reads them.
    pub counters: Counters,
}

#[tonic::async_trait]
impl SatisfactionService for Satisfaction {
    async fn get_satisfaction(
        &self,
        request: Request<pb::GetSatisfactionRequest>,
    ) -> Result<Response<pb::Satisfaction>, Status> {
        let asked = request.into_inner();
        let period = check(&asked)?;
        let counts = self.counters.counts(&asked.procedure, &asked.agency, &period).await;
        Ok(Response::new(shown(asked, &counts.map_err(failed)?)))
    }
}

fn shown(asked: pb::GetSatisfactionRequest, counts: &Counts) -> pb::Satisfaction {
    let level = |(level, ratings): (pb::SatisfactionLevel, i64)| pb::LevelCount {
        level: level.into(),
        ratings,
    };
    pb::Satisfaction {
        procedure: asked.procedure,
        agency: asked.agency,
        period: asked.period,
        invited: counts.invited,
        rated: counts.rated(),
        levels: counts.levels().into_iter().flatten().map(level).collect(),
        satisfied_share: counts.satisfied_share(),
    }
}

/// The period, if all that was asked for can be; else every wrong field at once.
fn check(asked: &pb::GetSatisfactionRequest) -> Result<Period, Refusal> {
    let period = Period::parse(&asked.period);
    let refusals = [
        (!is_procedure(&asked.procedure)).then(|| malformed("procedure", "procedures/{code}")),
        (!is_agency(&asked.agency)).then(|| malformed("agency", "agencies/{five-digit unit code}")),
        period.is_none().then(no_period),
    ];
    let violations = refusals.into_iter().flatten().flat_map(|refusal| refusal.violations);
    let violations: Vec<_> = violations.collect();
    period.filter(|_| violations.is_empty()).ok_or_else(|| Refusal::fields(violations))
}

/// Empty, or a procedure without version: the code of one is letters, digits, dots and hyphens.
fn is_procedure(name: &str) -> bool {
    let code = name.strip_prefix("procedures/").unwrap_or_default();
    let of_code = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    name.is_empty()
        || name.len() <= LONGEST_PROCEDURE && !code.is_empty() && code.bytes().all(of_code)
}

/// Empty, or an agency.
fn is_agency(name: &str) -> bool {
    let unit = name.strip_prefix("agencies/").unwrap_or_default();
    name.is_empty() || unit.len() == 5 && unit.bytes().all(|byte| byte.is_ascii_digit())
}

fn no_period() -> Refusal {
    Refusal::field(
        "period",
        "PERIOD_MALFORMED",
        "Kỳ báo cáo phải là tháng `2026-11`, quý `2026-Q4` hoặc năm `2026`.",
        "The period must be a month `2026-11`, a quarter `2026-Q4` or a year `2026`.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named_at_once() {
        for (procedure, agency, period, fields) in [
            ("", "", "2026", &[][..]),
            ("procedures/1.012575", "agencies/26860", "2026-Q4", &[]),
            ("procedures/1.000494.000.00.00.H29", "", "2026-11", &[]),
            ("procedures/1.012575/versions/1", "", "2026-11", &["procedure"]),
            ("procedures/", "agencies/2686", "", &["procedure", "agency", "period"]),
            ("1.012575", "agencies/a6860", "2026-11", &["procedure", "agency"]),
        ] {
            let asked = pb::GetSatisfactionRequest {
                procedure: procedure.into(),
                agency: agency.into(),
                period: period.into(),
            };
            let violations = check(&asked).err().map(|refusal| refusal.violations);
            let named = violations.into_iter().flatten().map(|it| it.field).collect::<Vec<_>>();
            assert_eq!(named, fields, "{asked:?}");
        }
    }
}
