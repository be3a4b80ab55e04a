//! The portal's ten statuses: which may follow which.

use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::r#type::v1::DossierStatus::{
    Accepted, FinancialObligationRequired, InProcessing, NewlyRegistered, NotAccepted,
    ProcessingDone, ProcessingStopped, ResultReturned, SupplementRequired, Unspecified, Withdrawn,
};

/// Whether a dossier in status `before` may come to `after`. The portal does not publish its transitions; these are our reading
/// (the contract's `DossierStatus` tells them). Staying is always allowed.
pub fn may_follow(before: DossierStatus, after: DossierStatus) -> bool {
    let next: &[DossierStatus] = match before {
        Unspecified => &[NewlyRegistered],
        NewlyRegistered => &[Accepted, NotAccepted, Withdrawn],
        Accepted => &[InProcessing, SupplementRequired, FinancialObligationRequired, Withdrawn],
        InProcessing => &[
            SupplementRequired,
            FinancialObligationRequired,
            Withdrawn,
            ProcessingStopped,
            ProcessingDone,
        ],
        SupplementRequired => &[Accepted, InProcessing, Withdrawn, ProcessingStopped],
        FinancialObligationRequired => &[InProcessing, Withdrawn, ProcessingStopped],
        ProcessingStopped => &[InProcessing],
        ProcessingDone => &[ResultReturned],
        NotAccepted | Withdrawn | ResultReturned => &[],
    };
    before == after || next.contains(&after)
}

/// Whether a case may end with a dossier in this status.
pub(super) fn is_final(status: DossierStatus) -> bool {
    matches!(status, NotAccepted | Withdrawn | ResultReturned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transitions_are_those_the_contract_tells() {
        let told = [
            (0, vec![1]),
            (1, vec![2, 3, 7]),
            (2, vec![4, 5, 6, 7]),
            (3, vec![]),
            (4, vec![5, 6, 7, 8, 9]),
            (5, vec![2, 4, 7, 8]),
            (6, vec![4, 7, 8]),
            (7, vec![]),
            (8, vec![4]),
            (9, vec![10]),
            (10, vec![]),
        ];
        let status = |number| DossierStatus::try_from(number).expect("a status");
        for (before, after) in told {
            for other in 0..=10 {
                let may = may_follow(status(before), status(other));
                assert_eq!(may, other == before || after.contains(&other), "{before} to {other}");
            }
        }
    }
}
