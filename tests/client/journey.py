"""One dossier from an empty draft to its result, by someone who has nothing of ours but the .proto files.

Addresses come in DOSSIER, WORKFLOW, PAYMENT, MAILING, FEEDBACK and BANK, tokens in CITIZEN and OFFICER. Ends with 0 if everything was as the contract says.
"""

import hashlib
import json
import os
import time
import urllib.request
import uuid

import grpc
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from google.rpc import error_details_pb2, status_pb2
from motcua.dossier.v1 import documents_pb2 as documents_pb
from motcua.dossier.v1 import documents_pb2_grpc as documents_rpc
from motcua.dossier.v1 import dossier_pb2 as dossier
from motcua.dossier.v1 import dossier_pb2_grpc as dossier_rpc
from motcua.dossier.v1 import files_pb2 as files_pb
from motcua.dossier.v1 import files_pb2_grpc as files_rpc
from motcua.dossier.v1 import events_pb2 as dossier_events
from motcua.dossier.v1 import timeline_pb2 as timeline_pb
from motcua.dossier.v1 import timeline_pb2_grpc as timeline_rpc
from motcua.feedback.v1 import feedback_pb2 as feedback
from motcua.feedback.v1 import feedback_pb2_grpc as feedback_rpc
from motcua.mailing.v1 import mailing_pb2 as mailing
from motcua.mailing.v1 import mailing_pb2_grpc as mailing_rpc
from motcua.payment.v1 import payment_pb2 as payment
from motcua.payment.v1 import payment_pb2_grpc as payment_rpc
from motcua.type.v1 import dossier_pb2 as types
from motcua.workflow.v1 import draw_pb2 as draw_pb
from motcua.workflow.v1 import draw_pb2_grpc as draw_rpc
from motcua.workflow.v1 import workflow_pb2 as workflow
from motcua.workflow.v1 import workflow_pb2_grpc as workflow_rpc

AGENCY = "agencies/26860"
PROCEDURE = "procedures/1.012575/versions/-"
PATIENCE_S = 30
PDF = b"%PDF-1.7\n"
VEHICLE = "RLSMA110XNY" + str(uuid.uuid4().int)[:6]

ANSWERS = [
    {
        "full_name": "Trần Thị Bình",
        "date_of_birth": "1992-06-15",
        "sex": "female",
        "personal_id": "079192004321",
        "contact_phone": "0912345678",
    },
    {
        "kind": "motorcycle",
        "brand": "Sao Mai",
        "model": "SM 110",
        "colour": "Trắng",
        "chassis_number": VEHICLE,
        "engine_number": "SM110E0054321",
        "year_of_manufacture": 2025,
    },
    {
        "origin": "domestic",
        "invoice_number": "1C25TSM-0004321",
        "invoice_date": "2025-11-03",
        "price_vnd": 28900000,
        "seller": "Cửa hàng xe máy Sao Mai",
    },
    {
        "way": "post",
        "address": {
            "recipient": "Trần Thị Bình",
            "street": "7 đường số 9, khu phố 2",
            "ward_code": "26860",
            "phone": "0912345678",
        },
    },
    {"declares_true": True, "plate_choice": "draw"},
]


def main():
    services = ("DOSSIER", "WORKFLOW", "PAYMENT", "MAILING", "FEEDBACK")
    at = {name: grpc.insecure_channel(os.environ[name]) for name in services}
    dossiers = dossier_rpc.DossierServiceStub(at["DOSSIER"])
    cases = workflow_rpc.CaseServiceStub(at["WORKFLOW"])
    tasks = workflow_rpc.TaskServiceStub(at["WORKFLOW"])
    files = files_rpc.FileServiceStub(at["DOSSIER"])
    documents = documents_rpc.DocumentServiceStub(at["DOSSIER"])
    timelines = timeline_rpc.TimelineServiceStub(at["DOSSIER"])
    name = file(dossier_rpc.ProcedureServiceStub(at["DOSSIER"]), dossiers, files)
    accept(cases, tasks, name)
    hear(timelines, name, timeline_pb.ENTRY_KIND_ACCEPTED)
    read_slip(documents, name)
    draw(draw_rpc.DrawServiceStub(at["WORKFLOW"]), name)
    pay(payment_rpc.InvoiceServiceStub(at["PAYMENT"]), name)
    hear(timelines, name, timeline_pb.ENTRY_KIND_RESUMED)
    work(tasks, name, "process", "done")
    result = add_result(files, documents, name)
    work(tasks, name, "sign", "signed")
    hear(timelines, name, timeline_pb.ENTRY_KIND_RESULT_ISSUED)
    read_result(files, result)
    follow(mailing_rpc.ShipmentServiceStub(at["MAILING"]), name)
    hear(timelines, name, timeline_pb.ENTRY_KIND_RESULT_RETURNED)
    seen = dossiers.GetDossier(dossier.GetDossierRequest(name=name), metadata=token("CITIZEN"))
    assert seen.status == types.DOSSIER_STATUS_RESULT_RETURNED, seen
    rate(feedback_rpc.RatingServiceStub(at["FEEDBACK"]), name)
    hear(timelines, name, timeline_pb.ENTRY_KIND_RATING_GIVEN)
    whole(timelines, name)
    print("client: every step was as the contract says")


def file(procedures, dossiers, files):
    """The citizen's part: until the dossier has its code."""
    version = procedures.GetProcedureVersion(dossier.GetProcedureVersionRequest(name=PROCEDURE))
    assert version.has_form and version.online, version
    draft = dossiers.CreateDossier(
        dossier.CreateDossierRequest(
            dossier=dossier.Dossier(procedure=PROCEDURE, agency=AGENCY),
            dossier_id=str(uuid.uuid4()),
            request_id=wish(),
        ),
        metadata=token("CITIZEN"),
    )
    refuse_empty(dossiers, draft)
    for step, answers in enumerate(ANSWERS, start=1):
        saved = dossiers.SaveStep(
            dossier.SaveStepRequest(
                name=draft.name,
                step=dossier.StepAnswers(step=step, answers=json_format.ParseDict(answers, Struct())),
                etag=draft.etag,
                request_id=wish(),
            ),
            metadata=token("CITIZEN"),
        )
        draft.etag = saved.etag
    refuse_without_papers(dossiers, draft)
    form = procedures.GetForm(dossier.GetFormRequest(name=f"{version.name}/form"))
    for paper in form.papers:
        upload(files, "CITIZEN", draft.name, paper.id)
    # A complete paper is a change of the dossier: its etag is a new one.
    draft = dossiers.GetDossier(dossier.GetDossierRequest(name=draft.name), metadata=token("CITIZEN"))
    asked = dossier.SubmitDossierRequest(name=draft.name, etag=draft.etag, request_id=wish())
    submitted = dossiers.SubmitDossier(asked, metadata=token("CITIZEN"))
    again = dossiers.SubmitDossier(asked, metadata=token("CITIZEN"))
    assert submitted.code and again == submitted, "a repeat gets the first answer"
    found = dossiers.LookUpDossier(dossier.LookUpDossierRequest(code=submitted.code.lower()))
    assert found.status == types.DOSSIER_STATUS_NEWLY_REGISTERED, found
    return draft.name


def upload(files, who, name, paper):
    """A small file of one part, whole with it; a repeat of the part changes nothing."""
    data = PDF + paper.encode()
    created = files.CreateFile(
        files_pb.CreateFileRequest(
            parent=name,
            file=files_pb.File(
                paper=paper,
                file_name="paper.pdf",
                kind=files_pb.FILE_KIND_PDF,
                size_bytes=len(data),
                sha256=hashlib.sha256(data).digest(),
            ),
            request_id=wish(),
        ),
        metadata=token(who),
    )
    asked = files_pb.WriteFileRequest(name=created.name, data=data, request_id=wish())
    written = files.WriteFile(asked, metadata=token(who))
    assert written.state == files_pb.FILE_STATE_COMPLETE, written
    assert files.WriteFile(asked, metadata=token(who)) == written
    return written


def refuse_without_papers(dossiers, draft):
    """Missing papers are told like missing answers."""
    try:
        dossiers.SubmitDossier(
            dossier.SubmitDossierRequest(name=draft.name, request_id=wish()), metadata=token("CITIZEN")
        )
    except grpc.RpcError as refused:
        told = detail(refused, error_details_pb2.BadRequest).field_violations
        assert {v.reason for v in told} == {"PAPER_REQUIRED"}, told
    else:
        raise AssertionError("a dossier without papers was taken")


def refuse_empty(dossiers, draft):
    """What is wrong is told at once, by field and in both languages, in the details every gRPC client knows."""
    try:
        dossiers.SubmitDossier(
            dossier.SubmitDossierRequest(name=draft.name, request_id=wish()), metadata=token("CITIZEN")
        )
    except grpc.RpcError as refused:
        assert refused.code() == grpc.StatusCode.INVALID_ARGUMENT, refused
        info = detail(refused, error_details_pb2.ErrorInfo)
        assert (info.domain, info.reason) == ("motcua", "FIELDS_INVALID"), info
        told = detail(refused, error_details_pb2.BadRequest).field_violations
        name = next(v for v in told if v.field == "answers.applicant.full_name")
        assert name.reason == "REQUIRED" and name.description, name
        assert name.localized_message.locale == "vi" and name.localized_message.message, name
    else:
        raise AssertionError("an empty draft was taken")


def accept(cases, tasks, name):
    """The officer takes the dossier; the clock stands until the citizen has drawn and paid."""
    case = name.replace("dossiers/", "cases/")
    task = until(lambda: worklist(tasks, name))
    assert task.step == "receive", task
    claim(tasks, task.name)
    accepted = cases.AcceptDossier(
        workflow.AcceptDossierRequest(name=case, request_id=wish()), metadata=token("OFFICER")
    )
    assert accepted.HasField("accept_time") and accepted.pauses, accepted
    why = cases.ExplainDueTime(workflow.ExplainDueTimeRequest(name=case), metadata=token("OFFICER"))
    assert why.lines_vi and why.lines_en, why


def draw(draws, name):
    """The citizen draws a number; a repeat of the wish draws no other."""
    asked = draw_pb.DrawNumberRequest(
        name=name.replace("dossiers/", "cases/"),
        vehicle_kind=draw_pb.VEHICLE_KIND_MOTORCYCLE,
        vehicle=VEHICLE,
        request_id=wish(),
    )
    drawn = draws.DrawNumber(asked, metadata=token("CITIZEN"))
    again = draws.DrawNumber(asked, metadata=token("CITIZEN"))
    assert drawn.number and again == drawn, (drawn, again)
    drawn.ClearField("salt")
    verdict = draws.VerifyDraw(draw_pb.VerifyDrawRequest(draw=drawn))
    assert verdict.valid, verdict


def pay(invoices, name):
    """The citizen scans the invoice's code with a banking application, and gets a receipt."""
    asked = payment.ListInvoicesRequest(filter=f'dossier = "{name}"')
    invoice = until(lambda: next(iter(invoices.ListInvoices(asked, metadata=token("CITIZEN")).invoices), None))
    assert invoice.total.currency_code == "VND" and invoice.total.units > 0, invoice
    scanned = json.dumps({"qr": invoice.vietqr, "behaviour": "twice"}).encode()
    request = urllib.request.Request(
        f"http://{os.environ['BANK']}/payments", scanned, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        assert answer.status == 201, answer.status
    get = payment.GetInvoiceRequest(name=invoice.name)

    def paid():
        seen = invoices.GetInvoice(get, metadata=token("CITIZEN"))
        return seen if seen.state == payment.INVOICE_STATE_PAID else None

    assert until(paid).receipt_number


def work(tasks, name, step, outcome):
    """The officer takes the task of a step and closes it."""
    task = f"{name.replace('dossiers/', 'cases/')}/tasks/{step}"
    claim(tasks, task)
    closed = tasks.CompleteTask(
        workflow.CompleteTaskRequest(name=task, outcome=outcome, request_id=wish()), metadata=token("OFFICER")
    )
    assert closed.state == workflow.TASK_STATE_CLOSED, closed


def hear(timelines, name, kind):
    """Watches the timeline from its beginning until it tells of this."""
    asked = timeline_pb.WatchTimelineRequest(parent=name)
    told = timelines.WatchTimeline(asked, metadata=token("CITIZEN"), timeout=PATIENCE_S)
    entry = next(told.entry for told in told if told.entry.kind == kind)
    assert entry.HasField("happen_time"), entry


def whole(timelines, name):
    """Read in pages, the timeline has no gap and no repeat."""
    entries, page = [], None
    while page is None or page.next_page_token:
        asked = timeline_pb.ListTimelineRequest(
            parent=name, page_size=5, page_token=page.next_page_token if page else ""
        )
        page = timelines.ListTimeline(asked, metadata=token("CITIZEN"))
        entries += page.entries
    assert [entry.name for entry in entries] == [f"{name}/timeline/{n}" for n in range(1, len(entries) + 1)]


def read_slip(documents, name):
    """Acceptance brought a slip, in both languages."""
    asked = documents_pb.ListDocumentsRequest(parent=name)
    slip = next(iter(documents.ListDocuments(asked, metadata=token("CITIZEN")).documents))
    assert slip.kind == dossier_events.DOCUMENT_KIND_ACCEPTANCE_SLIP, slip
    read = documents.GetDocument(documents_pb.GetDocumentRequest(name=slip.name), metadata=token("CITIZEN"))
    assert read.acceptance_slip.text_vi and read.acceptance_slip.text_en, read


def add_result(files, documents, name):
    """The officer adds the result, which is not the citizen's to read before it is signed."""
    result = upload(files, "OFFICER", name, "")
    document = documents_pb.Document(kind=dossier_events.DOCUMENT_KIND_RESULT, file=result.name)
    asked = documents_pb.AddDocumentRequest(parent=name, document=document, request_id=wish())
    added = documents.AddDocument(asked, metadata=token("OFFICER"))
    assert documents.AddDocument(asked, metadata=token("OFFICER")) == added
    try:
        read_result(files, result.name)
        raise AssertionError("an unsigned result was read")
    except grpc.RpcError as refused:
        assert refused.code() == grpc.StatusCode.PERMISSION_DENIED, refused
    return result.name


def read_result(files, name):
    """The citizen reads the result."""
    read = files.ReadFile(files_pb.ReadFileRequest(name=name), metadata=token("CITIZEN"))
    assert read.data.startswith(PDF) and not read.next_offset, read


def follow(shipments, name):
    """The parcel comes; before it is opened nobody may know of it."""
    asked = mailing.GetShipmentRequest(name=name.replace("dossiers/", "shipments/"))

    def delivered():
        try:
            seen = shipments.GetShipment(asked, metadata=token("CITIZEN"))
        except grpc.RpcError as refused:
            assert refused.code() == grpc.StatusCode.PERMISSION_DENIED, refused
            return None
        return seen if seen.state == mailing.SHIPMENT_STATE_DELIVERED else None

    assert until(delivered).item_number.endswith("VN")


def rate(ratings, name):
    """Invited, the citizen rates once; a repeat is the same rating."""
    rating = name.replace("dossiers/", "ratings/")

    def invited():
        try:
            return ratings.GetRating(feedback.GetRatingRequest(name=rating), metadata=token("CITIZEN"))
        except grpc.RpcError as refused:
            assert refused.code() == grpc.StatusCode.NOT_FOUND, refused
            return None

    until(invited)
    asked = feedback.RateDossierRequest(
        name=rating, level=feedback.SATISFACTION_LEVEL_SATISFIED, comment="Nhanh và rõ ràng.", request_id=wish()
    )
    given = ratings.RateDossier(asked, metadata=token("CITIZEN"))
    assert given.state == feedback.RATING_STATE_GIVEN, given
    assert ratings.RateDossier(asked, metadata=token("CITIZEN")) == given


def worklist(tasks, name):
    asked = workflow.ListTasksRequest(parent="cases/-", filter=f'dossier = "{name}"')
    return next(iter(tasks.ListTasks(asked, metadata=token("OFFICER")).tasks), None)


def claim(tasks, name):
    tasks.ClaimTask(workflow.ClaimTaskRequest(name=name, request_id=wish()), metadata=token("OFFICER"))


def detail(refused, kind):
    """The detail of this kind in `grpc-status-details-bin`."""
    packed = dict(refused.trailing_metadata())["grpc-status-details-bin"]
    for any_ in status_pb2.Status.FromString(packed).details:
        message = kind()
        if any_.Unpack(message):
            return message
    raise AssertionError(f"no {kind.DESCRIPTOR.full_name} in {refused}")


def until(look):
    """What a look finds, looked for again and again: events take a moment."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {PATIENCE_S} s")


def token(who):
    return [("authorization", f"Bearer {os.environ[who]}")]


def wish():
    return str(uuid.uuid4())


if __name__ == "__main__":
    main()
