//! `FileService`: files of dossiers, in parts.

use std::sync::Arc;

use chassis::access::{Caller, Person, Role, caller};
use chassis::clock::timestamp;
use chassis::names as uuids;
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Failure, Kind, Refusal};
use chassis::seal::Seal;
use chassis::write::Once;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::file_service_server::FileService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::dossiers::{acts_on, may_read, readable, results_for, without_form};
use super::new_file::NewFile;
use super::{failed, names};
use crate::document::Results;
use crate::dossier::{Dossier, Hand};
use crate::file::{CreateFile, DeleteFile, File, Part, Purpose, State};
use crate::outside::objects::Place;
use crate::procedure::Catalogue;
use crate::upload::Uploads;

const SIZES: PageSize = PageSize { default: 50, most: 100 };

/// Takes files in and gives them out.
pub struct Files {
    /// The procedures there are.
    pub catalogue: Arc<Catalogue>,
    /// Where content comes and goes; its door and store are those of dossiers.
    pub uploads: Uploads,
    /// Seals names of files.
    pub seal: Seal,
    /// Bytes of the largest file.
    pub largest: u64,
}

#[tonic::async_trait]
impl FileService for Files {
    async fn create_file(
        &self,
        request: Request<pb::CreateFileRequest>,
    ) -> Result<Response<pb::File>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let id = uuids::id("dossiers", &asked.parent, "parent")?;
        let dossier = readable(&self.uploads.store, &caller, id).await?;
        let command = self.creation(&dossier, &caller, asked, &once)?;
        let created = self.uploads.door.run(once, command).await?;
        let place = Place { dossier: id, file: created.id };
        Ok(Response::new(self.seen(&caller, &dossier, place).await?))
    }

    async fn write_file(
        &self,
        request: Request<pb::WriteFileRequest>,
    ) -> Result<Response<pb::File>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let place = place(&asked.name)?;
        let part = (asked.offset, asked.data.as_slice());
        self.uploads.write(place, Hand::of(&caller)?, once, part).await?;
        let file = self.file(place).await?;
        Ok(Response::new(self.message(place, &file).await?))
    }

    async fn get_file(
        &self,
        request: Request<pb::GetFileRequest>,
    ) -> Result<Response<pb::File>, Status> {
        let caller = caller(&request);
        let place = place(&request.get_ref().name)?;
        let dossier = readable(&self.uploads.store, &caller, place.dossier).await?;
        Ok(Response::new(self.seen(&caller, &dossier, place).await?))
    }

    async fn list_files(
        &self,
        request: Request<pb::ListFilesRequest>,
    ) -> Result<Response<pb::ListFilesResponse>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let id = uuids::id("dossiers", &asked.parent, "parent")?;
        let list = format!("files of {id}");
        let page = Page::<Uuid>::asked(asked.page_size, &asked.page_token, SIZES, &list)?;
        let dossier = readable(&self.uploads.store, &caller, id).await?;
        let (results, now) = (results_for(&caller, &dossier), self.uploads.clock.now());
        let store = &self.uploads.store;
        let whose = (results, acts_on(&caller, &dossier));
        let found = store.files(dossier.id, whose, now, page.after, page.size).await;
        let found = found.map_err(failed)?;
        let mut files = Vec::new();
        for file in &found {
            files.push(self.message(Place { dossier: id, file: file.id }, file).await?);
        }
        let last = found.last().map(|file| file.id);
        let next_page_token = page.next(last, found.len());
        Ok(Response::new(pb::ListFilesResponse { files, next_page_token }))
    }

    async fn read_file(
        &self,
        request: Request<pb::ReadFileRequest>,
    ) -> Result<Response<pb::ReadFileResponse>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let place = place(&asked.name)?;
        let dossier = readable(&self.uploads.store, &caller, place.dossier).await?;
        let file = self.file(place).await?;
        if !may_see(&caller, &dossier, &file) {
            return Err(Refusal::denied().into());
        }
        if !file.is_complete() {
            return Err(incomplete().into());
        }
        let part = Part::at(&file, asked.offset)?;
        let data = self.uploads.objects.get(place, file.attempt, part.number).await?;
        let next_offset = part.next(&file).map_or(0, wire);
        Ok(Response::new(pb::ReadFileResponse { data, next_offset }))
    }

    async fn delete_file(
        &self,
        request: Request<pb::DeleteFileRequest>,
    ) -> Result<Response<()>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let Place { dossier, file } = place(&asked.name)?;
        let command = DeleteFile { dossier, id: file, hand: Hand::of(&caller)? };
        self.uploads.door.run(once, command).await?;
        Ok(Response::new(()))
    }
}

impl Files {
    /// The file, if it was not deleted.
    async fn file(&self, place: Place) -> Result<File, Failure> {
        let found = self.uploads.store.file(place.dossier, place.file).await.map_err(failed)?;
        let there = found.filter(|file| !matches!(file.state, State::Deleted { .. }));
        Ok(there.ok_or_else(Refusal::denied)?)
    }

    fn creation(
        &self,
        dossier: &Dossier,
        caller: &Caller,
        asked: &pb::CreateFileRequest,
        once: &Once,
    ) -> Result<CreateFile, Failure> {
        let id = match asked.file_id.as_str() {
            "" => once.derived_id(),
            chosen => uuids::uuid(chosen, "file_id")?,
        };
        let wished = asked.file.clone().unwrap_or_default();
        let hand = Hand::of(caller)?;
        let paper = is_for_paper(&hand, dossier, &wished);
        if !may_file(caller, paper) {
            return Err(Refusal::denied().into());
        }
        let papers = if paper { Some(self.papers(dossier)?) } else { None };
        let NewFile { purpose: (purpose, most), name, kind, size, declared } =
            NewFile::of(&wished, papers, self.largest)?;
        let place = Place { dossier: dossier.id, file: id };
        let sealed_name = self.seal.seal(&bound(place), name.as_bytes()).map_err(broken)?;
        let dossier = dossier.id;
        Ok(CreateFile { dossier, id, hand, purpose, most, sealed_name, kind, size, declared })
    }

    fn papers(&self, dossier: &Dossier) -> Result<&[crate::form::PaperRequirement], Refusal> {
        let procedure = self.catalogue.get(&dossier.procedure, dossier.version);
        let procedure = procedure.filter(|procedure| procedure.form.is_some());
        Ok(&procedure.ok_or_else(without_form)?.papers)
    }

    /// The file as the caller, who may read its dossier, sees it.
    async fn seen(
        &self,
        caller: &Caller,
        dossier: &Dossier,
        place: Place,
    ) -> Result<pb::File, Failure> {
        let file = self.file(place).await?;
        if may_see(caller, dossier, &file) {
            self.message(place, &file).await
        } else {
            Err(Refusal::denied().into())
        }
    }

    async fn message(&self, place: Place, file: &File) -> Result<pb::File, Failure> {
        let committed = self.uploads.committed(place, file).await?;
        let name = self.seal.open(&bound(place), &file.sealed_name).map_err(broken)?;
        let (state, completed, digest) = match file.state {
            State::Complete { at, digest } => (pb::FileState::Complete, Some(at), Some(digest)),
            State::Uploading { .. } | State::Deleted { .. } => {
                (pb::FileState::Uploading, None, file.declared)
            }
        };
        Ok(pb::File {
            name: format!("dossiers/{}/files/{}", place.dossier, place.file),
            paper: match &file.purpose {
                Purpose::Paper(id) => id.clone(),
                Purpose::Result => String::new(),
            },
            file_name: String::from_utf8(name).map_err(broken)?,
            kind: file.kind as i32,
            size_bytes: wire(file.size),
            sha256: digest.map(Vec::from).unwrap_or_default(),
            state: state.into(),
            committed_bytes: wire(committed),
            create_time: Some(timestamp(file.created_at)),
            expire_time: file.lapses_at().map(timestamp),
            complete_time: completed.map(timestamp),
            supplement: file.supplement.map(i32::from).unwrap_or_default(),
            replaced_by: file.replaced_by.map(i32::from).unwrap_or_default(),
        })
    }
}

/// Whether a file is wished for a paper: a citizen has no others, an officer says so at the counter.
fn is_for_paper(hand: &Hand, dossier: &Dossier, wished: &pb::File) -> bool {
    hand.agency.is_none() || (hand.holds(dossier) && !wished.paper.is_empty())
}

/// Who receives dossiers takes papers in; who processes or signs them adds results.
fn may_file(caller: &Caller, paper: bool) -> bool {
    match caller {
        Caller::Known { person: Person::Officer { .. }, .. } if paper => {
            caller.has(Role::Receiving)
        }
        Caller::Known { person: Person::Officer { .. }, .. } => {
            caller.has(Role::Processing) || caller.has(Role::Signing)
        }
        _ => true,
    }
}

fn may_see(caller: &Caller, dossier: &Dossier, file: &File) -> bool {
    let shown = match results_for(caller, dossier) {
        Results::None => false,
        Results::Issued => file.issued,
        Results::All => true,
    };
    let told = file.handed_in || acts_on(caller, dossier);
    may_read(caller, dossier) && told && (shown || file.purpose != Purpose::Result)
}

fn place(name: &str) -> Result<Place, Refusal> {
    let (dossier, file) = names::child("files", name, "name")?;
    Ok(Place { dossier, file })
}

/// What a name is bound to.
fn bound(Place { dossier, file }: Place) -> Vec<u8> {
    [b"name".as_slice(), dossier.as_bytes(), file.as_bytes()].concat()
}

fn wire(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn incomplete() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "FILE_INCOMPLETE",
        "Tệp chưa tải lên xong; hãy tải nốt các phần còn thiếu.",
        "The file is not complete; upload its missing parts first.",
    )
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Broken(error.to_string())
}
