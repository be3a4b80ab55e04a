//! `motcua ctl administrator`: the first officer of an agency, who appoints the others.

use std::io::{BufRead, IsTerminal, Write};

use chassis::access::Role;
use chassis::service::BoxError;
use jiff::civil;
use proto::google::r#type::Date;
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::account_service_client::AccountServiceClient;
use proto::motcua::identity::v1::officer_service_client::OfficerServiceClient;

use super::identity::Identity;
use super::{refused, wish};

impl Identity {
    /// Appoints a person to administer an agency, with other roles besides.
    ///
    /// # Errors
    /// The account is another person's, or identity refuses.
    pub async fn appoint(
        &self,
        person: pb::Account,
        agency: &str,
        also: Vec<Role>,
    ) -> Result<String, BoxError> {
        let account = self.account(person).await?;
        let agency = format!("agencies/{agency}");
        let roles: Vec<_> = std::iter::once(Role::AgencyAdministrator).chain(also).collect();
        let officer = self.officer(&account, &agency, &roles).await?;
        Ok(format!(
            "{officer} administers {agency}{}.\n\
             To sign in: StartSignIn, then CompleteSignIn with the code that comes to the telephone and \"agency\": \"{agency}\".",
            roles.iter().filter_map(|role| work(*role)).collect::<String>()
        ))
    }

    /// The account of a person, made if there is none. Anyone may make one for any personal ID, so what is on record is compared first:
    /// the code of a sign-in goes to the telephone there.
    async fn account(&self, person: pb::Account) -> Result<String, BoxError> {
        let mut accounts = AccountServiceClient::new(self.channel.clone());
        let account = Some(person.clone());
        let request = pb::CreateAccountRequest { account, request_id: wish() };
        let made = accounts.create_account(request).await.map_err(refused)?.into_inner();
        let request = self.signed(pb::GetAccountRequest { name: made.name.clone() })?;
        let on_record = accounts.get_account(request).await.map_err(refused)?.into_inner();
        if same_person(&on_record, &person) {
            return Ok(made.name);
        }
        Err("an account with this personal ID is on record with another telephone or name; \
             nobody was appointed"
            .into())
    }

    /// The officer's name. One who is appointed already is given the roles.
    async fn officer(
        &self,
        account: &str,
        agency: &str,
        roles: &[Role],
    ) -> Result<String, BoxError> {
        let mut officers = OfficerServiceClient::new(self.channel.clone());
        let request = self.signed(pb::AppointOfficerRequest {
            parent: agency.into(),
            account: account.into(),
            roles: roles.iter().copied().map(i32::from).collect(),
            request_id: wish(),
        })?;
        match officers.appoint_officer(request).await {
            Ok(officer) => return Ok(officer.into_inner().name),
            Err(status)
                if chassis::status::reason(&status).as_deref() == Some("OFFICER_EXISTS") => {}
            Err(status) => return Err(refused(status)),
        }
        let name = format!("{agency}/officers/{}", account.trim_start_matches("accounts/"));
        for role in roles {
            let (name, role) = (name.clone(), i32::from(*role));
            let request = pb::GrantRoleRequest { name, role, request_id: wish() };
            officers.grant_role(self.signed(request)?).await.map_err(refused)?;
        }
        Ok(name)
    }
}

/// What a role lets an administrator do besides.
fn work(role: Role) -> Option<&'static str> {
    match role {
        Role::Operator => Some(" and operates the mesh"),
        Role::Cashier => Some(" and looks after money in suspense"),
        _ => None,
    }
}

/// Telephones are read back in another form than most people write them: the last nine digits are the number.
fn same_person(one: &pb::Account, other: &pb::Account) -> bool {
    let number = |account: &pb::Account| {
        let digits: Vec<char> = account.phone_number.chars().filter(char::is_ascii_digit).collect();
        digits.into_iter().rev().take(9).collect::<String>()
    };
    number(one) == number(other) && one.full_name == other.full_name.trim()
}

/// A person, as whoever runs the command tells.
///
/// # Errors
/// An answer is missing or has another form.
pub fn ask_for_person() -> Result<pb::Account, BoxError> {
    Ok(pb::Account {
        personal_id: ask("Personal ID (12 digits)")?,
        full_name: ask("Full name")?,
        birth_date: Some(birth_date(&ask("Birth date (1990-04-12)")?)?),
        sex: sex(&ask("Sex (male, female)")?)?.into(),
        phone_number: ask("Telephone")?,
        ..pb::Account::default()
    })
}

/// A line of standard input; the question shows where a person is asked.
fn ask(question: &str) -> Result<String, BoxError> {
    if std::io::stdin().is_terminal() {
        let mut terminal = std::io::stderr();
        write!(terminal, "{question}: ")?;
        terminal.flush()?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    match line.trim() {
        "" => Err(format!("nothing was told of: {question}").into()),
        told => Ok(told.to_owned()),
    }
}

fn birth_date(text: &str) -> Result<Date, BoxError> {
    let date: civil::Date = text.parse().map_err(|_| "a birth date is written as in 1990-04-12")?;
    Ok(Date { year: date.year().into(), month: date.month().into(), day: date.day().into() })
}

fn sex(text: &str) -> Result<pb::Sex, BoxError> {
    match text {
        "male" => Ok(pb::Sex::Male),
        "female" => Ok(pb::Sex::Female),
        _ => Err("sex is male or female".into()),
    }
}
