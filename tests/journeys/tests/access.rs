//! Who may call what: every rpc of the contract, called for real by every kind of caller on a dossier that is really there.

use std::collections::BTreeSet;

use chassis::access::{Assurance, Person, Role};
use chassis::status::reason;
use jiff::SignedDuration;
use journeys::{
    AGENCY, Answer, Contract, ELSEWHERE, House, call, in_name_of, new_draft, new_person, path,
    refusal, vehicle_of, wish,
};
use motcua::journey::papers;
use prost::Message;
use proto::motcua::admin::v1 as admin;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::feedback::v1 as feedback;
use proto::motcua::identity::v1 as identity;
use proto::motcua::mailing::v1 as mailing;
use proto::motcua::payment::v1 as payment;
use proto::motcua::r#type::v1::Visitor;
use proto::motcua::workflow::v1 as workflow;
use tonic::{Code, Status};
use uuid::Uuid;

/// Who calls, in the order of the columns of [`TABLE`].
const CALLERS: [&str; 10] = [
    "anyone",
    "the owner",
    "another citizen",
    "an officer of the desk",
    "a signing officer",
    "an operator of the agency",
    "an officer of another agency who holds every role",
    "a service",
    "an administrator of the agency",
    "a cashier of the agency",
];

/// The caller of a column who owns the dossier.
const OWNER: usize = 1;

/// The caller of a column who holds its claimed tasks.
const RECEIVER: usize = 3;

/// The column of a service of the mesh.
const SERVICE: usize = 7;

/// The roles of those who receive and process.
const DESK: [Role; 2] = [Role::Receiving, Role::Processing];

/// Every role there is.
const EVERY: [Role; 7] = [
    Role::Receiving,
    Role::Processing,
    Role::Signing,
    Role::AgencyAdministrator,
    Role::Operator,
    Role::Cashier,
    Role::Registrar,
];

/// Where the dossier stands when it is called upon; or what else is called upon: an account, and one whose owner is an officer.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Stage {
    Member,
    Appointed,
    Draft,
    Filled,
    AtCounter,
    Waiting,
    Claimed,
    Refused,
    Accepted,
    Drawn,
}
use Stage::{
    Accepted, Appointed, AtCounter, Claimed, Draft, Drawn, Filled, Member, Refused, Waiting,
};

/// A row: the rpc, where the dossier stands, and a column for each caller: `y` served, `u` UNAUTHENTICATED, `-` PERMISSION_DENIED,
/// `p` FAILED_PRECONDITION, for a task that another holds or that is completed otherwise, a worklist without one and a sign-in that never
/// began, `n` NOT_FOUND, for an epoch that nobody opened, a rating nobody was invited to and a transfer that never came, `i` INVALID_ARGUMENT, for a result that its
/// owner would file and a draft that an officer opens for nobody, `r` REFRESH_TOKEN_INVALID.
const TABLE: &[(&str, Stage, &str)] = &[
    ("GetProcedureVersion", Draft, "y y y y y y y y y y"),
    ("ListProcedureVersions", Draft, "y y y y y y y y y y"),
    ("GetForm", Draft, "y y y y y y y y y y"),
    ("CreateDossier", Draft, "u y y i - - i - - -"),
    ("SaveStep", Draft, "u y - - - - - - - -"),
    ("SaveStep", AtCounter, "u y - y - - - - - -"),
    ("DeleteDossier", Draft, "u y - - - - - - - -"),
    ("DeleteDossier", AtCounter, "u y - y - - - - - -"),
    ("DeleteDossier", Waiting, "u p - - - - - - - -"),
    ("SubmitDossier", Filled, "u y - - - - - - - -"),
    ("SubmitDossier", AtCounter, "u y - - - - - - - -"),
    ("HandInDossier", Filled, "u - - - - - - - - -"),
    ("HandInDossier", AtCounter, "u - - y - - - - - -"),
    ("RequestWithdrawal", Draft, "u p - - - - - - - -"),
    ("RequestWithdrawal", Waiting, "u y - - - - - - - -"),
    ("GetDossier", Draft, "u y - - - - - - - -"),
    ("GetDossier", AtCounter, "u y - y y - - - - -"),
    ("GetDossier", Waiting, "u y - y y - - y - -"),
    ("ListDossiers", Draft, "u y y - - - - - - -"),
    ("LookUpDossier", Waiting, "y y y y y y y y y y"),
    ("CreateFile", Draft, "u y - - - - - - - -"),
    ("CreateFile", AtCounter, "u y - y - - - - - -"),
    ("CreateFile", Accepted, "u i - y y - - - - -"),
    ("WriteFile", Draft, "u - - - - - - - - -"),
    ("WriteFile", Filled, "u y - - - - - - - -"),
    ("GetFile", Filled, "u y - - - - - - - -"),
    ("GetFile", Waiting, "u y - y y - - y - -"),
    ("ListFiles", Draft, "u y - - - - - - - -"),
    ("ListFiles", Waiting, "u y - y y - - y - -"),
    ("ReadFile", Filled, "u y - - - - - - - -"),
    ("ReadFile", Waiting, "u y - y y - - y - -"),
    ("DeleteFile", Filled, "u y - - - - - - - -"),
    ("DeleteFile", AtCounter, "u - - y - - - - - -"),
    ("DeleteFile", Waiting, "u p - - - - - - - -"),
    ("ListDocuments", Draft, "u y - - - - - - - -"),
    ("ListDocuments", Waiting, "u y - y y - - y - -"),
    ("GetDocument", Accepted, "u y - y y - - y - -"),
    ("AddDocument", Draft, "u - - - - - - - - -"),
    ("AddDocument", Waiting, "u - - p p - - - - -"),
    ("GetSupplement", Waiting, "u - - - - - - - - -"),
    ("SupplementDossier", Waiting, "u - - - - - - - - -"),
    ("ListTimeline", Draft, "u y - - - - - - - -"),
    ("ListTimeline", Waiting, "u y - y y - - y - -"),
    ("WatchTimeline", Waiting, "u y - y y - - - - -"),
    ("GetCase", Draft, "u - - - - - - - - -"),
    ("GetCase", Waiting, "u - - y y y - y y y"),
    ("ListCases", Waiting, "u - - y y - y - y -"),
    ("AcceptDossier", Draft, "u - - - - - - - - -"),
    ("AcceptDossier", Claimed, "u - - y - - - - - -"),
    ("RefuseDossier", Draft, "u - - - - - - - - -"),
    ("RefuseDossier", Claimed, "u - - y - - - - - -"),
    ("RequestSupplement", Draft, "u - - - - - - - - -"),
    ("RequestSupplement", Accepted, "u - - p p - - - - -"),
    ("GrantWithdrawal", Draft, "u - - - - - - - - -"),
    ("GrantWithdrawal", Accepted, "u - - p - - - - - -"),
    ("DenyWithdrawal", Draft, "u - - - - - - - - -"),
    ("DenyWithdrawal", Accepted, "u - - p - - - - - -"),
    ("GetGrounds", Waiting, "u - - - - - - - - -"),
    ("GetGrounds", Refused, "u - - y y - - y - -"),
    ("GetRefusalReasons", Draft, "y y y y y y y y y y"),
    ("ExplainDueTime", Draft, "u - - - - - - - - -"),
    ("ExplainDueTime", Waiting, "u - - y y y - y y y"),
    ("ListTasks", Waiting, "u - - y y - y - y -"),
    ("ClaimTask", Draft, "u - - - - - - - - -"),
    ("ClaimTask", Waiting, "u - - y - - - - - -"),
    ("ClaimNextTask", Waiting, "u - - y p - p - - -"),
    ("CompleteTask", Draft, "u - - - - - - - - -"),
    ("CompleteTask", Claimed, "u - - p p - - - - -"),
    ("ReleaseTask", Claimed, "u - - y p - - - - -"),
    ("DrawNumber", Draft, "u - - - - - - - - -"),
    ("DrawNumber", Accepted, "u y - - - - - - - -"),
    ("GetDraw", Draft, "u - - - - - - - - -"),
    ("GetDraw", Drawn, "u y - y y - - y - -"),
    ("VerifyDraw", Draft, "n n n n n n n n n n"),
    ("CreateAccount", Draft, "y y y y y y y y y y"),
    ("GetAccount", Member, "u y - - - - - y - -"),
    ("ResolveContacts", Member, "u - - - - - - y - -"),
    ("StartSignIn", Draft, "y y y y y y y y y y"),
    ("CompleteSignIn", Draft, "p p p p p p p p p p"),
    ("RefreshToken", Draft, "r r r r r r r r r r"),
    ("SignOut", Draft, "r r r r r r r r r r"),
    ("SignOutEverywhere", Draft, "r r r r r r r r r r"),
    ("RegisterPerson", Draft, "u - - - - - y - - -"),
    ("AppointOfficer", Member, "u - - - - - - - y -"),
    ("GetOfficer", Appointed, "u - - y y y - y y y"),
    ("GrantRole", Appointed, "u - - - - - - - y -"),
    ("RevokeRole", Appointed, "u - - - - - - - y -"),
    ("GetKeySet", Draft, "y y y y y y y y y y"),
    ("UpdateContact", Member, "u y - - - - - - - -"),
    ("StartPhoneChange", Member, "u y - - - - - - - -"),
    ("CompletePhoneChange", Member, "u r - - - - - - - -"),
    ("CreateClient", Draft, "u - - - - - - - - -"),
    ("DisableClient", Draft, "u - - - - - - - - -"),
    ("IssueClientToken", Draft, "u u u u u u u u u u"),
    ("GetAgency", Draft, "y y y y y y y y y y"),
    ("ListAgencies", Draft, "y y y y y y y y y y"),
    ("SendOneTimeCode", Draft, "u - - - - - - y - -"),
    ("SendAccountNotice", Draft, "u - - - - - - y - -"),
    ("GetShipment", Waiting, "u - - - - - - - - -"),
    ("GetInvoice", Waiting, "u - - - - - - - - -"),
    ("ListInvoices", Draft, "u - - y y y y y y y"),
    ("ListInvoices", Waiting, "u y - y y y y y y y"),
    ("ListTransfers", Draft, "u - - - - - y - - y"),
    ("RefundTransfer", Draft, "u - - - - - n - - n"),
    ("CheckLedger", Draft, "u - - - - y y y - y"),
    ("RateDossier", Draft, "u - - - - - - - - -"),
    ("RateDossier", Waiting, "u p - - - - - - - -"),
    ("GetRating", Draft, "u - - - - - - - - -"),
    ("GetRating", Waiting, "u n - - - - - - - -"),
    ("GetSatisfaction", Draft, "y y y y y y y y y y"),
    ("ListDeadLetters", Draft, "u - - - - y y - - -"),
    ("GetDeadLetter", Draft, "u - - - - n n - - -"),
    ("ReplayDeadLetters", Draft, "u - - - - y y - - -"),
    ("DiscardDeadLetter", Draft, "u - - - - n n - - -"),
    ("ListReaders", Draft, "u - - - - y y - - -"),
    ("GetBacklog", Draft, "u - - - - y y - - -"),
    ("ListJobs", Draft, "u - - - - y y - - -"),
    ("ListTimers", Draft, "u - - - - y y - - -"),
    ("RetryJobs", Draft, "u - - - - y y - - -"),
    ("RetryTimers", Draft, "u - - - - y y - - -"),
    ("ListFacts", Draft, "u - - - - y y - - -"),
    ("GetServerInfo", Draft, "u - - - - y y - - -"),
];

/// A dossier and those who call upon it.
struct Scene {
    id: String,
    code: String,
    below: Below,
    tokens: [Option<String>; 10],
}

/// Ids of what belongs to the dossier: a paper's file, and the slip once it is accepted.
#[derive(Default)]
struct Below {
    file: Uuid,
    slip: Option<Uuid>,
}

impl Below {
    async fn of(house: &House, owner: &str, dossier: &str, stage: Stage) -> Self {
        let mut below = Self { file: Uuid::now_v7(), slip: None };
        if stage >= Filled {
            let asked = dossier::ListFilesRequest { parent: dossier.into(), ..Default::default() };
            let listed = house.files().list_files(in_name_of(owner, asked)).await;
            let files = listed.expect("files").into_inner().files;
            let file = files.into_iter().find(|file| file.paper == papers::PAPERS[0]);
            below.file = last_id(&file.expect("a paper").name);
        }
        if stage >= Accepted {
            below.slip = Some(house.slip(owner, dossier).await);
        }
        below
    }
}

fn last_id(name: &str) -> Uuid {
    name.rsplit('/').next().unwrap_or_default().parse().expect("a UUID")
}

impl Scene {
    async fn set(house: &House, stage: Stage) -> Self {
        let people = &house.people;
        let account = house.account().await.name;
        let id = account.trim_start_matches("accounts/").to_owned();
        let tokens = [
            None,
            Some(people.citizen_again(id.parse().expect("a UUID"))),
            Some(people.citizen()),
            Some(people.officer(AGENCY, &DESK)),
            Some(people.officer(AGENCY, &[Role::Signing])),
            Some(people.officer(AGENCY, &[Role::Operator])),
            Some(people.officer(ELSEWHERE, &EVERY)),
            None,
            Some(people.officer(AGENCY, &[Role::AgencyAdministrator])),
            Some(people.officer(AGENCY, &[Role::Cashier])),
        ];
        let owner = tokens[OWNER].as_deref().expect("the owner's token");
        if stage == Appointed {
            house.appoint(&account, AGENCY).await;
        }
        let dossier = match stage {
            Member | Appointed => {
                return Self { id, code: String::new(), below: Below::default(), tokens };
            }
            Draft => house.draft(owner).await,
            Filled => house.filled(owner).await,
            AtCounter => {
                let receiver = tokens[RECEIVER].as_deref().expect("the receiver's token");
                house.filled_at_counter(receiver, &account).await
            }
            Waiting | Claimed | Refused | Accepted | Drawn => house.submitted(owner).await,
        };
        if stage >= Waiting {
            let receiver = tokens[RECEIVER].as_deref().expect("the receiver's token");
            let task = house.task(&dossier.name).await;
            if stage >= Claimed {
                house.claim(receiver, &task.name).await;
            }
            if stage == Refused {
                house.refuse(receiver, &dossier.name).await;
            }
            if stage >= Accepted {
                house.accept(receiver, &dossier.name).await;
            }
        }
        let below = Below::of(house, owner, &dossier.name, stage).await;
        let id = dossier.name.trim_start_matches("dossiers/").to_owned();
        let scene = Self { id, code: dossier.code, below, tokens };
        if stage == Drawn {
            let path = "/motcua.workflow.v1.DrawService/DrawNumber";
            scene.call(house, path, OWNER, &scene.id).await.expect("drawn");
        }
        scene
    }

    async fn call(&self, house: &House, path: &str, caller: usize, id: &str) -> Answer {
        // A token of a service is for one service alone.
        let of_service = (caller == SERVICE).then(|| house.people.service(path));
        let token = of_service.as_deref().or(self.tokens[caller].as_deref());
        call(house.channel(path), path, token, request(path, id, &self.code, &self.below)).await
    }
}

/// What is asked of the dossier, case or account `id`.
fn request(path: &str, id: &str, code: &str, below: &Below) -> Vec<u8> {
    let rpc = path.rsplit('/').next().unwrap_or_default();
    match path.split('.').nth(1).unwrap_or_default() {
        "dossier" if path.contains("FileService") => of_file(rpc, &format!("dossiers/{id}"), below),
        "dossier" if path.contains("DocumentService") => {
            of_document(rpc, &format!("dossiers/{id}"), below)
        }
        "dossier" => of_dossier(rpc, format!("dossiers/{id}"), code),
        "workflow" => of_workflow(rpc, id),
        "identity" => of_identity(rpc, id),
        "mailing" => of_mailing(rpc, id),
        "payment" => of_payment(rpc, id),
        "admin" => of_admin(rpc, id),
        "feedback" => of_feedback(rpc, format!("ratings/{id}")),
        other => panic!("{other} has no requests here: add them, and their rows to the table"),
    }
}

fn of_dossier(rpc: &str, dossier: String, code: &str) -> Vec<u8> {
    let (request_id, etag) = (wish(), String::new());
    match rpc {
        "GetProcedureVersion" => {
            let name = "procedures/1.012575/versions/-".into();
            dossier::GetProcedureVersionRequest { name }.encode_to_vec()
        }
        "GetForm" => {
            let name = "procedures/1.012575/versions/-/form".into();
            dossier::GetFormRequest { name }.encode_to_vec()
        }
        "ListProcedureVersions" => dossier::ListProcedureVersionsRequest {
            parent: "procedures/-".into(),
            ..Default::default()
        }
        .encode_to_vec(),
        "CreateDossier" => new_draft().encode_to_vec(),
        "SaveStep" => dossier::SaveStepRequest {
            name: dossier,
            step: Some(dossier::StepAnswers { step: 1, answers: None }),
            etag,
            request_id,
        }
        .encode_to_vec(),
        "SubmitDossier" => {
            dossier::SubmitDossierRequest { name: dossier, etag, request_id }.encode_to_vec()
        }
        "HandInDossier" => dossier::HandInDossierRequest {
            name: dossier,
            handed_in: Some(dossier::HandedIn {
                visitor: Visitor::Owner.into(),
                compared: papers::PAPERS.map(Into::into).into(),
                officer: String::new(),
            }),
            etag,
            request_id,
        }
        .encode_to_vec(),
        "DeleteDossier" => {
            dossier::DeleteDossierRequest { name: dossier, etag, request_id }.encode_to_vec()
        }
        "GetDossier" => dossier::GetDossierRequest { name: dossier }.encode_to_vec(),
        "ListDossiers" => dossier::ListDossiersRequest::default().encode_to_vec(),
        "LookUpDossier" => dossier::LookUpDossierRequest { code: code.into() }.encode_to_vec(),
        "RequestWithdrawal" => {
            dossier::RequestWithdrawalRequest { name: dossier, etag, request_id }.encode_to_vec()
        }
        "GetSupplement" => {
            dossier::GetSupplementRequest { name: format!("{dossier}/supplements/1") }
                .encode_to_vec()
        }
        "SupplementDossier" => {
            let name = format!("{dossier}/supplements/1");
            dossier::SupplementDossierRequest { name, etag, request_id }.encode_to_vec()
        }
        "ListTimeline" => {
            dossier::ListTimelineRequest { parent: dossier, ..Default::default() }.encode_to_vec()
        }
        "WatchTimeline" => {
            dossier::WatchTimelineRequest { parent: dossier, after: String::new() }.encode_to_vec()
        }
        other => panic!("{other} has no request here: add it, and its rows to the table"),
    }
}

/// Of an accepted dossier a result, before a paper.
fn of_file(rpc: &str, parent: &str, below: &Below) -> Vec<u8> {
    let (request_id, parent) = (wish(), parent.to_owned());
    let name = format!("{parent}/files/{}", below.file);
    let paper = papers::PAPERS[0];
    match rpc {
        "CreateFile" => dossier::CreateFileRequest {
            parent,
            file: Some(dossier::File {
                paper: if below.slip.is_some() { String::new() } else { paper.into() },
                file_name: "a.pdf".into(),
                kind: dossier::FileKind::Pdf.into(),
                size_bytes: 1,
                ..Default::default()
            }),
            file_id: String::new(),
            request_id,
        }
        .encode_to_vec(),
        "WriteFile" => {
            let data = papers::pdf(&paper.replace('_', " "));
            dossier::WriteFileRequest { name, offset: 0, data, request_id }.encode_to_vec()
        }
        "GetFile" => dossier::GetFileRequest { name }.encode_to_vec(),
        "ListFiles" => dossier::ListFilesRequest { parent, ..Default::default() }.encode_to_vec(),
        "ReadFile" => dossier::ReadFileRequest { name, offset: 0 }.encode_to_vec(),
        "DeleteFile" => dossier::DeleteFileRequest { name, request_id }.encode_to_vec(),
        other => panic!("{other} has no request here: add it, and its rows to the table"),
    }
}

fn of_document(rpc: &str, parent: &str, below: &Below) -> Vec<u8> {
    let parent = parent.to_owned();
    match rpc {
        "GetDocument" => {
            let name = format!("{parent}/documents/{}", below.slip.unwrap_or(below.file));
            dossier::GetDocumentRequest { name }.encode_to_vec()
        }
        "ListDocuments" => {
            dossier::ListDocumentsRequest { parent, ..Default::default() }.encode_to_vec()
        }
        "AddDocument" => {
            let document = dossier::Document {
                kind: dossier::DocumentKind::Result.into(),
                file: format!("{parent}/files/{}", below.file),
                ..Default::default()
            };
            let document = Some(document);
            dossier::AddDocumentRequest { parent, document, request_id: wish() }.encode_to_vec()
        }
        other => panic!("{other} has no request here: add it, and its rows to the table"),
    }
}

fn of_workflow(rpc: &str, id: &str) -> Vec<u8> {
    let case = format!("cases/{id}");
    let task = format!("{case}/tasks/receive");
    let (request_id, etag) = (wish(), String::new());
    match rpc {
        "GetCase" => workflow::GetCaseRequest { name: case }.encode_to_vec(),
        "AcceptDossier" => {
            workflow::AcceptDossierRequest { name: case, etag, request_id }.encode_to_vec()
        }
        "RefuseDossier" => refusal(&case).encode_to_vec(),
        "RequestSupplement" => workflow::RequestSupplementRequest {
            name: case,
            items: vec![workflow::MissingItem {
                subject: "answers.vehicle.colour".into(),
                text: "khác với hóa đơn".into(),
            }],
            etag,
            request_id,
        }
        .encode_to_vec(),
        "GrantWithdrawal" => {
            workflow::GrantWithdrawalRequest { name: case, etag, request_id }.encode_to_vec()
        }
        "DenyWithdrawal" => {
            let text = "Kết quả đã trình ký.".into();
            workflow::DenyWithdrawalRequest { name: case, text, etag, request_id }.encode_to_vec()
        }
        "GetGrounds" => {
            workflow::GetGroundsRequest { name: format!("{case}/grounds/1") }.encode_to_vec()
        }
        "GetRefusalReasons" => workflow::GetRefusalReasonsRequest {}.encode_to_vec(),
        "ListCases" => workflow::ListCasesRequest::default().encode_to_vec(),
        "ExplainDueTime" => workflow::ExplainDueTimeRequest { name: case }.encode_to_vec(),
        "ListTasks" => {
            workflow::ListTasksRequest { parent: "cases/-".into(), ..Default::default() }
                .encode_to_vec()
        }
        "ClaimTask" => workflow::ClaimTaskRequest { name: task, request_id }.encode_to_vec(),
        "ClaimNextTask" => workflow::ClaimNextTaskRequest { request_id }.encode_to_vec(),
        "CompleteTask" => workflow::CompleteTaskRequest {
            name: task,
            outcome: "accepted".into(),
            request_id,
            ..Default::default()
        }
        .encode_to_vec(),
        "ReleaseTask" => workflow::ReleaseTaskRequest { name: task, request_id }.encode_to_vec(),
        "DrawNumber" => workflow::DrawNumberRequest {
            name: case,
            vehicle_kind: workflow::VehicleKind::Motorcycle.into(),
            vehicle: vehicle_of(id),
            request_id,
        }
        .encode_to_vec(),
        "GetDraw" => workflow::GetDrawRequest { name: format!("draws/{id}") }.encode_to_vec(),
        "VerifyDraw" => workflow::VerifyDrawRequest { draw: Some(slip()) }.encode_to_vec(),
        other => panic!("{other} has no request here: add it, and its rows to the table"),
    }
}

/// A slip that reads, of an epoch that is not there.
fn slip() -> workflow::Draw {
    // The key of RFC 9381's first example: a point of the curve.
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let octet = |place: usize| u8::from_str_radix(&key[place * 2..place * 2 + 2], 16);
    let epoch = workflow::Epoch {
        name: "numberPools/car-51/epochs/9".into(),
        size: 1,
        root: vec![0; 32],
        public_key: (0..32).map(|place| octet(place).expect("hexadecimal")).collect(),
        open_time: None,
    };
    workflow::Draw {
        number: "51N-000.01".into(),
        epoch: Some(epoch),
        proof: vec![0; 80],
        subject: vec![0; 32],
        ..Default::default()
    }
}

fn of_identity(rpc: &str, id: &str) -> Vec<u8> {
    let account = format!("accounts/{id}");
    let officer = format!("{AGENCY}/officers/{id}");
    let role = Role::Processing.into();
    let request_id = wish();
    match rpc {
        "CreateAccount" => {
            identity::CreateAccountRequest { account: Some(new_person()), request_id }
                .encode_to_vec()
        }
        "GetAccount" => identity::GetAccountRequest { name: account }.encode_to_vec(),
        "ResolveContacts" => identity::ResolveContactsRequest {
            accounts: vec![account],
            purpose: identity::ContactPurpose::Notification.into(),
        }
        .encode_to_vec(),
        "StartSignIn" => {
            let identity::Account { personal_id, phone_number, .. } = new_person();
            identity::StartSignInRequest {
                personal_id,
                phone_number,
                request_id,
                ..Default::default()
            }
            .encode_to_vec()
        }
        "CompleteSignIn" => identity::CompleteSignInRequest {
            sign_in: format!("signIns/{}", wish()),
            code: "123456".into(),
            agency: String::new(),
            request_id,
        }
        .encode_to_vec(),
        "RefreshToken" => {
            identity::RefreshTokenRequest { refresh_token: "none".into(), request_id }
                .encode_to_vec()
        }
        "SignOut" => {
            identity::SignOutRequest { refresh_token: "none".into(), request_id }.encode_to_vec()
        }
        "SignOutEverywhere" => {
            identity::SignOutEverywhereRequest { refresh_token: "none".into(), request_id }
                .encode_to_vec()
        }
        "RegisterPerson" => identity::RegisterPersonRequest {
            account: Some(new_person()),
            paper: identity::IdentityPaper::IdentityCard.into(),
            request_id,
        }
        .encode_to_vec(),
        "AppointOfficer" => identity::AppointOfficerRequest {
            parent: AGENCY.into(),
            account,
            roles: vec![role],
            request_id,
        }
        .encode_to_vec(),
        "GetOfficer" => identity::GetOfficerRequest { name: officer }.encode_to_vec(),
        "GrantRole" => {
            identity::GrantRoleRequest { name: officer, role, request_id }.encode_to_vec()
        }
        "RevokeRole" => {
            identity::RevokeRoleRequest { name: officer, role, request_id }.encode_to_vec()
        }
        "GetAgency" => identity::GetAgencyRequest { name: AGENCY.into() }.encode_to_vec(),
        "ListAgencies" => identity::ListAgenciesRequest::default().encode_to_vec(),
        "GetKeySet" => identity::GetKeySetRequest {}.encode_to_vec(),
        other => of_contacts_and_clients(other, account),
    }
}

fn of_contacts_and_clients(rpc: &str, account: String) -> Vec<u8> {
    let request_id = wish();
    match rpc {
        "UpdateContact" => identity::UpdateContactRequest {
            account,
            locale: Some("en".into()),
            request_id,
            ..Default::default()
        }
        .encode_to_vec(),
        "StartPhoneChange" => {
            let phone_number = new_person().phone_number;
            identity::StartPhoneChangeRequest { account, phone_number, request_id }.encode_to_vec()
        }
        "CompletePhoneChange" => identity::CompletePhoneChangeRequest {
            name: format!("{account}/phoneChanges/{}", wish()),
            phone_number: new_person().phone_number,
            code: "123456".into(),
            refresh_token: "none".into(),
            request_id,
        }
        .encode_to_vec(),
        "CreateClient" => identity::CreateClientRequest {
            client_id: format!("c-{}", wish()),
            // The key of RFC 8037's example.
            public_key: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
            request_id,
        }
        .encode_to_vec(),
        "DisableClient" => {
            identity::DisableClientRequest { name: "clients/none".into(), request_id }
                .encode_to_vec()
        }
        "IssueClientToken" => {
            identity::IssueClientTokenRequest { assertion: "none".into(), request_id }
                .encode_to_vec()
        }
        other => panic!("{other} has no request here: add it, and its rows to the table"),
    }
}

fn of_mailing(rpc: &str, id: &str) -> Vec<u8> {
    let request_id = wish();
    match rpc {
        "SendOneTimeCode" => mailing::SendOneTimeCodeRequest {
            request_id,
            phone_number: "+84901234567".into(),
            code: "123456".into(),
            locale: String::new(),
        }
        .encode_to_vec(),
        "SendAccountNotice" => mailing::SendAccountNoticeRequest {
            request_id,
            phone_number: "+84901234567".into(),
            notice: mailing::AccountNotice::TelephoneReplaced.into(),
            locale: String::new(),
        }
        .encode_to_vec(),
        "GetShipment" => {
            mailing::GetShipmentRequest { name: format!("shipments/{id}") }.encode_to_vec()
        }
        other => panic!("{other} has no request here: add it, and its rows to the table"),
    }
}

fn of_payment(rpc: &str, id: &str) -> Vec<u8> {
    match rpc {
        "GetInvoice" => {
            payment::GetInvoiceRequest { name: format!("invoices/{id}") }.encode_to_vec()
        }
        "ListInvoices" => payment::ListInvoicesRequest {
            filter: format!(r#"dossier = "dossiers/{id}""#),
            ..Default::default()
        }
        .encode_to_vec(),
        "ListTransfers" => {
            let filter = "state = TRANSFER_STATE_IN_SUSPENSE".into();
            payment::ListTransfersRequest { filter, ..Default::default() }.encode_to_vec()
        }
        "RefundTransfer" => payment::RefundTransferRequest {
            name: format!("transfers/{id}"),
            refund: Some(payment::Refund {
                reference: "FT-back-1".into(),
                reason: "nobody knows whose it is".into(),
                cashier: String::new(),
            }),
            request_id: wish(),
        }
        .encode_to_vec(),
        "CheckLedger" => payment::CheckLedgerRequest {}.encode_to_vec(),
        other => panic!("{other} has no request here: add it, and its rows to the table"),
    }
}

fn of_feedback(rpc: &str, rating: String) -> Vec<u8> {
    match rpc {
        "RateDossier" => feedback::RateDossierRequest {
            name: rating,
            level: feedback::SatisfactionLevel::Satisfied.into(),
            comment: String::new(),
            request_id: wish(),
        }
        .encode_to_vec(),
        "GetRating" => feedback::GetRatingRequest { name: rating }.encode_to_vec(),
        "GetSatisfaction" => {
            feedback::GetSatisfactionRequest { period: "2026-11".into(), ..Default::default() }
                .encode_to_vec()
        }
        other => panic!("{other} has no request here: add it, and its rows to the table"),
    }
}

fn of_admin(rpc: &str, id: &str) -> Vec<u8> {
    let (stream, request_id) = (id.to_owned(), wish());
    let name = "deadLetters/99".to_owned();
    match rpc {
        "ListDeadLetters" => admin::ListDeadLettersRequest::default().encode_to_vec(),
        "GetDeadLetter" => admin::GetDeadLetterRequest { name }.encode_to_vec(),
        "ReplayDeadLetters" => {
            admin::ReplayDeadLettersRequest { stream, request_id }.encode_to_vec()
        }
        "DiscardDeadLetter" => {
            let reason = "no such letter".into();
            admin::DiscardDeadLetterRequest { name, reason, request_id }.encode_to_vec()
        }
        "ListReaders" => admin::ListReadersRequest::default().encode_to_vec(),
        "GetBacklog" => admin::GetBacklogRequest {}.encode_to_vec(),
        "ListJobs" => admin::ListJobsRequest::default().encode_to_vec(),
        "ListTimers" => admin::ListTimersRequest::default().encode_to_vec(),
        "RetryJobs" => admin::RetryJobsRequest { kind: "none".into(), request_id }.encode_to_vec(),
        "RetryTimers" => {
            admin::RetryTimersRequest { kind: "none".into(), request_id }.encode_to_vec()
        }
        "ListFacts" => admin::ListFactsRequest { stream, ..Default::default() }.encode_to_vec(),
        "GetServerInfo" => admin::GetServerInfoRequest {}.encode_to_vec(),
        other => panic!("{other} has no request here: add it, and its rows to the table"),
    }
}

fn paths(contract: &Contract) -> Vec<String> {
    contract.methods().map(|method| path(&method)).collect()
}

fn path_of(paths: &[String], rpc: &str) -> String {
    let found = paths.iter().find(|path| path.ends_with(&format!("/{rpc}")));
    found.unwrap_or_else(|| panic!("the contract has no {rpc}")).clone()
}

fn outcome(answer: &Answer) -> String {
    match answer {
        Ok(_) => "y".into(),
        Err(status) if reason(status).as_deref() == Some("REFRESH_TOKEN_INVALID") => "r".into(),
        Err(status) => match status.code() {
            Code::Unauthenticated => "u".into(),
            Code::PermissionDenied => "-".into(),
            Code::FailedPrecondition => "p".into(),
            Code::NotFound => "n".into(),
            Code::InvalidArgument => "i".into(),
            other => format!("{other:?}: {}", status.message()),
        },
    }
}

#[test]
fn every_rpc_has_its_row() {
    let contract = Contract::read();
    let rpcs: BTreeSet<String> =
        contract.methods().map(|method| method.name().to_owned()).collect();
    assert_eq!(rpcs.len(), contract.methods().count(), "two rpcs of one name: name them by path");
    let rows: BTreeSet<String> = TABLE.iter().map(|(rpc, ..)| (*rpc).to_owned()).collect();
    assert_eq!(rows, rpcs, "rows of the table and rpcs of the contract");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_admits_those_it_should_and_nobody_else() {
    let house = House::build().await;
    let paths = paths(&Contract::read());
    let mut wrong = Vec::new();
    for &(rpc, stage, columns) in TABLE {
        let path = path_of(&paths, rpc);
        let columns: Vec<&str> = columns.split(' ').collect();
        assert_eq!(columns.len(), CALLERS.len(), "columns of {rpc}");
        let mut scene = Scene::set(&house, stage).await;
        for (caller, expected) in columns.into_iter().enumerate() {
            let answer = scene.call(&house, &path, caller, &scene.id).await;
            let seen = outcome(&answer);
            if seen != expected {
                let who = CALLERS[caller];
                wrong.push(format!("{rpc} on a dossier {stage:?}, {who}: {expected}, not {seen}"));
            }
            match answer {
                Ok(_) => scene = Scene::set(&house, stage).await,
                Err(denied) if expected == "-" => {
                    let id = Uuid::now_v7().to_string();
                    let absent = scene.call(&house, &path, caller, &id).await;
                    assert_same(rpc, &denied, &absent.expect_err("nothing to serve"));
                }
                Err(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A refusal does not tell whether the thing is there.
fn assert_same(rpc: &str, there: &Status, absent: &Status) {
    assert_eq!(there.code(), absent.code(), "{rpc}");
    assert_eq!(there.message(), absent.message(), "{rpc}");
    assert_eq!(there.details(), absent.details(), "{rpc}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rpc_takes_a_token_that_is_none_of_ours() {
    let house = House::build().await;
    let stranger = House::build().await;
    let old = house.people.citizen();
    house.clock().advance(SignedDuration::from_mins(6));
    let forged = stranger.people.citizen();
    let tokens = [
        (old.as_str(), "TOKEN_EXPIRED"),
        (forged.as_str(), "TOKEN_INVALID"),
        ("", "TOKEN_INVALID"),
        ("x.y.z", "TOKEN_INVALID"),
    ];
    for path in paths(&Contract::read()) {
        for (token, expected) in tokens {
            let id = Uuid::now_v7().to_string();
            let message = request(&path, &id, "H29.26.860-20261125-0000001", &Below::default());
            let answer = call(house.channel(&path), &path, Some(token), message).await;
            let status = answer.expect_err("a bad token is refused, also where none is needed");
            assert_eq!(status.code(), Code::Unauthenticated, "{path}");
            assert_eq!(reason(&status).as_deref(), Some(expected), "{path}");
        }
    }
}

/// Telling the kinds apart is the token's work: a citizen who calls themselves a service stays a citizen.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_gives_no_rights() {
    let house = House::build().await;
    let owner = house.people.citizen();
    let dossier = house.submitted(&owner).await;
    let person = Person::Citizen { assurance: Assurance::Substantial.into() };
    for name in ["clients/partner", "agencies/26860/officers/x", "", "accounts/-"] {
        let token = house.issuer().issue(name, person.clone()).expect("a token");
        let asked = dossier::GetDossierRequest { name: dossier.name.clone() }.encode_to_vec();
        let path = "/motcua.dossier.v1.DossierService/GetDossier";
        let answer = call(house.channel(path), path, Some(&token), asked).await;
        assert_eq!(outcome(&answer), "-", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_hold_what_is_the_callers_and_nothing_else() {
    let house = House::build().await;
    let mine = Scene::set(&house, Draft).await;
    let waiting = Scene::set(&house, Waiting).await;
    let lists = "/motcua.dossier.v1.DossierService/ListDossiers";
    let (owner, other) = (OWNER, OWNER + 1);
    assert_eq!(dossiers(mine.call(&house, lists, owner, "").await), [mine.id.as_str()]);
    assert!(dossiers(mine.call(&house, lists, other, "").await).is_empty());
    let worklist = "/motcua.workflow.v1.TaskService/ListTasks";
    let elsewhere = 6;
    assert_eq!(cases(waiting.call(&house, worklist, RECEIVER, "").await), [waiting.id.as_str()]);
    assert!(cases(waiting.call(&house, worklist, elsewhere, "").await).is_empty());
}

fn dossiers(answer: Answer) -> Vec<String> {
    let bytes = answer.expect("a list");
    let listed = dossier::ListDossiersResponse::decode(bytes.as_slice()).expect("a list");
    listed.dossiers.iter().map(|one| one.name.replace("dossiers/", "")).collect()
}

fn cases(answer: Answer) -> Vec<String> {
    let bytes = answer.expect("a list");
    let listed = workflow::ListTasksResponse::decode(bytes.as_slice()).expect("a list");
    let id = |task: workflow::Task| task.name.split('/').nth(1).unwrap_or_default().to_owned();
    listed.tasks.into_iter().map(id).collect()
}
