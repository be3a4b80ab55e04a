use proptest::prelude::*;

use super::*;

/// Two texts that a published encoder made for the same account at ACB.
const PUBLISHED_STATIC: &str = "00020101021138530010A000000727012300069704160109257678859\
    0208QRIBFTTA53037045802VN6304AE9F";
const PUBLISHED_DYNAMIC: &str = "00020101021238530010A000000727012300069704160109257678859\
    0208QRIBFTTA53037045405100005802VN62150811Chuyen tien630453E6";

const ANY_AMOUNT: Transfer<'_> = Transfer {
    bank_bin: "970416",
    account: "257678859",
    amount: None,
    purpose: None,
    to: PayTo::Account,
};

fn ten_thousand() -> Transfer<'static> {
    Transfer { amount: Dong::new(10_000).ok(), purpose: Some("Chuyen tien"), ..ANY_AMOUNT }
}

#[test]
fn the_checksum_has_its_published_check_value() {
    assert_eq!(crc16(b"123456789"), 0x29B1);
}

#[test]
fn the_published_texts_are_written_and_read() {
    for (transfer, text) in [(ANY_AMOUNT, PUBLISHED_STATIC), (ten_thousand(), PUBLISHED_DYNAMIC)] {
        let payload = Payload::new(transfer).unwrap();
        assert_eq!(payload.encode(), text);
        assert_eq!(parse(text), Ok(payload));
    }
}

#[test]
fn a_part_out_of_bounds_is_named() {
    let dong = |units| Dong::new(units).ok();
    for (transfer, field) in [
        (Transfer { bank_bin: "97041", ..ANY_AMOUNT }, BANK),
        (Transfer { bank_bin: "97041A", ..ANY_AMOUNT }, BANK),
        (Transfer { account: "", ..ANY_AMOUNT }, ACCOUNT),
        (Transfer { account: "12345678901234567890", ..ANY_AMOUNT }, ACCOUNT),
        (Transfer { account: "2576 78859", ..ANY_AMOUNT }, ACCOUNT),
        (Transfer { amount: dong(0), ..ANY_AMOUNT }, AMOUNT),
        (Transfer { amount: dong(10_000_000_000_000), ..ANY_AMOUNT }, AMOUNT),
        (Transfer { purpose: Some(""), ..ANY_AMOUNT }, PURPOSE),
        (Transfer { purpose: Some("26 characters are too many"), ..ANY_AMOUNT }, PURPOSE),
        (Transfer { purpose: Some("Chuyển tiền"), ..ANY_AMOUNT }, PURPOSE),
        (Transfer { purpose: Some("two\nlines"), ..ANY_AMOUNT }, PURPOSE),
    ] {
        assert_eq!(Payload::new(transfer), Err(QrError::Value(field)));
    }
}

/// Every text here carries a right checksum, so that only the named fault is left to find.
#[test]
fn a_fault_behind_a_right_checksum_is_named() {
    let head = "00020101021138530010A0000007270123000697041601092576788590208QRIBFTTA";
    let tail = "53037045802VN";
    let text = |from: &str, to: &str| format!("{head}{tail}").replacen(from, to, 1);
    for (text, error) in [
        (String::new(), QrError::Misplaced(FORMAT)),
        (text("000201", ""), QrError::Misplaced(FORMAT)),
        (text("000201", "000201000201"), QrError::Misplaced(METHOD)),
        (text("000201010211", "010211000201"), QrError::Misplaced(FORMAT)),
        (text("000201", "000202"), QrError::Value(FORMAT)),
        (text("000201", "0000"), QrError::Value(FORMAT)),
        (text("010211", "010212"), QrError::Value(METHOD)),
        (text("010211", "0102115204"), QrError::Misplaced(TRANSFER)),
        (text("3853", "3899"), QrError::Length(TRANSFER)),
        (text("3853", "38+5"), QrError::Length(TRANSFER)),
        (text("727", "728"), QrError::Value(SCHEME)),
        (text("0208QRIBFTTA", "0208QRIBFTTX"), QrError::Value(SERVICE)),
        (text("0123000697", "0122000697"), QrError::Misplaced(SERVICE)),
        (text("0109257678859", "0110257678859"), QrError::Length(ACCOUNT)),
        (text("0109257678859", "0108257678859"), QrError::Trailing(ACCOUNT)),
        (text("5303704", "5303840"), QrError::Value(CURRENCY)),
        (text("53037045802VN", "5802VN5303704"), QrError::Misplaced(CURRENCY)),
        (text(tail, "530370454995005802VN"), QrError::Length(AMOUNT)),
        (text(tail, "530370454005802VN"), QrError::Value(AMOUNT)),
        (text(tail, "5303704540201"), QrError::Value(AMOUNT)),
        (text(tail, "53037045404+1005802VN"), QrError::Value(AMOUNT)),
        (text(tail, "5303704540510.005802VN"), QrError::Value(AMOUNT)),
        (text("5802VN", "5802VN5905Motcu"), QrError::Trailing(COUNTRY)),
        (text("5802VN", "5802VN62040800"), QrError::Value(PURPOSE)),
        (text("5802VN", "5802VN62090105ABCDE"), QrError::Misplaced(PURPOSE)),
    ] {
        assert_eq!(parse(&sealed(&text)), Err(error), "{text}");
    }
}

#[test]
fn a_text_that_cannot_be_a_code_is_refused_at_once() {
    assert_eq!(parse(""), Err(QrError::Checksum));
    assert_eq!(parse("6304"), Err(QrError::Checksum));
    assert_eq!(parse(&PUBLISHED_STATIC.to_lowercase()), Err(QrError::Checksum));
    assert_eq!(parse("tiền"), Err(QrError::NotAscii));
    assert_eq!(parse(&"0".repeat(LONGEST + 1)), Err(QrError::TooLong));
}

prop_compose! {
    fn any_payload()(
        bank_bin in "[0-9]{6}",
        account in "[0-9A-Za-z]{1,19}",
        amount in proptest::option::of(1..10_000_000_000_000_i64),
        purpose in proptest::option::of("[ -~]{1,25}"),
        to in prop_oneof![Just(PayTo::Account), Just(PayTo::Card)],
    ) -> Payload {
        let amount = amount.map(|units| Dong::new(units).unwrap());
        let purpose = purpose.as_deref();
        Payload::new(Transfer { bank_bin: &bank_bin, account: &account, amount, purpose, to })
            .unwrap()
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(payload in any_payload()) {
        let text = payload.encode();
        prop_assert!(text.len() <= 150);
        prop_assert_eq!(parse(&text), Ok(payload));
    }

    #[test]
    fn any_one_changed_character_is_refused(
        payload in any_payload(),
        place in any::<prop::sample::Index>(),
        other in prop::char::range(' ', '~'),
    ) {
        let mut characters: Vec<char> = payload.encode().chars().collect();
        let place = place.index(characters.len());
        prop_assume!(characters[place] != other);
        characters[place] = other;
        prop_assert!(parse(&String::from_iter(characters)).is_err());
    }

    #[test]
    fn whatever_is_read_is_written_the_same(text in "[0-9A-Z]{0,80}") {
        let text = sealed(&text);
        if let Ok(payload) = parse(&text) {
            prop_assert_eq!(payload.encode(), text);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = parse(&text);
        let _ = parse(&sealed(&text));
    }
}
