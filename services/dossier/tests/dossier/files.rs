//! Files as people send and read them.

use dossier::file::PART;
use proto::motcua::dossier::v1 as pb;
use support::wish;
use tonic::Status;

use crate::desk::Desk;

impl Desk {
    /// Begins an upload.
    pub async fn create_file(
        &self,
        who: &str,
        dossier: &str,
        file: pb::File,
    ) -> Result<pb::File, Status> {
        let asked = pb::CreateFileRequest {
            parent: dossier.into(),
            file: Some(file),
            file_id: String::new(),
            request_id: wish(),
        };
        Ok(self.files().create_file(self.of(who, asked)).await?.into_inner())
    }

    pub async fn write_file(
        &self,
        who: &str,
        name: &str,
        offset: usize,
        data: &[u8],
    ) -> Result<pb::File, Status> {
        let asked = pb::WriteFileRequest {
            name: name.into(),
            offset: i64::try_from(offset).unwrap(),
            data: data.into(),
            request_id: wish(),
        };
        Ok(self.files().write_file(self.of(who, asked)).await?.into_inner())
    }

    /// A whole upload.
    pub async fn upload(&self, who: &str, dossier: &str, paper: &str, data: &[u8]) -> pb::File {
        let mut file = self.create_file(who, dossier, pdf_of(paper, data)).await.unwrap();
        for (offset, part) in parts(data) {
            file = self.write_file(who, &file.name, offset, part).await.unwrap();
        }
        file
    }

    pub async fn get_file(&self, who: &str, name: &str) -> Result<pb::File, Status> {
        let asked = pb::GetFileRequest { name: name.into() };
        Ok(self.files().get_file(self.of(who, asked)).await?.into_inner())
    }

    pub async fn read_file(&self, who: &str, name: &str) -> Result<Vec<u8>, Status> {
        let (mut whole, mut offset) = (Vec::new(), 0);
        loop {
            let asked = pb::ReadFileRequest { name: name.into(), offset };
            let part = self.files().read_file(self.of(who, asked)).await?.into_inner();
            whole.extend(part.data);
            offset = part.next_offset;
            if offset == 0 {
                return Ok(whole);
            }
        }
    }

    pub async fn list_files(&self, who: &str, dossier: &str) -> Result<Vec<pb::File>, Status> {
        let asked = pb::ListFilesRequest { parent: dossier.into(), ..Default::default() };
        Ok(self.files().list_files(self.of(who, asked)).await?.into_inner().files)
    }

    pub async fn delete_file(&self, who: &str, name: &str) -> Result<(), Status> {
        let asked = pb::DeleteFileRequest { name: name.into(), request_id: wish() };
        self.files().delete_file(self.of(who, asked)).await?;
        Ok(())
    }
}

/// The parts of a file, as they are sent.
pub fn parts(data: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let part = usize::try_from(PART).unwrap();
    data.chunks(part).enumerate().map(move |(number, data)| (number * part, data))
}

/// A wish for the upload of this paper; empty for a result.
pub fn pdf_of(paper: &str, data: &[u8]) -> pb::File {
    pb::File {
        paper: paper.into(),
        file_name: "giấy tờ của tôi.pdf".into(),
        kind: pb::FileKind::Pdf.into(),
        size_bytes: i64::try_from(data.len()).unwrap(),
        ..Default::default()
    }
}

/// Bytes that begin as a PDF does, no two parts of them alike.
pub fn pdf(size: usize) -> Vec<u8> {
    let numbers = (0_u32..).flat_map(u32::to_be_bytes);
    b"%PDF-1.7\n".iter().copied().chain(numbers).take(size).collect()
}
