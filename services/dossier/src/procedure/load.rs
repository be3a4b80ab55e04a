//! From the rows of the file to procedures, with errors an editor of the file can act on.

use std::str::FromStr;

use csv::StringRecord;
use serde::de::value::Error as WordError;
use serde::de::{DeserializeOwned, IntoDeserializer};
use thiserror::Error;

use super::embedded::{EmbeddedForm, FORMS, PROCEDURES};
use super::{
    Catalogue, Fee, Limit, LimitUnit, NotAProcedureCode, Procedure, ProcedureCode, Requirement,
};
use crate::bilingual::Bilingual;
use crate::form::{Form, FormError};

/// The first place of the catalogue's data that is wrong.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// A cell or a row of the file.
    #[error("procedures.csv, row {row}, column {column}: {problem}")]
    Row {
        /// The line of the file, where the header is line 1.
        row: u64,
        /// The column's name.
        column: &'static str,
        /// What is wrong and what stands there instead.
        problem: LoadError,
    },
    /// The file is not the table it should be.
    #[error("procedures.csv is not a table of equal rows")]
    Table(#[source] csv::Error),
    /// A form's own data.
    #[error("the form of procedure {code}, version {version}")]
    Form {
        /// The procedure's code.
        code: &'static str,
        /// The procedure's version.
        version: u32,
        /// What is wrong with it.
        #[source]
        problem: FormError,
    },
    /// A form for a procedure, or a version of it, that has no row.
    #[error("a form is given for procedure {code}, version {version}, which has no row; add it")]
    FormWithoutRow {
        /// The procedure's code.
        code: &'static str,
        /// The procedure's version.
        version: u32,
    },
}

/// What is wrong with a cell.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The header has no such column.
    #[error("the column is missing; name it in the header")]
    NoColumn,
    /// Nothing stands there.
    #[error("the cell is empty; fill it in")]
    Empty,
    /// Too much stands there.
    #[error("the text is too long; at most {0} characters")]
    TooLong(usize),
    /// The code is none.
    #[error(transparent)]
    Code(#[from] NotAProcedureCode),
    /// Not a whole number from `least` to `most`.
    #[error("write a whole number from {least} to {most}")]
    NotInRange {
        /// The smallest number taken.
        least: u64,
        /// The largest number taken.
        most: u64,
    },
    /// A word of none of the known ones.
    #[error("{0}")]
    Word(WordError),
    /// Neither yes nor no.
    #[error("write yes or no")]
    NotYesNo,
    /// The requirements repeat or are out of order.
    #[error("write each requirement once, in the order id, pay, plate_draw, appointment, post")]
    Order,
    /// Fee and requirements contradict each other.
    #[error("a sum or an unknown fee needs `pay` among the requirements, and `pay` needs one")]
    FeeWithoutPay,
    /// The code and version stand in an earlier row.
    #[error("this version of the code has a row already; give the next version")]
    Duplicate,
}

/// The dearest fee the data may hold, in dong.
const LARGEST_FEE: u64 = 1_000_000_000;

/// Reads the file and the forms that travel in the program.
pub(super) fn embedded() -> Result<Catalogue, CatalogueError> {
    catalogue(PROCEDURES, FORMS)
}

fn catalogue(table: &str, forms: &[EmbeddedForm]) -> Result<Catalogue, CatalogueError> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().map_err(CatalogueError::Table)?.clone();
    let mut procedures = Vec::new();
    for cells in reader.records() {
        let cells = cells.map_err(CatalogueError::Table)?;
        procedures.push(procedure(&Row { header: &header, cells: &cells })?);
    }
    for form in forms {
        attach(form, &mut procedures)?;
    }
    collect(procedures)
}

fn attach(given: &EmbeddedForm, procedures: &mut [Procedure]) -> Result<(), CatalogueError> {
    let EmbeddedForm { code, version, definition, schemas } = *given;
    let procedure = procedures
        .iter_mut()
        .find(|procedure| procedure.code.as_str() == code && procedure.version == version)
        .ok_or(CatalogueError::FormWithoutRow { code, version })?;
    let (form, papers) = Form::load(definition, schemas)
        .map_err(|problem| CatalogueError::Form { code, version, problem })?;
    procedure.form = Some(form);
    procedure.papers = papers;
    Ok(())
}

fn collect(procedures: Vec<Procedure>) -> Result<Catalogue, CatalogueError> {
    let mut catalogue = Catalogue::empty();
    for (row, procedure) in (2..).zip(procedures) {
        catalogue.insert(procedure).map_err(|_taken| CatalogueError::Row {
            row,
            column: "version",
            problem: LoadError::Duplicate,
        })?;
    }
    Ok(catalogue)
}

fn procedure(row: &Row<'_>) -> Result<Procedure, CatalogueError> {
    let requires = row.requirements("requires")?;
    Ok(Procedure {
        code: row.code("code")?,
        version: row.number("version", 1, 10_000)?,
        name: row.bilingual("name_vi", "name_en")?,
        field: row.bilingual("field_vi", "field")?,
        agency_level: row.word("agency_level")?,
        online: row.yes("online")?,
        limit: row.limit()?,
        fee: row.fee(&requires)?,
        result: row.word("result_type")?,
        requires,
        decision_no: row.text("decision_no")?.to_owned(),
        verified: row.word("verified")?,
        form: None,
        papers: Vec::new(),
    })
}

/// A row by the names of its columns.
struct Row<'a> {
    header: &'a StringRecord,
    cells: &'a StringRecord,
}

impl<'a> Row<'a> {
    fn wrong(&self, column: &'static str, problem: impl Into<LoadError>) -> CatalogueError {
        let row = self.cells.position().map_or(0, csv::Position::line);
        CatalogueError::Row { row, column, problem: problem.into() }
    }

    fn text(&self, column: &'static str) -> Result<&'a str, CatalogueError> {
        let place = self.header.iter().position(|name| name == column);
        let cell = place.and_then(|place| self.cells.get(place));
        let text = cell.ok_or_else(|| self.wrong(column, LoadError::NoColumn))?;
        if text.trim().is_empty() {
            return Err(self.wrong(column, LoadError::Empty));
        }
        if text.chars().count() > Bilingual::LONGEST {
            return Err(self.wrong(column, LoadError::TooLong(Bilingual::LONGEST)));
        }
        Ok(text)
    }

    fn bilingual(&self, vi: &'static str, en: &'static str) -> Result<Bilingual, CatalogueError> {
        Ok(Bilingual::new(self.text(vi)?, self.text(en)?))
    }

    fn code(&self, column: &'static str) -> Result<ProcedureCode, CatalogueError> {
        self.text(column)?.parse().map_err(|not: NotAProcedureCode| self.wrong(column, not))
    }

    fn number<N>(&self, column: &'static str, least: N, most: N) -> Result<N, CatalogueError>
    where
        N: FromStr + PartialOrd + Copy + Into<u64>,
    {
        let number = self.text(column)?.parse().ok();
        number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            self.wrong(column, LoadError::NotInRange { least: least.into(), most: most.into() })
        })
    }

    fn yes(&self, column: &'static str) -> Result<bool, CatalogueError> {
        match self.text(column)? {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err(self.wrong(column, LoadError::NotYesNo)),
        }
    }

    /// One of an enum's words.
    fn word<W: DeserializeOwned>(&self, column: &'static str) -> Result<W, CatalogueError> {
        self.parsed(column, self.text(column)?)
    }

    fn parsed<W: DeserializeOwned>(
        &self,
        column: &'static str,
        word: &str,
    ) -> Result<W, CatalogueError> {
        W::deserialize(word.into_deserializer())
            .map_err(|unknown| self.wrong(column, LoadError::Word(unknown)))
    }

    fn requirements(&self, column: &'static str) -> Result<Vec<Requirement>, CatalogueError> {
        let words = self.text(column)?.split('+');
        let requires: Vec<Requirement> =
            words.map(|word| self.parsed(column, word)).collect::<Result<_, _>>()?;
        if requires.is_sorted_by(|one, next| one < next) {
            return Ok(requires);
        }
        Err(self.wrong(column, LoadError::Order))
    }

    fn limit(&self) -> Result<Limit, CatalogueError> {
        let unit: LimitUnit = self.word("limit_unit")?;
        let least = u32::from(unit != LimitUnit::SameDay);
        Ok(Limit { unit, count: self.number("limit_count", least, unit.most())? })
    }

    fn fee(&self, requires: &[Requirement]) -> Result<Fee, CatalogueError> {
        let sum = self.number("fee_vnd", 0, LARGEST_FEE)?;
        let known = self.yes("fee_known")?;
        match (requires.contains(&Requirement::Pay), sum, known) {
            (false, 0, true) => Ok(Fee::Free),
            (true, 0, false) => Ok(Fee::ToldAtReceipt),
            (true, 1.., true) => Ok(Fee::Vnd(sum)),
            _ => Err(self.wrong("fee_vnd", LoadError::FeeWithoutPay)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedure::{AgencyLevel, ResultType, Verified};

    const HEADER: &str = "code,version,name_vi,name_en,field,field_vi,agency_level,online,\
        limit_unit,limit_count,fee_vnd,fee_known,result_type,requires,decision_no,verified\n";
    const ROW: [&str; 16] = [
        "1.012575",
        "1",
        "Đăng ký xe",
        "Register",
        "Vehicle",
        "Xe",
        "police",
        "yes",
        "working_day",
        "2",
        "1400000",
        "yes",
        "certificate_and_plate",
        "id+pay",
        "1383/QĐ-BCA",
        "general",
    ];

    fn load_with(column: usize, cell: &str) -> Result<Catalogue, CatalogueError> {
        let mut row = ROW;
        row[column] = cell;
        catalogue(&format!("{HEADER}{}\n", row.join(",")), &[])
    }

    #[test]
    fn the_vehicle_procedure_reads_as_the_state_announced_it() {
        let catalogue = embedded().unwrap();
        let vehicle = catalogue.current(&"1.012575".parse().unwrap()).unwrap();
        assert_eq!(vehicle.version, 1);
        assert!(vehicle.name.vi.starts_with("Đăng ký xe lần đầu"));
        assert_eq!(vehicle.agency_level, AgencyLevel::Police);
        assert_eq!(vehicle.limit, Limit { unit: LimitUnit::WorkingDay, count: 2 });
        assert_eq!(vehicle.fee, Fee::Vnd(1_400_000));
        assert_eq!(vehicle.result, ResultType::CertificateAndPlate);
        assert!(vehicle.requires.contains(&Requirement::PlateDraw));
        assert_eq!(vehicle.verified, Verified::General);
        assert_eq!(vehicle.form.as_ref().unwrap().steps().len(), 5);
        assert_eq!(vehicle.papers.len(), 3);
    }

    #[test]
    fn a_fee_set_elsewhere_is_never_shown_as_free() {
        let catalogue = embedded().unwrap();
        let all = catalogue.list(&crate::procedure::Filter::default(), None, 200);
        assert_eq!(all.iter().filter(|one| one.fee == Fee::ToldAtReceipt).count(), 23);
        for one in all {
            assert_eq!(one.fee == Fee::Free, !one.requires.contains(&Requirement::Pay));
        }
    }

    #[test]
    fn an_error_names_row_column_and_remedy() {
        let cases = [
            (0, "1.12", "row 2, column code: not a procedure code; write it as in 1.012575"),
            (1, "0", "row 2, column version: write a whole number from 1 to 10000"),
            (2, " ", "row 2, column name_vi: the cell is empty; fill it in"),
            (6, "moon", "row 2, column agency_level: unknown variant `moon`, expected one of"),
            (7, "maybe", "row 2, column online: write yes or no"),
            (9, "401", "row 2, column limit_count: write a whole number from 1 to 400"),
            (10, "-1", "row 2, column fee_vnd: write a whole number from 0 to 1000000000"),
            (11, "no", "row 2, column fee_vnd: a sum or an unknown fee needs `pay`"),
            (13, "pay+id", "row 2, column requires: write each requirement once"),
        ];
        for (column, cell, said) in cases {
            let error = load_with(column, cell).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_version_has_one_row() {
        let row = ROW.join(",");
        let error = catalogue(&format!("{HEADER}{row}\n{row}\n"), &[]).unwrap_err().to_string();
        assert!(error.contains("row 3, column version"), "{error}");
    }

    #[test]
    fn a_missing_column_and_a_ragged_row_are_told() {
        let error = catalogue("code\n1.012575\n", &[]).unwrap_err().to_string();
        assert!(error.contains("column requires: the column is missing"), "{error}");
        assert!(matches!(catalogue("a,b\n1\n", &[]), Err(CatalogueError::Table(_))));
    }

    #[test]
    fn a_form_needs_its_row() {
        let error = catalogue(HEADER, FORMS).unwrap_err().to_string();
        assert!(error.contains("1.012575, version 1, which has no row"), "{error}");
    }
}
