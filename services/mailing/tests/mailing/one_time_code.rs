//! What goes to a telephone within the call: one-time codes, and what happened to an account.

use futures::future::join_all;
use proto::motcua::mailing::v1::message_service_client::MessageServiceClient;
use proto::motcua::mailing::v1::{AccountNotice, SendAccountNoticeRequest, SendOneTimeCodeRequest};
use support::{by, wish};
use tonic::{Code, Status};

use crate::house::{Mailing, NUMBER};
use crate::others::Others;

/// Nobody is asked for a one-time code.
const NOBODY: Others = Others { contact: None, address: None };

async fn with_telephone(set: &[String]) -> Mailing {
    let mailing = Mailing::beside(NOBODY, set).await;
    mailing.telephone_comes_back().await;
    mailing
}

async fn send(mailing: &Mailing, asked: SendOneTimeCodeRequest) -> Result<(), Status> {
    let request = by(&mailing.alone.service("identity"), asked);
    MessageServiceClient::new(mailing.alone.channel.clone()).send_one_time_code(request).await?;
    Ok(())
}

fn code(code: &str) -> SendOneTimeCodeRequest {
    SendOneTimeCodeRequest {
        request_id: wish(),
        phone_number: NUMBER.into(),
        code: code.into(),
        locale: "en".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_comes_once_however_often_it_is_sent() {
    let mailing = with_telephone(&[]).await;
    let asked = code("123456");
    send(&mailing, asked.clone()).await.unwrap();
    let repeats = join_all((0..10).map(|_| send(&mailing, asked.clone()))).await;
    assert!(repeats.iter().all(Result::is_ok));
    let shown = mailing.shown(0).await;
    assert_eq!(shown.len(), 1);
    assert!(shown[0].text.contains("123456"));
    assert_eq!(shown[0].key, asked.request_id);
    assert_eq!(mailing.alone.number("select count(*) from mailing.messages").await, 1);
    assert_eq!(mailing.alone.number("select count(*) from chassis.event").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_shows_neither_code_nor_number() {
    let mailing = with_telephone(&[]).await;
    send(&mailing, code("918273")).await.unwrap();
    let dump = mailing.alone.dump().await;
    assert!(dump.contains("one_time_code"), "the dump holds what may be kept");
    assert!(!dump.contains("918273") && !dump.contains("901234567"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_hears_once_that_another_took_its_place_and_what_is_kept_does_not_show_it() {
    let mailing = with_telephone(&[]).await;
    let asked = SendAccountNoticeRequest {
        request_id: wish(),
        phone_number: NUMBER.into(),
        notice: AccountNotice::TelephoneReplaced.into(),
        locale: "en".into(),
    };
    let tell = async |asked: &SendAccountNoticeRequest| {
        let request = by(&mailing.alone.service("identity"), asked.clone());
        let mut messages = MessageServiceClient::new(mailing.alone.channel.clone());
        messages.send_account_notice(request).await.map(|_| ())
    };
    tell(&asked).await.unwrap();
    tell(&asked).await.unwrap();
    let shown = mailing.shown(0).await;
    assert_eq!(shown.len(), 1);
    assert!(shown[0].text.contains("another took its place"), "{}", shown[0].text);
    let dump = mailing.alone.dump().await;
    assert!(dump.contains("telephone_replaced") && !dump.contains("901234567"));
    let nothing = SendAccountNoticeRequest { notice: 0, request_id: wish(), ..asked };
    assert_eq!(tell(&nothing).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_away_is_told_and_leaves_no_trace() {
    let mailing = Mailing::beside(NOBODY, &[]).await;
    let refused = send(&mailing, code("123456")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(chassis::status::reason(&refused).as_deref(), Some("GATEWAY_UNAVAILABLE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_shows_nothing_to_the_caller_or_the_telephone() {
    let mailing = with_telephone(&["mailing.sms.secret=a wrong one".into()]).await;
    let refused = send(&mailing, code("123456")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
    assert!(!refused.message().contains("secret"));
    assert!(mailing.shown(0).await.is_empty());
    assert_eq!(mailing.alone.number("select count(*) from mailing.messages").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named_at_once() {
    let mailing = with_telephone(&[]).await;
    let asked = SendOneTimeCodeRequest {
        phone_number: "0901234567".into(),
        code: "12a456".into(),
        locale: "fr".into(),
        ..code("")
    };
    let refused = send(&mailing, asked).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let details = String::from_utf8_lossy(refused.details()).into_owned();
    for field in ["phone_number", "code", "locale"] {
        assert!(details.contains(field), "{field}");
    }
    assert!(mailing.shown(0).await.is_empty());
}
