//! Uploads: resumed, repeated, refused, read again, swept.

use futures::future::join_all;
use jiff::SignedDuration;
use prost::Message;
use proto::google::rpc;
use proto::motcua::dossier::v1 as pb;
use sha2::{Digest, Sha256};
use support::{reason, wrong};
use tonic::Code;

use crate::desk::{Desk, ELSEWHERE, MAILING, OFFICER, OWNER};
use crate::files::{parts, pdf, pdf_of};

const PAPER: &str = "purchase_invoice";

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_where_it_was_cut_off() {
    let desk = Desk::open().await;
    let dossier = desk.draft().await;
    let whole = pdf(600_000);
    let sha256 = Sha256::digest(&whole).to_vec();
    let wished = pb::File { sha256: sha256.clone(), ..pdf_of(PAPER, &whole) };
    let file = desk.create_file(OWNER, &dossier, wished).await.unwrap();
    assert_eq!((file.state(), file.committed_bytes), (pb::FileState::Uploading, 0));
    let sent: Vec<_> = parts(&whole).collect();
    let first = desk.write_file(OWNER, &file.name, 0, sent[0].1).await.unwrap();
    assert_eq!(first.committed_bytes, 262_144);
    let skipping = desk.write_file(OWNER, &file.name, sent[2].0, sent[2].1).await.unwrap_err();
    assert_eq!(committed(&skipping), Some("262144".into()));
    // What is committed is asked for, and a part whose answer was lost is sent again.
    assert_eq!(desk.get_file(OWNER, &file.name).await.unwrap(), first);
    assert_eq!(desk.write_file(OWNER, &file.name, 0, sent[0].1).await.unwrap(), first);
    desk.write_file(OWNER, &file.name, sent[1].0, sent[1].1).await.unwrap();
    let last = desk.write_file(OWNER, &file.name, sent[2].0, sent[2].1).await.unwrap();
    assert_eq!((last.state(), last.committed_bytes), (pb::FileState::Complete, 600_000));
    assert_eq!(last.sha256, sha256);
    assert!(last.complete_time.is_some() && last.expire_time.is_none());
    assert_eq!(desk.write_file(OWNER, &file.name, sent[2].0, sent[2].1).await.unwrap(), last);
    assert_eq!(desk.read_file(OWNER, &file.name).await.unwrap(), whole);
}

/// Two telephones write the same file, one of them other bytes, again and again at once: a file that is complete is what was declared.
#[tokio::test(flavor = "multi_thread")]
async fn a_complete_file_is_whole_whoever_wrote_to_it_besides() {
    let desk = Desk::open().await;
    let dossier = desk.draft().await;
    let whole = pdf(1000);
    let mut other = whole.clone();
    other[999] ^= 1;
    let sha256 = Sha256::digest(&whole).to_vec();
    for _ in 0..8 {
        let wished = pb::File { sha256: sha256.clone(), ..pdf_of(PAPER, &whole) };
        let file = desk.create_file(OWNER, &dossier, wished).await.unwrap();
        let writes = (0..24).map(|turn| {
            let data = if turn % 2 == 0 { &other } else { &whole };
            desk.write_file(OWNER, &file.name, 0, data)
        });
        for refused in join_all(writes).await.into_iter().filter_map(Result::err) {
            assert_eq!(refused.code(), Code::Aborted, "{refused}");
        }
        // Whoever is told that it differs begins again.
        while desk.write_file(OWNER, &file.name, 0, &whole).await.is_err() {}
        assert_eq!(desk.read_file(OWNER, &file.name).await.unwrap(), whole);
        desk.delete_file(OWNER, &file.name).await.unwrap();
    }
}

fn committed(refused: &tonic::Status) -> Option<String> {
    assert_eq!(refused.code(), Code::Aborted);
    let details = rpc::Status::decode(refused.details()).unwrap().details;
    let info = details.iter().find(|any| any.type_url.ends_with("/google.rpc.ErrorInfo")).unwrap();
    let info = rpc::ErrorInfo::decode(info.value.as_slice()).unwrap();
    assert_eq!(info.reason, "OFFSET_WRONG");
    info.metadata.get("committedBytes").cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_was_declared_is_refused() {
    let desk = Desk::open().await;
    let dossier = desk.draft().await;
    let whole = pdf(1000);
    let picture = pb::File { kind: pb::FileKind::Png.into(), ..pdf_of(PAPER, &whole) };
    let picture = desk.create_file(OWNER, &dossier, picture).await.unwrap();
    let refused = desk.write_file(OWNER, &picture.name, 0, &whole).await;
    assert_eq!(wrong(refused), [("data".into(), "FILE_KIND".into())]);
    let short = desk.write_file(OWNER, &picture.name, 0, &whole[..999]).await;
    assert_eq!(wrong(short), [("data".into(), "PART_SIZE".into())]);
    for offset in [1, 262_144] {
        let refused = desk.write_file(OWNER, &picture.name, offset, &whole).await;
        assert_eq!(wrong(refused), [("offset".into(), "OUT_OF_RANGE".into())]);
    }
    let other = pb::File { sha256: vec![7; 32], ..pdf_of(PAPER, &whole) };
    let other = desk.create_file(OWNER, &dossier, other).await.unwrap();
    let refused = desk.write_file(OWNER, &other.name, 0, &whole).await;
    assert_eq!(reason(refused), "FILE_DIFFERS");
    assert_eq!(desk.get_file(OWNER, &other.name).await.unwrap().committed_bytes, 0);
    let early = desk.read_file(OWNER, &other.name).await;
    assert_eq!(reason(early), "FILE_INCOMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_of_a_new_file_is_told_at_once() {
    let desk = Desk::with_settings(&["dossier.files.largest=1MiB"]).await;
    let dossier = desk.draft().await;
    let wished = pb::File {
        paper: "love_letter".into(),
        file_name: "../x".into(),
        size_bytes: 1024 * 1024 + 1,
        sha256: vec![1],
        ..Default::default()
    };
    let told = wrong(desk.create_file(OWNER, &dossier, wished).await);
    let fields: Vec<_> = told.iter().map(|(field, _)| field.as_str()).collect();
    let all = ["file.paper", "file.file_name", "file.kind", "file.size_bytes", "file.sha256"];
    assert_eq!(fields, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_has_as_many_files_as_it_may() {
    let desk = Desk::open().await;
    let dossier = desk.draft().await;
    let file = || pdf_of("registration_fee_receipt", &pdf(10));
    let first = desk.create_file(OWNER, &dossier, file()).await.unwrap();
    desk.create_file(OWNER, &dossier, file()).await.unwrap();
    assert_eq!(reason(desk.create_file(OWNER, &dossier, file()).await), "PAPER_FULL");
    desk.delete_file(OWNER, &first.name).await.unwrap();
    desk.create_file(OWNER, &dossier, file()).await.unwrap();
    assert_eq!(reason(desk.get_file(OWNER, &first.name).await), "NOT_PERMITTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_for_those_who_may_read_the_dossier() {
    let desk = Desk::open().await;
    let dossier = desk.draft().await;
    let file = desk.upload(OWNER, &dossier, PAPER, &pdf(10)).await;
    for stranger in [OFFICER, ELSEWHERE, MAILING] {
        assert_eq!(reason(desk.read_file(stranger, &file.name).await), "NOT_PERMITTED");
        assert_eq!(reason(desk.get_file(stranger, &file.name).await), "NOT_PERMITTED");
        assert_eq!(reason(desk.list_files(stranger, &dossier).await), "NOT_PERMITTED");
        let created = desk.create_file(stranger, &dossier, pdf_of("", &pdf(10))).await;
        assert_eq!(reason(created), "NOT_PERMITTED");
    }
    let submitted = desk.submitted("post").await;
    let files = desk.list_files(OWNER, &submitted.name).await.unwrap();
    assert_eq!(files.len(), 3);
    assert!(files.iter().all(|file| file.file_name == "giấy tờ của tôi.pdf"));
    for reader in [OWNER, OFFICER, MAILING] {
        assert_eq!(desk.read_file(reader, &files[0].name).await.unwrap(), pdf(1000));
        assert_eq!(desk.list_files(reader, &submitted.name).await.unwrap(), files);
    }
    assert_eq!(reason(desk.read_file(ELSEWHERE, &files[0].name).await), "NOT_PERMITTED");
    assert_eq!(reason(desk.delete_file(OWNER, &files[0].name).await), "DOSSIER_SUBMITTED");
    assert_eq!(reason(desk.delete_file(OFFICER, &files[0].name).await), "NOT_PERMITTED");
    let late = desk.create_file(OWNER, &submitted.name, pdf_of(PAPER, &pdf(10))).await;
    assert_eq!(reason(late), "DOSSIER_SUBMITTED");
    let early = desk.create_file(OFFICER, &submitted.name, pdf_of("", &pdf(10))).await;
    assert_eq!(reason(early), "DOSSIER_NOT_IN_PROCESSING");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_lapses_after_a_day() {
    let desk = Desk::open().await;
    let dossier = desk.draft().await;
    let file = desk.create_file(OWNER, &dossier, pdf_of(PAPER, &pdf(10))).await.unwrap();
    desk.alone.clock.advance(SignedDuration::from_mins(4));
    assert_eq!(desk.list_files(OWNER, &dossier).await.unwrap(), std::slice::from_ref(&file));
    desk.alone.clock.advance(SignedDuration::from_hours(24));
    let late = desk.write_file(OWNER, &file.name, 0, &pdf(10)).await;
    assert_eq!(reason(late), "FILE_LAPSED");
    assert!(desk.list_files(OWNER, &dossier).await.unwrap().is_empty());
}
