//! Papers handed in with the dossier, and the result that comes back: small files made here.

use chassis::replicas::Replicas;
use chassis::service::BoxError;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::dossier::v1::file_service_client::FileServiceClient;
use proto::motcua::r#type::v1::DossierStatus;

use super::clients::as_caller;
use super::walk::{Walker, expect, wish};

/// The papers that the form of the journey asks for.
pub const PAPERS: [&str; 3] =
    ["factory_quality_certificate", "purchase_invoice", "registration_fee_receipt"];

/// A document of one page with a line of text, of letters, digits and blanks (ISO 32000).
pub fn pdf(line: &str) -> Vec<u8> {
    let drawing = format!("BT /F1 18 Tf 72 720 Td ({line}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{drawing}\nendstream", drawing.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = "%PDF-1.7\n".to_owned();
    let mut places = String::new();
    for (number, object) in (1..).zip(&objects) {
        places.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let (table, count) = (file.len(), objects.len() + 1);
    file.push_str(&format!("xref\n0 {count}\n0000000000 65535 f \n{places}"));
    file.push_str(&format!("trailer\n<< /Size {count} /Root 1 0 R >>\n"));
    file.push_str(&format!("startxref\n{table}\n%%EOF\n"));
    file.into_bytes()
}

/// Uploads a small PDF for a paper of a draft, or for a result where `paper` is empty.
///
/// # Errors
/// The service refuses, or the file is not complete after its one part.
pub async fn hand_in(
    files: &mut FileServiceClient<Replicas>,
    token: &str,
    dossier: &str,
    paper: &str,
) -> Result<dossier::File, BoxError> {
    let data = pdf(&paper.replace('_', " "));
    let file = dossier::File {
        paper: paper.into(),
        file_name: format!("{}.pdf", if paper.is_empty() { "result" } else { paper }),
        kind: dossier::FileKind::Pdf.into(),
        size_bytes: i64::try_from(data.len())?,
        ..dossier::File::default()
    };
    let asked = dossier::CreateFileRequest {
        parent: dossier.into(),
        file: Some(file),
        file_id: String::new(),
        request_id: wish(),
    };
    let created = files.create_file(as_caller(asked, token)?).await?.into_inner();
    let asked =
        dossier::WriteFileRequest { name: created.name, offset: 0, data, request_id: wish() };
    let written = files.write_file(as_caller(asked, token)?).await?.into_inner();
    let complete = written.state() == dossier::FileState::Complete;
    if complete { Ok(written) } else { Err("a file is not complete".into()) }
}

impl Walker<'_> {
    /// The citizen uploads each paper that the form asks for.
    pub(super) async fn hand_in(&mut self, name: &str) -> Result<(), BoxError> {
        self.begin("citizen", "dossier", "WriteFile");
        for paper in PAPERS {
            hand_in(&mut self.clients.files, &self.citizen, name, paper).await?;
        }
        self.saw(format!("{} papers: {}", PAPERS.len(), PAPERS.join(", ")));
        Ok(())
    }

    /// The slip that acceptance brought, in words.
    pub(super) async fn read_slip(&mut self) -> Result<(), BoxError> {
        let read = self.read_next_slip(DossierStatus::Accepted).await?;
        let slip = read.acceptance_slip.ok_or("the document is no slip of acceptance")?;
        let lines = slip.text_en.lines().map(str::to_owned).collect();
        self.saw_with("the slip of acceptance", lines);
        Ok(())
    }

    /// The slip that joins the dossier next; it has this status by then.
    pub(super) async fn read_next_slip(
        &mut self,
        status: DossierStatus,
    ) -> Result<dossier::Document, BoxError> {
        let added = self.hear("DocumentAdded", EntryKind::DocumentAdded, status).await?;
        self.begin("citizen", "dossier", "GetDocument");
        let asked = dossier::GetDocumentRequest { name: added.reference };
        let request = as_caller(asked, &self.citizen)?;
        Ok(self.clients.documents.get_document(request).await?.into_inner())
    }

    /// The officer uploads the result and adds it to the dossier; the file it is.
    pub(super) async fn add_result(&mut self, dossier: &str) -> Result<String, BoxError> {
        self.begin("officer", "dossier", "AddDocument");
        let file = hand_in(&mut self.clients.files, &self.officer, dossier, "").await?;
        let document = dossier::Document {
            kind: dossier::DocumentKind::Result.into(),
            file: file.name.clone(),
            ..dossier::Document::default()
        };
        let asked = dossier::AddDocumentRequest {
            parent: dossier.into(),
            document: Some(document),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.officer)?;
        self.clients.documents.add_document(request).await?;
        self.saw("the result, to be signed");
        Ok(file.name)
    }

    /// The citizen reads the result, now that it is signed.
    pub(super) async fn read_result(&mut self, file: String) -> Result<(), BoxError> {
        self.begin("citizen", "dossier", "ReadFile");
        let asked = dossier::ReadFileRequest { name: file, offset: 0 };
        let request = as_caller(asked, &self.citizen)?;
        let read = self.clients.files.read_file(request).await?.into_inner();
        expect(read.data == pdf(""), "the citizen reads another result")?;
        self.saw(format!("the result, {} bytes, signed", read.data.len()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_in_the_table_is_that_of_its_object() {
        let file = String::from_utf8(pdf("invoice")).expect("text");
        let table = file.split("xref\n0 6\n").nth(1).expect("a table");
        for (number, line) in table.lines().skip(1).take(5).enumerate() {
            let place: usize = line[..10].parse().expect("a place");
            assert!(file[place..].starts_with(&format!("{} 0 obj", number + 1)), "{line}");
        }
        let start: usize = file.lines().rev().nth(1).expect("a line").parse().expect("a place");
        assert!(file[start..].starts_with("xref"));
    }
}
