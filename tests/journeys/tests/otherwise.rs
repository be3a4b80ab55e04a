//! A dossier that goes another way than the walks do, over all services: nobody answers a supplement, nobody pays, it is withdrawn at once,
//! or its agency is late.

use std::time::Duration;

use chassis::access::Role;
use chassis::status::reason;
use jiff::SignedDuration;
use journeys::{AGENCY, House, in_name_of, new_person, vehicle_of, wish};
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::identity::v1::CreateAccountRequest;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use proto::motcua::payment::v1::invoice_service_client::InvoiceServiceClient;
use proto::motcua::payment::v1::transfer_service_client::TransferServiceClient;
use proto::motcua::payment::v1::{Invoice, ListInvoicesRequest, ListTransfersRequest};
use proto::motcua::r#type::v1::{DossierStatus, StopReason};
use proto::motcua::workflow::v1 as workflow;
use proto::motcua::workflow::v1::case_service_client::CaseServiceClient;
use proto::motcua::workflow::v1::draw_service_client::DrawServiceClient;
use sandbox::bank::{Behaviour, Payment};
use sandbox::telephone::Message;
use support::eventually;
use uuid::Uuid;

/// How long a consequence may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// A citizen with a telephone.
struct Owner {
    id: Uuid,
    telephone: String,
}

impl Owner {
    async fn of(house: &House) -> Self {
        let person = new_person();
        let telephone = person.phone_number.replacen('0', "+84", 1);
        let asked = CreateAccountRequest { account: Some(person), request_id: wish() };
        let channel = house.channel("/motcua.identity.v1.AccountService/CreateAccount");
        let made = AccountServiceClient::new(channel).create_account(asked).await;
        let name = made.expect("an account").into_inner().name;
        let id = name.strip_prefix("accounts/").and_then(|id| id.parse().ok()).expect("a UUID");
        Self { id, telephone }
    }

    fn token(&self, house: &House) -> String {
        house.people.citizen_again(self.id)
    }
}

/// A dossier in processing: accepted, its number drawn and paid for.
async fn in_processing(house: &House, owner: &Owner) -> String {
    let (name, invoice) = fee_due(house, owner).await;
    pay(house, &invoice).await;
    name
}

/// A dossier that is accepted and has its number drawn, and the invoice of its fee.
async fn fee_due(house: &House, owner: &Owner) -> (String, Invoice) {
    let citizen = owner.token(house);
    let name = house.submitted(&citizen).await.name;
    let receiver = house.people.officer(AGENCY, &[Role::Receiving]);
    let task = house.task(&name).await;
    house.claim(&receiver, &task.name).await;
    house.accept(&receiver, &name).await;
    let asked = workflow::DrawNumberRequest {
        name: name.replace("dossiers/", "cases/"),
        vehicle_kind: workflow::VehicleKind::Motorcycle.into(),
        vehicle: vehicle_of(&name),
        request_id: wish(),
    };
    let mut draws = DrawServiceClient::new(house.channel("/motcua.workflow.v1.DrawService/"));
    draws.draw_number(in_name_of(&citizen, asked)).await.expect("drawn");
    let mut invoices =
        InvoiceServiceClient::new(house.channel("/motcua.payment.v1.InvoiceService/"));
    let invoice = eventually(SOON, async || {
        let filter = format!(r#"dossier = "{name}""#);
        let asked = ListInvoicesRequest { filter, ..Default::default() };
        let listed = invoices.list_invoices(in_name_of(&citizen, asked)).await;
        listed.expect("invoices").into_inner().invoices.into_iter().next()
    })
    .await;
    (name, invoice)
}

async fn pay(house: &House, invoice: &Invoice) {
    let qr = invoice.vietqr.clone();
    let paid = Payment { qr, behaviour: Behaviour::Twice, amount: None };
    let url = format!("{}/payments", house.endpoints().bank);
    let paid = reqwest::Client::new().post(url).json(&paid).send().await.expect("a bank");
    paid.error_for_status().expect("paid");
}

async fn case(house: &House, dossier: &str) -> workflow::Case {
    let officer = house.people.officer(AGENCY, &[Role::Receiving]);
    let asked = workflow::GetCaseRequest { name: dossier.replace("dossiers/", "cases/") };
    let mut cases = CaseServiceClient::new(house.channel("/motcua.workflow.v1.CaseService/"));
    cases.get_case(in_name_of(&officer, asked)).await.expect("a case").into_inner()
}

/// The dossier as its owner sees it.
async fn drawn(house: &House, citizen: &str, dossier: &str) -> workflow::Draw {
    let asked = workflow::GetDrawRequest { name: dossier.replace("dossiers/", "draws/") };
    let mut draws = DrawServiceClient::new(house.channel("/motcua.workflow.v1.DrawService/"));
    draws.get_draw(in_name_of(citizen, asked)).await.expect("a draw").into_inner()
}

async fn read(house: &House, citizen: &str, name: &str) -> dossier::Dossier {
    let asked = dossier::GetDossierRequest { name: name.into() };
    let read = house.dossiers().get_dossier(in_name_of(citizen, asked)).await;
    read.expect("the dossier").into_inner()
}

async fn documents(house: &House, citizen: &str, dossier: &str) -> Vec<dossier::Document> {
    let asked = dossier::ListDocumentsRequest { parent: dossier.into(), ..Default::default() };
    let listed = house.documents().list_documents(in_name_of(citizen, asked)).await;
    listed.expect("documents").into_inner().documents
}

async fn request(house: &House, dossier: &str) {
    let officer = house.people.officer(AGENCY, &[Role::Processing]);
    let name = dossier.replace("dossiers/", "cases/");
    let in_processing = async || {
        let case = case(house, dossier).await;
        (case.status() == DossierStatus::InProcessing).then_some(())
    };
    eventually(SOON, in_processing).await;
    house.claim(&officer, &format!("{name}/tasks/process")).await;
    let item = |subject: &str| workflow::MissingItem {
        subject: subject.into(),
        text: "Bị mờ.".into(),
    };
    let asked = workflow::RequestSupplementRequest {
        name,
        items: vec![item("papers.purchase_invoice"), item("answers.vehicle.colour")],
        etag: String::new(),
        request_id: wish(),
    };
    let mut cases = CaseServiceClient::new(house.channel("/motcua.workflow.v1.CaseService/"));
    cases.request_supplement(in_name_of(&officer, asked)).await.expect("asked for");
}

async fn told(house: &House, owner: &Owner, words: &str) -> String {
    let telephone = house.endpoints().telephone;
    let url = format!("{telephone}/telephones/{}/messages?wait_for=1", owner.telephone);
    eventually(SOON, async || {
        let shown = reqwest::get(&url).await.expect("a telephone").json::<Vec<Message>>().await;
        let mut shown = shown.expect("messages").into_iter().map(|message| message.text);
        shown.find(|text| text.contains(words))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_never_answers_is_told_that_it_ended_and_the_number_goes_back() {
    let house = House::build().await;
    let owner = Owner::of(&house).await;
    let name = in_processing(&house, &owner).await;
    request(&house, &name).await;
    told(&house, &owner, "cần bổ sung trước").await;
    house.clock().advance(SignedDuration::from_hours(31 * 24));
    let stopped = async || {
        let case = case(&house, &name).await;
        case.close_time.is_some().then_some(case)
    };
    let case = eventually(SOON, stopped).await;
    assert_eq!(case.status(), DossierStatus::ProcessingStopped);
    let pauses = case.pauses.as_slice();
    let last = pauses.last().expect("a pause");
    assert_eq!(last.reason(), workflow::PauseReason::Stopped);
    assert_eq!(last.from_time, pauses[pauses.len() - 2].expire_time, "as of the deadline");

    let citizen = owner.token(&house);
    assert_eq!(drawn(&house, &citizen, &name).await.state(), workflow::NumberState::Returned);
    let notice = eventually(SOON, async || {
        let documents = documents(&house, &citizen, &name).await;
        documents.into_iter().find_map(|document| document.stop_slip)
    })
    .await;
    assert_eq!(notice.reason(), StopReason::SupplementLapsed);
    told(&house, &owner, "đã dừng xử lý").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_pay_loses_the_number_and_money_that_comes_later_waits_for_a_person() {
    let house = House::build().await;
    let owner = Owner::of(&house).await;
    let (name, invoice) = fee_due(&house, &owner).await;
    let deadline = invoice.expire_time.expect("a deadline");
    let to_go = deadline.seconds - house.clock().now().as_second();
    // The bank is asked once more behind the deadline, and by its clock nobody paid.
    house.pass(SignedDuration::from_secs(to_go) + SignedDuration::from_mins(10)).await;
    let stopped = async || {
        let case = case(&house, &name).await;
        case.close_time.is_some().then_some(case)
    };
    assert_eq!(eventually(SOON, stopped).await.status(), DossierStatus::ProcessingStopped);
    let citizen = owner.token(&house);
    assert_eq!(drawn(&house, &citizen, &name).await.state(), workflow::NumberState::Returned);
    let notice = eventually(SOON, async || {
        let documents = documents(&house, &citizen, &name).await;
        documents.into_iter().find_map(|document| document.stop_slip)
    })
    .await;
    assert_eq!(notice.reason(), StopReason::FeeLapsed);

    pay(&house, &invoice).await;
    told(&house, &owner, "sẽ được hoàn trả").await;
    let cashier = house.people.officer(AGENCY, &[Role::Cashier]);
    let asked = ListTransfersRequest {
        filter: "state = TRANSFER_STATE_IN_SUSPENSE AND reason = UNMATCHED_REASON_LATE".into(),
        ..Default::default()
    };
    let mut transfers =
        TransferServiceClient::new(house.channel("/motcua.payment.v1.TransferService/"));
    let waiting = transfers.list_transfers(in_name_of(&cashier, asked)).await;
    let waiting = waiting.expect("transfers").into_inner().transfers;
    assert_eq!(waiting.len(), 1, "a person finds it");
    assert_eq!((&waiting[0].invoice, &waiting[0].amount), (&invoice.name, &invoice.total));
    let read = read(&house, &citizen, &name).await;
    assert_eq!(read.status(), DossierStatus::ProcessingStopped, "it stays stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_nobody_accepted_is_withdrawn_as_soon_as_its_owner_asks() {
    let house = House::build().await;
    let owner = Owner::of(&house).await;
    let citizen = owner.token(&house);
    let name = house.submitted(&citizen).await.name;
    house.task(&name).await;
    let request = || dossier::RequestWithdrawalRequest {
        name: name.clone(),
        etag: String::new(),
        request_id: wish(),
    };
    house.dossiers().request_withdrawal(in_name_of(&citizen, request())).await.expect("asked for");
    let withdrawn = eventually(SOON, async || {
        let read = read(&house, &citizen, &name).await;
        (read.status() == DossierStatus::Withdrawn).then_some(read)
    })
    .await;
    assert_eq!(withdrawn.withdrawal_request_time, None, "it waits no more");
    let case = case(&house, &name).await;
    assert_eq!((case.status(), case.close_time.is_some()), (DossierStatus::Withdrawn, true));
    let receiver = house.people.officer(AGENCY, &[Role::Receiving]);
    let asked = workflow::ListTasksRequest {
        parent: "cases/-".into(),
        filter: format!(r#"dossier = "{name}""#),
        ..Default::default()
    };
    let open = house.tasks().list_tasks(in_name_of(&receiver, asked)).await.expect("tasks");
    assert!(open.into_inner().tasks.is_empty(), "nothing is left to do");
    told(&house, &owner, "đã được rút").await;
    let again = house.dossiers().request_withdrawal(in_name_of(&citizen, request())).await;
    let again = again.expect_err("it is withdrawn");
    assert_eq!(reason(&again).as_deref(), Some("TOO_LATE_TO_WITHDRAW"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_is_apologised_for_once_with_a_new_date_and_goes_on() {
    let house = House::build().await;
    let owner = Owner::of(&house).await;
    let name = in_processing(&house, &owner).await;
    let before = owner.token(&house);
    let promised = eventually(SOON, async || read(&house, &before, &name).await.due_time).await;
    let to_go = promised.seconds - house.clock().now().as_second();
    house.clock().advance(SignedDuration::from_secs(to_go) + SignedDuration::from_hours(1));
    let citizen = owner.token(&house);
    told(&house, &owner, "xin lỗi").await;
    let slip = eventually(SOON, async || {
        let documents = documents(&house, &citizen, &name).await;
        documents.into_iter().find_map(|document| document.apology_slip)
    })
    .await;
    assert_eq!((slip.due_time, slip.lies_with()), (Some(promised), Role::Processing));
    let late = read(&house, &citizen, &name).await;
    assert_eq!((late.late_time, late.new_due_time), (Some(promised), slip.new_due_time));
    assert!(slip.new_due_time.is_some_and(|new| new.seconds > promised.seconds));
    let lateness = case(&house, &name).await.lateness.expect("the agency sees it");
    assert_eq!((lateness.since_time, lateness.new_due_time), (late.late_time, late.new_due_time));

    for (step, role, outcome) in [
        ("escalated", Role::Signing, "noted"),
        ("process", Role::Processing, "done"),
        ("sign", Role::Signing, "signed"),
    ] {
        let officer = house.people.officer(AGENCY, &[role]);
        let task = format!("{}/tasks/{step}", name.replace("dossiers/", "cases/"));
        house.claim(&officer, &task).await;
        let (outcome, request_id) = (outcome.into(), wish());
        let asked =
            workflow::CompleteTaskRequest { name: task, outcome, request_id, ..Default::default() };
        house.tasks().complete_task(in_name_of(&officer, asked)).await.expect("completed");
    }
    let done =
        async || read(&house, &citizen, &name).await.status() == DossierStatus::ProcessingDone;
    eventually(SOON, done).await;
    let apologies = documents(&house, &citizen, &name).await;
    let apologies = apologies.iter().filter(|it| it.kind() == dossier::DocumentKind::ApologySlip);
    assert_eq!(apologies.count(), 1);
}
