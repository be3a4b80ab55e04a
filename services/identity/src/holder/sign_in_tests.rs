use chassis::write::Numbers;
use proptest::prelude::*;

use super::*;

/// A holder, called as the door does.
struct Desk {
    holder: Holder,
    now: Timestamp,
    started: Vec<Uuid>,
}

/// What someone outside does.
#[derive(Clone, Debug)]
enum Act {
    Start { phone: u8, known_device: bool },
    Guess { back: usize },
    Wait { seconds: i64 },
}

/// The telephone of the account, where there is one.
const OWN: u8 = 0;

impl Desk {
    fn with_account(account: bool) -> Self {
        let now = Timestamp::UNIX_EPOCH;
        let account = account.then(|| Account {
            sealed: Vec::new(),
            phone_index: vec![OWN],
            locale: "vi".into(),
            created_at: now,
            secured_at: None,
        });
        Self { holder: Holder { account, ..Holder::default() }, now, started: Vec::new() }
    }

    fn run<C: Command<Root = Holder>>(&mut self, command: &C) -> Result<C::Answer, &'static str> {
        let mut numbers = Numbers::default();
        let mut at = At::new(self.now, [0; 32], &mut numbers);
        let decided = command.decide(Some(&self.holder), &(), &mut at);
        let decided = decided.map_err(|refusal| refusal.reason)?;
        self.holder = decided.after;
        Ok(decided.answer)
    }

    fn start(&mut self, phone: u8, known_device: bool) -> Result<Uuid, &'static str> {
        let id = Uuid::from_u128(self.started.len() as u128 + 1);
        let phone_index = vec![phone];
        self.run(&StartSignIn { holder: Uuid::nil(), id, phone_index, known_device })?;
        self.started.push(id);
        Ok(id)
    }

    fn give(&mut self, sign_in: Uuid, right: bool) -> Result<Completed, &'static str> {
        self.run(&CompleteSignIn { holder: Uuid::nil(), sign_in, right, agency: None })
    }

    /// What the one who acts gets to see.
    fn answer(&mut self, act: &Act) -> String {
        match act {
            Act::Start { phone, known_device } => {
                format!("{:?}", self.start(*phone, *known_device))
            }
            Act::Guess { back } => {
                let Some(place) = self.started.len().checked_sub(back + 1) else {
                    return String::new();
                };
                format!("{:?}", self.give(self.started[place], false))
            }
            Act::Wait { seconds } => {
                self.now += SignedDuration::from_secs(*seconds);
                String::new()
            }
        }
    }

    fn codes_sent(&self) -> usize {
        self.holder.sign_ins.iter().filter(|sign_in| sign_in.reaches).count()
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..40_u8, any::<bool>())
            .prop_map(|(phone, known_device)| Act::Start { phone, known_device }),
        2 => Just(Act::Start { phone: OWN, known_device: false }),
        4 => (0..120_usize).prop_map(|back| Act::Guess { back }),
        1 => (0..200_i64).prop_map(|seconds| Act::Wait { seconds }),
    ]
}

proptest! {
    /// Whoever does not hold the code sees the same, be there an account with that telephone, with another, or none.
    #[test]
    fn no_answer_tells_whether_a_telephone_is_the_accounts(
        acts in prop::collection::vec(act(), 1..400)
    ) {
        let (mut someone, mut nobody) = (Desk::with_account(true), Desk::with_account(false));
        for act in &acts {
            prop_assert_eq!(someone.answer(act), nobody.answer(act), "{:?}", act);
        }
        prop_assert_eq!(nobody.codes_sent(), 0);
        prop_assert!(someone.codes_sent() <= 2 * CODES);
        let kept = |desk: &Desk| desk.holder.sign_ins.len();
        prop_assert!(kept(&nobody) <= 2 * KEPT && kept(&someone) <= 2 * (KEPT + CODES));
    }
}

#[test]
fn those_that_are_crowded_out_are_forgotten_alike() {
    let mut desk = Desk::with_account(true);
    let own = desk.start(OWN, false).unwrap();
    let astray = desk.start(1, false).unwrap();
    for phone in 2..50 {
        desk.start(phone, false).unwrap();
    }
    assert_eq!(desk.give(own, false), Ok(Completed::Wrong));
    assert_eq!(desk.give(astray, false), Ok(Completed::Wrong));
    desk.start(50, false).unwrap();
    desk.start(51, false).unwrap();
    assert_eq!(desk.give(own, true), Err("SIGN_IN_EXPIRED"));
    assert_eq!(desk.give(astray, true), Err("SIGN_IN_EXPIRED"));
}

#[test]
fn crowding_out_sends_no_code_more_and_leaves_none_to_guess() {
    let mut desk = Desk::with_account(true);
    for _ in 0..4 {
        let mut last = Uuid::nil();
        for _ in 0..5 {
            last = desk.start(OWN, false).unwrap();
        }
        if desk.started.len() > 5 {
            assert_eq!(desk.give(last, true), Ok(Completed::Wrong), "no code was sent for it");
        }
        for phone in 1..=50 {
            desk.start(phone, false).unwrap();
        }
    }
    assert_eq!(desk.codes_sent(), CODES);
}

#[test]
fn strangers_who_know_the_telephone_do_not_keep_a_known_device_out() {
    let mut desk = Desk::with_account(true);
    let before = desk.start(OWN, true).unwrap();
    for _ in 0..5 {
        desk.start(OWN, false).unwrap();
    }
    for phone in 1..=100 {
        desk.start(phone, false).unwrap();
    }
    assert!(matches!(desk.give(before, true), Ok(Completed::Opened(_))), "it still opens");
    let own = desk.start(OWN, true).unwrap();
    assert!(matches!(desk.give(own, true), Ok(Completed::Opened(_))));
}
